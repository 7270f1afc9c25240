#include "cli/engine/refresh.h"

#include "cli/config/address.h"
#include "cli/engine/interrupt.h"
#include "cli/engine/plugin_call.h"
#include "cli/output/progress.h"
#include "cli/state/persist.h"

#include <string.h>

#define AT_ONCE 2000 /* records in a call: bounds the memory that their answer takes */

/* Objects of one type that are looked at in one call. */
typedef struct batch {
    rp_workspace *in;
    const rp_type *type;
    size_t *members; /* numbers of objects */
    char **records;
    const char **addresses;
    size_t count;
} batch;

static void free_records(batch *one)
{
    for (size_t i = 0; i < one->count; i++)
        free(one->records[i]);
    one->count = 0;
}

static void free_batch(batch *one)
{
    if (one->records)
        free_records(one);
    free(one->members);
    free(one->records);
    free(one->addresses);
}

static int make_batch(rp_workspace *in, batch *one, rp_error **error)
{
    *one = (batch){.in = in,
                   .members = calloc(AT_ONCE, sizeof(*one->members)),
                   .records = calloc(AT_ONCE, sizeof(*one->records)),
                   .addresses = calloc(AT_ONCE, sizeof(*one->addresses))};
    return one->members && one->records && one->addresses ? 0 : rp_error_no_memory(error);
}

static int see_state(batch *one, size_t at, const rp_json *state, rp_error **error)
{
    const rp_object *object = &one->in->objects.items[one->members[at]];
    rp_observed *observed = &one->in->observed[one->members[at]];
    char *kept = rp_persist_state(one->type, state, rp_store_about(one->in->store)->salt, error);

    if (!kept)
        return RP_E_NO_MEMORY;
    if (strcmp(kept, object->state) != 0)
        observed->state = kept;
    else
        free(kept);
    return 0;
}

static int see(batch *one, size_t at, const rp_json *result, rp_error **error)
{
    rp_observed *observed = &one->in->observed[one->members[at]];
    const rp_json *state = rp_json_get(result, "state");
    const rp_subject about = rp_workspace_subject(one->in, one->addresses[at], NULL);

    if (rp_result_is(result, "status", "not_found")) {
        observed->seen = RP_ABSENT;
        return 0;
    }
    rp_result_report(result, &about, &one->in->diagnostics);
    if (rp_status_is_failure(rp_result_status(result)))
        return 0;
    observed->seen = rp_result_is(result, "status", "in_progress") ? RP_PENDING : RP_PRESENT;
    return state ? see_state(one, at, state, error) : 0;
}

static void tell(const batch *one, const char *kind)
{
    for (size_t i = 0; one->in->output.json && i < one->count; i++)
        rp_output_event(&one->in->output,
                        &(rp_resource_event){kind, one->addresses[i], one->type->name, NULL,
                                             one->in->objects.items[one->members[i]].id, -1, false},
                        true);
}

static int ask(batch *one, rp_plugin_reply *reply, rp_error **error)
{
    rp_progress progress = {.output = &one->in->output,
                            .doing = "Reading",
                            .addresses = one->addresses,
                            .count = one->count,
                            .type = one->type->name};
    int failed;

    tell(one, "refresh_start");
    rp_progress_begin(&progress);
    failed = rp_plugin_call(one->in->host,
                            &(rp_plugin_request){"read", one->type->name, (const char *const *)one->records,
                                                 one->count, one->in->settings->timeout_ms, NULL, NULL},
                            reply, error);
    rp_progress_end(&progress);
    return failed;
}

static int look_at(batch *one, rp_error **error)
{
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    int failed = one->count ? ask(one, &reply, error) : 0;

    if (failed || !one->count)
        return failed;
    if (!reply.results)
        rp_plugin_reply_report(&reply, NULL, &one->in->diagnostics);
    for (size_t i = 0; reply.results && i < one->count && !failed; i++)
        failed = see(one, i, rp_json_at(reply.results, i), error);
    if (!failed && reply.results)
        tell(one, "refresh_complete");
    free_records(one);
    return failed;
}

static int add(batch *one, size_t object, rp_error **error)
{
    char *record = rp_persist_revealed(one->in->objects.items[object].state, error);

    if (!record)
        return RP_E_NO_MEMORY;
    one->members[one->count] = object;
    one->addresses[one->count] = one->in->objects.items[object].address;
    one->records[one->count++] = record;
    return one->count == AT_ONCE ? look_at(one, error) : 0;
}

static bool is_in(const rp_diff_options *options, const rp_object *object)
{
    for (size_t i = 0; i < options->target_count; i++)
        if (rp_address_within(object->address, options->targets[i]))
            return true;
    return !options->target_count;
}

static int look_at_type(batch *one, const rp_diff_options *options, rp_error **error)
{
    const rp_objects *objects = &one->in->objects;
    int failed = 0;

    for (size_t i = 0; i < objects->count && !failed; i++)
        if (!strcmp(objects->items[i].type, one->type->name) && is_in(options, &objects->items[i]))
            failed = add(one, i, error);
    return failed ? failed : look_at(one, error);
}

int rp_refresh(rp_workspace *in, const rp_diff_options *options, rp_error **error)
{
    _cleanup_(free_batch) batch one = {0};
    size_t errors = in->diagnostics.errors;
    int failed = 0;

    in->observed = calloc(in->objects.count + 1, sizeof(*in->observed));
    if (!in->observed || make_batch(in, &one, error) < 0)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < in->plugin_schema.count && !in->settings->no_refresh && !failed; i++) {
        one.type = &in->plugin_schema.types[i];
        failed = look_at_type(&one, options, error);
    }
    return !failed && in->diagnostics.errors > errors ? RP_E_SYSTEM : failed;
}

static int save(rp_workspace *in, const rp_object *object, const rp_observed *observed, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *state = NULL;
    bool arrived = observed->seen == RP_PRESENT && object->status == RP_OBJECT_IN_PROGRESS;
    rp_object now = *object;
    const char *id;

    if (observed->seen == RP_ABSENT)
        return rp_store_drop(in->store, object->address, object->deposed, error);
    if (!observed->state && !arrived)
        return 0;
    if (observed->state)
        now.state = observed->state;
    if (arrived)
        now.status = RP_OBJECT_OK;
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
