/*
 * The ways of working that are compared.
 *
 * batch          the plugin, all records in one call
 * threads        the plugin, one record a call, from so many threads on one instance
 * one-by-one     as a Go provider does: for each record one add, its job asked after each second, once more
 * for its entities when it has ended, and one list that is filtered by the member's id one-by-one-5s  as the
 * other one does: the first poll after 5 s, no second question, the same list floor          what any client
 * must send: one list, the adds one after the other, the job's time after the last, one poll, one list;
 * listeners at the same time. With no page size, so one list is one request whatever its length.
 *
 * The last three send bare requests. They are flattered: their connections stay open, where the providers
 * open one for nearly each request, and they do not log in.
 */
#ifndef TESTS_BENCH_WAY_H
#define TESTS_BENCH_WAY_H

#include "cell.h"
#include "host.h"
#include "server.h"

/* A cell while it runs. */
typedef struct run {
    const cell *cell;
    const server *server;
    const host *host; /* NULL for ways without the plugin */
    char (*member_ids)[40];
    unsigned next; /* atomic: the next record nobody has taken */
    bool failed;   /* atomic; then error is there */
    rp_error *error;
} run;

struct way {
    const char *name;
    bool uses_plugin;
    int (*create)(run *one, rp_error **error);
    int (*read)(run *one, rp_error **error);
    int64_t (*expected_ms)(const cell *one); /* roughly, of create and read together */
    bool (*is_sane)(const cell *one, const measured *got);
};

extern const way ways[]; /* ended by a NULL name */
const way *way_named(const char *name);

#endif
