/*
 * What single records and sets have in common.
 */
#include "bridge/resource.h"

#include <string.h>

static void check_timeouts(call *one, const value *config)
{
    const value *timeouts = value_get(config, CATALOG_TIMEOUTS);
    const place *block = place_attribute(&one->memory, NULL, CATALOG_TIMEOUTS);
    uint32_t ms;

    for (size_t i = 0; timeouts && i < timeouts->count; i++) {
        const char *text = value_c_string(timeouts->items[i]);

        if (text && !call_parse_duration(text, &ms))
            diagnostics_error(&one->diagnostics, place_attribute(&one->memory, block, timeouts->names[i]),
                              "\"%s\" is no duration: write \"90s\", \"10m\" or \"1h30m\"", text);
    }
}

static void refuse_write_only(call *one, const attributes *of, const value *config, const place *within)
{
    for (size_t i = 0; i < of->count; i++)
        if (!value_is_null(
                write_only_part(&one->memory, &of->items[i], value_get(config, of->items[i].name))))
            diagnostics_error(
                &one->diagnostics, place_attribute(&one->memory, within, of->items[i].name),
                "write-only attributes need Terraform 1.11 or later, or OpenTofu 1.11 or later");
}

void block_validate(call *one, const resource_type *of, const value *config, bool write_only_allowed)
{
    const value *records = value_get(config, CATALOG_RECORDS);

    check_timeouts(one, config);
    if (write_only_allowed)
        return;
    if (!of->is_set)
        refuse_write_only(one, &of->members, config, NULL);
    for (size_t i = 0; of->is_set && records && i < records->count; i++)
        refuse_write_only(
            one, &of->element.object, records->items[i],
            place_key(&one->memory, place_attribute(&one->memory, NULL, CATALOG_RECORDS), records->names[i]));
}

const value *block_with(arena *in, const attributes *block, const value *from, const value *replaced)
{
    value *made = value_object(in, block->count);

    for (size_t i = 0; i < block->count; i++) {
        const char *name = block->items[i].name;
        const value *item = value_get(replaced, name);

        if (!item)
            item = value_get(from, name);
        value_add(made, name, item ? item : &value_null);
    }
    return made;
}

static const value *parse_text(arena *in, const type *of, const char *text, size_t len)
{
    if (of->kind == TYPE_NUMBER && value_is_number(text, len))
        return value_number(in, text, len);
    if (of->kind == TYPE_BOOLEAN && (!strncmp(text, "true", len) || !strncmp(text, "false", len)))
        return value_boolean(*text == 't');
    return of->kind == TYPE_STRING ? value_string(in, text, len) : NULL;
}

static const value *import_json(arena *in, const attributes *members, const char *id)
{
    _cleanup_(rp_json_freep) rp_json *json = NULL;
    const value *made;

    if (rp_json_parse(id, strlen(id), &json, NULL) < 0 ||
        type_object_from_json(in, members, json, "", &made, NULL) < 0)
        return NULL;
    return made;
}

const value *import_pairs(arena *in, const attributes *members, const char *id)
{
    value *made = value_object(in, members->count);

    if (*id == '{')
        return import_json(in, members, id);
    for (const char *at = id; *at;) {
        size_t name_len = strcspn(at, "=,"), len;
        const attribute *member = attributes_find(members, arena_copy(in, at, name_len));
        const value *item;

        if (at[name_len] != '=' || !member || value_get(made, member->name))
            return NULL;
        at += name_len + 1;
        len = strcspn(at, ",");
        item = parse_text(in, member->type, at, len);
        if (!item)
            return NULL;
        value_add(made, member->name, item);
        at += len + (at[len] == ',');
    }
    return made->count ? made : NULL;
}

int64_t settle_ms(call *one, const resource_type *of)
{
    const rp_buffer none = RP_BUFFER(1);
    answer described = plugin_call(&one->provider->plugin, "describe", &none, 0, NULL);
    int64_t ms = catalog_settle_ms(described.document, of->resource, of->settle_ms);

    answer_done(&described);
    return ms;
}
