/*
 * A set is refreshed, imported, or read as a data source.
 */
#include "bridge/resource.h"
#include "bridge/set_members.h"

#include <string.h>

/* The reasons of records that are not there after all this time, or may still come; those of the others are
   no more. */
static const value *still_failed(arena *in, const value *failed, const value *records, const value *open)
{
    value *made = value_object(in, failed ? failed->count : 0);

    for (size_t i = 0; failed && i < failed->count; i++)
        if (!value_get(records, failed->names[i]) || value_get(open, failed->names[i]))
            value_add(made, failed->names[i], failed->items[i]);
    return made;
}

/* `open` has the names of the records that may still come. */
static const value *with_records(arena *in, const resource_type *of, const value *block, const value *records,
                                 const value *open)
{
    value *own = value_object(in, 3);

    value_add(own, CATALOG_RECORDS, records);
    value_add(own, CATALOG_FAILED, still_failed(in, value_get(block, CATALOG_FAILED), records, open));
    value_add(own, CATALOG_ID, set_id(in, of, block));
    return block_with(in, &of->block.object, block, own);
}

typedef struct listing {
    call *one;
    const resource_type *of;
    const value *parent;
    value *records; /* grows by replacement */
} listing;

static void write_list_request(const listing *from, const char *page, rp_json_writer *writer)
{
    const type parent = {.kind = TYPE_OBJECT, .object = from->of->parent};

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "resource", from->of->resource);
    rp_write_name(writer, "parent");
    type_to_json(&parent, from->parent, writer);
    if (page)
        rp_write_text_member(writer, "page", page);
    rp_write_end(writer, '}');
}

static void add_listed(listing *to, const answer *got)
{
    arena *in = &to->one->memory;
    value *grown = value_object(in, to->records->count + got->count);

    for (size_t i = 0; i < to->records->count; i++)
        value_add(grown, to->records->names[i], to->records->items[i]);
    for (size_t i = 0; i < got->count; i++) {
        const value *members;
        const char *id;
        result listed;

        if (!answer_result(got, i, &listed) || !listed.state ||
            type_object_from_json(in, &to->of->members, listed.state, "", &members, NULL) < 0)
            continue;
        id = value_c_string(value_get(members, CATALOG_ID));
        if (id && !value_get(grown, id)) /* an object may be listed twice */
            value_add(grown, id, set_element(in, to->of, members));
    }
    to->records = grown;
}

static bool report_list(call *one, const resource_type *of, const answer *got)
{
    size_t errors = one->diagnostics.errors;

    for (size_t i = 0; i < rp_json_count(got->diagnostics); i++)
        diagnostics_add_plugins(&one->diagnostics, rp_json_at(got->diagnostics, i), false, NULL, NULL);
    if (is_failure(got->status) && one->diagnostics.errors == errors)
        diagnostics_error(&one->diagnostics, NULL, "list of %s: %s", of->name,
                          rphost_status_name(got->status));
    return !is_failure(got->status);
}

/* All that the parent has, by id; NULL and errors if they cannot be listed. */
static const value *list_all(call *one, const resource_type *of, const value *parent, uint32_t timeout_ms)
{
    listing to = {one, of, parent, value_object(&one->memory, 0)};
    const char *page = NULL;

    do {
        _cleanup_(rp_buffer_done) rp_buffer request = RP_BUFFER(1u << 20);
        rp_json_writer writer = RP_JSON_WRITER(&request);
        const answer *got;
        const char *next;

        write_list_request(&to, page, &writer);
        got = call_plugin(one, "list", &request, timeout_ms, NULL);
        if (!report_list(one, of, got))
            return NULL;
        add_listed(&to, got);
        next = rp_json_text(rp_json_get(got->document, "next"));
        if (next && page && !strcmp(next, page)) {
            diagnostics_error(&one->diagnostics, NULL, "list of %s: the plugin asks for the same page again",
                              of->name);
            return NULL;
        }
        page = next;
    } while (page);
    return to.records;
}

/* Imported: the state has no records yet, and takes all there are. */
static const value *read_all(call *one, const resource_type *of, const value *current)
{
    const value *records = list_all(one, of, current, call_timeout_ms(current, "read"));

    return records ? with_records(&one->memory, of, current, records, NULL) : current;
}

/* Whether a record that a read which began then did not find may still appear. */
static bool may_appear(call *one, const private_state *kept, const set_member *member, int64_t asked_at)
{
    int64_t left = private_until(kept, member->key) - asked_at;

    if (left <= 0)
        return false;
    diagnostics_warning(
        &one->diagnostics, set_place(&one->memory, member->name),
        "records[\"%s\"] is not seen, but an earlier request for it may still take effect within "
        "%lld s",
        member->name, (long long)left / 1000 + 1);
    return true;
}

const value *set_read(call *one, const resource_type *of, const value *current, private_state *kept)
{
    const set_members members = set_members_of(&one->memory, of, current);
    record_list list = set_entries(&one->memory, &members, false);
    value *records = value_object(&one->memory, list.count), *open = value_object(&one->memory, list.count);
    int64_t asked_at = record_wall_ms();
    size_t failures = 0;

    if (!call_is_configured(one))
        return current;
    if (value_is_null(value_get(current, CATALOG_RECORDS)))
        return read_all(one, of, current);
    if (list.count)
        record_call(one, of, "read", &list, current, call_timeout_ms(current, "read"));
    for (size_t i = 0; i < list.count; i++) {
        const set_member *member = &members.items[i];
        const record_entry *entry = list.items[i];
        bool absent = entry->status == RP_NOT_FOUND && !entry->refused;

        if (absent && !may_appear(one, kept, member, asked_at)) {
            private_settle(kept, member->key);
            continue;
        }
        if (absent)
            value_add(open, entry->name, &value_null);
        else
            failures += set_report(one, of, "read", &list, i, false);
        if (entry->status == RP_OK)
            private_settle(kept, member->key);
        value_add(records, entry->name, set_element(&one->memory, of, record_state(&one->memory, of, entry)));
    }
    return failures ? current : with_records(&one->memory, of, current, records, open);
}

const value *set_import(call *one, const resource_type *of, const char *id)
{
    arena *in = &one->memory;
    const value *pairs = import_pairs(in, &of->parent, id);
    value *parent;

    if (!pairs && of->parent.count == 1 && of->parent.items[0].type->kind == TYPE_STRING) {
        parent = value_object(in, 1);
        value_add(parent, of->parent.items[0].name, value_text(in, id));
        pairs = parent;
    }
    if (pairs && pairs->count >= of->parent.count)
        return block_with(in, &of->block.object, NULL, pairs);
    diagnostics_error(&one->diagnostics, NULL, "%s is imported by its parent: write \"%s=…\"%s", of->name,
                      of->parent.items[0].name,
                      of->parent.count > 1 ? " and its other attributes, with commas between" : "");
    return NULL;
}

const value *set_data(call *one, const resource_type *of, const value *config)
{
    const value *records = list_all(one, of, config, 0);
    value *own;

    if (!records)
        return &value_null;
    own = value_object(&one->memory, 2);
    value_add(own, CATALOG_ID, set_id(&one->memory, of, config));
    value_add(own, CATALOG_RECORDS, records);
    return block_with(&one->memory, &of->data.object, config, own);
}
