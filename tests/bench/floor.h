/*
 * The workload floor: the minimum of requests for any client. See workload.h.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include "workload.h"

int floor_create(run *one, rp_error **error);
int floor_read(run *one, rp_error **error);

#endif
