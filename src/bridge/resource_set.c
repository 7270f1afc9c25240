/*
 * A resource of many records that have one parent. Records are told apart by their key, whatever the user
 * names them.
 */
#include "bridge/last_words.h"
#include "bridge/record_plan.h"
#include "bridge/record_work.h"
#include "bridge/resource.h"

#include <stdlib.h>
#include <string.h>

/* A record of a block: the parent's attributes, and its own under its name. */
typedef struct set_member {
    const char *name, *key; /* no key: a part of it is not known */
    const value *record;    /* an object of the members */
} set_member;

typedef struct set_members {
    size_t count;
    set_member *items;
} set_members;

static const value *compose(arena *in, const resource_type *of, const value *block, const value *element)
{
    value *made = value_object(in, of->members.count);

    for (size_t i = 0; i < of->members.count; i++) {
        const char *name = of->members.items[i].name;
        const value *item = value_get(attributes_find(&of->parent, name) ? block : element, name);

        value_add(made, name, item ? item : &value_null);
    }
    return made;
}

static set_members members_of(arena *in, const resource_type *of, const value *block)
{
    const value *records = value_get(block, CATALOG_RECORDS);
    size_t count = value_kind_of(records) == VALUE_OBJECT ? records->count : 0;
    set_members made = {count, arena_alloc(in, count * sizeof(*made.items))};

    for (size_t i = 0; i < count; i++) {
        set_member *one = &made.items[i];

        one->name = records->names[i];
        one->record = compose(in, of, block, records->items[i]);
        one->key = record_key(in, of, one->record);
    }
    return made;
}

static int by_key(const void *one, const void *other)
{
    return strcmp((*(const set_member *const *)one)->key, (*(const set_member *const *)other)->key);
}

/* Those that have a key, sorted by it. */
typedef struct key_index {
    size_t count;
    const set_member **items;
} key_index;

static key_index index_of(arena *in, const set_members *from)
{
    key_index made = {.items = arena_alloc(in, from->count * sizeof(*made.items))};

    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].key)
            made.items[made.count++] = &from->items[i];
    if (made.count)
        qsort(made.items, made.count, sizeof(*made.items), by_key);
    return made;
}

static const set_member *find_key(const key_index *in, const char *key)
{
    const set_member asked = {.key = key}, *pointer = &asked, **found;

    if (!key || !in->count)
        return NULL;
    found = bsearch(&pointer, in->items, in->count, sizeof(*in->items), by_key);
    return found ? *found : NULL;
}

static const place *record_place(arena *in, const char *name)
{
    return place_key(in, place_attribute(in, NULL, CATALOG_RECORDS), name);
}

static bool check_keys(call *one, const set_members *members)
{
    const key_index index = index_of(&one->memory, members);
    bool unique = true;

    for (size_t i = 1; i < index.count; i++) {
        if (strcmp(index.items[i - 1]->key, index.items[i]->key) != 0)
            continue;
        diagnostics_error(&one->diagnostics, record_place(&one->memory, index.items[i]->name),
                          "records[\"%s\"] and records[\"%s\"] are one and the same: their keys are equal",
                          index.items[i - 1]->name, index.items[i]->name);
        unique = false;
    }
    return unique;
}

/* Entries for the records of a block, to be read or validated. */
static record_list entries_of(arena *in, const set_members *members, bool config)
{
    record_list made = {members->count, arena_alloc(in, members->count * sizeof(*made.items))};

    for (size_t i = 0; i < members->count; i++) {
        record_entry *entry = arena_alloc(in, sizeof(*entry));

        entry->name = members->items[i].name;
        if (config)
            entry->config = members->items[i].record;
        else
            entry->prior = members->items[i].record;
        made.items[i] = entry;
    }
    return made;
}

/* True if the entry failed. Of a request that was refused as a whole the first tells it for all. */
static bool report(call *one, const resource_type *of, const char *hook, const record_list *list,
                   size_t index, bool as_warning)
{
    const record_entry *entry = list->items[index];
    bool failed = is_failure(entry->status);
    size_t before = one->diagnostics.count;

    if (!entry->refused || index == 0)
        record_report(one, of, entry, as_warning);
    if (failed && !entry->refused && one->diagnostics.count == before)
        diagnostics_add(&one->diagnostics, as_warning, record_place(&one->memory, entry->name),
                        arena_format(&one->memory, "%s of records[\"%s\"]: %s", hook, entry->name,
                                     record_reason(&one->memory, entry)),
                        NULL);
    return failed;
}

void set_validate(call *one, const resource_type *of, const value *config)
{
    const set_members members = members_of(&one->memory, of, config);
    record_list list = entries_of(&one->memory, &members, true);

    if (!check_keys(one, &members) || !list.count)
        return;
    record_call(one, of, "validate", &list, config, 0);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i]->status != RP_UNSUPPORTED || !list.items[i]->refused)
            report(one, of, "validate", &list, i, false);
}

/* What the set is imported by: the parent's only value, or all of them by name. */
static const value *set_id(arena *in, const resource_type *of, const value *block)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);

    for (size_t i = 0; i < of->parent.count; i++) {
        const value *part = value_get(block, of->parent.items[i].name);

        if (value_has_unknown(part))
            return &value_unknown;
        if (of->parent.count > 1)
            rp_buffer_format(&text, "%s%s=", i ? "," : "", of->parent.items[i].name);
        if (value_kind_of(part) == VALUE_STRING || value_kind_of(part) == VALUE_NUMBER)
            rp_buffer_add(&text, part->text, part->len);
        else if (value_kind_of(part) == VALUE_BOOLEAN)
            rp_buffer_add_text(&text, part->boolean ? "true" : "false");
    }
    return value_string(in, rp_buffer_text(&text), text.len);
}

static const value *element_of(arena *in, const resource_type *of, const value *record)
{
    return block_with(in, &of->element.object, record, NULL);
}

/* As planned in place, or afresh where another object is needed. */
static record_plan plan_record(arena *in, const resource_type *of, const set_member *wanted,
                               const set_member *there, const private_state *kept)
{
    const private_entry *entry = wanted->key ? private_find(kept, wanted->key) : NULL;
    record_plan plan = record_plan_make(in, of, wanted->record, there ? there->record : NULL,
                                        entry ? &entry->configured : NULL);

    if (!there || !plan.replace.count)
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
    const key_index by = index_of(in, there);
    value *records = value_object(in, wanted->count);
    size_t matched = 0;

    for (size_t i = 0; i < wanted->count; i++) {
        const set_member *known = find_key(&by, wanted->items[i].key);
        record_plan plan = plan_record(in, of, &wanted->items[i], known, kept);

        *changes |= !known || plan.updates;
        matched += known != NULL;
        value_add(records, wanted->items[i].name, element_of(in, of, plan.planned));
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
    const set_members wanted = members_of(in, of, config),
                      there = members_of(in, of, moved ? &value_null : prior);
    const value *asked = value_get(config, CATALOG_RECORDS), *failed;
    plan_reply reply = {.replace = arena_alloc(in, (of->parent.count + 1) * sizeof(*reply.replace))};
    value *own = value_object(in, 3);

    check_keys(one, &wanted);
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
    const char *unsettled;        /* the state to look for first, or NULL */
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

    return compose(in, work->of, work->input->config, value_get(records, name));
}

static void plan_item(arena *in, set_work *work, const set_member *wanted, const set_member *there)
{
    set_item *item = add_item(work, wanted);
    const value *config = config_of(in, work, wanted->name);
    const private_entry *kept = wanted->key ? private_find(work->kept, wanted->key) : NULL;
    record_plan plan =
        record_plan_make(in, work->of, config, there ? there->record : NULL, kept ? &kept->configured : NULL);

    item->planned = wanted->record;
    item->prior = there ? there->record : NULL;
    item->job = !there               ? ITEM_CREATE
                : plan.replace.count ? ITEM_REPLACE
                : plan.updates       ? ITEM_UPDATE
                                     : ITEM_KEEP;
    if (!there && kept && kept->until && kept->state)
        item->unsettled = kept->state;
    item->make = (record_entry){
        .name = wanted->name, .config = config, .planned = wanted->record, .prior = item->prior};
    item->remove = (record_entry){.name = wanted->name, .prior = item->prior};
}

static void plan_removal(set_work *work, const set_member *there)
{
    set_item *item = add_item(work, there);

    item->job = ITEM_DELETE;
    item->prior = there->record;
    item->remove = (record_entry){.name = there->name, .prior = there->record};
}

static void plan_items(arena *in, set_work *work)
{
    const set_members wanted = members_of(in, work->of, work->input->planned),
                      there = members_of(in, work->of, work->input->prior);
    const key_index by = index_of(in, &there), by_wanted = index_of(in, &wanted);

    work->items = arena_alloc(in, (wanted.count + there.count) * sizeof(*work->items));
    for (size_t i = 0; i < wanted.count; i++)
        plan_item(in, work, &wanted.items[i], find_key(&by, wanted.items[i].key));
    for (size_t i = 0; i < there.count; i++)
        if (!find_key(&by_wanted, there.items[i].key))
            plan_removal(work, &there.items[i]);
}

static bool may_make(const set_item *item)
{
    if (item->job == ITEM_REPLACE)
        return item->remove.phase == RECORD_FINISHED && !is_failure(item->remove.status);
    return item->make.phase == RECORD_WAITING;
}

/* One call of a hook for all the items that have this job. */
static void run(call *one, set_work *work, const char *hook, unsigned jobs, bool remove)
{
    const value *block = remove ? work->input->prior : work->input->config;
    record_list list = {.items = arena_alloc(&one->memory, work->count * sizeof(*list.items))};

    for (size_t i = 0; i < work->count; i++) {
        set_item *item = &work->items[i];

        if (!(jobs >> item->job & 1))
            continue;
        if (remove || may_make(item))
            list.items[list.count++] = remove ? &item->remove : &item->make;
    }
    if (value_is_null(block))
        block = work->input->prior;
    if (list.count)
        record_call(one, work->of, hook, &list, block, call_timeout_ms(block, hook));
}

/* Looks for what an earlier apply asked for and did not see, before it is asked for again. */
static void settle(call *one, set_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        set_item *item = &work->items[i];
        const private_entry *kept = item->key ? private_find(work->kept, item->key) : NULL;
        const value *found = NULL;
        int is_there;

        if (!item->unsettled)
            continue;
        is_there = record_settle(one, work->of, item->unsettled, kept->until,
                                 call_timeout_ms(work->input->config, "create"), &found);
        if (is_there == 0)
            continue;
        pthread_mutex_lock(&one->lock);
        item->make.phase = RECORD_FINISHED;
        item->make.state = found;
        item->make.status = is_there > 0 ? RP_OK : RP_UNAVAILABLE;
        item->make.outcome = is_there > 0 ? OUTCOME_DONE : OUTCOME_UNKNOWN;
        pthread_mutex_unlock(&one->lock);
    }
}

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

static void record_item(set_outcome *to, const char *name, const value *members)
{
    const char *key = record_key(to->in, to->work->of, members);

    value_add(to->records, name, element_of(to->in, to->work->of, members));
    to->made++;
    if (key && value_kind_of(to->work->input->config) == VALUE_OBJECT) {
        names configured =
            record_configured(to->in, &to->work->of->members, config_of(to->in, to->work, name));

        if (configured.count)
            private_entry_of(&to->kept, key)->configured = configured;
    }
}

static const char *state_text(arena *in, const resource_type *of, const value *members)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(16u << 20);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    record_write_state(&of->members, members, &writer);
    return rp_buffer_ok(&text) ? arena_copy(in, rp_buffer_text(&text), text.len) : NULL;
}

static void keep_unsettled(set_outcome *to, const set_item *item, const value *members)
{
    private_entry *entry;

    if (!item->key)
        return;
    entry = private_entry_of(&to->kept, item->key);
    entry->until = record_wall_ms() + to->work->settle_ms;
    entry->state = state_text(to->in, to->work->of, members);
}

/* A name for what could not be removed: its own, unless another record has that by now. */
static const char *free_name(const set_outcome *to, const char *name)
{
    const value *wanted = value_get(to->work->input->planned, CATALOG_RECORDS);

    while (value_get(wanted, name) || value_get(to->records, name))
        name = arena_format(to->in, "%s (not removed)", name);
    return name;
}

static void settle_removal(set_outcome *to, const set_item *item)
{
    const record_entry *entry = &item->remove;
    const char *name;

    if (entry->phase == RECORD_FINISHED && (!is_failure(entry->status) || entry->status == RP_NOT_FOUND))
        return;
    name = free_name(to, item->name);
    record_item(to, name, item->prior);
    fail_item(to, name, "not removed: ", entry);
}

static void settle_making(set_outcome *to, const set_item *item)
{
    const record_entry *entry = &item->make;
    bool finished = entry->phase == RECORD_FINISHED, failed = !finished || is_failure(entry->status);
    bool nothing = entry->phase == RECORD_WAITING || (finished && failed && entry->outcome == OUTCOME_NONE);
    bool removed =
        item->job == ITEM_CREATE || (item->job == ITEM_REPLACE && item->remove.phase == RECORD_FINISHED &&
                                     !is_failure(item->remove.status));
    const value *members = nothing ? item->prior : record_state(to->in, to->work->of, entry);

    if (failed)
        fail_item(to, item->name, "",
                  item->job == ITEM_REPLACE && is_failure(item->remove.status) ? &item->remove : entry);
    if (nothing && removed)
        return;
    record_item(to, item->name, members);
    if (!nothing && (!finished || entry->outcome == OUTCOME_UNKNOWN))
        keep_unsettled(to, item, members);
}

static void keep_item(set_outcome *to, const set_item *item)
{
    const private_entry *before = private_find(to->work->kept, item->key);

    record_item(to, item->name, record_known(to->in, item->planned));
    if (before && before->until) {
        private_entry *entry = private_entry_of(&to->kept, item->key);

        entry->until = before->until;
        entry->state = before->state;
    }
}

static set_outcome settle_items(arena *in, const set_work *work)
{
    set_outcome made = {.in = in,
                        .work = work,
                        .records = value_object(in, work->count),
                        .failed = value_object(in, work->count),
                        .kept = {.in = in}};

    for (size_t i = 0; i < work->count; i++) {
        const set_item *item = &work->items[i];

        if (item->job == ITEM_KEEP)
            keep_item(&made, item);
        else if (item->job == ITEM_DELETE)
            settle_removal(&made, item);
        else
            settle_making(&made, item);
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

    if ((creates || destroys) && !from->made) {
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
    const set_outcome came = settle_items(memory, work);
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
            report(one, work->of, remove ? "delete" : "create or update", &list, 0, as_warnings);
    }
}

/* As the user wrote it; see resource_single.c. */
static void keep_spelling(call *one, const set_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        record_entry *entry = &work->items[i].make;
        const value *state;

        if (entry->phase != RECORD_FINISHED || is_failure(entry->status) || !entry->state)
            continue;
        state = record_as_planned(one, work->of, entry, record_place(&one->memory, entry->name));
        pthread_mutex_lock(&one->lock);
        entry->state = state;
        pthread_mutex_unlock(&one->lock);
    }
}

void set_apply(call *one, const resource_type *of, const apply_input *input, private_state *kept,
               Tf__ApplyResourceChangeResponse *reply)
{
    set_work work = {.of = of, .input = input, .kept = kept};
    set_outcome came;
    bool creates = value_is_null(input->prior), warn;

    plan_items(&one->memory, &work);
    work.settle_ms = settle_ms(one, of);
    set_rescue(one, &work);
    settle(one, &work);
    run(one, &work, "delete", 1u << ITEM_DELETE | 1u << ITEM_REPLACE, true);
    run(one, &work, "update", 1u << ITEM_UPDATE, false);
    run(one, &work, "create", 1u << ITEM_CREATE | 1u << ITEM_REPLACE, false);
    set_rescue(one, NULL);
    keep_spelling(one, &work);
    came = settle_items(&one->memory, &work);
    warn = creates && came.made;
    report_some(one, &work, true, false);
    report_some(one, &work, false, warn);
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

/* The reasons of records that are not there after all this time; those of the others are no more. */
static const value *still_failed(arena *in, const value *failed, const value *records)
{
    value *made = value_object(in, failed ? failed->count : 0);

    for (size_t i = 0; failed && i < failed->count; i++)
        if (!value_get(records, failed->names[i]))
            value_add(made, failed->names[i], failed->items[i]);
    return made;
}

static const value *with_records(arena *in, const resource_type *of, const value *block, const value *records)
{
    value *own = value_object(in, 3);

    value_add(own, CATALOG_RECORDS, records);
    value_add(own, CATALOG_FAILED, still_failed(in, value_get(block, CATALOG_FAILED), records));
    value_add(own, CATALOG_ID, set_id(in, of, block));
    return block_with(in, &of->block.object, block, own);
}

static void forget_unsettled(private_state *kept, const char *key)
{
    if (key && private_find(kept, key))
        private_entry_of(kept, key)->until = 0;
}

typedef struct listing {
    call *one;
    const resource_type *of;
    const value *parent;
    value *records; /* grows by replacement */
} listing;

static void write_list_request(const listing *from, const char *page, rp_json_writer *writer)
{
    const type parent = {.kind = TYPE_OBJECT, .object = from->of->parent};

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "resource", from->of->resource);
    rp_write_name(writer, "parent");
    type_to_json(&parent, from->parent, writer);
    if (page)
        rp_write_text_member(writer, "page", page);
    rp_write_end(writer, '}');
}

static void add_listed(listing *to, const answer *got)
{
    arena *in = &to->one->memory;
    value *grown = value_object(in, to->records->count + got->count);

    for (size_t i = 0; i < to->records->count; i++)
        value_add(grown, to->records->names[i], to->records->items[i]);
    for (size_t i = 0; i < got->count; i++) {
        const value *members;
        const char *id;
        result listed;

        if (!answer_result(got, i, &listed) || !listed.state ||
            type_object_from_json(in, &to->of->members, listed.state, "", &members, NULL) < 0)
            continue;
        id = value_c_string(value_get(members, CATALOG_ID));
        if (id && !value_get(grown, id)) /* an object may be listed twice */
            value_add(grown, id, element_of(in, to->of, members));
    }
    to->records = grown;
}

static bool report_list(call *one, const resource_type *of, const answer *got)
{
    size_t errors = one->diagnostics.errors;

    for (size_t i = 0; i < rp_json_count(got->diagnostics); i++)
        diagnostics_add_plugins(&one->diagnostics, rp_json_at(got->diagnostics, i), false, NULL, NULL);
    if (is_failure(got->status) && one->diagnostics.errors == errors)
        diagnostics_error(&one->diagnostics, NULL, "list of %s: %s", of->name,
                          rphost_status_name(got->status));
    return !is_failure(got->status);
}

/* All that the parent has, by id; NULL and errors if they cannot be listed. */
static const value *list_all(call *one, const resource_type *of, const value *parent, uint32_t timeout_ms)
{
    listing to = {one, of, parent, value_object(&one->memory, 0)};
    const char *page = NULL;

    do {
        _cleanup_(rp_buffer_done) rp_buffer request = RP_BUFFER(1u << 20);
        rp_json_writer writer = RP_JSON_WRITER(&request);
        const answer *got;
        const char *next;

        write_list_request(&to, page, &writer);
        got = call_plugin(one, "list", &request, timeout_ms, NULL);
        if (!report_list(one, of, got))
            return NULL;
        add_listed(&to, got);
        next = rp_json_text(rp_json_get(got->document, "next"));
        if (next && page && !strcmp(next, page)) {
            diagnostics_error(&one->diagnostics, NULL, "list of %s: the plugin asks for the same page again",
                              of->name);
            return NULL;
        }
        page = next;
    } while (page);
    return to.records;
}

/* Imported: the state has no records yet, and takes all there are. */
static const value *read_all(call *one, const resource_type *of, const value *current)
{
    const value *records = list_all(one, of, current, call_timeout_ms(current, "read"));

    return records ? with_records(&one->memory, of, current, records) : current;
}

const value *set_read(call *one, const resource_type *of, const value *current, private_state *kept)
{
    const set_members members = members_of(&one->memory, of, current);
    record_list list = entries_of(&one->memory, &members, false);
    value *records = value_object(&one->memory, list.count);
    size_t failures = 0;

    if (!call_is_configured(one))
        return current;
    if (value_is_null(value_get(current, CATALOG_RECORDS)))
        return read_all(one, of, current);
    if (list.count)
        record_call(one, of, "read", &list, current, call_timeout_ms(current, "read"));
    for (size_t i = 0; i < list.count; i++) {
        const record_entry *entry = list.items[i];

        if (entry->status == RP_NOT_FOUND && !entry->refused)
            continue;
        failures += report(one, of, "read", &list, i, false);
        value_add(records, entry->name, element_of(&one->memory, of, record_state(&one->memory, of, entry)));
        if (entry->status == RP_OK)
            forget_unsettled(kept, members.items[i].key);
    }
    return failures ? current : with_records(&one->memory, of, current, records);
}

const value *set_import(call *one, const resource_type *of, const char *id)
{
    arena *in = &one->memory;
    const value *pairs = import_pairs(in, &of->parent, id);
    value *parent;

    if (!pairs && of->parent.count == 1 && of->parent.items[0].type->kind == TYPE_STRING) {
        parent = value_object(in, 1);
        value_add(parent, of->parent.items[0].name, value_text(in, id));
        pairs = parent;
    }
    if (pairs && pairs->count >= of->parent.count)
        return block_with(in, &of->block.object, NULL, pairs);
    diagnostics_error(&one->diagnostics, NULL, "%s is imported by its parent: write \"%s=…\"%s", of->name,
                      of->parent.items[0].name,
                      of->parent.count > 1 ? " and its other attributes, with commas between" : "");
    return NULL;
}

const value *set_data(call *one, const resource_type *of, const value *config)
{
    const value *records = list_all(one, of, config, 0);
    value *own;

    if (!records)
        return &value_null;
    own = value_object(&one->memory, 2);
    value_add(own, CATALOG_ID, set_id(&one->memory, of, config));
    value_add(own, CATALOG_RECORDS, records);
    return block_with(&one->memory, &of->data.object, config, own);
}
