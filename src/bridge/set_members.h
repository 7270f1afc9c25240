/*
 * The records of a set: told apart by their key, whatever the user names them.
 */
#ifndef RP_BRIDGE_SET_MEMBERS_H
#define RP_BRIDGE_SET_MEMBERS_H

#include "bridge/record_work.h"

/* A record of a block: the parent's attributes, and its own under its name. */
typedef struct set_member {
    const char *name, *key; /* no key: a part of it is not known */
    const value *record;    /* an object of the members */
} set_member;

typedef struct set_members {
    size_t count;
    set_member *items;
} set_members;

/* Those that have a key, sorted by it. */
typedef struct key_index {
    size_t count;
    const set_member **items;
} key_index;

/* The members of one record: the parent's from the block, the others from the element. */
const value *set_compose(arena *in, const resource_type *of, const value *block, const value *element);

/* What of a record stands in the set's element. */
const value *set_element(arena *in, const resource_type *of, const value *record);

set_members set_members_of(arena *in, const resource_type *of, const value *block);
key_index key_index_of(arena *in, const set_members *from);

/* NULL if there is none, or no key. */
const set_member *key_find(const key_index *in, const char *key);

/* False, and errors, if two names have one key. */
bool set_check_keys(call *one, const set_members *members);

/* Entries for the records of a block, to be read or, with `config`, validated. */
record_list set_entries(arena *in, const set_members *members, bool config);

/* True if the entry failed. Of a request that was refused as a whole the first tells it for all. */
bool set_report(call *one, const resource_type *of, const char *hook, const record_list *list, size_t index,
                bool as_warning);

const place *set_place(arena *in, const char *name);

/* What the set is imported by: the parent's only value, or all of them by name. Unknown if one of them is. */
const value *set_id(arena *in, const resource_type *of, const value *block);

#endif
