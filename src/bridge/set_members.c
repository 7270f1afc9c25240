#include "bridge/set_members.h"

#include "bridge/record_plan.h"
#include "bridge/resource.h"

#include <stdlib.h>
#include <string.h>

const value *set_compose(arena *in, const resource_type *of, const value *block, const value *element)
{
    value *made = value_object(in, of->members.count);

    for (size_t i = 0; i < of->members.count; i++) {
        const char *name = of->members.items[i].name;
        const value *item = value_get(attributes_find(&of->parent, name) ? block : element, name);

        value_add(made, name, item ? item : &value_null);
    }
    return made;
}

set_members set_members_of(arena *in, const resource_type *of, const value *block)
{
    const value *records = value_get(block, CATALOG_RECORDS);
    size_t count = value_kind_of(records) == VALUE_OBJECT ? records->count : 0;
    set_members made = {count, arena_alloc(in, count * sizeof(*made.items))};

    for (size_t i = 0; i < count; i++) {
        set_member *one = &made.items[i];

        one->name = records->names[i];
        one->record = set_compose(in, of, block, records->items[i]);
        one->key = record_key(in, of, one->record);
    }
    return made;
}

static int by_key(const void *one, const void *other)
{
    return strcmp((*(const set_member *const *)one)->key, (*(const set_member *const *)other)->key);
}

key_index key_index_of(arena *in, const set_members *from)
{
    key_index made = {.items = arena_alloc(in, from->count * sizeof(*made.items))};

    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].key)
            made.items[made.count++] = &from->items[i];
    if (made.count)
        qsort(made.items, made.count, sizeof(*made.items), by_key);
    return made;
}

const set_member *key_find(const key_index *in, const char *key)
{
    const set_member asked = {.key = key}, *pointer = &asked, **found;

    if (!key || !in->count)
        return NULL;
    found = bsearch(&pointer, in->items, in->count, sizeof(*in->items), by_key);
    return found ? *found : NULL;
}

const place *set_place(arena *in, const char *name)
{
    return place_key(in, place_attribute(in, NULL, CATALOG_RECORDS), name);
}

bool set_check_keys(call *one, const set_members *members)
{
    const key_index index = key_index_of(&one->memory, members);
    bool unique = true;

    for (size_t i = 1; i < index.count; i++) {
        if (strcmp(index.items[i - 1]->key, index.items[i]->key) != 0)
            continue;
        diagnostics_error(&one->diagnostics, set_place(&one->memory, index.items[i]->name),
                          "records[\"%s\"] and records[\"%s\"] are one and the same: their keys are equal",
                          index.items[i - 1]->name, index.items[i]->name);
        unique = false;
    }
    return unique;
}

record_list set_entries(arena *in, const set_members *members, bool config)
{
    record_list made = {members->count, arena_alloc(in, members->count * sizeof(*made.items))};

    for (size_t i = 0; i < members->count; i++) {
        record_entry *entry = arena_alloc(in, sizeof(*entry));

        entry->name = members->items[i].name;
        if (config)
            entry->config = members->items[i].record;
        else
            entry->prior = members->items[i].record;
        made.items[i] = entry;
    }
    return made;
}

bool set_report(call *one, const resource_type *of, const char *hook, const record_list *list, size_t index,
                bool as_warning)
{
    const record_entry *entry = list->items[index];
    bool failed = is_failure(entry->status);
    bool said = entry->refused;

    if (!entry->refused || index == 0)
        said |= record_report(one, of, entry, as_warning);
    if (failed && !said)
        diagnostics_add(&one->diagnostics, as_warning, set_place(&one->memory, entry->name),
                        arena_format(&one->memory, "%s of records[\"%s\"]: %s", hook, entry->name,
                                     record_reason(&one->memory, entry)),
                        NULL);
    return failed;
}

const value *set_id(arena *in, const resource_type *of, const value *block)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);

    for (size_t i = 0; i < of->parent.count; i++) {
        const value *part = value_get(block, of->parent.items[i].name);

        if (value_has_unknown(part))
            return &value_unknown;
        if (of->parent.count > 1)
            rp_buffer_format(&text, "%s%s=", i ? "," : "", of->parent.items[i].name);
        if (value_kind_of(part) == VALUE_STRING || value_kind_of(part) == VALUE_NUMBER)
            rp_buffer_add(&text, part->text, part->len);
        else if (value_kind_of(part) == VALUE_BOOLEAN)
            rp_buffer_add_text(&text, part->boolean ? "true" : "false");
    }
    return value_string(in, rp_buffer_text(&text), text.len);
}

const value *set_element(arena *in, const resource_type *of, const value *record)
{
    return block_with(in, &of->element.object, record, NULL);
}
