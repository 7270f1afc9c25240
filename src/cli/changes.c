#include "cli/changes.h"

#include "cli/address.h"
#include "cli/compare.h"
#include "cli/grow.h"
#include "json/scan.h"

#include <string.h>

static int no_memory(rp_error **error)
{
    return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
}

void rp_sights_free(rp_sight *sights, size_t count)
{
    for (size_t i = 0; sights && i < count; i++)
        free(sights[i].state);
    free(sights);
}

void rp_plan_done(rp_plan *plan)
{
    free(plan->changes);
    *plan = (rp_plan){0};
}

char *rp_wanted_hidden(const rp_wanted *wanted, const char *salt, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char *made;

    if (rp_json_parse(wanted->record, strlen(wanted->record), &record, error) < 0 ||
        rp_type_hide(wanted->type, record, salt, &writer, error) < 0)
        return NULL;
    made = rp_buffer_take(&text);
    if (!made)
        no_memory(error);
    return made;
}

/* What differences are looked for in. */
typedef struct comparison {
    const rp_type *type;
    const rp_json *state, *record, *wanted;
    rp_each_difference *each;
    void *context;
} comparison;

/* What the object has: as the server tells it or, of what the server does not tell, as it was made. */
static const rp_json *value_of(const comparison *in, const char *name)
{
    const rp_json *told = rp_json_get(in->state, name);

    return told ? told : rp_json_get(in->record, name);
}

static int compare_wanted(void *context, const char *name, const rp_json *after)
{
    const comparison *in = context;
    const rp_json *before = value_of(in, name);

    if (!after || rp_type_is_computed(in->type, name) || rp_json_same(before, after))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, after});
}

/* A member that is no longer wanted counts only if it once was: else it is the server's own choice. */
static int compare_left_out(void *context, const char *name, const rp_json *made)
{
    const comparison *in = context;
    const rp_json *before = value_of(in, name);

    if (!made || !before || rp_json_get(in->wanted, name) || rp_type_is_computed(in->type, name))
        return 0;
    return in->each(in->context, &(rp_difference){name, before, NULL});
}

int rp_differences(const rp_type *type, const rp_json *state, const rp_json *record, const rp_json *wanted,
                   rp_each_difference *each, void *context)
{
    comparison in = {type, state, record, wanted, each, context};
    int ended = rp_json_each(wanted, compare_wanted, &in);

    return ended ? ended : rp_json_each(record, compare_left_out, &in);
}

int rp_change_differences(const rp_change *change, const char *salt, rp_each_difference *each, void *context,
                          rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *state = NULL, *record = NULL, *wanted = NULL;
    _cleanup_(rp_freep) char *hidden = rp_wanted_hidden(change->wanted, salt, error);
    const char *told = rp_change_state(change);
    int failed;

    if (!hidden)
        return RP_E_NO_MEMORY;
    if ((failed = rp_json_parse(told, strlen(told), &state, error)) < 0 ||
        (failed = rp_json_parse(change->object->record, strlen(change->object->record), &record, error)) <
            0 ||
        (failed = rp_json_parse(hidden, strlen(hidden), &wanted, error)) < 0) {
        rp_error_add(error, "%s", change->address);
        return failed;
    }
    return rp_differences(change->type, state, record, wanted, each, context);
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

    if ((!in->all && rp_type_is_computed(in->type, name)) || rp_json_same(before, after))
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
    const rp_catalog *catalog;
    const char *salt;
    const rp_objects *objects;
    const rp_sight *sights;
    const rp_aim *aim;
    rp_index current; /* objects that are not deposed */
    rp_plan plan;
} planning;

static void end_planning(planning *in)
{
    rp_index_done(&in->current);
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
    return !in->aim->target_count || is_among(address, in->aim->targets, in->aim->target_count);
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

    if (change->sight->seen == RP_SEEN_GONE) {
        change->drifted = change->object->status == RP_OBJECT_OK;
        return 0;
    }
    if (change->sight->seen == RP_SEEN_THERE && change->sight->state &&
        change->object->status == RP_OBJECT_OK)
        found = rp_drift(change->type, change->object->state, change->sight->state, false, note_difference,
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

    if (change->sight->seen == RP_SEEN_UNDER_WAY ||
        (change->sight->seen == RP_SEEN_NOTHING && object->status == RP_OBJECT_IN_PROGRESS)) {
        decide(change, RP_KEEP, RP_BECAUSE_UNDER_WAY);
        return 0;
    }
    if (is_among(change->address, in->aim->replace, in->aim->replace_count)) {
        decide(change, RP_REPLACE, RP_BECAUSE_ASKED);
        return 0;
    }
    differs = rp_change_differences(change, in->salt, note_difference, NULL, error);
    if (differs > 0)
        decide(change, RP_REPLACE, RP_BECAUSE_CHANGED);
    else if (object->status == RP_OBJECT_TAINTED)
        decide(change, RP_REPLACE, RP_BECAUSE_TAINTED);
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
    rp_change *changes = rp_grow(plan->changes, plan->count, sizeof(*changes));

    if (!changes)
        return no_memory(error);
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

static int plan_wanted(planning *in, const rp_wanted *wanted, rp_error **error)
{
    rp_change change = {.address = wanted->address,
                        .type = wanted->type,
                        .wanted = wanted,
                        .create_first = wanted->block->create_first};
    size_t at;
    int failed = 0;

    if (!is_aimed_at(in, wanted->address))
        return 0;
    if (!rp_index_find(&in->current, wanted->address, &at)) {
        decide(&change, RP_CREATE, RP_BECAUSE_NEW);
        return add_change(in, &change, error);
    }
    change.object = &in->objects->items[at];
    change.sight = &in->sights[at];
    if (strcmp(change.object->type, change.type->name) != 0)
        return type_mismatch(&change, error);
    failed = see_drift(&change, error);
    if (!failed && change.sight->seen == RP_SEEN_GONE)
        decide(&change, RP_CREATE, RP_BECAUSE_GONE);
    else if (!failed)
        failed = decide_on_existing(in, &change, error);
    if (!failed)
        failed = choose_order(in, &change, error);
    return failed ? failed : add_change(in, &change, error);
}

static rp_reason why_unwanted(const planning *in, const rp_object *object)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;

    if (*object->deposed)
        return RP_BECAUSE_DEPOSED;
    if (in->aim->destroy)
        return RP_BECAUSE_DESTROY;
    if (rp_address_parse(object->address, &name, &key, NULL) < 0)
        return RP_BECAUSE_NO_BLOCK;
    return rp_project_block(in->project, name) ? RP_BECAUSE_NO_KEY : RP_BECAUSE_NO_BLOCK;
}

static int plan_unwanted(planning *in, size_t at, rp_error **error)
{
    const rp_object *object = &in->objects->items[at];
    rp_change change = {.address = object->address, .object = object, .sight = &in->sights[at]};
    int failed;

    if (!is_aimed_at(in, object->address))
        return 0;
    failed = rp_catalog_find(in->catalog, object->type, &change.type, error);
    if (failed) {
        rp_error_add(error, "%s, which is in the state", object->address);
        return failed;
    }
    failed = see_drift(&change, error);
    decide(&change, change.sight->seen == RP_SEEN_GONE ? RP_KEEP : RP_DESTROY, why_unwanted(in, object));
    return failed ? failed : add_change(in, &change, error);
}

static bool is_wanted(const planning *in, const rp_object *object)
{
    return !in->aim->destroy && !*object->deposed && rp_project_find(in->project, object->address);
}

static int plan_all(planning *in, rp_error **error)
{
    int failed = 0;

    for (size_t i = 0; i < in->objects->count && !failed; i++)
        if (!*in->objects->items[i].deposed &&
            !rp_index_add(&in->current, in->objects->items[i].address, i, NULL))
            failed = no_memory(error);
    for (size_t i = 0; !in->aim->destroy && i < in->project->wanted_count && !failed; i++)
        failed = plan_wanted(in, &in->project->wanted[i], error);
    for (size_t i = 0; i < in->objects->count && !failed; i++)
        if (!is_wanted(in, &in->objects->items[i]))
            failed = plan_unwanted(in, i, error);
    return failed;
}

int rp_plan_make(const rp_project *project, const rp_catalog *catalog, const char *salt,
                 const rp_objects *objects, const rp_sight *sights, const rp_aim *aim, rp_plan *plan,
                 rp_error **error)
{
    _cleanup_(end_planning) planning in = {.project = project,
                                           .catalog = catalog,
                                           .salt = salt,
                                           .objects = objects,
                                           .sights = sights,
                                           .aim = aim,
                                           .plan = {.destroy = aim->destroy}};
    int failed = plan_all(&in, error);

    if (failed)
        return failed;
    *plan = in.plan;
    in.plan = (rp_plan){0};
    return 0;
}
