/*
 * What a phase costs this process.
 */
#ifndef TESTS_BENCH_METER_H
#define TESTS_BENCH_METER_H

#include "cell.h"

int64_t meter_now_us(void);

typedef struct meter {
    int64_t wall_us, cpu_us;
    long rss_kib;
} meter;

meter meter_start(void);

/* Into the phase's times and memory. The peak is 0 where the kernel does not let it be measured. */
void meter_stop(const meter *begun, phase *out);

#endif
