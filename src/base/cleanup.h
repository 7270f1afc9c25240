/*
 * Ownership: a variable that owns something is declared with its cleanup function;
 * rp_take hands it over.
 *
 *     _cleanup_(rp_freep) char *name = strdup(text);
 *     …
 *     return rp_take(name);
 */
#ifndef RP_BASE_CLEANUP_H
#define RP_BASE_CLEANUP_H

#include <stdlib.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Returns the pointer and sets the variable to NULL: it no longer owns it. */
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
