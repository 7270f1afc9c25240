/*
 * The results of all cells run so far.
 */
#ifndef TESTS_BENCH_RESULTS_TABLE_H
#define TESTS_BENCH_RESULTS_TABLE_H

#include "grid_cell.h"

typedef struct entry {
    grid_cell cell;
    measured result;
} entry;

typedef struct results_table {
    entry *entries;
    size_t count;
} results_table;

/* The results of such a cell if it was run; NULL if not. */
const entry *results_find(const results_table *all, const grid_cell *like);

/* The same place, but another workload. */
const entry *results_find_workload(const results_table *all, const grid_cell *place, const char *by,
                                   unsigned threads);

/* Executed instructions of one create of so many records. */
typedef struct instructions {
    unsigned records;
    uint64_t count; /* 0: could not be counted */
} instructions;

#endif
