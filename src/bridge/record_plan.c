#include "bridge/record_plan.h"

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
static bool is_removed(const attribute *one, const names *configured)
{
    return one->in_record && configured && names_have(configured, one->name);
}

static const value *plan_member(arena *in, const attribute *one, const value *config, const value *prior,
                                bool fresh, const names *configured)
{
    if (!fresh && value_is_null(config) && one->computed && is_removed(one, configured))
        return one->usual ? one->usual : &value_null;
    return plan_nested(in, one, config, prior, fresh);
}

static bool is_result(const attribute *one)
{
    return one->computed && !one->in_record && strcmp(one->name, CATALOG_ID) != 0;
}

static void find_changes(arena *in, const resource_type *of, const value *prior, record_plan *plan)
{
    plan->replace.items = arena_alloc(in, of->members.count * sizeof(*plan->replace.items));
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

record_plan record_plan_make(arena *in, const resource_type *of, const value *config, const value *prior,
                             const names *configured)
{
    bool fresh = value_kind_of(prior) != VALUE_OBJECT;
    value *made = value_object(in, of->members.count);
    record_plan plan = {.planned = made};

    for (size_t i = 0; i < of->members.count; i++) {
        const attribute *one = &of->members.items[i];

        value_add(made, one->name,
                  plan_member(in, one, value_get(config, one->name), value_get(prior, one->name), fresh,
                              configured));
    }
    if (fresh)
        return plan;
    find_changes(in, of, prior, &plan);
    if (plan.updates)
        plan.planned = with_unknown_results(in, &of->members, made);
    return plan;
}

names record_configured(arena *in, const attributes *members, const value *config)
{
    names made = {.items = arena_alloc(in, members->count * sizeof(*made.items))};

    for (size_t i = 0; i < members->count; i++)
        if (members->items[i].in_record && members->items[i].optional && !members->items[i].write_only &&
            !value_is_null(value_get(config, members->items[i].name)))
            made.items[made.count++] = members->items[i].name;
    return made;
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
