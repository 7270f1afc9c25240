/*
 * One connection of the parent's: its socket, TLS if there is any, and HTTP/2 on top.
 */
#ifndef RP_BRIDGE_CONNECTION_H
#define RP_BRIDGE_CONNECTION_H

#include "bridge/http2.h"

#include <openssl/ssl.h>

typedef struct connection connection;
struct connection {
    int socket;
    SSL *tls; /* or NULL */
    http2 *http2;
    const uint8_t *left; /* what the socket did not take yet */
    size_t left_len;
    bool wants_write, broken;
    connection *next;
};

/* Takes the socket, whatever happens; NULL if it cannot be served. */
connection *connection_new(int socket, SSL_CTX *tls, const http2_events *events);
void connection_free(connection *one);

/* Reads what there is, and writes what can be written. Afterwards `broken` says whether to hang up. */
void connection_serve(connection *one);

#endif
