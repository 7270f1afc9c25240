/*
 * Single requests, one after the other, without the plugin: what other clients
 * send, and how the simulator's counts are read.
 */
#ifndef TESTS_BENCH_RAW_HTTP_H
#define TESTS_BENCH_RAW_HTTP_H

#include "json/value.h"

typedef struct raw_http raw_http;

/* A client of its own, with its own connection. NULL: see error. */
raw_http *raw_http_new(const char *url, rp_error **error);
void raw_http_free(raw_http *client);

static inline void raw_http_freep(raw_http **client)
{
    raw_http_free(*client);
}

/* Asks and waits for the answer, which must be 2xx and, unless out is NULL, JSON. body: NULL is a GET. */
int raw_http_send(raw_http *client, const char *path, const char *body, rp_json **out, rp_error **error);

/* The same below the project, in the service's own terms. */
int raw_http_list(raw_http *client, const char *listener_id, const char *query, rp_json **out,
                  rp_error **error);
int raw_http_add(raw_http *client, const char *listener_id, const char *body, rp_json **out,
                 rp_error **error);
int raw_http_job(raw_http *client, const char *job_id, rp_json **out, rp_error **error);

#endif
