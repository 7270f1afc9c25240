#include "cli/engine/refresh.h"

#include "base/text.h"
#include "cli/config/address.h"
#include "cli/engine/interrupt.h"
#include "cli/engine/plugin_call.h"
#include "cli/output/progress.h"
#include "cli/state/persist.h"
#include "json/scan.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE 500 /* records in a call: bounds the memory that their answer takes */

/* Records of one type that are read in one call, and where what they show goes. */
typedef struct batch {
    rp_workspace *in;
    const rp_type *type;
    const char *doing;
    size_t *members; /* numbers of objects, or of desired ones */
    char **records;
    const char **addresses;
    size_t count;
    int (*see)(struct batch *one, size_t at, const rp_json *result, rp_error **error);
    bool events; /* are told of each */
} batch;

static void free_records(batch *one, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        free(one->records[i]);
}

static void free_batch(batch *one)
{
    if (one->records)
        free_records(one, 0, one->count);
    free(one->members);
    free(one->records);
    free(one->addresses);
}

static int make_batch(rp_workspace *in, batch *one, rp_error **error)
{
    one->in = in;
    one->members = calloc(AT_ONCE, sizeof(*one->members));
    one->records = calloc(AT_ONCE, sizeof(*one->records));
    one->addresses = calloc(AT_ONCE, sizeof(*one->addresses));
    return one->members && one->records && one->addresses ? 0 : rp_error_no_memory(error);
}

static bool has_diagnostics(const rp_json *result)
{
    return rp_json_count(rp_json_get(result, "diagnostics")) > 0;
}

/* Of most there is nothing to say, and then their place in the file is not looked for. */
static void report_read(const batch *one, size_t at, const rp_json *result, bool no_state)
{
    bool failed = rp_status_is_failure(rp_result_status(result));
    rp_subject about;

    if (!failed && !no_state && !has_diagnostics(result))
        return;
    about = rp_workspace_subject(one->in, one->addresses[at], NULL);
    rp_result_report(result, &about, &one->in->diagnostics);
    if (!failed && no_state)
        rp_diagnostics_add(&one->in->diagnostics, &about, false, "the plugin read the object without a state",
                           NULL, NULL, rp_advice(RP_PHASE_SERVER, "contract"));
}

static int see_object(batch *one, size_t at, const rp_json *result, rp_error **error)
{
    const rp_object *object = &one->in->objects.items[one->members[at]];
    rp_observed *observed = &one->in->observed[one->members[at]];
    const rp_json *state = rp_json_get(result, "state");
    char *kept;

    if (rp_result_is(result, "status", "not_found")) {
        observed->seen = RP_ABSENT;
        return 0;
    }
    report_read(one, at, result, rp_json_type_of(state) != RP_JSON_OBJECT);
    if (rp_status_is_failure(rp_result_status(result)))
        return 0;
    observed->seen = rp_result_is(result, "status", "in_progress") ? RP_PENDING : RP_PRESENT;
    observed->healthy = observed->seen == RP_PRESENT && !has_diagnostics(result);
    if (rp_json_type_of(state) != RP_JSON_OBJECT)
        return 0;
    kept = rp_persist_state(one->type, state, rp_store_about(one->in->store)->salt, error);
    if (!kept)
        return RP_E_NO_MEMORY;
    if (strcmp(kept, object->state) != 0)
        observed->state = kept;
    else
        free(kept);
    return 0;
}

static bool is_parent_missing(const rp_json *result)
{
    static const char ending[] = ".parent_not_found";
    const rp_json *diagnostics = rp_json_get(result, "diagnostics");

    for (size_t i = 0; i < rp_json_count(diagnostics); i++) {
        const char *code = rp_json_text(rp_json_get(rp_json_at(diagnostics, i), "code"));
        size_t len = code ? strlen(code) : 0;
        if (len >= sizeof(ending) - 1 && !strcmp(code + len - (sizeof(ending) - 1), ending))
            return true;
    }
    return false;
}

/* A plugin that cannot read by the key says invalid_argument; create will tell. */
static bool is_no_answer(const rp_json *result)
{
    return rp_result_is(result, "status", "invalid_argument") ||
           rp_result_is(result, "status", "unsupported");
}

static int see_desired(batch *one, size_t at, const rp_json *result, rp_error **error)
{
    rp_observed *found = &one->in->found[one->members[at]];
    const rp_json *state = rp_json_get(result, "state");
    const char *id = rp_json_text(rp_json_get(state, "id"));
    const rp_subject about = rp_workspace_subject(one->in, one->addresses[at], NULL);

    if (is_no_answer(result))
        return 0;
    if (rp_result_is(result, "status", "not_found")) {
        found->seen = RP_ABSENT;
        if (is_parent_missing(result))
            rp_result_report_first(result, &about, "what it would be part of does not exist",
                                   &one->in->diagnostics);
        return 0;
    }
    if (rp_status_is_failure(rp_result_status(result))) {
        rp_result_report(result, &about, &one->in->diagnostics);
        return 0;
    }
    found->seen = rp_result_is(result, "status", "in_progress") ? RP_PENDING : RP_PRESENT;
    if (!id)
        return 0;
    found->id = strdup(id);
    found->state = rp_persist_state(one->type, state, rp_store_about(one->in->store)->salt, error);
    return found->id && found->state ? 0 : rp_error_no_memory(error);
}

static void tell(const batch *one, size_t count, const char *kind)
{
    for (size_t i = 0; one->events && one->in->output.json && i < count; i++)
        rp_output_event(&one->in->output,
                        &(rp_resource_event){.kind = kind,
                                             .address = one->addresses[i],
                                             .type = one->type->name,
                                             .id = one->in->objects.items[one->members[i]].id,
                                             .elapsed_s = -1},
                        true);
}

static int ask(batch *one, size_t count, rp_plugin_reply *reply, rp_error **error)
{
    rp_progress progress = {.output = &one->in->output,
                            .doing = one->doing,
                            .addresses = one->addresses,
                            .count = count,
                            .type = one->type->name};
    int failed;

    tell(one, count, "refresh_start");
    rp_progress_begin(&progress);
    failed = rp_plugin_call(one->in->host,
                            &(rp_plugin_request){.hook = "read",
                                                 .type = one->type->name,
                                                 .records = (const char *const *)one->records,
                                                 .count = count,
                                                 .timeout_ms = one->in->settings->timeout_ms},
                            reply, error);
    rp_progress_end(&progress);
    return failed;
}

/* Reads as many as go into one call, and keeps the rest. */
static int read_some(batch *one, rp_error **error)
{
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    size_t count = rp_plugin_call_fits(one->type, (const char *const *)one->records, one->count, AT_ONCE),
           rest;
    int failed = ask(one, count, &reply, error);

    if (failed)
        return failed;
    rp_plugin_reply_report(&reply, NULL, &one->in->diagnostics);
    for (size_t i = 0; reply.results && i < count && !failed; i++)
        failed = one->see(one, i, rp_json_at(reply.results, i), error);
    if (!failed && reply.results)
        tell(one, count, "refresh_complete");
    rest = one->count - count;
    free_records(one, 0, count);
    memmove(one->records, one->records + count, rest * sizeof(*one->records));
    memmove(one->members, one->members + count, rest * sizeof(*one->members));
    memmove(one->addresses, one->addresses + count, rest * sizeof(*one->addresses));
    one->count = rest;
    return failed;
}

static int read_all(batch *one, rp_error **error)
{
    int failed = 0;

    while (one->count && !failed)
        failed = read_some(one, error);
    return failed;
}

/* Takes the record over. */
static int add(batch *one, size_t member, const char *address, char *record, rp_error **error)
{
    if (!record)
        return RP_E_NO_MEMORY;
    one->members[one->count] = member;
    one->addresses[one->count] = address;
    one->records[one->count++] = record;
    return one->count == AT_ONCE ? read_some(one, error) : 0;
}

static bool is_targeted(const rp_diff_options *options, const char *address)
{
    for (size_t i = 0; i < options->target_count; i++)
        if (rp_address_within(address, options->targets[i]))
            return true;
    return !options->target_count;
}

/* What is to be read, and what it is ordered by. */
typedef struct entry {
    const char *name;
    size_t member;
} entry;

static int compare_names(const void *one, const void *other)
{
    return strcmp(((const entry *)one)->name, ((const entry *)other)->name);
}

/* In the order of ids, which most often begin with what the objects are part of: so each parent is listed for
 * few calls. */
static int read_type(batch *one, const rp_diff_options *options, rp_error **error)
{
    const rp_objects *objects = &one->in->objects;
    _cleanup_(rp_freep) entry *entries = calloc(objects->count + 1, sizeof(*entries));
    size_t count = 0;
    int failed = 0;

    if (!entries)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < objects->count; i++)
        if (!strcmp(objects->items[i].type, one->type->name) &&
            is_targeted(options, objects->items[i].address))
            entries[count++] = (entry){objects->items[i].id, i};
    qsort(entries, count, sizeof(*entries), compare_names);
    for (size_t i = 0; i < count && !failed; i++) {
        const rp_object *object = &objects->items[entries[i].member];
        failed =
            add(one, entries[i].member, object->address, rp_persist_revealed(object->state, error), error);
    }
    return failed ? failed : read_all(one, error);
}

int rp_refresh(rp_workspace *in, const rp_diff_options *options, rp_error **error)
{
    _cleanup_(free_batch) batch one = {.doing = "Reading", .see = see_object, .events = true};
    size_t errors = in->diagnostics.errors;
    int failed = 0;

    in->observed = calloc(in->objects.count + 1, sizeof(*in->observed));
    if (!in->observed || make_batch(in, &one, error) < 0)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < in->plugin_schema.count && !in->settings->no_refresh && !failed; i++) {
        one.type = &in->plugin_schema.types[i];
        failed = read_type(&one, options, error);
    }
    return !failed && in->diagnostics.errors > errors ? RP_E_SYSTEM : failed;
}

static char *key_of(const rp_desired *desired, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    char *made;

    if (rp_json_parse(desired->record, strlen(desired->record), &record, error) < 0)
        return NULL;
    made = rp_key_write(desired->type, record, &text) ? rp_buffer_take(&text) : strdup(desired->record);
    if (!made)
        rp_error_no_memory(error);
    return made;
}

static int look_up_type(batch *one, const bool *missing, rp_error **error)
{
    const rp_project *project = &one->in->project;
    _cleanup_(rp_freep) entry *entries = calloc(project->desired_count + 1, sizeof(*entries));
    size_t count = 0;
    int failed = 0;

    if (!entries)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < project->desired_count; i++)
        if (missing[i] && project->desired[i].type == one->type)
            entries[count++] = (entry){project->desired[i].key_text, i};
    qsort(entries, count, sizeof(*entries), compare_names);
    for (size_t i = 0; i < count && !failed; i++) {
        const rp_desired *desired = &project->desired[entries[i].member];
        failed = add(one, entries[i].member, desired->address, key_of(desired, error), error);
    }
    return failed ? failed : read_all(one, error);
}

int rp_refresh_look_up(rp_workspace *in, const rp_diff_options *options, rp_error **error)
{
    _cleanup_(free_batch) batch one = {.doing = "Looking up", .see = see_desired};
    _cleanup_(rp_freep) bool *missing = calloc(in->project.desired_count + 1, sizeof(*missing));
    const rp_diff_input input = rp_workspace_diff_input(in, options);
    size_t errors = in->diagnostics.errors;
    int failed;

    if (options->destroy || in->settings->no_refresh)
        return 0;
    in->found = calloc(in->project.desired_count + 1, sizeof(*in->found));
    if (!in->found || !missing || make_batch(in, &one, error) < 0)
        return rp_error_no_memory(error);
    failed = rp_plan_missing(&input, missing, error);
    for (size_t i = 0; i < in->plugin_schema.count && !failed; i++) {
        one.type = &in->plugin_schema.types[i];
        failed = look_up_type(&one, missing, error);
    }
    return !failed && in->diagnostics.errors > errors ? RP_E_SYSTEM : failed;
}

/* What was tainted because it was late is well again. */
static bool is_healed(const rp_object *object, const rp_observed *observed)
{
    const char *cause = object->cause ? object->cause : "";

    return object->status == RP_OBJECT_TAINTED && observed->healthy &&
           (!strcmp(cause, "deadline_exceeded") || !strcmp(cause, "cancelled"));
}

static int save(rp_workspace *in, const rp_object *object, const rp_observed *observed, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *state = NULL;
    bool settled = (observed->seen == RP_PRESENT && object->status == RP_OBJECT_IN_PROGRESS) ||
                   is_healed(object, observed);
    rp_object now = *object;
    const char *id;

    if (observed->seen == RP_ABSENT)
        return rp_store_drop(in->store, object->address, object->deposed, error);
    if (!observed->state && !settled)
        return 0;
    if (observed->state)
        now.state = observed->state;
    if (settled) {
        now.status = RP_OBJECT_OK;
        now.cause = NULL;
    }
    if (rp_json_parse(now.state, strlen(now.state), &state, error) < 0)
        return RP_E_INVALID;
    id = rp_json_text(rp_json_get(state, "id"));
    if (id)
        now.id = (char *)(uintptr_t)id;
    return rp_store_put(in->store, &now, error);
}

int rp_refresh_save(rp_workspace *in, rp_error **error)
{
    int failed = rp_store_begin(in->store, error);

    for (size_t i = 0; i < in->objects.count && !failed; i++)
        failed = save(in, &in->objects.items[i], &in->observed[i], error);
    if (failed) {
        rp_store_undo(in->store);
        return failed;
    }
    return rp_store_commit(in->store, error);
}

void rp_refresh_count(const rp_workspace *in, size_t *seen, size_t *gone)
{
    *seen = *gone = 0;
    for (size_t i = 0; i < in->objects.count; i++) {
        *seen += in->observed[i].seen != RP_NOT_READ;
        *gone += in->observed[i].seen == RP_ABSENT;
    }
}
