/*
 * One cell of the grid: a workload with its parameters, and what was measured.
 */
#ifndef TESTS_BENCH_GRID_CELL_H
#define TESTS_BENCH_GRID_CELL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The plugin's default of max_batch. */
#define USUAL_BATCH 100

typedef struct workload workload;

typedef struct grid_cell {
    const workload *workload;
    unsigned latency_ms, job_ms; /* of the server */
    unsigned records, listeners, threads;
    unsigned max_batch;
    bool create_only;
} grid_cell;

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
    char why[256]; /* why it was left out or failed */
    phase create, read;
    int64_t load_us, open_us; /* dlopen, entry and describe; open */
} measured;

/* The programs and files that cells need. */
typedef struct tools {
    const char *plugin, *sim;
    unsigned limit_s; /* a cell expected to take longer is left out */
} tools;

/* Runs a cell in a process of its own. */
void grid_cell_run(const grid_cell *one, const tools *with, measured *out);

/* The same in this process, without a time limit: for callgrind. */
void grid_cell_run_in_process(const grid_cell *one, const tools *with, measured *out);

bool grid_cell_equals(const grid_cell *one, const grid_cell *other);

#endif
