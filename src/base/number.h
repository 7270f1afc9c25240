/*
 * The smaller and the larger of two numbers.
 */
#ifndef RP_BASE_NUMBER_H
#define RP_BASE_NUMBER_H

#include <stdint.h>

static inline int64_t rp_min(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static inline int64_t rp_max(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

#endif
