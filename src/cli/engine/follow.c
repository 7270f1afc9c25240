#include "cli/engine/follow.h"

#include "base/clock.h"
#include "cli/engine/plugin_call.h"
#include "cli/name_index.h"
#include "cli/output/progress.h"
#include "cli/state/persist.h"
#include "json/scan.h"

#include <string.h>
#include <time.h>

#define USUAL_MS 300000
#define PAUSE_MS 500
#define SLICE_MS 50
#define AT_ONCE  2000

/* The plugin waits for the job itself, where it says that it can. */
#define WAIT_FOR_JOB "{\"wait\":\"job\"}"

typedef struct following {
    rp_workspace *in;
    const rp_type *type;
    const rp_plan *plan;
    const rp_name_index *changes; /* of the plan, by address */
    const rp_object **objects;    /* those in progress */
    char **records;
    const char **addresses;
    size_t count;
    int64_t end_ms;
} following;

static void end_following(following *one)
{
    for (size_t i = 0; one->records && i < one->count; i++)
        free(one->records[i]);
    free(one->records);
    free(one->objects);
    free(one->addresses);
}

/* Whether the plan leaves it to be followed, or was interrupted while it was made. */
static bool is_followed(const rp_name_index *changes, const rp_plan *plan, const rp_object *object,
                        bool stopped)
{
    size_t at;

    if (object->status != RP_OBJECT_IN_PROGRESS || *object->deposed ||
        !rp_name_index_find(changes, object->address, &at))
        return false;
    return plan->changes[at].reason == RP_REASON_PENDING || stopped;
}

static int collect(following *one, const rp_name_index *changes, const rp_plan *plan,
                   const rp_objects *objects, bool stopped, rp_error **error)
{
    one->objects = calloc(objects->count + 1, sizeof(*one->objects));
    one->records = calloc(objects->count + 1, sizeof(*one->records));
    one->addresses = calloc(objects->count + 1, sizeof(*one->addresses));
    if (!one->objects || !one->records || !one->addresses)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < objects->count; i++) {
        const rp_object *object = &objects->items[i];
        if (strcmp(object->type, one->type->name) != 0 || !is_followed(changes, plan, object, stopped))
            continue;
        one->objects[one->count] = object;
        one->addresses[one->count] = object->address;
        one->records[one->count] = rp_persist_revealed(object->state, error);
        if (!one->records[one->count++])
            return RP_E_NO_MEMORY;
    }
    return 0;
}

static void tell(const following *one, const rp_object *object, const char *kind)
{
    rp_output_event(&one->in->output,
                    &(rp_resource_event){.kind = kind,
                                         .address = object->address,
                                         .type = one->type->name,
                                         .action = "create",
                                         .id = !strcmp(kind, "apply_complete") ? object->id : NULL,
                                         .elapsed_s = -1},
                    false);
}

static int save_done(following *one, const rp_object *object, const rp_json *state, rp_error **error)
{
    const char *id = rp_json_text(rp_json_get(state, "id"));
    _cleanup_(rp_freep) char *kept =
        rp_persist_state(one->type, state, rp_store_about(one->in->store)->salt, error);
    rp_object now = *object;

    if (!kept)
        return RP_E_NO_MEMORY;
    now.status = RP_OBJECT_OK;
    now.state = kept;
    if (id)
        now.id = (char *)(uintptr_t)id;
    return rp_store_put(one->in->store, &now, error);
}

/* One that another configuration wanted is done, but what is configured now is not. */
static void warn_of_difference(following *one, const rp_object *object)
{
    const rp_subject about = rp_workspace_subject(one->in, object->address, NULL);
    size_t at;

    if (rp_name_index_find(one->changes, object->address, &at) && one->plan->changes[at].differs)
        rp_diagnostics_add(&one->in->diagnostics, &about, false,
                           "the object is created, and differs from the configuration", NULL, NULL,
                           "Run rp apply again to change it.");
}

/* Whether the server is done with it. */
static bool judge(following *one, const rp_object *object, const rp_json *result, rp_execution *execution,
                  int *failed, rp_error **error)
{
    const rp_subject about = rp_workspace_subject(one->in, object->address, NULL);

    if (rp_result_is(result, "status", "not_found")) {
        *failed = rp_store_drop(one->in->store, object->address, "", error);
        tell(one, object, "apply_errored");
        rp_result_report_first(result, &about, "the server has accepted the object and did not create it",
                               &one->in->diagnostics);
        return true;
    }
    if (rp_result_is(result, "status", "ok") && rp_json_get(result, "state")) {
        *failed = save_done(one, object, rp_json_get(result, "state"), error);
        tell(one, object, "apply_complete");
        rp_result_report(result, &about, &one->in->diagnostics);
        execution->counts.added++;
        warn_of_difference(one, object);
        return true;
    }
    if (rp_result_is(result, "status", "in_progress") || rp_result_is(result, "status", "deadline_exceeded"))
        return false;
    rp_result_report(result, &about, &one->in->diagnostics);
    execution->counts.pending++;
    return true;
}

static int judge_all(following *one, const rp_plugin_reply *reply, size_t asked, rp_execution *execution,
                     rp_error **error)
{
    int failed = rp_store_begin(one->in->store, error);
    size_t left = 0;

    for (size_t i = 0; i < one->count; i++) {
        bool done = !failed && i < asked &&
                    judge(one, one->objects[i], rp_json_at(reply->results, i), execution, &failed, error);
        if (done) {
            free(one->records[i]);
            continue;
        }
        one->objects[left] = one->objects[i];
        one->addresses[left] = one->addresses[i];
        one->records[left++] = one->records[i];
    }
    one->count = left;
    if (!failed)
        failed = rp_store_commit(one->in->store, error);
    rp_store_undo(one->in->store);
    return failed;
}

static uint32_t time_left_ms(const following *one)
{
    int64_t left_ms = one->end_ms - rp_now_ms(&rp_clock_system);

    return left_ms > 0 ? (uint32_t)left_ms : 1;
}

static int read_once(following *one, rp_execution *execution, rp_error **error)
{
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    size_t asked = rp_plugin_call_fits(one->type, (const char *const *)one->records, one->count, AT_ONCE);
    bool waits = rp_type_has_option(one->type, "wait", "job");
    rp_progress progress = {.output = &one->in->output,
                            .doing = "Waiting for",
                            .addresses = one->addresses,
                            .count = one->count,
                            .type = one->type->name};
    int failed;

    rp_progress_begin(&progress);
    failed = rp_plugin_call(one->in->host,
                            &(rp_plugin_request){.hook = "read",
                                                 .type = one->type->name,
                                                 .records = (const char *const *)one->records,
                                                 .count = asked,
                                                 .options = waits ? WAIT_FOR_JOB : NULL,
                                                 .timeout_ms = time_left_ms(one)},
                            &reply, error);
    rp_progress_end(&progress);
    if (failed)
        return failed;
    rp_plugin_reply_report(&reply, NULL, &one->in->diagnostics);
    return reply.results ? judge_all(one, &reply, asked, execution, error) : RP_E_SYSTEM;
}

static void pause_briefly(void)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000};

    for (int slept = 0; slept < PAUSE_MS; slept += SLICE_MS)
        nanosleep(&slice, NULL);
}

static int follow_type(following *one, rp_execution *execution, rp_error **error)
{
    int failed = 0;

    while (one->count && !failed) {
        failed = read_once(one, execution, error);
        if (failed || !one->count || rp_now_ms(&rp_clock_system) >= one->end_ms)
            break;
        pause_briefly();
    }
    execution->counts.pending += one->count;
    return failed;
}

static int index_changes(const rp_plan *plan, rp_name_index *changes, rp_error **error)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].desired && !rp_name_index_add(changes, plan->changes[i].address, i, NULL))
            return rp_error_no_memory(error);
    return 0;
}

int rp_follow(rp_workspace *in, const rp_plan *plan, rp_execution *execution, rp_error **error)
{
    int64_t limit_ms = in->settings->timeout_ms ? in->settings->timeout_ms : USUAL_MS;
    _cleanup_(rp_objects_done) rp_objects objects = {0};
    _cleanup_(rp_name_index_done) rp_name_index changes = {0};
    int failed;

    if (!plan->pending && !execution->stopped)
        return 0;
    failed = rp_store_objects(in->store, &objects, error);
    if (!failed)
        failed = index_changes(plan, &changes, error);
    for (size_t i = 0; i < in->plugin_schema.count && !failed; i++) {
        _cleanup_(end_following) following one = {.in = in,
                                                  .type = &in->plugin_schema.types[i],
                                                  .plan = plan,
                                                  .changes = &changes,
                                                  .end_ms = rp_now_ms(&rp_clock_system) + limit_ms};
        failed = collect(&one, &changes, plan, &objects, execution->stopped, error);
        if (!failed)
            failed = follow_type(&one, execution, error);
    }
    return failed;
}
