/*
 * Room for one more at the end of an array, which doubles as it grows.
 */
#ifndef RP_CLI_ARRAY_H
#define RP_CLI_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

/* The array, moved if need be, with room for one element more than `count`; NULL when out of memory: then the
   old one is still good. Grown by nothing else. */
static inline void *rp_array_grow(void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    if (count > SIZE_MAX / 2 / size)
        return NULL;
    return realloc(items, size * (count ? 2 * count : 1));
}

#endif
