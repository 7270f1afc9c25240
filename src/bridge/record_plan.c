#include "bridge/record_plan.h"

#include <stdlib.h>
#include <string.h>

static const value *plan_value(arena *in, const type *of, const value *config, const value *prior,
                               bool fresh);

static const value *plan_nested(arena *in, const attribute *of, const value *config, const value *prior,
                                bool fresh)
{
    if (of->write_only)
        return &value_null;
    if (!value_is_null(config))
        return plan_value(in, of->type, config, prior, fresh);
    if (!of->computed)
        return &value_null;
    return fresh ? of->usual ? of->usual : &value_unknown : prior ? prior : &value_null;
}

static const value *plan_object(arena *in, const attributes *of, const value *config, const value *prior,
                                bool fresh)
{
    value *made = value_object(in, of->count);
    bool new = fresh || value_kind_of(prior) != VALUE_OBJECT;

    for (size_t i = 0; i < of->count; i++) {
        const char *name = of->items[i].name;

        value_add(made, name,
                  plan_nested(in, &of->items[i], value_get(config, name), value_get(prior, name), new));
    }
    return made;
}

static const value *prior_item(const value *prior, const value *config, size_t index)
{
    if (config->names)
        return value_get(prior, config->names[index]);
    return value_kind_of(prior) == VALUE_LIST && index < prior->count ? prior->items[index] : NULL;
}

/* As configured, but for what is computed within nested attributes. */
static const value *plan_value(arena *in, const type *of, const value *config, const value *prior, bool fresh)
{
    value_kind kind = value_kind_of(config);
    value *made;

    if (!type_nested(of) || (kind != VALUE_OBJECT && kind != VALUE_LIST))
        return config;
    if (of->kind == TYPE_OBJECT)
        return plan_object(in, &of->object, config, prior, fresh);
    made = kind == VALUE_OBJECT ? value_object(in, config->count) : value_list(in, config->count);
    for (size_t i = 0; i < config->count; i++)
        value_add(made, config->names ? config->names[i] : NULL,
                  plan_value(in, of->element, config->items[i], prior_item(prior, config, i), fresh));
    return made;
}

/* A member that was configured and is no more, and that nothing else is known to set, is to go. */
static bool is_removed(const attribute *one, const private_entry *kept)
{
    return one->in_record && kept && names_have(&kept->configured, one->name);
}

static const value *plan_member(arena *in, const attribute *one, const value *config, const value *prior,
                                bool fresh, const private_entry *kept)
{
    if (!fresh && value_is_null(config) && one->computed && is_removed(one, kept))
        return one->usual ? one->usual : &value_null;
    return plan_nested(in, one, config, prior, fresh);
}

static bool is_result(const attribute *one)
{
    return one->computed && !one->in_record && !one->is_version && strcmp(one->name, CATALOG_ID) != 0;
}

static void find_changes(const resource_type *of, const value *prior, record_plan *plan)
{
    for (size_t i = 0; i < of->members.count; i++) {
        const attribute *one = &of->members.items[i];

        if (!one->in_record || one->write_only ||
            value_same(value_get(plan->planned, one->name), value_get(prior, one->name)))
            continue;
        plan->updates = true;
        if (one->force_new || !of->can_update || names_have(&of->key, one->name))
            plan->replace.items[plan->replace.count++] = one->name;
    }
}

/* What an update may change besides what was asked for. */
static const value *with_unknown_results(arena *in, const attributes *members, const value *planned)
{
    value *made = value_object(in, members->count);

    for (size_t i = 0; i < members->count; i++)
        value_add(made, members->items[i].name,
                  is_result(&members->items[i]) ? &value_unknown : planned->items[i]);
    return made;
}

/* How the write-only members differ from what was sent. */
typedef struct write_only_diff {
    bool changed, unknown;
    bool in_place;   /* one that changed can be updated */
    bool by_another; /* one that changed needs another object */
} write_only_diff;

static write_only_diff diff_write_only(arena *in, const resource_type *of, const value *config,
                                       const private_entry *kept)
{
    static const fingerprints none;
    write_only_diff made = {0};

    for (size_t i = 0; i < of->members.count; i++) {
        const attribute *one = &of->members.items[i];
        write_only_change change;

        if (!write_only_has(one))
            continue;
        change = write_only_compare(in, one, config, kept ? &kept->sent : &none);
        made.changed |= change == WRITE_ONLY_CHANGED;
        made.unknown |= change == WRITE_ONLY_UNKNOWN;
        if (change == WRITE_ONLY_SAME)
            continue;
        made.in_place |= of->can_update && !one->force_new;
        made.by_another |= !of->can_update || one->force_new;
    }
    return made;
}

static const value *next_version(arena *in, const value *prior)
{
    return value_integer(in, value_kind_of(prior) == VALUE_NUMBER ? strtoll(prior->text, NULL, 10) + 1 : 1);
}

/* The version that the bridge counts itself. Of an object that was imported nobody knows what was sent: it
   has none yet. */
static const value *count_version(arena *in, const write_only_diff *diff, const value *prior)
{
    if (diff->changed)
        return next_version(in, prior);
    return diff->unknown ? &value_unknown : prior ? prior : &value_null;
}

/* Plans the version of the write-only values, and what its change means. */
static const value *plan_version(arena *in, const resource_type *of, const value *config, const value *prior,
                                 const private_entry *kept, record_plan *plan)
{
    const value *set = value_get(config, of->write_only_version),
                *before = value_get(prior, of->write_only_version), *planned;
    bool fresh = value_kind_of(prior) != VALUE_OBJECT, imported = value_is_null(before);
    write_only_diff diff;

    if (fresh)
        return value_is_null(set) ? next_version(in, NULL) : set;
    diff = diff_write_only(in, of, config, kept);
    planned = value_is_null(set) ? count_version(in, &diff, before) : set;
    if (value_same(planned, before))
        return planned;
    if (imported) { /* what would need another object is taken as given */
        plan->updates |= diff.in_place;
        return planned;
    }
    plan->updates = true;
    if (diff.by_another || !of->can_update)
        plan->replace.items[plan->replace.count++] = of->write_only_version;
    return planned;
}

record_plan record_plan_make(arena *in, const resource_type *of, const value *config, const value *prior,
                             const private_entry *kept)
{
    bool fresh = value_kind_of(prior) != VALUE_OBJECT;
    value *made = value_object(in, of->members.count);
    record_plan plan = {.planned = made,
                        .replace.items = arena_alloc(in, of->members.count * sizeof(*plan.replace.items))};

    for (size_t i = 0; i < of->members.count; i++) {
        const attribute *one = &of->members.items[i];

        value_add(made, one->name,
                  one->is_version ? plan_version(in, of, config, prior, kept, &plan)
                                  : plan_member(in, one, value_get(config, one->name),
                                                value_get(prior, one->name), fresh, kept));
    }
    if (fresh)
        return plan;
    find_changes(of, prior, &plan);
    if (plan.updates)
        plan.planned = with_unknown_results(in, &of->members, made);
    return plan;
}

/* The optional members that the configuration sets. */
static names configured_of(arena *in, const attributes *members, const value *config)
{
    names made = {.items = arena_alloc(in, members->count * sizeof(*made.items))};

    for (size_t i = 0; i < members->count; i++)
        if (members->items[i].in_record && members->items[i].optional && !members->items[i].write_only &&
            !value_is_null(value_get(config, members->items[i].name)))
            made.items[made.count++] = members->items[i].name;
    return made;
}

static names either_of(arena *in, const names *some, const names *others)
{
    names made = {.items = arena_alloc(in, (some->count + others->count) * sizeof(*made.items))};

    for (size_t i = 0; i < some->count; i++)
        made.items[made.count++] = some->items[i];
    for (size_t i = 0; i < others->count; i++)
        if (!names_have(some, others->items[i]))
            made.items[made.count++] = others->items[i];
    return made;
}

void record_remember(arena *in, const resource_type *of, record_remembered how, const value *config,
                     const value *prior, const private_entry *before, private_entry *to)
{
    static const private_entry nothing;
    const names configured = configured_of(in, &of->members, config);
    bool imported = of->write_only_version && value_is_null(value_get(prior, of->write_only_version));

    if (!before)
        before = &nothing;
    to->configured = how == REMEMBER_BEFORE   ? before->configured
                     : how == REMEMBER_EITHER ? either_of(in, &configured, &before->configured)
                                              : configured;
    to->sent = how == REMEMBER_SENT || (how == REMEMBER_FOUND && imported)
                   ? write_only_fingerprints(in, &of->members, config)
                   : before->sent;
}

const char *record_key(arena *in, const resource_type *of, const value *record)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_write_begin(&writer, '[');
    for (size_t i = 0; i < of->key.count; i++) {
        const value *part = value_get(record, of->key.items[i]);

        if (attributes_find(&of->parent, of->key.items[i]))
            continue;
        if (value_is_null(part) || value_has_unknown(part))
            return NULL;
        if (part->kind == VALUE_NUMBER)
            rp_write_text(&writer, value_canonical_number(in, part->text));
        else
            type_to_json(attributes_find(&of->members, of->key.items[i])->type, part, &writer);
    }
    rp_write_end(&writer, ']');
    return arena_copy(in, rp_buffer_text(&text), text.len);
}

const value *record_wanted(arena *in, const attributes *members, const value *config, const value *planned)
{
    value *made = value_object(in, members->count);

    for (size_t i = 0; i < members->count; i++) {
        const char *name = members->items[i].name;
        const value *set = value_get(config, name), *chosen = value_get(planned, name);

        value_add(made, name, !value_is_null(set) ? set : value_has_unknown(chosen) ? &value_null : chosen);
    }
    return made;
}

const value *record_known(arena *in, const value *from)
{
    value *made;

    if (!value_has_unknown(from))
        return from ? from : &value_null;
    if (from->kind == VALUE_UNKNOWN)
        return &value_null;
    made = from->names ? value_object(in, from->count) : value_list(in, from->count);
    for (size_t i = 0; i < from->count; i++)
        value_add(made, from->names ? from->names[i] : NULL, record_known(in, from->items[i]));
    return made;
}

static void write_members(const attributes *members, const value *from, bool state, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    for (size_t i = 0; i < members->count; i++) {
        const attribute *one = &members->items[i];
        const value *item = value_get(from, one->name);

        if (value_is_null(item) || !(state ? one->in_state : one->in_record))
            continue;
        rp_write_name(writer, one->json_name);
        type_to_json(one->type, item, writer);
    }
    rp_write_end(writer, '}');
}

void record_write(const attributes *members, const value *record, rp_json_writer *writer)
{
    write_members(members, record, false, writer);
}

void record_write_state(const attributes *members, const value *state, rp_json_writer *writer)
{
    write_members(members, state, true, writer);
}
