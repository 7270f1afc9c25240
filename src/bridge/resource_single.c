/*
 * A resource of one record.
 */
#include "bridge/last_words.h"
#include "bridge/record_plan.h"
#include "bridge/record_work.h"
#include "bridge/resource.h"

#include <string.h>

typedef enum single_job {
    SINGLE_CREATE,
    SINGLE_UPDATE,
    SINGLE_DELETE
} single_job;

typedef struct single_work {
    const resource_type *of;
    const apply_input *input;
    single_job job;
    bool changes; /* of the record: the plugin is called */
    record_entry entry;
    const private_state *kept;
    int64_t settle_ms;
} single_work;

static const char *const hooks[] = {
    [SINGLE_CREATE] = "create", [SINGLE_UPDATE] = "update", [SINGLE_DELETE] = "delete"};

static void call_one(call *one, const resource_type *of, const char *hook, record_entry *entry,
                     const value *block)
{
    record_entry *items[] = {entry};
    const record_list list = {1, items};

    record_call(one, of, hook, &list, block, call_timeout_ms(block, hook));
}

static void report(call *one, const resource_type *of, const char *hook, const record_entry *entry)
{
    bool failed = is_failure(entry->status);
    size_t errors = one->diagnostics.errors;

    record_report(one, of, entry, false);
    if (failed && one->diagnostics.errors == errors)
        diagnostics_error(&one->diagnostics, NULL, "%s of %s: %s", hook, of->name,
                          record_reason(&one->memory, entry));
}

void single_validate(call *one, const resource_type *of, const value *config)
{
    record_entry entry = {.config = config};

    call_one(one, of, "validate", &entry, config);
    if (entry.status == RP_UNSUPPORTED && entry.refused) /* a plugin without this hook accepts all */
        return;
    report(one, of, "validate", &entry);
}

plan_reply single_plan(call *one, const resource_type *of, const value *config, const value *prior,
                       const private_state *kept)
{
    arena *in = &one->memory;
    const private_entry *entry = private_find(kept, "");
    record_plan plan = record_plan_make(in, of, config, prior, entry);
    plan_reply reply = {.planned = block_with(in, &of->block.object, config, plan.planned),
                        .replace = arena_alloc(in, (plan.replace.count + 1) * sizeof(*reply.replace))};

    for (size_t i = 0; i < plan.replace.count; i++)
        reply.replace[reply.replace_count++] = place_attribute(in, NULL, plan.replace.items[i]);
    return reply;
}

static bool is_settled(const record_entry *entry)
{
    return entry->phase == RECORD_WAITING ||
           (entry->phase == RECORD_FINISHED && entry->outcome != OUTCOME_UNKNOWN);
}

/* True if after this the object is there, as far as anybody knows. */
static bool is_recorded(const single_work *work)
{
    const record_entry *entry = &work->entry;
    bool unchanged =
        entry->phase == RECORD_WAITING ||
        (entry->phase == RECORD_FINISHED && is_failure(entry->status) && entry->outcome == OUTCOME_NONE);

    if (work->job == SINGLE_DELETE)
        return entry->phase != RECORD_FINISHED ||
               (is_failure(entry->status) && entry->status != RP_NOT_FOUND);
    return !unchanged || work->job == SINGLE_UPDATE;
}

/* True if the object is, or was before it may have gone, as it was. */
static bool is_unchanged(const single_work *work)
{
    const record_entry *entry = &work->entry;

    return work->job != SINGLE_CREATE &&
           (work->job == SINGLE_DELETE || entry->phase == RECORD_WAITING ||
            (entry->phase == RECORD_FINISHED && is_failure(entry->status) && entry->outcome == OUTCOME_NONE));
}

static const value *new_members(arena *in, const single_work *work)
{
    return is_unchanged(work) ? work->input->prior : record_state(in, work->of, &work->entry);
}

/* An update of nothing is finished without a call. */
static record_remembered remembered(const single_work *work)
{
    const record_entry *entry = &work->entry;

    if (work->job == SINGLE_CREATE)
        return REMEMBER_SENT;
    if (is_unchanged(work))
        return REMEMBER_BEFORE;
    if (!work->changes)
        return REMEMBER_FOUND;
    return entry->phase == RECORD_FINISHED && entry->outcome != OUTCOME_UNKNOWN ? REMEMBER_SENT
                                                                                : REMEMBER_EITHER;
}

static ProtobufCBinaryData new_private(arena *in, const single_work *work)
{
    private_state made = {.in = in};
    private_entry *entry = private_entry_of(&made, "");

    record_remember(in, work->of, remembered(work), work->input->config, work->input->prior,
                    private_find(work->kept, ""), entry);
    if (!is_settled(&work->entry))
        entry->until = record_wall_ms() + work->settle_ms;
    else if (work->entry.phase == RECORD_WAITING)
        entry->until = private_until(work->kept, "");
    return private_write(in, &made);
}

static void write_reply(arena *in, const single_work *work, Tf__ApplyResourceChangeResponse *reply)
{
    const attributes *block = &work->of->block.object;
    bool update = work->job != SINGLE_DELETE;
    const value *from = record_known(in, update ? work->input->planned : work->input->prior);

    if (!is_recorded(work)) {
        reply->new_state = call_wire(in, &work->of->block, &value_null);
        return;
    }
    reply->new_state = call_wire(in, &work->of->block, block_with(in, block, from, new_members(in, work)));
    reply->private_ = new_private(in, work);
}

/* This process has to end: what is known of the call now is all that will be. */
static void rescue(call *one, const void *context, arena *memory, rp_buffer *out)
{
    const single_work *work = context;
    Tf__ApplyResourceChangeResponse reply = TF__APPLY_RESOURCE_CHANGE_RESPONSE__INIT;
    diagnostics said = {.in = memory};

    (void)one;
    diagnostics_error(&said, NULL, "%s of %s: interrupted, the outcome is unknown", hooks[work->job],
                      work->of->name);
    write_reply(memory, work, &reply);
    reply.n_diagnostics = said.count;
    reply.diagnostics = said.items;
    call_pack(&reply.base, out);
}

static void set_rescue(call *one, const single_work *work)
{
    pthread_mutex_lock(&one->lock);
    one->rescue = work ? rescue : NULL;
    one->rescue_context = work;
    pthread_mutex_unlock(&one->lock);
}

static bool has_option(const resource_type *of, const char *json_name)
{
    return attributes_find_json(&of->options, json_name) != NULL;
}

static void advise(call *one, const single_work *work)
{
    const record_entry *entry = &work->entry;
    const char *id = value_c_string(value_get(entry->state, CATALOG_ID));

    if (work->job == SINGLE_CREATE && entry->status == RP_ALREADY_EXISTS)
        diagnostics_warning(&one->diagnostics, NULL, "to manage what exists already, import it%s%s%s%s",
                            id ? " by its id " : "", id ? id : "",
                            has_option(work->of, "adopt") ? ", or set adopt = true" : "", "");
    if (is_failure(entry->status) && entry->outcome == OUTCOME_UNKNOWN)
        diagnostics_warning(&one->diagnostics, NULL,
                            "the outcome of this %s is unknown: the object stays in the state, "
                            "and the next apply finds out what is there before it changes anything",
                            hooks[work->job]);
}

/* Whether anything of the record is to change, or only what is the bridge's: options, timeouts. */
static bool is_change(call *one, const single_work *work)
{
    const apply_input *input = work->input;

    return work->job != SINGLE_UPDATE ||
           record_plan_make(&one->memory, work->of, input->config, input->prior, private_find(work->kept, ""))
               .updates;
}

/* A delete of what may still appear would find nothing, and then it would appear. False: leave the object
 * alone. */
static bool settle_first(call *one, single_work *work)
{
    int64_t until = private_until(work->kept, "");
    record_entry earlier = {.prior = work->input->prior}, *items[] = {&earlier};
    const record_list list = {1, items};

    if (!until)
        return true;
    record_settle(one, work->of, &list, &until, call_timeout_ms(work->input->prior, "delete"));
    if (earlier.status == RP_OK)
        work->entry.prior = earlier.state;
    else if (earlier.status == RP_NOT_FOUND)
        work->entry =
            (record_entry){.prior = work->input->prior, .phase = RECORD_FINISHED, .outcome = OUTCOME_DONE};
    else
        diagnostics_error(&one->diagnostics, NULL,
                          "delete of %s: the outcome of an earlier operation is unknown: %s", work->of->name,
                          record_reason(&one->memory, &earlier));
    return earlier.status == RP_OK;
}

void single_apply(call *one, const resource_type *of, const apply_input *input, private_state *kept,
                  Tf__ApplyResourceChangeResponse *reply)
{
    single_job job = value_is_null(input->planned) ? SINGLE_DELETE
                     : value_is_null(input->prior) ? SINGLE_CREATE
                                                   : SINGLE_UPDATE;
    bool delete = job == SINGLE_DELETE;
    single_work work = {
        .of = of,
        .input = input,
        .job = job,
        .kept = kept,
        .entry = {.config = input->config, .planned = delete ? NULL : input->planned, .prior = input->prior}};
    record_entry *items[] = {&work.entry};
    record_list list = {1, items};

    work.changes = is_change(one, &work);
    if (!work.changes) {
        reply->new_state = call_wire(&one->memory, &of->block, record_known(&one->memory, input->planned));
        work.entry.phase = RECORD_FINISHED;
        work.entry.outcome = OUTCOME_DONE;
        reply->private_ = new_private(&one->memory, &work);
        return;
    }
    work.settle_ms = settle_ms(one, of);
    if (!delete || settle_first(one, &work)) {
        set_rescue(one, &work);
        call_one(one, of, hooks[job], &work.entry, delete ? input->prior : input->config);
        set_rescue(one, NULL);
        if (!delete || work.entry.status != RP_NOT_FOUND)
            report(one, of, hooks[job], &work.entry);
        if (!is_failure(work.entry.status) && work.entry.state)
            work.entry.state = record_as_planned(one, of, &work.entry, NULL);
        advise(one, &work);
    }
    write_reply(&one->memory, &work, reply);
    record_list_done(&list);
}

/* Whether what a read that began then did not find may still appear. */
static bool may_appear(call *one, const private_state *kept, int64_t asked_at)
{
    int64_t left = private_until(kept, "") - asked_at;

    if (left <= 0)
        return false;
    diagnostics_warning(
        &one->diagnostics, NULL,
        "the object is not seen, but an earlier request for it may still take effect within %lld s",
        (long long)left / 1000 + 1);
    return true;
}

const value *single_read(call *one, const resource_type *of, const value *current, private_state *kept)
{
    record_entry entry = {.prior = current};
    int64_t asked_at = record_wall_ms();

    if (!call_is_configured(one))
        return current;
    call_one(one, of, "read", &entry, current);
    if (entry.status == RP_NOT_FOUND && !entry.refused)
        return may_appear(one, kept, asked_at) ? current : &value_null;
    report(one, of, "read", &entry);
    if (is_failure(entry.status))
        return current;
    if (entry.status == RP_OK)
        private_settle(kept, "");
    return block_with(&one->memory, &of->block.object, current, record_state(&one->memory, of, &entry));
}

/* "name=…" with the name of an attribute: this is meant as no id. */
static bool begins_with_name(arena *in, const attributes *members, const char *id)
{
    size_t len = strcspn(id, "=");

    return id[len] && attributes_find(members, arena_copy(in, id, len));
}

const value *single_import(call *one, const resource_type *of, const char *id)
{
    arena *in = &one->memory;
    const value *pairs = import_pairs(in, &of->members, id);
    value *by_id;

    if (pairs)
        return block_with(in, &of->block.object, NULL, pairs);
    if (begins_with_name(in, &of->members, id)) {
        diagnostics_error(
            &one->diagnostics, NULL,
            "\"%s\" cannot be read as attributes of %s: write name=value,name=value with names that it has",
            id, of->name);
        return NULL;
    }
    by_id = value_object(in, 1);
    value_add(by_id, CATALOG_ID, value_text(in, id));
    return block_with(in, &of->block.object, NULL, by_id);
}

static bool has_key(const resource_type *of, const value *config)
{
    for (size_t i = 0; i < of->key.count; i++)
        if (value_is_null(value_get(config, of->key.items[i])))
            return false;
    return of->key.count > 0;
}

const value *single_data(call *one, const resource_type *of, const value *config)
{
    record_entry entry = {.prior = config};

    if (value_is_null(value_get(config, CATALOG_ID)) && !has_key(of, config)) {
        _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(4096);

        for (size_t i = 0; i < of->key.count; i++)
            rp_buffer_format(&words, "%s%s", i ? ", " : "", of->key.items[i]);
        diagnostics_error(&one->diagnostics, NULL, "%s is found by its id, or by all of: %s", of->name,
                          rp_buffer_text(&words));
        return &value_null;
    }
    call_one(one, of, "read", &entry, NULL);
    if (entry.status == RP_NOT_FOUND) {
        diagnostics_error(&one->diagnostics, NULL, "there is no such %s", of->name);
        record_report(one, of, &entry, false);
        return &value_null;
    }
    report(one, of, "read", &entry);
    if (is_failure(entry.status))
        return &value_null;
    return block_with(&one->memory, &of->data.object, config, record_state(&one->memory, of, &entry));
}
