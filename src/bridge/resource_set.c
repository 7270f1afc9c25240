/*
 * A resource of many records that have one parent: what is wrong with it, and what is planned.
 */
#include "bridge/record_plan.h"
#include "bridge/resource.h"
#include "bridge/set_members.h"

void set_validate(call *one, const resource_type *of, const value *config)
{
    const set_members members = set_members_of(&one->memory, of, config);
    record_list list = set_entries(&one->memory, &members, true);

    if (!set_check_keys(one, &members) || !list.count)
        return;
    record_call(one, of, "validate", &list, config, 0);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i]->status != RP_UNSUPPORTED || !list.items[i]->refused)
            set_report(one, of, "validate", &list, i, false);
}

/* As planned in place, or afresh where another object is needed or nobody knows what is there. */
static record_plan plan_record(arena *in, const resource_type *of, const set_member *wanted,
                               const set_member *there, const private_state *kept)
{
    const private_entry *entry = wanted->key ? private_find(kept, wanted->key) : NULL;
    bool open = entry && entry->until; /* what is there, the apply finds out */
    record_plan plan = record_plan_make(in, of, wanted->record, there ? there->record : NULL, entry);

    if (!there || (!plan.replace.count && !open))
        return plan;
    plan = record_plan_make(in, of, wanted->record, NULL, NULL);
    plan.updates = true;
    return plan;
}

static bool parent_changes(const resource_type *of, const value *config, const value *prior)
{
    for (size_t i = 0; i < of->parent.count; i++)
        if (!value_same(value_get(config, of->parent.items[i].name),
                        value_get(prior, of->parent.items[i].name)))
            return true;
    return false;
}

/* The records as planned; *changes is set if any call is needed. */
static const value *plan_records(arena *in, const resource_type *of, const set_members *wanted,
                                 const set_members *there, const private_state *kept, bool *changes)
{
    const key_index by = key_index_of(in, there);
    value *records = value_object(in, wanted->count);
    size_t matched = 0;

    for (size_t i = 0; i < wanted->count; i++) {
        const set_member *known = key_find(&by, wanted->items[i].key);
        record_plan plan = plan_record(in, of, &wanted->items[i], known, kept);

        *changes |= !known || plan.updates;
        matched += known != NULL;
        value_add(records, wanted->items[i].name, set_element(in, of, plan.planned));
    }
    *changes |= matched < there->count;
    return records;
}

plan_reply set_plan(call *one, const resource_type *of, const value *config, const value *prior,
                    const private_state *kept)
{
    arena *in = &one->memory;
    bool fresh = value_is_null(prior), moved = !fresh && parent_changes(of, config, prior),
         changes = fresh || moved;
    const set_members wanted = set_members_of(in, of, config),
                      there = set_members_of(in, of, moved ? &value_null : prior);
    const value *asked = value_get(config, CATALOG_RECORDS), *failed;
    plan_reply reply = {.replace = arena_alloc(in, (of->parent.count + 1) * sizeof(*reply.replace))};
    value *own = value_object(in, 3);

    set_check_keys(one, &wanted);
    for (size_t i = 0; moved && i < of->parent.count; i++)
        reply.replace[reply.replace_count++] = place_attribute(in, NULL, of->parent.items[i].name);
    value_add(own, CATALOG_RECORDS,
              value_kind_of(asked) == VALUE_UNKNOWN ? asked
                                                    : plan_records(in, of, &wanted, &there, kept, &changes));
    if (value_kind_of(asked) == VALUE_UNKNOWN)
        changes = true;
    failed = changes ? &value_unknown : value_get(prior, CATALOG_FAILED);
    value_add(own, CATALOG_FAILED, value_is_null(failed) ? value_object(in, 0) : failed);
    value_add(own, CATALOG_ID, set_id(in, of, config));
    reply.planned = block_with(in, &of->block.object, config, own);
    return reply;
}
