#include "bridge/set_items.h"

#include "bridge/record_plan.h"

static set_item *add_item(set_work *work, const set_member *member)
{
    set_item *item = &work->items[work->count++];

    item->name = member->name;
    item->key = member->key;
    return item;
}

static const value *config_of(arena *in, const set_work *work, const char *name)
{
    const value *records = value_get(work->input->config, CATALOG_RECORDS);

    return set_compose(in, work->of, work->input->config, value_get(records, name));
}

/* What is to be done so that the record, which has this state now, becomes as configured. */
static void plan_change(arena *in, const set_work *work, set_item *item)
{
    record_plan plan =
        record_plan_make(in, work->of, item->make.config, item->prior, private_find(work->kept, item->key));

    item->job = plan.replace.count ? ITEM_REPLACE : plan.updates ? ITEM_UPDATE : ITEM_KEEP;
    item->make.prior = item->remove.prior = item->prior;
}

static void plan_item(arena *in, set_work *work, const set_member *wanted, const set_member *there)
{
    set_item *item = add_item(work, wanted);

    item->planned = wanted->record;
    item->prior = there ? there->record : NULL;
    item->until = there ? private_until(work->kept, there->key) : 0;
    item->make = (record_entry){.name = wanted->name,
                                .config = config_of(in, work, wanted->name),
                                .planned = wanted->record,
                                .prior = item->prior};
    item->remove = (record_entry){.name = wanted->name, .prior = item->prior};
    if (there && !item->until)
        plan_change(in, work, item);
    else
        item->job = ITEM_CREATE;
}

static void plan_removal(set_work *work, const set_member *there)
{
    set_item *item = add_item(work, there);

    item->job = ITEM_DELETE;
    item->prior = there->record;
    item->until = private_until(work->kept, there->key);
    item->remove = (record_entry){.name = there->name, .prior = there->record};
}

void set_work_plan(arena *in, set_work *work)
{
    const set_members wanted = set_members_of(in, work->of, work->input->planned),
                      there = set_members_of(in, work->of, work->input->prior);
    const key_index by = key_index_of(in, &there), by_wanted = key_index_of(in, &wanted);

    work->items = arena_alloc(in, (wanted.count + there.count) * sizeof(*work->items));
    for (size_t i = 0; i < wanted.count; i++)
        plan_item(in, work, &wanted.items[i], key_find(&by, wanted.items[i].key));
    for (size_t i = 0; i < there.count; i++)
        if (!key_find(&by_wanted, there.items[i].key))
            plan_removal(work, &there.items[i]);
}

static bool may_make(const set_item *item)
{
    if (item->job == ITEM_REPLACE)
        return item->remove.phase == RECORD_FINISHED && !is_failure(item->remove.status);
    return item->make.phase == RECORD_WAITING;
}

static bool may_remove(const set_item *item)
{
    return item->remove.phase == RECORD_WAITING;
}

void set_work_run(call *one, set_work *work, const char *hook, unsigned jobs, bool remove)
{
    const value *block = remove ? work->input->prior : work->input->config;
    record_list list = {.items = arena_alloc(&one->memory, work->count * sizeof(*list.items))};

    for (size_t i = 0; i < work->count; i++) {
        set_item *item = &work->items[i];

        if (!(jobs >> item->job & 1))
            continue;
        if (remove ? may_remove(item) : may_make(item))
            list.items[list.count++] = remove ? &item->remove : &item->make;
    }
    if (value_is_null(block))
        block = work->input->prior;
    if (list.count)
        record_call(one, work->of, hook, &list, block, call_timeout_ms(block, hook));
}

static void finish(record_entry *entry, const record_entry *as, outcome came)
{
    entry->status = as->status;
    entry->diagnostics = as->diagnostics;
    entry->why = as->why;
    entry->state = as->state;
    entry->outcome = came;
    entry->phase = RECORD_FINISHED;
}

/* The record is there: what is left to do is planned again. */
static void settle_found(arena *in, const set_work *work, set_item *item, const record_entry *found)
{
    item->until = 0;
    item->prior = found->state;
    if (item->job == ITEM_DELETE) {
        item->remove.prior = found->state;
        return;
    }
    plan_change(in, work, item);
    if (item->job == ITEM_KEEP) {
        item->job = ITEM_CREATE;
        finish(&item->make, found, OUTCOME_DONE);
    }
}

static void settle_absent(set_item *item, const record_entry *absent)
{
    item->until = 0;
    item->prior = item->make.prior = NULL;
    if (item->job == ITEM_DELETE)
        finish(&item->remove, absent, OUTCOME_DONE);
}

/* Takes what was found out of the item's record. One that cannot be told yet is left as it is. */
static void settle_item(call *one, const set_work *work, set_item *item, const record_entry *earlier)
{
    pthread_mutex_lock(&one->lock);
    if (earlier->status == RP_OK)
        settle_found(&one->memory, work, item, earlier);
    else if (earlier->status == RP_NOT_FOUND)
        settle_absent(item, earlier);
    else
        finish(item->job == ITEM_DELETE ? &item->remove : &item->make, earlier, OUTCOME_UNKNOWN);
    pthread_mutex_unlock(&one->lock);
}

void set_work_settle(call *one, set_work *work)
{
    arena *in = &one->memory;
    record_list list = {.items = arena_alloc(in, work->count * sizeof(*list.items))};
    set_item **items = arena_alloc(in, work->count * sizeof(*items));
    int64_t *until = arena_alloc(in, work->count * sizeof(*until));

    for (size_t i = 0; i < work->count; i++) {
        record_entry *earlier;

        if (!work->items[i].until)
            continue;
        earlier = arena_alloc(in, sizeof(*earlier));
        *earlier = (record_entry){.name = work->items[i].name, .prior = work->items[i].prior};
        until[list.count] = work->items[i].until;
        items[list.count] = &work->items[i];
        list.items[list.count++] = earlier;
    }
    if (!list.count)
        return;
    record_settle(
        one, work->of, &list, until,
        call_timeout_ms(value_is_null(work->input->config) ? work->input->prior : work->input->config,
                        "create"));
    for (size_t i = 0; i < list.count; i++)
        settle_item(one, work, items[i], list.items[i]);
}
