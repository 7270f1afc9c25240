#include "cli/engine/diff.h"

#include "cli/array.h"
#include "cli/config/address.h"
#include "cli/engine/json_equal.h"
#include "json/scan.h"

#include <string.h>

void rp_observed_free(rp_observed *observed, size_t count)
{
    for (size_t i = 0; observed && i < count; i++)
        free(observed[i].state);
    free(observed);
}

void rp_plan_done(rp_plan *plan)
{
    free(plan->changes);
    *plan = (rp_plan){0};
}

char *rp_desired_hidden(const rp_desired *desired, const char *salt, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char *made;

    if (rp_json_parse(desired->record, strlen(desired->record), &record, error) < 0 ||
        rp_type_hide(desired->type, record, salt, &writer, error) < 0)
        return NULL;
    made = rp_buffer_take(&text);
    if (!made)
        rp_error_no_memory(error);
    return made;
}

/* What differences are looked for in. */
typedef struct comparison {
    const rp_type *type;
    const rp_json *state, *record, *desired;
    rp_each_difference *each;
    void *context;
} comparison;

/* What the object has: as the server tells it or, of what the server does not tell, as it was made. */
static const rp_json *value_of(const comparison *in, const char *name)
{
    const rp_json *told = rp_json_get(in->state, name);

    return told ? told : rp_json_get(in->record, name);
}

static int compare_desired(void *context, const char *name, const rp_json *after)
{
    const comparison *in = context;
    const rp_json *before = value_of(in, name);

    if (!after || rp_type_is_computed(in->type, name) || rp_json_equal(before, after))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, after});
}

/* A member that is no longer wanted counts only if it once was: else it is the server's own choice. */
static int compare_left_out(void *context, const char *name, const rp_json *made)
{
    const comparison *in = context;
    const rp_json *before = value_of(in, name);

    if (!made || !before || rp_json_get(in->desired, name) || rp_type_is_computed(in->type, name))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, NULL});
}

int rp_differences(const rp_type *type, const rp_json *state, const rp_json *record, const rp_json *desired,
                   rp_each_difference *each, void *context)
{
    comparison in = {type, state, record, desired, each, context};
    int ended = rp_json_each(desired, compare_desired, &in);

    return ended ? ended : rp_json_each(record, compare_left_out, &in);
}

int rp_change_differences(const rp_change *change, const char *salt, rp_each_difference *each, void *context,
                          rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *state = NULL, *record = NULL, *desired = NULL;
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(change->desired, salt, error);
    const char *told = rp_change_state(change);
    int failed;

    if (!hidden)
        return RP_E_NO_MEMORY;
    if ((failed = rp_json_parse(told, strlen(told), &state, error)) < 0 ||
        (failed = rp_json_parse(change->object->record, strlen(change->object->record), &record, error)) <
            0 ||
        (failed = rp_json_parse(hidden, strlen(hidden), &desired, error)) < 0) {
        rp_error_add(error, "%s", change->address);
        return failed;
    }
    return rp_differences(change->type, state, record, desired, each, context);
}

/* Drift, member by member. */
typedef struct drifting {
    const rp_type *type;
    const rp_json *before, *after;
    bool all;
    rp_each_difference *each;
    void *context;
} drifting;

static int compare_seen(void *context, const char *name, const rp_json *after)
{
    const drifting *in = context;
    const rp_json *before = rp_json_get(in->before, name);

    if ((!in->all && rp_type_is_computed(in->type, name)) || rp_json_equal(before, after))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, after});
}

static int compare_lost(void *context, const char *name, const rp_json *before)
{
    const drifting *in = context;

    if (!before || rp_json_has(in->after, name) || (!in->all && rp_type_is_computed(in->type, name)))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, NULL});
}

int rp_drift(const rp_type *type, const char *before, const char *after, bool all, rp_each_difference *each,
             void *context, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *old = NULL, *new = NULL;
    drifting in = {type, NULL, NULL, all, each, context};
    int ended;

    if (rp_json_parse(before, strlen(before), &old, error) < 0 ||
        rp_json_parse(after, strlen(after), &new, error) < 0)
        return RP_E_INVALID;
    in.before = old;
    in.after = new;
    ended = rp_json_each(new, compare_seen, &in);
    return ended ? ended : rp_json_each(old, compare_lost, &in);
}

/* Planning */

typedef struct planning {
    const rp_project *project;
    const rp_plugin_schema *plugin_schema;
    const char *salt;
    const rp_objects *objects;
    const rp_observed *observed;
    const rp_diff_options *options;
    rp_name_index current; /* objects that are not deposed */
    rp_plan plan;
} planning;

static void end_planning(planning *in)
{
    rp_name_index_done(&in->current);
    rp_plan_done(&in->plan);
}

static bool is_among(const char *address, const char *const *targets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rp_address_within(address, targets[i]))
            return true;
    return false;
}

static bool is_aimed_at(const planning *in, const char *address)
{
    return !in->options->target_count || is_among(address, in->options->targets, in->options->target_count);
}

static int note_difference(void *context, const rp_difference *one)
{
    (void)context;
    (void)one;
    return 1;
}

static int see_drift(rp_change *change, rp_error **error)
{
    int found = 0;

    if (change->observed->seen == RP_ABSENT) {
        change->drifted = change->object->status == RP_OBJECT_OK;
        return 0;
    }
    if (change->observed->seen == RP_PRESENT && change->observed->state &&
        change->object->status == RP_OBJECT_OK)
        found = rp_drift(change->type, change->object->state, change->observed->state, false, note_difference,
                         NULL, error);
    change->drifted = found > 0;
    return found < 0 ? found : 0;
}

static void decide(rp_change *change, rp_action action, rp_reason reason)
{
    change->action = action;
    change->reason = reason;
}

/* One in progress is not tainted any more once it is there; one that is tainted stays so. */
static int decide_on_existing(const planning *in, rp_change *change, rp_error **error)
{
    const rp_object *object = change->object;
    int differs;

    if (change->observed->seen == RP_PENDING ||
        (change->observed->seen == RP_NOT_READ && object->status == RP_OBJECT_IN_PROGRESS)) {
        decide(change, RP_NO_OP, RP_REASON_PENDING);
        return 0;
    }
    if (is_among(change->address, in->options->replace, in->options->replace_count)) {
        decide(change, RP_REPLACE, RP_REASON_REQUESTED);
        return 0;
    }
    differs = rp_change_differences(change, in->salt, note_difference, NULL, error);
    if (differs > 0)
        decide(change, RP_REPLACE, RP_REASON_CHANGED);
    else if (object->status == RP_OBJECT_TAINTED)
        decide(change, RP_REPLACE, RP_REASON_TAINTED);
    return differs < 0 ? differs : 0;
}

static int note_key(void *context, const rp_difference *one)
{
    return rp_type_is_key(context, one->name);
}

/* Two objects of one key cannot be told apart, so there the old one goes first, whatever was asked for. */
static int choose_order(const planning *in, rp_change *change, rp_error **error)
{
    int moves;

    if (change->action != RP_REPLACE || !change->create_first || !rp_json_count(change->type->key))
        return 0;
    moves = rp_change_differences(change, in->salt, note_key, (void *)(uintptr_t)change->type, error);
    change->create_first = moves > 0;
    return moves < 0 ? moves : 0;
}

static int add_change(planning *in, const rp_change *change, rp_error **error)
{
    rp_plan *plan = &in->plan;
    rp_change *changes = rp_array_grow(plan->changes, plan->count, sizeof(*changes));

    if (!changes)
        return rp_error_no_memory(error);
    plan->changes = changes;
    changes[plan->count++] = *change;
    plan->to_add += change->action == RP_CREATE || change->action == RP_REPLACE;
    plan->to_destroy += change->action == RP_DESTROY || change->action == RP_REPLACE;
    plan->drifted += change->drifted;
    return 0;
}

static int type_mismatch(const rp_change *change, rp_error **error)
{
    return rp_error_set(
        error, RP_E_INVALID,
        "%s is of type %s in the state and of type %s in the configuration: give the new one another "
        "name, or forget the old one with \"rp state rm\"",
        change->address, change->object->type, change->type->name);
}

static int plan_desired(planning *in, const rp_desired *desired, rp_error **error)
{
    rp_change change = {.address = desired->address,
                        .type = desired->type,
                        .desired = desired,
                        .create_first = desired->block->create_first};
    size_t at;
    int failed = 0;

    if (!is_aimed_at(in, desired->address))
        return 0;
    if (!rp_name_index_find(&in->current, desired->address, &at)) {
        decide(&change, RP_CREATE, RP_REASON_NEW);
        return add_change(in, &change, error);
    }
    change.object = &in->objects->items[at];
    change.observed = &in->observed[at];
    if (strcmp(change.object->type, change.type->name) != 0)
        return type_mismatch(&change, error);
    failed = see_drift(&change, error);
    if (!failed && change.observed->seen == RP_ABSENT)
        decide(&change, RP_CREATE, RP_REASON_ABSENT);
    else if (!failed)
        failed = decide_on_existing(in, &change, error);
    if (!failed)
        failed = choose_order(in, &change, error);
    return failed ? failed : add_change(in, &change, error);
}

static rp_reason reason_undesired(const planning *in, const rp_object *object)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;

    if (*object->deposed)
        return RP_REASON_DEPOSED;
    if (in->options->destroy)
        return RP_REASON_DESTROY;
    if (rp_address_parse(object->address, &name, &key, NULL) < 0)
        return RP_REASON_NO_RESOURCE;
    return rp_project_block(in->project, name) ? RP_REASON_NO_KEY : RP_REASON_NO_RESOURCE;
}

static int plan_undesired(planning *in, size_t at, rp_error **error)
{
    const rp_object *object = &in->objects->items[at];
    rp_change change = {.address = object->address, .object = object, .observed = &in->observed[at]};
    int failed;

    if (!is_aimed_at(in, object->address))
        return 0;
    failed = rp_plugin_schema_find(in->plugin_schema, object->type, &change.type, error);
    if (failed) {
        rp_error_add(error, "%s, which is in the state", object->address);
        return failed;
    }
    failed = see_drift(&change, error);
    decide(&change, change.observed->seen == RP_ABSENT ? RP_NO_OP : RP_DESTROY, reason_undesired(in, object));
    return failed ? failed : add_change(in, &change, error);
}

static bool is_desired(const planning *in, const rp_object *object)
{
    return !in->options->destroy && !*object->deposed && rp_project_find(in->project, object->address);
}

static int plan_all(planning *in, rp_error **error)
{
    int failed = 0;

    for (size_t i = 0; i < in->objects->count && !failed; i++)
        if (!*in->objects->items[i].deposed &&
            !rp_name_index_add(&in->current, in->objects->items[i].address, i, NULL))
            failed = rp_error_no_memory(error);
    for (size_t i = 0; !in->options->destroy && i < in->project->desired_count && !failed; i++)
        failed = plan_desired(in, &in->project->desired[i], error);
    for (size_t i = 0; i < in->objects->count && !failed; i++)
        if (!is_desired(in, &in->objects->items[i]))
            failed = plan_undesired(in, i, error);
    return failed;
}

int rp_plan_make(const rp_project *project, const rp_plugin_schema *plugin_schema, const char *salt,
                 const rp_objects *objects, const rp_observed *observed, const rp_diff_options *options,
                 rp_plan *plan, rp_error **error)
{
    _cleanup_(end_planning) planning in = {.project = project,
                                           .plugin_schema = plugin_schema,
                                           .salt = salt,
                                           .objects = objects,
                                           .observed = observed,
                                           .options = options,
                                           .plan = {.destroy = options->destroy}};
    int failed = plan_all(&in, error);

    if (failed)
        return failed;
    *plan = in.plan;
    in.plan = (rp_plan){0};
    return 0;
}
