/*
 * The interface to time and randomness, which tests replace.
 */
#ifndef RP_BASE_CLOCK_H
#define RP_BASE_CLOCK_H

#include <stdint.h>

typedef struct rp_clock {
    int64_t (*now_ms)(void *context);  /* monotonic */
    int64_t (*wall_s)(void *context);  /* seconds since 1970, UTC */
    uint32_t (*chance)(void *context); /* uniform random numbers; not for secrets */
    void *context;
} rp_clock;

/* The system's clock. */
extern const rp_clock rp_clock_system;

static inline int64_t rp_now_ms(const rp_clock *clock)
{
    return clock->now_ms(clock->context);
}

/* Jitter: a random duration within 25 % of the given one, so that clients do not act in step. */
int64_t rp_jitter_ms(const rp_clock *clock, int64_t ms);

#endif
