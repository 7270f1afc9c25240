/*
 * Ownership: a variable that owns something says so where it is declared, and
 * whoever hands it over takes it.
 *
 *     _cleanup_(rp_freep) char *name = strdup(text);
 *     …
 *     return rp_take(name);
 */
#ifndef RP_BASE_CLEANUP_H
#define RP_BASE_CLEANUP_H

#include <stdlib.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* The pointer, which its variable no longer owns. */
#define rp_take(pointer)                                                                                     \
    __extension__({                                                                                          \
        __typeof__(pointer) taken_ = (pointer);                                                              \
        (pointer) = NULL;                                                                                    \
        taken_;                                                                                              \
    })

#define rp_count_of(array) (sizeof(array) / sizeof((array)[0]))

/* For any pointer that free() takes. */
static inline void rp_freep(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

#endif
