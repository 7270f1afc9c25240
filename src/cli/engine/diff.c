#include "cli/engine/diff.h"

#include "base/text.h"
#include "cli/array.h"
#include "cli/config/address.h"
#include "cli/engine/json_equal.h"
#include "json/scan.h"

#include <string.h>

#define NONE SIZE_MAX

void rp_observed_free(rp_observed *observed, size_t count)
{
    for (size_t i = 0; observed && i < count; i++) {
        free(observed[i].state);
        free(observed[i].id);
    }
    free(observed);
}

void rp_plan_done(rp_plan *plan)
{
    for (size_t i = 0; i < plan->adopted_count; i++)
        free(plan->adopted[i].record);
    free(plan->adopted);
    free(plan->changes);
    *plan = (rp_plan){0};
}

/* Most types have nothing to hide. */
char *rp_desired_hidden(const rp_desired *desired, const char *salt, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char *made;

    if (!desired->type->hides) {
        made = strdup(desired->record);
    } else {
        if (rp_json_parse(desired->record, strlen(desired->record), &record, error) < 0 ||
            rp_type_hide(desired->type, record, salt, &writer, error) < 0)
            return NULL;
        made = rp_buffer_take(&text);
    }
    if (!made)
        rp_error_no_memory(error);
    return made;
}

/* What writes the write-only attributes of a record. */
typedef struct giving {
    const rp_type *type;
    rp_json_writer *writer;
} giving;

static int give(void *context, const char *name, const rp_json *value)
{
    const giving *in = context;

    if (!rp_type_is_write_only(in->type, name))
        return 0;
    rp_write_name(in->writer, name);
    rp_write_value(in->writer, value);
    return 0;
}

char *rp_desired_given(const rp_desired *desired, const char *salt, rp_error **error)
{
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(desired, salt, error);
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    giving in = {desired->type, &writer};
    char *made;

    if (!hidden || rp_json_parse(hidden, strlen(hidden), &record, error) < 0)
        return NULL;
    rp_write_begin(&writer, '{');
    rp_json_each(record, give, &in);
    rp_write_end(&writer, '}');
    made = rp_buffer_take(&text);
    if (!made)
        rp_error_no_memory(error);
    return made;
}

/* What differences are looked for in. */
typedef struct comparison {
    const rp_type *type;
    const rp_json *state, *record, *desired;
    bool same_key; /* key attributes differ in spelling alone */
    bool pending;  /* null in the state means not known yet */
    bool imported; /* nobody knows what it was made from */
    rp_each_difference *each;
    void *context;
} comparison;

/* What the object has: as the server tells it or, of what the server does not tell, as it was made. */
static const rp_json *value_of(const comparison *in, const char *name)
{
    if (rp_json_has(in->state, name) && !rp_type_is_write_only(in->type, name) &&
        !(in->pending && !rp_json_get(in->state, name)))
        return rp_json_get(in->state, name);
    return rp_json_get(in->record, name);
}

/* A write-only attribute of an imported object cannot be compared, and is taken as given. */
static bool is_given(const comparison *in, const char *name)
{
    return in->imported && rp_type_is_write_only(in->type, name) && !rp_json_has(in->record, name);
}

static bool is_spelling(const comparison *in, const char *name)
{
    return in->same_key && rp_type_is_key(in->type, name);
}

static int compare_desired(void *context, const char *name, const rp_json *after)
{
    const comparison *in = context;
    const rp_json *before = value_of(in, name);

    if (!after || rp_type_is_computed(in->type, name) || is_given(in, name) || is_spelling(in, name) ||
        rp_json_equal(before, after))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, after, rp_type_is_updatable(in->type, name)});
}

/* An attribute that is not desired any more counts only if it once was: else it is the server's own choice.
 */
static int compare_left_out(void *context, const char *name, const rp_json *made)
{
    const comparison *in = context;
    const rp_json *before = value_of(in, name);

    if (!made || !before || rp_json_get(in->desired, name) || rp_type_is_computed(in->type, name))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, NULL, rp_type_is_updatable(in->type, name)});
}

static int is_not_write_only(void *context, const char *name, const rp_json *value)
{
    (void)value;
    return !rp_type_is_write_only(context, name);
}

static int compare(comparison *in)
{
    int ended;

    in->imported = !rp_json_each(in->record, is_not_write_only, (void *)(uintptr_t)in->type);
    ended = rp_json_each(in->desired, compare_desired, in);
    return ended ? ended : rp_json_each(in->record, compare_left_out, in);
}

int rp_differences(const rp_type *type, const rp_json *state, const rp_json *record, const rp_json *desired,
                   rp_each_difference *each, void *context)
{
    comparison in = {
        .type = type, .state = state, .record = record, .desired = desired, .each = each, .context = context};

    return compare(&in);
}

int rp_change_differences(const rp_change *change, const char *salt, rp_each_difference *each, void *context,
                          rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *state = NULL, *record = NULL, *desired = NULL;
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(change->desired, salt, error);
    const char *told = rp_change_state(change);
    comparison in;
    int failed;

    if (!hidden)
        return RP_E_NO_MEMORY;
    failed = rp_json_parse(told, strlen(told), &state, error);
    if (!failed)
        failed = rp_json_parse(hidden, strlen(hidden), &desired, error);
    if (!failed && strcmp(hidden, change->object->record) != 0)
        failed = rp_json_parse(change->object->record, strlen(change->object->record), &record, error);
    if (failed) {
        rp_error_add(error, "%s", change->address);
        return failed;
    }
    in = (comparison){.type = change->type,
                      .state = state,
                      .record = record ? record : desired,
                      .desired = desired,
                      .same_key = change->same_key,
                      .pending = change->reason == RP_REASON_PENDING,
                      .each = each,
                      .context = context};
    return compare(&in);
}

/* Drift, attribute by attribute. */
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
    return in->each(in->context, &(rp_difference){name, before, after, false});
}

static int compare_lost(void *context, const char *name, const rp_json *before)
{
    const drifting *in = context;

    if (!before || rp_json_has(in->after, name) || (!in->all && rp_type_is_computed(in->type, name)))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, NULL, false});
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

/* Matching: which object of the state each desired one is */

typedef struct planning {
    rp_diff_input from;
    rp_name_index by_address, by_key, by_id; /* objects that are not deposed */
    rp_name_index held;                      /* ids of those that a desired one is */
    char **keys, **ids;                      /* by object: what the others borrow */
    size_t *matched;                         /* by desired object: its object, or NONE */
    size_t *claimed;                         /* by object: which desired one it is, or NONE */
    rp_plan plan;
} planning;

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void end_planning(planning *in)
{
    rp_name_index_done(&in->by_address);
    rp_name_index_done(&in->by_key);
    rp_name_index_done(&in->by_id);
    rp_name_index_done(&in->held);
    free_texts(in->keys, in->from.objects->count);
    free_texts(in->ids, in->from.objects->count);
    free(in->matched);
    free(in->claimed);
    rp_plan_done(&in->plan);
}

static size_t *fill_with_none(size_t count)
{
    size_t *made = calloc(count + 1, sizeof(*made));

    for (size_t i = 0; made && i < count; i++)
        made[i] = NONE;
    return made;
}

static char *id_text(const char *type, const char *id)
{
    return id && *id ? rp_format("%s %s", type, id) : NULL;
}

static const char *state_of(const planning *in, size_t at)
{
    const rp_observed *seen = &in->from.observed[at];

    return seen->state ? seen->state : in->from.objects->items[at].state;
}

static int index_object(planning *in, size_t at, rp_error **error)
{
    const rp_object *object = &in->from.objects->items[at];

    if (*object->deposed)
        return 0;
    if (!rp_name_index_add(&in->by_address, object->address, at, NULL))
        return rp_error_no_memory(error);
    in->ids[at] = id_text(object->type, object->id);
    if (in->ids[at] && !rp_name_index_add(&in->by_id, in->ids[at], at, NULL))
        return rp_error_no_memory(error);
    return 0;
}

/* Reading the key of a state takes its time, so only those are read that nothing claims by its record. */
static int index_key(planning *in, size_t at, rp_error **error)
{
    const rp_object *object = &in->from.objects->items[at];
    const rp_type *type = NULL;

    if (*object->deposed || in->claimed[at] != NONE ||
        rp_plugin_schema_find(in->from.plugin_schema, object->type, &type, NULL) < 0)
        return 0;
    in->keys[at] = rp_key_text(type, state_of(in, at));
    if (in->keys[at] && !rp_name_index_add(&in->by_key, in->keys[at], at, NULL))
        return rp_error_no_memory(error);
    return 0;
}

static int begin_planning(planning *in, rp_error **error)
{
    int failed = 0;

    in->keys = calloc(in->from.objects->count + 1, sizeof(*in->keys));
    in->ids = calloc(in->from.objects->count + 1, sizeof(*in->ids));
    in->matched = fill_with_none(in->from.project->desired_count);
    in->claimed = fill_with_none(in->from.objects->count);
    if (!in->keys || !in->ids || !in->matched || !in->claimed)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < in->from.objects->count && !failed; i++)
        failed = index_object(in, i, error);
    return failed;
}

static bool is_among(const char *address, const char *const *targets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rp_address_within(address, targets[i]))
            return true;
    return false;
}

static bool is_targeted(const planning *in, const char *address)
{
    const rp_diff_options *options = in->from.options;

    return !options->target_count || is_among(address, options->targets, options->target_count);
}

static void claim(planning *in, size_t desired, size_t object)
{
    in->matched[desired] = object;
    in->claimed[object] = desired;
}

/* The object of the same key, or of the id that the plugin gives the key. */
static bool find_by_key(const planning *in, size_t at, size_t *object)
{
    const rp_desired *desired = &in->from.project->desired[at];
    const rp_observed *found = in->from.found ? &in->from.found[at] : NULL;
    const char *key = desired->key_text;
    _cleanup_(rp_freep) char *id = found ? id_text(desired->type->name, found->id) : NULL;

    return (key && rp_name_index_find(&in->by_key, key, object)) ||
           (id && rp_name_index_find(&in->by_id, id, object));
}

static int same_object(const planning *in, size_t at, size_t object, rp_error **error)
{
    const rp_project *project = in->from.project;
    const rp_desired *one = &project->desired[at], *other = &project->desired[in->claimed[object]];

    return rp_error_at(error, project->file, rp_desired_source(project, one, NULL)->mark,
                       "%s is the same object as %s (id %s): remove one of them", one->address,
                       other->address, in->from.objects->items[object].id);
}

/* One that somebody removed is not moved: a new one is made where it is desired. */
static bool may_move(const planning *in, size_t object)
{
    return in->from.observed[object].seen != RP_ABSENT;
}

static int match_by_key(planning *in, size_t at, rp_error **error)
{
    const rp_desired *desired = &in->from.project->desired[at];
    size_t object;

    if (in->matched[at] != NONE || !is_targeted(in, desired->address) || !find_by_key(in, at, &object))
        return 0;
    if (in->claimed[object] != NONE)
        return same_object(in, at, object, error);
    if (!strcmp(in->from.objects->items[object].address, desired->address) || may_move(in, object))
        claim(in, at, object);
    return 0;
}

static int type_mismatch(const rp_desired *desired, const rp_object *object, rp_error **error)
{
    return rp_error_set(
        error, RP_E_INVALID,
        "%s is of type %s in the state and of type %s in the configuration: give the new one another "
        "name, or remove the old one from the state with \"rp state rm\"",
        desired->address, object->type, desired->type->name);
}

/* What is left has another key, and replaces the object of its address. */
static int match_by_address(planning *in, size_t at, rp_error **error)
{
    const rp_desired *desired = &in->from.project->desired[at];
    size_t object;

    if (in->matched[at] != NONE || !is_targeted(in, desired->address) ||
        !rp_name_index_find(&in->by_address, desired->address, &object))
        return 0;
    if (strcmp(in->from.objects->items[object].type, desired->type->name) != 0)
        return type_mismatch(desired, &in->from.objects->items[object], error);
    if (in->claimed[object] == NONE)
        claim(in, at, object);
    return 0;
}

/* A move takes the object from another address, which must be part of the plan as well. */
static int check_move(const planning *in, size_t at, rp_error **error)
{
    const char *from, *to = in->from.project->desired[at].address;

    if (in->matched[at] == NONE)
        return 0;
    from = in->from.objects->items[in->matched[at]].address;
    if (!strcmp(from, to) || is_targeted(in, from) || !rp_project_find(in->from.project, from))
        return 0;
    return rp_error_set(error, RP_E_INVALID, "%s is now what %s was: give -target for both", to, from);
}

/* Most objects are where they were, and are to be as they were made: so their key is the same. */
static bool match_unchanged(planning *in, size_t at)
{
    const rp_desired *desired = &in->from.project->desired[at];
    size_t object;

    if (!is_targeted(in, desired->address))
        return true;
    if (!desired->key_text || desired->type->hides ||
        !rp_name_index_find(&in->by_address, desired->address, &object) ||
        strcmp(in->from.objects->items[object].type, desired->type->name) != 0 ||
        strcmp(in->from.objects->items[object].record, desired->record) != 0)
        return false;
    claim(in, at, object);
    return true;
}

static int match_quickly(planning *in, size_t count, rp_error **error)
{
    size_t left = 0;
    int failed = 0;

    for (size_t i = 0; i < count; i++)
        left += !match_unchanged(in, i);
    for (size_t i = 0; left && i < in->from.objects->count && !failed; i++)
        failed = index_key(in, i, error);
    return failed;
}

static int match(planning *in, rp_error **error)
{
    size_t count = in->from.options->destroy ? 0 : in->from.project->desired_count;
    int failed = match_quickly(in, count, error);

    for (size_t i = 0; i < count && !failed; i++)
        failed = match_by_key(in, i, error);
    for (size_t i = 0; i < count && !failed; i++)
        failed = match_by_address(in, i, error);
    for (size_t i = 0; i < count && !failed; i++)
        failed = check_move(in, i, error);
    for (size_t i = 0; i < in->from.objects->count && !failed; i++)
        if (in->claimed[i] != NONE && in->ids[i] && !rp_name_index_add(&in->held, in->ids[i], i, NULL))
            failed = rp_error_no_memory(error);
    return failed;
}

int rp_plan_missing(const rp_diff_input *input, bool *missing, rp_error **error)
{
    _cleanup_(end_planning) planning in = {.from = *input};
    int failed = begin_planning(&in, error);
    size_t object;

    in.from.found = NULL;
    if (!failed)
        failed = match_quickly(&in, input->project->desired_count, error);
    for (size_t i = 0; i < input->project->desired_count && !failed; i++)
        missing[i] = in.matched[i] == NONE && input->project->desired[i].key_text &&
                     is_targeted(&in, input->project->desired[i].address) && !find_by_key(&in, i, &object);
    return failed;
}

/* Planning: what is to be done with each */

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

/* One that was late to become what was waited for is well once it is. */
static bool is_tainted(const rp_change *change)
{
    const char *cause = change->object->cause;
    bool late = cause && (!strcmp(cause, "deadline_exceeded") || !strcmp(cause, "cancelled"));

    return change->object->status == RP_OBJECT_TAINTED && !(late && change->observed->healthy);
}

static int count_kinds(void *context, const rp_difference *one)
{
    size_t *counts = context;

    counts[one->updatable]++;
    return 0;
}

static int decide_on_existing(const planning *in, rp_change *change, rp_error **error)
{
    const rp_diff_options *options = in->from.options;
    size_t counts[2] = {0};
    int failed;

    if (change->observed->seen == RP_PENDING ||
        (change->observed->seen == RP_NOT_READ && change->object->status == RP_OBJECT_IN_PROGRESS)) {
        decide(change, RP_NO_OP, RP_REASON_PENDING);
        failed = rp_change_differences(change, in->from.salt, note_difference, NULL, error);
        change->differs = failed > 0;
        return failed < 0 ? failed : 0;
    }
    if (is_among(change->address, options->replace, options->replace_count)) {
        decide(change, RP_REPLACE, RP_REASON_REQUESTED);
        return 0;
    }
    failed = rp_change_differences(change, in->from.salt, count_kinds, counts, error);
    if (failed)
        return failed;
    if (is_tainted(change))
        decide(change, RP_REPLACE, counts[0] || counts[1] ? RP_REASON_CHANGED : RP_REASON_TAINTED);
    else if (counts[0])
        decide(change, RP_REPLACE, RP_REASON_CHANGED);
    else if (counts[1])
        decide(change, RP_UPDATE, RP_REASON_CHANGED);
    return 0;
}

static int note_key(void *context, const rp_difference *one)
{
    return rp_type_is_key(context, one->name);
}

/* Two objects of one key cannot be told apart, so there the old one goes first, whatever is configured. */
static int choose_order(const planning *in, rp_change *change, rp_error **error)
{
    int moves;

    if (change->action != RP_REPLACE || !change->create_first || !rp_json_count(change->type->key))
        return 0;
    moves = rp_change_differences(change, in->from.salt, note_key, (void *)(uintptr_t)change->type, error);
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
    plan->to_change += change->action == RP_UPDATE;
    plan->to_destroy += change->action == RP_DESTROY || change->action == RP_REPLACE;
    plan->to_forget += change->action == RP_FORGET;
    plan->to_move += change->moved_from != NULL;
    plan->to_adopt += change->adopted;
    plan->pending += change->reason == RP_REASON_PENDING;
    plan->drifted += change->drifted;
    return 0;
}

/* An object as import would take it. All of them are made room for at once: changes point to them. */
static int adopt(planning *in, size_t at, rp_change *change, rp_error **error)
{
    const rp_observed *found = &in->from.found[at];
    rp_object *made;

    if (!in->plan.adopted)
        in->plan.adopted = calloc(in->from.project->desired_count, sizeof(*in->plan.adopted));
    if (!in->plan.adopted)
        return rp_error_no_memory(error);
    made = &in->plan.adopted[in->plan.adopted_count++];
    *made = (rp_object){.address = change->desired->address,
                        .deposed = (char *)"",
                        .type = (char *)(uintptr_t)change->type->name,
                        .id = found->id,
                        .record = rp_desired_given(change->desired, in->from.salt, error),
                        .state = found->state};
    change->object = made;
    change->observed = found;
    change->adopted = true;
    return made->record ? 0 : RP_E_NO_MEMORY;
}

static int plan_new(planning *in, size_t at, rp_change *change, rp_error **error)
{
    const rp_observed *found = in->from.found ? &in->from.found[at] : NULL;
    int failed;

    decide(change, RP_CREATE, RP_REASON_NEW);
    change->exists = found && found->seen == RP_PRESENT && found->id;
    if (!change->exists || !in->from.options->adopt)
        return add_change(in, change, error);
    change->exists = false;
    failed = adopt(in, at, change, error);
    decide(change, RP_NO_OP, RP_REASON_NONE);
    if (!failed)
        failed = decide_on_existing(in, change, error);
    if (!failed)
        failed = choose_order(in, change, error);
    return failed ? failed : add_change(in, change, error);
}

static int plan_existing(planning *in, size_t at, size_t object, rp_change *change, rp_error **error)
{
    const char *id = in->from.found ? in->from.found[at].id : NULL;
    int failed;

    change->same_key = id && !strcmp(id, in->from.objects->items[object].id);
    change->object = &in->from.objects->items[object];
    change->observed = &in->from.observed[object];
    if (strcmp(change->object->address, change->address) != 0)
        change->moved_from = change->object->address;
    failed = see_drift(change, error);
    if (!failed && change->observed->seen == RP_ABSENT)
        decide(change, RP_CREATE, RP_REASON_ABSENT);
    else if (!failed)
        failed = decide_on_existing(in, change, error);
    if (!failed)
        failed = choose_order(in, change, error);
    return failed ? failed : add_change(in, change, error);
}

static int plan_desired(planning *in, size_t at, rp_error **error)
{
    const rp_desired *desired = &in->from.project->desired[at];
    rp_change change = {.address = desired->address,
                        .type = desired->type,
                        .desired = desired,
                        .create_first = desired->block->create_first};

    if (!is_targeted(in, desired->address))
        return 0;
    if (in->matched[at] != NONE)
        return plan_existing(in, at, in->matched[at], &change, error);
    return plan_new(in, at, &change, error);
}

/* Whether destroying the object would destroy one that another address has. */
static bool is_held_elsewhere(const planning *in, size_t at)
{
    const rp_object *object = &in->from.objects->items[at];
    _cleanup_(rp_freep) char *id = id_text(object->type, object->id);
    size_t other;

    if (!id)
        return false;
    return rp_name_index_find(&in->held, id, &other) ||
           (*object->deposed && rp_name_index_find(&in->by_id, id, &other));
}

static rp_reason reason_undesired(const planning *in, const rp_object *object)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;

    if (*object->deposed)
        return RP_REASON_DEPOSED;
    if (in->from.options->destroy)
        return RP_REASON_DESTROY;
    if (rp_project_find(in->from.project, object->address))
        return RP_REASON_DISPLACED;
    if (rp_address_parse(object->address, &name, &key, NULL) < 0)
        return RP_REASON_NO_RESOURCE;
    return rp_project_block(in->from.project, name) ? RP_REASON_NO_KEY : RP_REASON_NO_RESOURCE;
}

static int plan_undesired(planning *in, size_t at, rp_error **error)
{
    const rp_object *object = &in->from.objects->items[at];
    rp_change change = {.address = object->address, .object = object, .observed = &in->from.observed[at]};
    int failed;

    if (!is_targeted(in, object->address))
        return 0;
    failed = rp_plugin_schema_find(in->from.plugin_schema, object->type, &change.type, error);
    if (failed) {
        rp_error_add(error, "%s, which is in the state", object->address);
        return failed;
    }
    failed = see_drift(&change, error);
    if (change.observed->seen == RP_ABSENT)
        decide(&change, RP_NO_OP, reason_undesired(in, object));
    else if (is_held_elsewhere(in, at))
        decide(&change, RP_FORGET, RP_REASON_SAME_OBJECT);
    else if (!in->from.options->destroy && object->cause && !strcmp(object->cause, RP_CAUSE_IMPORTED))
        decide(&change, RP_NO_OP, RP_REASON_IMPORTED);
    else
        decide(&change, RP_DESTROY, reason_undesired(in, object));
    return failed ? failed : add_change(in, &change, error);
}

static int plan_all(planning *in, rp_error **error)
{
    int failed = begin_planning(in, error);

    if (!failed)
        failed = match(in, error);
    for (size_t i = 0; !in->from.options->destroy && i < in->from.project->desired_count && !failed; i++)
        failed = plan_desired(in, i, error);
    for (size_t i = 0; i < in->from.objects->count && !failed; i++)
        if (in->claimed[i] == NONE)
            failed = plan_undesired(in, i, error);
    return failed;
}

int rp_plan_make(const rp_diff_input *input, rp_plan *plan, rp_error **error)
{
    _cleanup_(end_planning) planning in = {.from = *input, .plan = {.destroy = input->options->destroy}};
    int failed = plan_all(&in, error);

    if (failed)
        return failed;
    *plan = in.plan;
    in.plan = (rp_plan){0};
    return 0;
}
