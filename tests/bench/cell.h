/*
 * A cell of the table: one way of working, with one server, for so many records;
 * and what it came to.
 */
#ifndef TESTS_BENCH_CELL_H
#define TESTS_BENCH_CELL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the plugin sends in one add, unless told otherwise. */
#define USUAL_BATCH 100

typedef struct way way;

typedef struct cell {
    const way *way;
    unsigned latency_ms, job_ms; /* of the server */
    unsigned records, listeners, threads;
    unsigned max_batch;
    bool create_only;
} cell;

/* Requests by kind. */
typedef struct counts {
    unsigned add, list, job, listener, total, connections;
} counts;

/* One of the two things that are done to all records. */
typedef struct phase {
    int64_t wall_us, cpu_us; /* CPU time of the whole client */
    long peak_kib;           /* most memory beyond what was there before */
    counts sent;
} phase;

typedef struct result {
    enum {
        CELL_DONE,
        CELL_LEFT_OUT,
        CELL_FAILED
    } end;
    char why[256]; /* unless it is done */
    phase create, read;
    int64_t load_us, open_us; /* dlopen, entry and describe; open */
} measured;

/* The programs and files that cells need. */
typedef struct tools {
    const char *plugin, *sim;
    unsigned limit_s; /* a cell expected to take longer is left out */
} tools;

/* Runs a cell in a process of its own. */
void cell_run(const cell *one, const tools *with, measured *out);

/* The same in this process, without a limit: for whoever counts instructions. */
void cell_run_here(const cell *one, const tools *with, measured *out);

bool cell_is(const cell *one, const cell *other);

#endif
