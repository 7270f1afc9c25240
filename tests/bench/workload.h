/*
 * The workloads that are compared:
 *
 * - batch: the plugin, all records in one call
 * - threads: the plugin, one record per call, from several threads on one instance
 * - one-by-one: what a Go provider sends per record: one add, a poll of its job each second, one more poll
 *   for the entities when the job has ended, and one list filtered by the member's id
 * - one-by-one-5s: what the other provider sends: the first poll after 5 s, no second poll at the end, the
 *   same list
 * - floor: the minimum for any client: one list, the adds one after the other, the job's time after the last
 *   add, one poll, one list; listeners in parallel. Without a page size, so a list is always one request
 *
 * The last three send plain HTTP requests. They look better than they are: they keep their connections open,
 * where the providers open one for nearly every request, and they do not log in.
 */
#ifndef TESTS_BENCH_WORKLOAD_H
#define TESTS_BENCH_WORKLOAD_H

#include "grid_cell.h"
#include "host.h"
#include "server.h"

/* A cell while it runs. */
typedef struct run {
    const grid_cell *cell;
    const server *server;
    const host *host; /* NULL for workloads without the plugin */
    char (*member_ids)[40];
    unsigned next; /* atomic: the next record nobody has taken */
    bool failed;   /* atomic; error says why */
    rp_error *error;
} run;

struct workload {
    const char *name;
    bool uses_plugin;
    int (*create)(run *one, rp_error **error);
    int (*read)(run *one, rp_error **error);
    int64_t (*expected_ms)(const grid_cell *one); /* roughly, of create and read together */
    bool (*is_sane)(const grid_cell *one, const measured *got);
};

extern const workload workloads[]; /* ended by a NULL name */
const workload *workload_named(const char *name);

#endif
