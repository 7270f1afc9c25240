#include "cli/name_index.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The name's slot, or the free slot for it. There is always a free one. */
static rp_name_index_slot *slot_of(rp_name_index_slot *slots, size_t size, const char *name)
{
    size_t at = (size_t)rp_hash(RP_HASH_START, name, strlen(name)) & (size - 1);

    while (slots[at].name && strcmp(slots[at].name, name) != 0)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static bool grow(rp_name_index *index)
{
    size_t size = index->size ? index->size * 2 : 16;
    rp_name_index_slot *slots = calloc(size, sizeof(*slots));

    if (!slots)
        return false;
    for (size_t i = 0; i < index->size; i++)
        if (index->slots[i].name)
            *slot_of(slots, size, index->slots[i].name) = index->slots[i];
    free(index->slots);
    index->slots = slots;
    index->size = size;
    return true;
}

bool rp_name_index_add(rp_name_index *index, const char *name, size_t number, size_t *was)
{
    rp_name_index_slot *slot;

    if (index->count * 2 >= index->size && !grow(index))
        return false;
    slot = slot_of(index->slots, index->size, name);
    if (!slot->name) {
        *slot = (rp_name_index_slot){name, number};
        index->count++;
    }
    if (was)
        *was = slot->number;
    return true;
}

bool rp_name_index_find(const rp_name_index *index, const char *name, size_t *number)
{
    const rp_name_index_slot *slot = index->size ? slot_of(index->slots, index->size, name) : NULL;

    if (!slot || !slot->name)
        return false;
    *number = slot->number;
    return true;
}

void rp_name_index_done(rp_name_index *index)
{
    free(index->slots);
    *index = (rp_name_index){0};
}
