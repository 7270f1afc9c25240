/*
 * A hash index from names to numbers.
 */
#ifndef RP_CLI_NAME_INDEX_H
#define RP_CLI_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rp_name_index_slot {
    const char *name; /* borrowed; NULL: free */
    size_t number;
} rp_name_index_slot;

/* Zeroed: an empty one. */
typedef struct rp_name_index {
    rp_name_index_slot *slots;
    size_t size, count;
} rp_name_index;

/* False when out of memory. A known name keeps its number. Stores the name's number in *was. */
bool rp_name_index_add(rp_name_index *index, const char *name, size_t number, size_t *was);
bool rp_name_index_find(const rp_name_index *index, const char *name, size_t *number);
void rp_name_index_done(rp_name_index *index);

#endif
