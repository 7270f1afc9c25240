/*
 * Wall time, CPU time and memory that a phase takes in this process.
 */
#ifndef TESTS_BENCH_RESOURCE_USAGE_H
#define TESTS_BENCH_RESOURCE_USAGE_H

#include "grid_cell.h"

int64_t now_us(void);

typedef struct resource_usage {
    int64_t wall_us, cpu_us;
    long rss_kib;
} resource_usage;

resource_usage usage_start(void);

/* Into the phase's times and memory. The peak is 0 where the kernel does not let it be measured. */
void usage_stop(const resource_usage *begun, phase *out);

#endif
