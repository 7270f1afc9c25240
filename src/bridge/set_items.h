/*
 * What an apply does with each record of a set.
 */
#ifndef RP_BRIDGE_SET_ITEMS_H
#define RP_BRIDGE_SET_ITEMS_H

#include "bridge/resource.h"
#include "bridge/set_members.h"

/* What an apply does with one record. */
typedef struct set_item {
    const char *name, *key;
    enum {
        ITEM_KEEP,
        ITEM_CREATE,
        ITEM_UPDATE,
        ITEM_REPLACE,
        ITEM_DELETE
    } job;
    const value *planned, *prior; /* members */
    int64_t until;                /* of an earlier apply the outcome is unknown until then; 0: it is known */
    record_entry make, remove;
} set_item;

typedef struct set_work {
    const resource_type *of;
    const apply_input *input;
    size_t count;
    set_item *items;
    private_state *kept;
    int64_t settle_ms;
} set_work;

/* The items: from what is planned, what was there before, and the private state. */
void set_work_plan(arena *in, set_work *work);

/* Looks for what an earlier apply asked for and did not see, before anything is done about it. */
void set_work_settle(call *one, set_work *work);

/* One call of a hook for all the items that have one of these jobs, a bit each; `remove` for their removal.
 */
void set_work_run(call *one, set_work *work, const char *hook, unsigned jobs, bool remove);

#endif
