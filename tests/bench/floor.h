/*
 * The requests that nobody can do without:
 * see way.h.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include "way.h"

int floor_create(run *one, rp_error **error);
int floor_read(run *one, rp_error **error);

#endif
