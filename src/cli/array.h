/*
 * Grows an array by doubling.
 */
#ifndef RP_CLI_ARRAY_H
#define RP_CLI_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

/* Returns the array, possibly moved, with room for one element after `count`; NULL when out of memory: then the
   old one is unchanged. Only for arrays that grow through this function. */
static inline void *rp_array_grow(void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    if (count > SIZE_MAX / 2 / size)
        return NULL;
    return realloc(items, size * (count ? 2 * count : 1));
}

#endif
