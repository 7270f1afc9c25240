/*
 * Which cells are run.
 */
#ifndef TESTS_BENCH_GRID_H
#define TESTS_BENCH_GRID_H

#include "grid_cell.h"

/* "full" is the whole table, "claims" what the project claims of itself, "tiny" shows that all of this works.
   The cells are the caller's to free; NULL if there is no such grid or no memory. */
grid_cell *grid_cells(const char *name, size_t *count);

#endif
