#include "cli/engine/execute.h"

#include "base/text.h"
#include "cli/engine/follow.h"
#include "cli/engine/interrupt.h"
#include "cli/engine/outcome.h"
#include "cli/engine/plugin_call.h"
#include "cli/output/progress.h"
#include "cli/state/persist.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE   10000 /* records in a call, unless told otherwise */
#define FEW       20    /* objects that are told of one by one */
#define ROOM      (256u << 10)
#define ROOM_EACH 3072u /* of a state, a record, and what they are filed under */

typedef struct item {
    const rp_change *change;
    rp_intent intent; /* its texts are borrowed but for record and state */
    char *sent;       /* the record */
    bool accepted;
    rp_verdict verdict;
} item;

/* The records of one call. */
typedef struct batch {
    rp_workspace *in;
    const rp_type *type;
    rp_intent_kind kind;
    item *items;
    size_t count, room, bytes;
    const char **addresses;
    rp_progress progress;
} batch;

static void empty(batch *one)
{
    for (size_t i = 0; i < one->count; i++) {
        free(one->items[i].sent);
        free(one->items[i].intent.record);
    }
    one->count = one->bytes = 0;
}

static void free_batch(batch *one)
{
    if (one->items)
        empty(one);
    free(one->items);
    free(one->addresses);
}

static int make_batch(rp_workspace *in, batch *one, rp_error **error)
{
    size_t room = in->settings->parallelism && in->settings->parallelism < AT_ONCE ? in->settings->parallelism
                                                                                   : AT_ONCE;

    *one = (batch){.in = in,
                   .room = room,
                   .items = calloc(room, sizeof(*one->items)),
                   .addresses = calloc(room, sizeof(*one->addresses))};
    return one->items && one->addresses ? 0 : rp_error_no_memory(error);
}

static const char *hook_of(const batch *one)
{
    return rp_intent_kind_name(one->kind);
}

static const char *salt_of(const batch *one)
{
    return rp_store_about(one->in->store)->salt;
}

/* Before */

static int intend(batch *one, rp_error **error)
{
    int failed = rp_store_begin(one->in->store, error);

    for (size_t i = 0; i < one->count && !failed; i++)
        failed = rp_store_intend(one->in->store, &one->items[i].intent, error);
    if (!failed)
        failed = rp_store_commit(one->in->store, error);
    rp_store_undo(one->in->store);
    return failed;
}

static void withdraw(batch *one)
{
    if (rp_store_begin(one->in->store, NULL) < 0)
        return;
    for (size_t i = 0; i < one->count; i++)
        rp_store_settle(one->in->store, one->items[i].intent.number, NULL);
    rp_store_release(one->in->store, NULL);
    rp_store_commit(one->in->store, NULL);
}

/* Nothing is sent unless what comes of it can be saved. */
static int prepare(batch *one, rp_error **error)
{
    int failed = rp_store_reserve(one->in->store, ROOM + one->count * ROOM_EACH, error);

    if (!failed)
        failed = intend(one, error);
    if (!failed && rp_store_flush(one->in->store, error) < 0) {
        withdraw(one);
        failed = RP_E_SYSTEM;
    }
    if (failed)
        rp_error_add(error, "nothing was sent");
    return failed;
}

/* Meanwhile */

static void take_state(batch *one, const rp_json *event)
{
    _cleanup_(rp_freep) char *kept = NULL;
    int64_t at;

    if (one->kind == RP_INTENT_DELETE || !rp_json_integer(rp_json_get(event, "record"), &at) || at < 0 ||
        (size_t)at >= one->count)
        return;
    kept = rp_persist_state(one->type, rp_json_get(event, "state"), salt_of(one), NULL);
    if (!kept)
        return;
    one->items[at].accepted = true;
    rp_store_accept(one->in->store, one->items[at].intent.number, true, kept, NULL);
    rp_progress_accepted(&one->progress);
}

static void take_progress(batch *one, const rp_json *event)
{
    int64_t done = 0;

    rp_json_integer(rp_json_get(event, "done"), &done);
    rp_progress_update(&one->progress, done > 0 ? (size_t)done : 0,
                       rp_json_text(rp_json_get(event, "message")));
}

static void take_log(batch *one, const rp_json *event)
{
    if (rp_result_is(event, "level", "warning") || rp_result_is(event, "level", "info"))
        rp_progress_update(&one->progress, 0, rp_json_text(rp_json_get(event, "message")));
}

static const struct {
    const char *kind;
    void (*take)(batch *one, const rp_json *event);
} kinds[] = {{"state", take_state}, {"progress", take_progress}, {"log", take_log}};

static void take_event(void *context, const char *event, size_t len)
{
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;

    if (rp_json_parse(event, len, &parsed, NULL) < 0)
        return;
    for (size_t i = 0; i < rp_count_of(kinds); i++)
        if (rp_result_is(parsed, "kind", kinds[i].kind))
            kinds[i].take(context, parsed);
}

/* By kind of intent. */
static const struct {
    const char *doing, *done, *unknown, *pending;
} words[] = {
    [RP_INTENT_CREATE] = {"Creating", "created", "the outcome is unknown: it may have been created", NULL},
    [RP_INTENT_UPDATE] = {"Updating", "updated", "the outcome is unknown: it may have been updated", NULL},
    [RP_INTENT_DELETE] = {"Destroying", "destroyed", "the outcome is unknown: it may be gone",
                          "its removal was accepted and is not waited for"},
};

static void tell(const batch *one, const item *of, const char *kind, const char *id, int64_t elapsed_s,
                 bool later)
{
    rp_output_event(&one->in->output,
                    &(rp_resource_event){.kind = kind,
                                         .address = of->change->address,
                                         .type = one->type->name,
                                         .action = hook_of(one),
                                         .id = id,
                                         .elapsed_s = elapsed_s,
                                         .later = later},
                    one->count > FEW);
}

static void tell_start(const batch *one)
{
    for (size_t i = 0; i < one->count; i++)
        tell(one, &one->items[i], "apply_start",
             one->kind == RP_INTENT_CREATE ? NULL : one->items[i].change->object->id, -1, false);
    if (one->count > FEW && !one->in->output.json)
        rp_output_say(&one->in->output, "%s: %s %zu...", one->type->name, words[one->kind].doing, one->count);
}

static int ask(batch *one, rp_plugin_reply *reply, rp_error **error)
{
    const char **records = calloc(one->count, sizeof(*records));
    int failed;

    if (!records)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < one->count; i++)
        records[i] = one->items[i].sent;
    one->progress = (rp_progress){.output = &one->in->output,
                                  .doing = words[one->kind].doing,
                                  .action = hook_of(one),
                                  .addresses = one->addresses,
                                  .count = one->count,
                                  .type = one->type->name};
    tell_start(one);
    rp_progress_begin(&one->progress);
    failed = rp_plugin_call(one->in->host,
                            &(rp_plugin_request){.hook = hook_of(one),
                                                 .type = one->type->name,
                                                 .records = records,
                                                 .count = one->count,
                                                 .timeout_ms = one->in->settings->timeout_ms,
                                                 .on_event = take_event,
                                                 .context = one},
                            reply, error);
    rp_progress_end(&one->progress);
    free(records);
    return failed;
}

/* After */

static int save_refused(batch *one, const rp_plugin_reply *reply, rp_error **error)
{
    int failed = 0;

    for (size_t i = 0; i < one->count && !failed; i++) {
        one->items[i].verdict = reply->garbled ? RP_VERDICT_UNKNOWN : RP_VERDICT_FAILED;
        if (!reply->garbled)
            failed = rp_store_settle(one->in->store, one->items[i].intent.number, error);
    }
    return failed;
}

static int save_results(batch *one, const rp_plugin_reply *reply, rp_error **error)
{
    int failed = 0;

    if (!reply->results)
        return save_refused(one, reply, error);
    for (size_t i = 0; i < one->count && !failed; i++) {
        item *of = &one->items[i];
        failed = rp_outcome_save(one->in->store, one->type, &of->intent, of->accepted,
                                 rp_json_at(reply->results, i), &of->verdict, error);
    }
    return failed;
}

/* In one transaction: results come together, and until they are saved the intents say that they are not. */
static int save(batch *one, const rp_plugin_reply *reply, rp_error **error)
{
    int failed;

    rp_store_flush(one->in->store, NULL); /* so that the log has room again; if not, committing will tell */
    failed = rp_store_begin(one->in->store, error);
    if (!failed)
        failed = rp_store_release(one->in->store, error);
    if (!failed)
        failed = save_results(one, reply, error);
    if (!failed)
        failed = rp_store_commit(one->in->store, error);
    rp_store_undo(one->in->store);
    if (failed)
        rp_error_add(error,
                     "the results could not be saved; the next command reads the objects and finds out");
    return failed;
}

static const char *id_in(const rp_json *result)
{
    return rp_json_text(rp_json_get(rp_json_get(result, "state"), "id"));
}

static void report_one(batch *one, const item *of, const rp_json *result)
{
    const rp_json *first = rp_json_at(rp_json_get(result, "diagnostics"), 0);
    const rp_subject about =
        rp_workspace_subject(one->in, of->change->address, rp_json_text(rp_json_get(first, "path")));
    const char *fault = rp_outcome_fault(&of->intent, result), *unknown = words[one->kind].unknown;

    if (result)
        rp_result_report(result, &about, &one->in->diagnostics);
    if (fault)
        rp_diagnostics_add(&one->in->diagnostics, &about, false, fault, NULL, NULL,
                           rp_advice(RP_PHASE_SERVER, "contract"));
    if (of->verdict != RP_VERDICT_UNKNOWN)
        return;
    if (rp_result_is(result, "status", "in_progress") && words[one->kind].pending)
        unknown = words[one->kind].pending;
    rp_diagnostics_add(&one->in->diagnostics, &about, true, unknown, NULL, NULL,
                       "The next plan, apply, destroy or refresh reads the object and finds out.");
}

/* Its job is followed before the command ends, and then there is more to say. */
static bool is_followed(const item *of)
{
    return of->verdict == RP_VERDICT_PENDING && rp_interrupted();
}

static bool is_done(const item *of)
{
    return of->verdict == RP_VERDICT_DONE || of->verdict == RP_VERDICT_TAINTED;
}

static void report(batch *one, const rp_plugin_reply *reply, rp_execution *execution)
{
    size_t *const counts[] = {&execution->counts.added, &execution->counts.changed,
                              &execution->counts.destroyed};
    int64_t elapsed_s = rp_progress_elapsed_s(&one->progress);
    size_t done = 0;

    rp_plugin_reply_report(reply, NULL, &one->in->diagnostics);
    for (size_t i = 0; i < one->count; i++) {
        const item *of = &one->items[i];
        const rp_json *result = rp_json_at(reply->results, i);
        bool later = rp_result_is(result, "status", "in_progress");
        bool failed = !result || rp_status_is_failure(rp_result_status(result)) ||
                      (of->verdict > RP_VERDICT_TAINTED && !later);
        if (is_followed(of))
            continue;
        tell(one, of, failed ? "apply_errored" : "apply_complete",
             failed || one->kind == RP_INTENT_DELETE ? NULL : id_in(result), elapsed_s, later);
        report_one(one, of, result);
        done += is_done(of);
        execution->counts.pending += later;
    }
    *counts[one->kind] += done;
    if (one->count > FEW && !one->in->output.json)
        rp_output_say(&one->in->output, "%s: %zu of %zu %s after %llds", one->type->name, done, one->count,
                      words[one->kind].done, (long long)elapsed_s);
}

/* Collecting */

static int fill_deletion(item *one, const char *deposed, rp_error **error)
{
    const rp_object *object = one->change->object;

    one->sent = rp_persist_revealed(rp_change_state(one->change), error);
    one->intent.deposed = (char *)(uintptr_t)deposed;
    one->intent.state = object->state;
    return one->sent ? 0 : RP_E_NO_MEMORY;
}

static int fill_creation(batch *in, item *one, rp_error **error)
{
    one->sent = strdup(one->change->desired->record);
    one->intent.deposed = (char *)"";
    one->intent.record = rp_desired_hidden(one->change->desired, salt_of(in), error);
    if (!one->sent)
        return rp_error_no_memory(error);
    return one->intent.record ? 0 : RP_E_NO_MEMORY;
}

static int fill_update(batch *in, item *one, rp_error **error)
{
    _cleanup_(rp_freep) char *state = rp_persist_revealed(rp_change_state(one->change), error);

    one->intent.deposed = (char *)"";
    one->intent.state = one->change->object->state;
    one->intent.record = rp_desired_hidden(one->change->desired, salt_of(in), error);
    one->sent = state ? rp_format("{\"state\":%s,\"record\":%s}", state, one->change->desired->record) : NULL;
    if (!one->sent)
        return rp_error_no_memory(error);
    return one->intent.record ? 0 : RP_E_NO_MEMORY;
}

static int add(batch *one, const rp_change *change, const char *deposed, rp_error **error)
{
    item *made = &one->items[one->count];
    int failed;

    *made = (item){.change = change,
                   .intent = {.address = (char *)(uintptr_t)change->address,
                              .type = (char *)(uintptr_t)one->type->name,
                              .kind = one->kind,
                              .who = one->in->who,
                              .process = one->in->process}};
    one->addresses[one->count++] = change->address;
    failed = one->kind == RP_INTENT_DELETE   ? fill_deletion(made, deposed, error)
             : one->kind == RP_INTENT_UPDATE ? fill_update(one, made, error)
                                             : fill_creation(one, made, error);
    one->bytes += made->sent ? strlen(made->sent) : 0;
    return failed;
}

/* The parts of a plan, in the order in which they are done. */
typedef enum phase {
    GOING,    /* what is destroyed, and what is replaced the usual way */
    CHANGING, /* what is updated in place */
    COMING,   /* what is created, whatever it replaces being gone */
    REPLACED, /* what a new one has replaced */
    PHASES
} phase;

static const rp_intent_kind kind_of_phase[PHASES] = {RP_INTENT_DELETE, RP_INTENT_UPDATE, RP_INTENT_CREATE,
                                                     RP_INTENT_DELETE};

static bool is_due(const rp_change *change, phase now, bool succeeded)
{
    bool replaces = change->action == RP_REPLACE, first = replaces && change->create_first;

    switch (now) {
    case GOING:
        return change->action == RP_DESTROY || (replaces && !first);
    case CHANGING:
        return change->action == RP_UPDATE;
    case COMING:
        return change->action == RP_CREATE || first || (replaces && succeeded);
    default:
        return first && succeeded;
    }
}

typedef struct doing {
    rp_workspace *in;
    const rp_plan *plan;
    rp_execution *execution;
    bool *succeeded;           /* by change: its last step */
    bool *is_same;             /* by change: the new object has the id of the one it replaced */
    char (*tags)[RP_TAG_SIZE]; /* by change: what the object it replaced is filed under */
    batch batch;
} doing;

static void end_doing(doing *one)
{
    free_batch(&one->batch);
    free(one->succeeded);
    free(one->is_same);
    free(one->tags);
}

static void note_results(doing *all, const rp_plugin_reply *reply)
{
    const batch *one = &all->batch;

    for (size_t i = 0; i < one->count; i++) {
        const rp_change *change = one->items[i].change;
        size_t at = (size_t)(change - all->plan->changes);
        const char *id = id_in(rp_json_at(reply->results, i));

        all->succeeded[at] = one->items[i].verdict < RP_VERDICT_FAILED;
        all->is_same[at] =
            one->kind == RP_INTENT_CREATE && change->object && id && !strcmp(id, change->object->id);
        if (one->kind == RP_INTENT_CREATE)
            rp_persist_tag(&one->items[i].intent, all->tags[at]);
    }
}

static int carry_out(doing *all, rp_error **error)
{
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    batch *one = &all->batch;
    int failed = prepare(one, error);

    if (failed)
        return failed;
    failed = ask(one, &reply, error);
    if (failed) {
        withdraw(one); /* it was not asked */
        return failed;
    }
    failed = save(one, &reply, error);
    if (failed)
        return failed;
    report(one, &reply, all->execution);
    note_results(all, &reply);
    empty(one);
    return 0;
}

static int flush(doing *one, rp_error **error)
{
    batch *full = &one->batch;

    if (!full->count)
        return 0;
    if (rp_interrupted()) {
        one->execution->stopped = true;
        empty(full);
        return 0;
    }
    return carry_out(one, error);
}

static const char *deposed_of(const doing *one, size_t at, phase now)
{
    const rp_change *change = &one->plan->changes[at];

    if (now == REPLACED || change->reason == RP_REASON_DISPLACED)
        return one->tags[at];
    return change->object ? change->object->deposed : "";
}

/* A replacement that turned out to be the same object must not be destroyed with the old one. */
static int forget_replaced(doing *one, size_t at, rp_error **error)
{
    int failed = rp_store_begin(one->in->store, error);

    if (!failed)
        failed = rp_store_drop(one->in->store, one->plan->changes[at].address, one->tags[at], error);
    return failed ? failed : rp_store_commit(one->in->store, error);
}

static bool is_full(const batch *one)
{
    return one->count == one->room || (one->type->max_records && one->count >= one->type->max_records) ||
           one->bytes >= RP_CALL_MAX_BYTES;
}

static int do_phase(doing *one, phase now, rp_error **error)
{
    batch *to = &one->batch;
    int failed = 0;

    to->kind = kind_of_phase[now];
    for (size_t i = 0; i < one->plan->count && !failed; i++) {
        const rp_change *change = &one->plan->changes[i];
        if (change->type != to->type || !is_due(change, now, one->succeeded[i]))
            continue;
        failed = now == REPLACED && one->is_same[i] ? forget_replaced(one, i, error)
                                                    : add(to, change, deposed_of(one, i, now), error);
        if (!failed && is_full(to))
            failed = flush(one, error);
    }
    return failed ? failed : flush(one, error);
}

static int do_all(doing *one, rp_error **error)
{
    int failed = 0;

    for (int now = GOING; now < PHASES; now++)
        for (size_t i = 0; i < one->in->plugin_schema.count && !failed && !one->execution->stopped; i++) {
            one->batch.type = &one->in->plugin_schema.types[i];
            failed = do_phase(one, (phase)now, error);
        }
    return failed;
}

/* From now on it is destroyed when it leaves the configuration. */
static int clear_import(doing *one, const rp_change *change, rp_error **error)
{
    rp_object object = *change->object;

    if (!change->desired || change->observed->seen == RP_ABSENT || !object.cause ||
        strcmp(object.cause, RP_CAUSE_IMPORTED) != 0)
        return 0;
    object.cause = NULL;
    object.state = (char *)(uintptr_t)rp_change_state(change);
    return rp_store_put(one->in->store, &object, error);
}

/* Changes of the state alone. All of them at once: an address is free before another object moves there. */
static int change_one(doing *one, size_t at, rp_error **error)
{
    const rp_change *change = &one->plan->changes[at];
    rp_store *store = one->in->store;

    if (change->action == RP_FORGET)
        return rp_store_drop(store, change->address, change->object->deposed, error);
    if (change->adopted)
        return rp_store_put(store, change->object, error);
    if (change->object && clear_import(one, change, error) < 0)
        return RP_E_SYSTEM;
    if (change->moved_from)
        return rp_store_depose(store, change->moved_from, one->tags[at], error);
    if (change->reason == RP_REASON_DISPLACED && change->action == RP_DESTROY)
        return rp_store_depose(store, change->address, one->tags[at], error);
    return 0;
}

static int change_state(doing *one, rp_error **error)
{
    unsigned long long serial = (unsigned long long)rp_store_about(one->in->store)->serial;
    int failed = rp_store_begin(one->in->store, error);

    for (size_t i = 0; i < one->plan->count && !failed; i++) {
        snprintf(one->tags[i], RP_TAG_SIZE, "%llx.%zx", serial, i);
        failed = change_one(one, i, error);
    }
    for (size_t i = 0; i < one->plan->count && !failed; i++) {
        const rp_change *change = &one->plan->changes[i];
        if (change->moved_from)
            failed =
                rp_store_promote(one->in->store, change->moved_from, one->tags[i], change->address, error);
    }
    if (!failed)
        failed = rp_store_commit(one->in->store, error);
    rp_store_undo(one->in->store);
    return failed;
}

int rp_execute(rp_workspace *in, const rp_plan *plan, rp_execution *execution, rp_error **error)
{
    _cleanup_(end_doing) doing one = {.in = in,
                                      .plan = plan,
                                      .execution = execution,
                                      .succeeded = calloc(plan->count + 1, sizeof(*one.succeeded)),
                                      .is_same = calloc(plan->count + 1, sizeof(*one.is_same)),
                                      .tags = calloc(plan->count + 1, sizeof(*one.tags))};
    int failed = one.succeeded && one.is_same && one.tags ? make_batch(in, &one.batch, error)
                                                          : rp_error_no_memory(error);

    if (!failed)
        failed = change_state(&one, error);
    if (failed)
        return failed;
    execution->counts.moved = plan->to_move;
    execution->counts.forgotten = plan->to_forget;
    execution->counts.adopted = plan->to_adopt;
    rp_interrupt_cancels(in->host);
    failed = do_all(&one, error);
    execution->stopped |= rp_interrupted();
    rp_interrupt_taken();
    if (!failed)
        failed = rp_follow(in, plan, execution, error);
    execution->stopped |= rp_interrupted();
    rp_interrupt_ends();
    return failed;
}
