/*
 * Sleeping, as the clients do that are compared with.
 */
#ifndef TESTS_BENCH_PAUSE_H
#define TESTS_BENCH_PAUSE_H

#include <stdint.h>
#include <time.h>

static inline void pause_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&left, &left) < 0)
        continue;
}

#endif
