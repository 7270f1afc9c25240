/*
 * The memory of a world: a ledger may find none, must give all of it back, and
 * must not use what it has freed.
 */
#ifndef EXPLORER_MEMORY_H
#define EXPLORER_MEMORY_H

#include <stdbool.h>

/* From here on calloc fails whenever the function says so; NULL: never. */
void memory_is_short(bool (*now)(void *context), void *context);

/* Whether it was freed in this world. Always false under AddressSanitizer, which finds that by itself. */
bool memory_was_freed(const void *block);

/* At the end of a world. False if something was not freed. */
bool memory_sweep(void);

#endif
