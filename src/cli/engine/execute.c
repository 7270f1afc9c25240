#include "cli/engine/execute.h"

#include "cli/engine/interrupt.h"
#include "cli/engine/plugin_call.h"
#include "cli/output/progress.h"
#include "cli/state/persist.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE   10000 /* records in a call, unless told otherwise */
#define FEW       20    /* objects that are told of one by one */
#define ROOM      (256u << 10)
#define ROOM_EACH 3072u /* of a state, a record, and what they are filed under */

/* What came of one record. */
typedef enum verdict {
    DONE,
    SAVED,  /* accepted, or made but not as it should be: its state is kept */
    FAILED, /* nothing was changed */
    IN_DOUBT
} verdict;

typedef struct item {
    const rp_change *change;
    rp_intent intent; /* its texts are borrowed but for record and state */
    char *sent;       /* the record */
    bool accepted;
    verdict verdict;
} item;

/* The records of one call. */
typedef struct batch {
    rp_workspace *in;
    const rp_type *type;
    bool deletes;
    item *items;
    size_t count, room;
    const char **addresses;
    rp_progress progress;
} batch;

static void empty(batch *one)
{
    for (size_t i = 0; i < one->count; i++) {
        free(one->items[i].sent);
        free(one->items[i].intent.record);
    }
    one->count = 0;
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
    return one->deletes ? "delete" : "create";
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

    if (one->deletes || !rp_json_integer(rp_json_get(event, "record"), &at) || at < 0 ||
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

static void tell(const batch *one, const item *of, const char *kind, const char *id, int64_t elapsed_s,
                 bool later)
{
    rp_output_event(
        &one->in->output,
        &(rp_resource_event){kind, of->change->address, one->type->name, hook_of(one), id, elapsed_s, later},
        one->count > FEW);
}

static void tell_start(const batch *one)
{
    for (size_t i = 0; i < one->count; i++)
        tell(one, &one->items[i], "apply_start", one->deletes ? one->items[i].change->object->id : NULL, -1,
             false);
    if (one->count > FEW && !one->in->output.json)
        rp_output_say(&one->in->output, "%s: %s %zu...", one->type->name,
                      one->deletes ? "Destroying" : "Creating", one->count);
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
                                  .doing = one->deletes ? "Destroying" : "Creating",
                                  .action = hook_of(one),
                                  .addresses = one->addresses,
                                  .count = one->count,
                                  .type = one->type->name};
    tell_start(one);
    rp_progress_begin(&one->progress);
    failed = rp_plugin_call(one->in->host,
                            &(rp_plugin_request){hook_of(one), one->type->name, records, one->count,
                                                 one->in->settings->timeout_ms, take_event, one},
                            reply, error);
    rp_progress_end(&one->progress);
    free(records);
    return failed;
}

/* After */

static int save_doubt(batch *one, item *of, const rp_json *state, rp_error **error)
{
    _cleanup_(rp_freep) char *kept = NULL;

    of->verdict = IN_DOUBT;
    if (!state || one->deletes)
        return 0;
    if (of->accepted) {
        of->verdict = SAVED;
        return rp_persist_created(one->in->store, one->type, &of->intent, state, RP_OBJECT_IN_PROGRESS,
                                  error);
    }
    kept = rp_persist_state(one->type, state, salt_of(one), error);
    return kept ? rp_store_accept(one->in->store, of->intent.number, false, kept, error) : RP_E_NO_MEMORY;
}

static int save_made(batch *one, item *of, const rp_json *result, rp_error **error)
{
    const rp_json *state = rp_json_get(result, "state");
    bool failed = rp_status_is_failure(rp_result_status(result));

    if (!failed && state) {
        bool later = rp_result_is(result, "status", "in_progress");
        of->verdict = later ? SAVED : DONE;
        return rp_persist_created(one->in->store, one->type, &of->intent, state,
                                  later ? RP_OBJECT_IN_PROGRESS : RP_OBJECT_OK, error);
    }
    if (failed && rp_result_is(result, "outcome", "none")) {
        of->verdict = FAILED;
        return rp_store_settle(one->in->store, of->intent.number, error);
    }
    if (state && rp_result_is(result, "outcome", "done")) {
        of->verdict = SAVED;
        return rp_persist_created(one->in->store, one->type, &of->intent, state, RP_OBJECT_TAINTED, error);
    }
    return save_doubt(one, of, state, error);
}

static int save_gone(batch *one, item *of, const rp_json *result, rp_error **error)
{
    if (rp_result_is(result, "status", "ok")) {
        of->verdict = DONE;
        return rp_persist_deleted(one->in->store, &of->intent, error);
    }
    if (rp_result_is(result, "outcome", "none")) {
        of->verdict = FAILED;
        return rp_store_settle(one->in->store, of->intent.number, error);
    }
    return save_doubt(one, of, NULL, error);
}

static int save_refused(batch *one, const rp_plugin_reply *reply, rp_error **error)
{
    int failed = 0;

    for (size_t i = 0; i < one->count && !failed; i++) {
        one->items[i].verdict = reply->garbled ? IN_DOUBT : FAILED;
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
        const rp_json *result = rp_json_at(reply->results, i);
        failed = one->deletes ? save_gone(one, &one->items[i], result, error)
                              : save_made(one, &one->items[i], result, error);
    }
    return failed;
}

/* In one transaction: results come together, and until they are saved the intents tell that they are not. */
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
        rp_error_add(error, "what came of it could not be saved, so the next command will look what did");
    return failed;
}

static const char *id_in(const rp_json *result)
{
    return rp_json_text(rp_json_get(rp_json_get(result, "state"), "id"));
}

static const char *doubt_in_words(const batch *one, const rp_json *result)
{
    if (rp_result_is(result, "status", "in_progress"))
        return one->deletes ? "it is being removed, which is not waited for"
                            : "it is being made, which is not waited for";
    return one->deletes ? "it is not known whether it is gone" : "it is not known whether it was made";
}

static void report_one(batch *one, const item *of, const rp_json *result)
{
    rp_subject about = rp_workspace_subject(one->in, of->change->address, NULL);
    const rp_json *first = rp_json_at(rp_json_get(result, "diagnostics"), 0);
    const char *path = rp_json_text(rp_json_get(first, "path"));

    if (path)
        about = rp_workspace_subject(one->in, of->change->address, path);
    if (result)
        rp_result_report(result, &about, &one->in->diagnostics);
    if (of->verdict == IN_DOUBT)
        rp_diagnostics_add(&one->in->diagnostics, &about, true, doubt_in_words(one, result), NULL, NULL,
                           "The next plan, apply, destroy or refresh looks what came of it, and tells.");
}

static void report(batch *one, const rp_plugin_reply *reply, rp_execution *execution)
{
    int64_t elapsed_s = rp_progress_elapsed_s(&one->progress);
    size_t done = 0;

    if (!reply->results)
        rp_plugin_reply_report(reply, NULL, &one->in->diagnostics);
    for (size_t i = 0; i < one->count; i++) {
        const item *of = &one->items[i];
        const rp_json *result = rp_json_at(reply->results, i);
        bool later = rp_result_is(result, "status", "in_progress");
        bool failed =
            !result || rp_status_is_failure(rp_result_status(result)) || (of->verdict > SAVED && !later);
        tell(one, of, failed ? "apply_errored" : "apply_complete",
             failed || one->deletes ? NULL : id_in(result), elapsed_s, later);
        report_one(one, of, result);
        done += of->verdict <= SAVED;
    }
    *(one->deletes ? &execution->destroyed : &execution->added) += done;
    if (one->count > FEW && !one->in->output.json)
        rp_output_say(&one->in->output, "%s: %zu of %zu %s after %llds", one->type->name, done, one->count,
                      one->deletes ? "destroyed" : "created", (long long)elapsed_s);
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

static int add(batch *one, const rp_change *change, const char *deposed, rp_error **error)
{
    item *made = &one->items[one->count];

    *made = (item){.change = change,
                   .intent = {.address = (char *)(uintptr_t)change->address,
                              .type = (char *)(uintptr_t)one->type->name,
                              .deletes = one->deletes,
                              .who = one->in->who}};
    one->addresses[one->count++] = change->address;
    return one->deletes ? fill_deletion(made, deposed, error) : fill_creation(one, made, error);
}

/* The parts of a plan, in the order in which they are done. */
typedef enum phase {
    GOING,   /* what is destroyed, and what is replaced the usual way */
    COMING,  /* what is created, whatever it replaces being gone */
    REPLACED /* what a new one has replaced */
} phase;

static bool is_due(const rp_change *change, phase now, bool succeeded)
{
    bool replaces = change->action == RP_REPLACE, first = replaces && change->create_first;

    switch (now) {
    case GOING:
        return change->action == RP_DESTROY || (replaces && !first);
    case COMING:
        return change->action == RP_CREATE || first || (replaces && succeeded);
    case REPLACED:
        return first && succeeded;
    }
    return false;
}

typedef struct doing {
    rp_workspace *in;
    const rp_plan *plan;
    rp_execution *execution;
    bool *succeeded;           /* by change: its last step */
    char (*tags)[RP_TAG_SIZE]; /* by change: what the object it replaced is filed under */
    batch batch;
} doing;

static void end_doing(doing *one)
{
    free_batch(&one->batch);
    free(one->succeeded);
    free(one->tags);
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
    for (size_t i = 0; i < one->count; i++) {
        size_t change = (size_t)(one->items[i].change - all->plan->changes);
        all->succeeded[change] = one->items[i].verdict <= SAVED;
        rp_persist_tag(&one->items[i].intent, all->tags[change]);
    }
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
    const rp_object *object = one->plan->changes[at].object;

    return now == REPLACED ? one->tags[at] : object ? object->deposed : "";
}

static int do_phase(doing *one, phase now, rp_error **error)
{
    batch *to = &one->batch;
    int failed = 0;

    to->deletes = now != COMING;
    for (size_t i = 0; i < one->plan->count && !failed; i++) {
        const rp_change *change = &one->plan->changes[i];
        if (change->type != to->type || !is_due(change, now, one->succeeded[i]))
            continue;
        failed = add(to, change, deposed_of(one, i, now), error);
        if (!failed && to->count == to->room)
            failed = flush(one, error);
    }
    return failed ? failed : flush(one, error);
}

static int do_all(doing *one, rp_error **error)
{
    static const phase phases[] = {GOING, COMING, REPLACED};
    int failed = 0;

    for (size_t p = 0; p < rp_count_of(phases); p++)
        for (size_t i = 0; i < one->in->plugin_schema.count && !failed && !one->execution->stopped; i++) {
            one->batch.type = &one->in->plugin_schema.types[i];
            failed = do_phase(one, phases[p], error);
        }
    return failed;
}

int rp_execute(rp_workspace *in, const rp_plan *plan, rp_execution *execution, rp_error **error)
{
    _cleanup_(end_doing) doing one = {.in = in,
                                      .plan = plan,
                                      .execution = execution,
                                      .succeeded = calloc(plan->count + 1, sizeof(*one.succeeded)),
                                      .tags = calloc(plan->count + 1, sizeof(*one.tags))};
    int failed = one.succeeded && one.tags ? make_batch(in, &one.batch, error) : rp_error_no_memory(error);

    if (failed)
        return failed;
    rp_interrupt_cancels(in->host);
    failed = do_all(&one, error);
    execution->stopped |= rp_interrupted();
    rp_interrupt_ends();
    return failed;
}
