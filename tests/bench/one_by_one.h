/*
 * The workloads one-by-one and one-by-one-5s: one record after the other, polled as other clients poll. See
 * workload.h.
 */
#ifndef TESTS_BENCH_ONE_BY_ONE_H
#define TESTS_BENCH_ONE_BY_ONE_H

#include "workload.h"

int one_by_one_create_1s(run *one, rp_error **error);
int one_by_one_create_5s(run *one, rp_error **error);
int one_by_one_read(run *one, rp_error **error);

/* Minimum time for one record. */
int64_t one_by_one_expected_1s_ms(const grid_cell *of);
int64_t one_by_one_expected_5s_ms(const grid_cell *of);

#endif
