/*
 * A web server over TLS, with a certificate that it makes for itself. One
 * connection at a time.
 */
#ifndef TESTS_UNIT_HTTP_TLS_SERVER_H
#define TESTS_UNIT_HTTP_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tls_server tls_server;

typedef struct tls_options {
    const char *subject; /* its CN; NULL: "test" */
    const char *name; /* whose certificate: "IP:127.0.0.1", "DNS:elb.example" */
    size_t answers;   /* so many requests get "ok"; the later ones see the connection end */
    bool outdated;    /* speaks TLS 1.1 and nothing newer */
} tls_options;

tls_server *tls_server_start(const tls_options *options);
void tls_server_stop(tls_server *self); /* once its clients are gone */

const char *tls_server_url(const tls_server *self);     /* https://127.0.0.1:PORT/ */
const char *tls_server_ca_file(const tls_server *self); /* what to trust */
size_t tls_server_requests(tls_server *self);

#endif
