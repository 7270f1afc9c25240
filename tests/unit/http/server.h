/*
 * A web server of few words on a free port of this machine: the nth whole
 * request gets the nth answer, bytes as they are.
 */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum server_then {
    KEEP_OPEN,
    CLOSE_IT,
    RESET_IT, /* with an RST instead of a FIN */
} server_then;

typedef struct server_answer {
    const char *bytes; /* NULL: none */
    server_then then;
    bool trickled; /* a write for each byte */
    unsigned pause_ms; /* after each write */
    bool early;    /* as soon as the headers and some of the body are there; the rest is not read */
} server_answer;

typedef struct server server;

typedef struct server_options {
    const server_answer *answers; /* the last serves for all that follow; must live */
    size_t count;
    size_t gather; /* answers none before so many requests are there */
} server_options;

server *server_start(const server_options *options);
void server_stop(server *self);

/* "http://127.0.0.1:PORT" + path, in a buffer of the server's that the next call overwrites. */
const char *server_url(server *self, const char *path);
const char *server_place(server *self); /* "127.0.0.1:PORT" */

size_t server_requests(server *self);
size_t server_connections(server *self); /* ever made */

/* The text of the nth request, headers and body; lives as long as the server. */
const char *server_request(server *self, size_t nth);

/* Returns when so many connections have ended in all. */
void server_await_ended(server *self, size_t connections);

/* Returns when so many requests have come in all. */
void server_await_requests(server *self, size_t requests);

#endif
