#include "cli/engine/plugin_schema.h"

#include "cli/nearest.h"
#include "cli/state/fingerprint.h"
#include "json/scan.h"

#include <string.h>

#define MAX_NAMES    4096
#define USUAL_SETTLE 300000
#define MAX_KEY      65536
#define MAX_TYPES    1000

static bool hides(const rp_json *schema)
{
    return rp_schema_says(schema, "x-rp-sensitive") || rp_schema_says(schema, "x-rp-write-only");
}

static bool hides_within(const rp_json *schema);

static int find_hiding(void *context, const char *name, const rp_json *schema)
{
    (void)context;
    (void)name;
    return hides(schema) || hides_within(schema);
}

/* At any depth. */
static bool hides_within(const rp_json *schema)
{
    const rp_json *items = rp_json_get(schema, "items");

    return rp_json_each(rp_json_get(schema, "properties"), find_hiding, NULL) ||
           (items && (hides(items) || hides_within(items)));
}

static int add_type(void *context, const char *name, const rp_json *value)
{
    rp_plugin_schema *plugin_schema = context;
    rp_type *type = &plugin_schema->types[plugin_schema->count++];
    int64_t most = 0;

    *type = (rp_type){.name = name,
                      .record = rp_json_get(value, "record"),
                      .state = rp_json_get(value, "state"),
                      .parent = rp_json_get(value, "parent"),
                      .options = rp_json_get(value, "options"),
                      .key = rp_json_get(value, "key"),
                      .settle_ms = USUAL_SETTLE};
    rp_json_integer(rp_json_get(value, "settle_ms"), &type->settle_ms);
    rp_json_integer(rp_json_get(value, "max_records"), &most);
    type->max_records = most > 0 ? (size_t)most : 0;
    type->hides = hides_within(type->record) || hides_within(type->state);
    return 0;
}

static const char *or_else(const char *text, const char *other)
{
    return text ? text : other;
}

int rp_plugin_schema_read(rp_json *description, rp_plugin_schema *plugin_schema, rp_error **error)
{
    const rp_json *resources = rp_json_get(description, "resources");
    size_t count = rp_json_count(resources);

    *plugin_schema =
        (rp_plugin_schema){.description = description,
                           .plugin = or_else(rp_json_text(rp_json_get(description, "name")), "the plugin"),
                           .version = or_else(rp_json_text(rp_json_get(description, "version")), ""),
                           .config = rp_json_get(description, "config")};
    if (rp_json_type_of(resources) != RP_JSON_OBJECT || !count || count > MAX_TYPES)
        return rp_error_set(error, RP_E_INVALID, "%s describes no resources", plugin_schema->plugin);
    plugin_schema->types = calloc(count, sizeof(*plugin_schema->types));
    if (!plugin_schema->types)
        return rp_error_no_memory(error);
    rp_json_each(resources, add_type, plugin_schema);
    return 0;
}

void rp_plugin_schema_done(rp_plugin_schema *plugin_schema)
{
    free(plugin_schema->types);
    rp_json_free(plugin_schema->description);
    *plugin_schema = (rp_plugin_schema){0};
}

static int unknown_type(const rp_plugin_schema *plugin_schema, const char *name, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer names = RP_BUFFER(MAX_NAMES);
    const char *nearest = NULL;

    for (size_t i = 0; i < plugin_schema->count; i++) {
        rp_buffer_format(&names, "%s%s", i ? ", " : "", plugin_schema->types[i].name);
        nearest = name ? rp_nearer(name, nearest, plugin_schema->types[i].name) : NULL;
    }
    if (!name)
        return rp_error_set(error, RP_E_INVALID, "%s has several types, so one must be named: %s",
                            plugin_schema->plugin, rp_buffer_text(&names));
    if (nearest)
        return rp_error_set(error, RP_E_INVALID, "%s has no type \"%s\" (did you mean \"%s\"?)",
                            plugin_schema->plugin, name, nearest);
    return rp_error_set(error, RP_E_INVALID, "%s has no type \"%s\"; it has %s", plugin_schema->plugin, name,
                        rp_buffer_text(&names));
}

int rp_plugin_schema_find(const rp_plugin_schema *plugin_schema, const char *name, const rp_type **type,
                          rp_error **error)
{
    for (size_t i = 0; i < plugin_schema->count; i++)
        if (name ? !strcmp(plugin_schema->types[i].name, name) : plugin_schema->count == 1) {
            *type = &plugin_schema->types[i];
            return 0;
        }
    return unknown_type(plugin_schema, name, error);
}

static const rp_json *property(const rp_json *schema, const char *name)
{
    return rp_json_get(rp_json_get(schema, "properties"), name);
}

const rp_json *rp_type_member(const rp_type *type, const char *name)
{
    const rp_json *member = property(type->record, name);

    return member ? member : property(type->state, name);
}

bool rp_type_is_computed(const rp_type *type, const char *name)
{
    if (property(type->record, name))
        return rp_schema_says(property(type->record, name), "x-rp-computed");
    return true;
}

bool rp_type_is_write_only(const rp_type *type, const char *name)
{
    return rp_schema_says(property(type->record, name), "x-rp-write-only");
}

bool rp_type_is_updatable(const rp_type *type, const char *name)
{
    const rp_json *member = property(type->record, name);

    return type->updates && member && !rp_type_is_key(type, name) &&
           !rp_schema_says(member, "x-rp-force-new");
}

bool rp_type_has_option(const rp_type *type, const char *name, const char *word)
{
    const rp_json *words = rp_json_get(property(type->options, name), "enum");

    for (size_t i = 0; i < rp_json_count(words); i++) {
        const char *one = rp_json_text(rp_json_at(words, i));
        if (one && !strcmp(one, word))
            return true;
    }
    return false;
}

bool rp_type_is_hidden(const rp_type *type, const char *name)
{
    return hides(property(type->record, name)) || hides(property(type->state, name));
}

bool rp_type_is_key(const rp_type *type, const char *name)
{
    for (size_t i = 0; i < rp_json_count(type->key); i++) {
        const char *member = rp_json_text(rp_json_at(type->key, i));
        if (member && !strcmp(member, name))
            return true;
    }
    return false;
}

/* Hiding goes down a value and its two schemas, that of records and that of states, side by side. */
typedef struct hiding {
    const rp_json *record, *state;
    const char *salt;
    rp_json_writer *writer;
    rp_error **error;
} hiding;

static int hide(const hiding *how, const rp_json *value);

static int write_fingerprint(const hiding *how, const rp_json *value)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    char fingerprint[RP_FINGERPRINT_SIZE];
    int failed;

    rp_json_print(value, false, &text);
    failed = rp_fingerprint(how->salt, rp_buffer_text(&text), text.len, fingerprint, how->error);
    if (failed)
        return failed;
    rp_write_begin(how->writer, '{');
    rp_write_text_member(how->writer, RP_HIDDEN, fingerprint);
    rp_write_end(how->writer, '}');
    return 0;
}

static int hide_member(void *context, const char *name, const rp_json *value)
{
    const hiding *whole = context;
    hiding part = *whole;

    part.record = property(whole->record, name);
    part.state = property(whole->state, name);
    rp_write_name(whole->writer, name);
    return hide(&part, value);
}

static int hide_elements(const hiding *how, const rp_json *array)
{
    hiding part = *how;
    int failed = 0;

    part.record = rp_json_get(how->record, "items");
    part.state = rp_json_get(how->state, "items");
    for (size_t i = 0; i < rp_json_count(array) && !failed; i++)
        failed = hide(&part, rp_json_at(array, i));
    return failed;
}

static int hide(const hiding *how, const rp_json *value)
{
    rp_json_type type = rp_json_type_of(value);
    int failed = 0;

    if (type != RP_JSON_NULL && (hides(how->record) || hides(how->state)))
        return write_fingerprint(how, value);
    if (type == RP_JSON_OBJECT) {
        rp_write_begin(how->writer, '{');
        failed = rp_json_each(value, hide_member, (void *)(uintptr_t)how);
        rp_write_end(how->writer, '}');
    } else if (type == RP_JSON_ARRAY) {
        rp_write_begin(how->writer, '[');
        failed = hide_elements(how, value);
        rp_write_end(how->writer, ']');
    } else {
        rp_write_value(how->writer, value);
    }
    return failed;
}

int rp_type_hide(const rp_type *type, const rp_json *value, const char *salt, rp_json_writer *writer,
                 rp_error **error)
{
    const hiding how = {type->record, type->state, salt, writer, error};

    return hide(&how, value);
}

bool rp_is_hidden(const rp_json *value)
{
    return rp_json_type_of(value) == RP_JSON_OBJECT && rp_json_count(value) == 1 &&
           rp_json_text(rp_json_get(value, RP_HIDDEN));
}

static int write_member(void *context, const char *name, const rp_json *value)
{
    rp_json_writer *writer = context;

    if (rp_is_hidden(value))
        return 0;
    rp_write_name(writer, name);
    rp_write_revealed(value, writer);
    return 0;
}

void rp_write_revealed(const rp_json *value, rp_json_writer *writer)
{
    if (rp_json_type_of(value) == RP_JSON_OBJECT) {
        rp_write_begin(writer, '{');
        rp_json_each(value, write_member, writer);
        rp_write_end(writer, '}');
    } else if (rp_json_type_of(value) == RP_JSON_ARRAY) {
        rp_write_begin(writer, '[');
        for (size_t i = 0; i < rp_json_count(value); i++)
            rp_write_revealed(rp_json_at(value, i), writer);
        rp_write_end(writer, ']');
    } else {
        rp_write_value(writer, value);
    }
}

bool rp_key_write(const rp_type *type, const rp_json *value, rp_buffer *out)
{
    rp_json_writer writer = RP_JSON_WRITER(out);
    size_t count = rp_json_count(type->key);

    rp_write_begin(&writer, '{');
    for (size_t i = 0; i < count; i++) {
        const char *name = rp_json_text(rp_json_at(type->key, i));
        const rp_json *member = name ? rp_json_get(value, name) : NULL;
        if (!member || rp_is_hidden(member))
            return false;
        rp_write_name(&writer, name);
        rp_write_value(&writer, member);
    }
    rp_write_end(&writer, '}');
    return count && rp_buffer_ok(out);
}

char *rp_key_text(const rp_type *type, const char *json)
{
    _cleanup_(rp_json_freep) rp_json *value = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_KEY);

    if (!rp_json_count(type->key) || rp_json_parse(json, strlen(json), &value, NULL) < 0)
        return NULL;
    rp_buffer_format(&text, "%s ", type->name);
    return rp_key_write(type, value, &text) ? rp_buffer_take(&text) : NULL;
}
