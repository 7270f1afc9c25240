/*
 * Single requests, one after the other, without the plugin: what other clients
 * send, and how the simulator's counts are read.
 */
#ifndef TESTS_BENCH_RAW_H
#define TESTS_BENCH_RAW_H

#include "json/value.h"

typedef struct raw raw;

/* A client of its own, with its own connection. NULL: see error. */
raw *raw_new(const char *url, rp_error **error);
void raw_free(raw *client);

static inline void raw_freep(raw **client)
{
    raw_free(*client);
}

/* Asks and waits for the answer, which must be 2xx and, unless out is NULL, JSON. body: NULL is a GET. */
int raw_ask(raw *client, const char *path, const char *body, rp_json **out, rp_error **error);

/* The same below the project, in the service's own terms. */
int raw_list(raw *client, const char *listener_id, const char *query, rp_json **out, rp_error **error);
int raw_add(raw *client, const char *listener_id, const char *body, rp_json **out, rp_error **error);
int raw_job(raw *client, const char *job_id, rp_json **out, rp_error **error);

#endif
