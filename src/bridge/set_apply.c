/*
 * A set is applied: one call for all that leave, one for all that change, one for all that come.
 */
#include "bridge/record_plan.h"
#include "bridge/set_items.h"

#include <stdlib.h>

/* The reply, from what is known of each item. */
typedef struct set_outcome {
    arena *in;
    const set_work *work;
    value *records, *failed;
    private_state kept;
    size_t made; /* there, or perhaps there */
} set_outcome;

static void fail_item(set_outcome *to, const char *name, const char *what, const record_entry *entry)
{
    value_add(to->failed, name,
              value_text(to->in, arena_format(to->in, "%s%s", what, record_reason(to->in, entry))));
}

static void record_item(set_outcome *to, const set_item *item, const char *name, const value *members,
                        record_remembered how)
{
    value_add(to->records, name, set_element(to->in, to->work->of, members));
    to->made++;
    if (item->key)
        record_remember(to->in, to->work->of, how, item->make.config, item->prior,
                        private_find(to->work->kept, item->key), private_entry_of(&to->kept, item->key));
}

/* The record stays, and the next apply looks first what became of it. */
static void keep_unsettled(set_outcome *to, const set_item *item, int64_t until)
{
    if (item->key)
        private_entry_of(&to->kept, item->key)->until = until;
}

/* A name for what could not be removed: its own, unless another record has that by now. */
static const char *free_name(const set_outcome *to, const char *name)
{
    const value *wanted = value_get(to->work->input->planned, CATALOG_RECORDS);

    while (value_get(wanted, name) || value_get(to->records, name))
        name = arena_format(to->in, "%s (not removed)", name);
    return name;
}

static void record_removal(set_outcome *to, const set_item *item)
{
    const record_entry *entry = &item->remove;
    const char *name;

    if (entry->phase == RECORD_FINISHED && (!is_failure(entry->status) || entry->status == RP_NOT_FOUND))
        return;
    name = free_name(to, item->name);
    record_item(to, item, name, item->prior, REMEMBER_BEFORE);
    fail_item(to, name, "not removed: ", entry);
    keep_unsettled(to, item, item->until);
}

/* What became of an earlier request for it is still not known. */
static void keep_open(set_outcome *to, const set_item *item)
{
    record_item(to, item, item->name, item->prior, REMEMBER_BEFORE);
    fail_item(to, item->name, "", &item->make);
    keep_unsettled(to, item, item->until);
}

static void record_making(set_outcome *to, const set_item *item)
{
    const record_entry *entry = &item->make;
    bool finished = entry->phase == RECORD_FINISHED, failed = !finished || is_failure(entry->status);
    bool nothing = entry->phase == RECORD_WAITING || (finished && failed && entry->outcome == OUTCOME_NONE);
    bool removed =
        item->job == ITEM_CREATE || (item->job == ITEM_REPLACE && item->remove.phase == RECORD_FINISHED &&
                                     !is_failure(item->remove.status));
    const value *members = nothing ? item->prior : record_state(to->in, to->work->of, entry);
    bool open;

    if (failed)
        fail_item(to, item->name, "",
                  item->job == ITEM_REPLACE && is_failure(item->remove.status) ? &item->remove : entry);
    if (nothing && removed)
        return;
    open = !nothing && (!finished || entry->outcome == OUTCOME_UNKNOWN);
    record_item(to, item, item->name, members,
                nothing                            ? REMEMBER_BEFORE
                : open && item->job == ITEM_UPDATE ? REMEMBER_EITHER
                                                   : REMEMBER_SENT);
    if (open)
        keep_unsettled(to, item, record_wall_ms() + to->work->settle_ms);
}

static set_outcome outcome_of(arena *in, const set_work *work)
{
    set_outcome made = {.in = in,
                        .work = work,
                        .records = value_object(in, work->count),
                        .failed = value_object(in, work->count),
                        .kept = {.in = in}};

    for (size_t i = 0; i < work->count; i++) {
        const set_item *item = &work->items[i];

        if (item->job == ITEM_KEEP)
            record_item(&made, item, item->name, record_known(in, item->planned), REMEMBER_FOUND);
        else if (item->until && item->job != ITEM_DELETE)
            keep_open(&made, item);
        else if (item->job == ITEM_DELETE)
            record_removal(&made, item);
        else
            record_making(&made, item);
    }
    return made;
}

static void write_reply(const set_outcome *from, Tf__ApplyResourceChangeResponse *reply)
{
    const set_work *work = from->work;
    const resource_type *of = work->of;
    const value *block = value_is_null(work->input->planned) ? work->input->prior : work->input->planned;
    bool creates = value_is_null(work->input->prior), destroys = value_is_null(work->input->planned);
    value *own = value_object(from->in, 3);

    if (!from->made && (destroys || (creates && from->failed->count))) {
        reply->new_state = call_wire(from->in, &of->block, &value_null);
        return;
    }
    value_add(own, CATALOG_RECORDS, from->records);
    value_add(own, CATALOG_FAILED, from->failed);
    value_add(own, CATALOG_ID, set_id(from->in, of, block));
    reply->new_state = call_wire(from->in, &of->block,
                                 record_known(from->in, block_with(from->in, &of->block.object, block, own)));
    reply->private_ = private_write(from->in, &from->kept);
    /* Terraform would call a record that is planned and missing a bug, and taint what works. The flag asks it
       not to: what failed is told by a warning and by `failed`, and planned again. */
    reply->legacy_type_system = creates && from->failed->count;
}

static void rescue(call *one, const void *context, arena *memory, rp_buffer *out)
{
    const set_work *work = context;
    const set_outcome came = outcome_of(memory, work);
    Tf__ApplyResourceChangeResponse reply = TF__APPLY_RESOURCE_CHANGE_RESPONSE__INIT;
    diagnostics said = {.in = memory};

    (void)one;
    diagnostics_add(&said, value_is_null(work->input->prior) && came.made, NULL,
                    arena_format(memory, "%s: interrupted before all was done", work->of->name), NULL);
    write_reply(&came, &reply);
    reply.n_diagnostics = said.count;
    reply.diagnostics = said.items;
    call_pack(&reply.base, out);
}

static void set_rescue(call *one, const set_work *work)
{
    pthread_mutex_lock(&one->lock);
    one->rescue = work ? rescue : NULL;
    one->rescue_context = work;
    pthread_mutex_unlock(&one->lock);
}

static void report_some(call *one, const set_work *work, bool remove, bool as_warnings)
{
    const record_entry *refused = NULL; /* told once for all that were refused with it */

    for (size_t i = 0; i < work->count; i++) {
        record_entry *entry = remove ? &work->items[i].remove : &work->items[i].make;
        record_list list = {1, &entry};

        if (entry->phase != RECORD_FINISHED ||
            (entry->refused && refused && refused->diagnostics == entry->diagnostics))
            continue;
        if (entry->refused)
            refused = entry;
        if (!remove || entry->status != RP_NOT_FOUND)
            set_report(one, work->of, remove ? "delete" : "create or update", &list, 0, as_warnings);
    }
}

/* What the user wrote stands in the state as written. */
static void keep_spelling(call *one, const set_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        record_entry *entry = &work->items[i].make;
        const value *state;

        if (entry->phase != RECORD_FINISHED || is_failure(entry->status) || !entry->state)
            continue;
        state = record_as_planned(one, work->of, entry, set_place(&one->memory, entry->name));
        pthread_mutex_lock(&one->lock);
        entry->state = state;
        pthread_mutex_unlock(&one->lock);
    }
}

static void advise(call *one, const set_work *work)
{
    bool creates = value_is_null(work->input->prior),
         adopts = attributes_find_json(&work->of->options, "adopt");
    const char *id = value_c_string(set_id(&one->memory, work->of, work->input->config));
    size_t there = 0;

    for (size_t i = 0; i < work->count; i++)
        there += work->items[i].make.status == RP_ALREADY_EXISTS;
    if (!there || (!adopts && !creates))
        return;
    diagnostics_warning(&one->diagnostics, NULL, "to manage what exists already, %s%s%s%s",
                        adopts ? "set adopt = true" : "", adopts && creates ? ", or " : "",
                        creates ? "import the set by its id " : "", creates && id ? id : "");
}

void set_apply(call *one, const resource_type *of, const apply_input *input, private_state *kept,
               Tf__ApplyResourceChangeResponse *reply)
{
    bool creates = value_is_null(input->prior), warn;
    private_state none = {.in = &one->memory}; /* of a set that was replaced */
    set_work work = {.of = of, .input = input, .kept = creates ? &none : kept};
    set_outcome came;

    set_work_plan(&one->memory, &work);
    work.settle_ms = settle_ms(one, of);
    set_rescue(one, &work);
    set_work_settle(one, &work);
    set_work_run(one, &work, "delete", 1u << ITEM_DELETE | 1u << ITEM_REPLACE, true);
    set_work_run(one, &work, "update", 1u << ITEM_UPDATE, false);
    set_work_run(one, &work, "create", 1u << ITEM_CREATE | 1u << ITEM_REPLACE, false);
    set_rescue(one, NULL);
    keep_spelling(one, &work);
    came = outcome_of(&one->memory, &work);
    warn = creates && came.made;
    report_some(one, &work, true, false);
    report_some(one, &work, false, warn);
    advise(one, &work);
    write_reply(&came, reply);
    if (warn && came.failed->count)
        diagnostics_warning(
            &one->diagnostics, place_attribute(&one->memory, NULL, CATALOG_RECORDS),
            "%zu of %zu records were not created: see the attribute \"failed\"; the next apply tries "
            "them again",
            came.failed->count, work.count);
    for (size_t i = 0; i < work.count; i++) {
        free(work.items[i].make.event);
        free(work.items[i].remove.event);
    }
}
