/*
 * One record after the other, in the rhythm of other clients: see way.h.
 */
#ifndef TESTS_BENCH_ONE_H
#define TESTS_BENCH_ONE_H

#include "way.h"

int one_create_1s(run *one, rp_error **error);
int one_create_5s(run *one, rp_error **error);
int one_read(run *one, rp_error **error);

/* How long one record takes at least. */
int64_t one_expected_1s_ms(const cell *of);
int64_t one_expected_5s_ms(const cell *of);

#endif
