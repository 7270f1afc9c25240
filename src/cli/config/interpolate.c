#include "cli/config/interpolate.h"

#include "base/secret.h"
#include "base/text.h"
#include "cli/nearest.h"
#include "json/scan.h"

#include <string.h>

static void wipe_buffer(rp_buffer *buffer)
{
    if (buffer->data)
        rp_wipe(buffer->data, buffer->len);
    rp_buffer_done(buffer);
}

/* Something to replace, and where it stands. */
typedef struct reference {
    const rp_scope *scope;
    const rp_yaml *node; /* whose text it is part of */
    const char *name;
} reference;

static int refuse_scope(const reference *one, rp_error **error)
{
    return rp_error_at(error, one->scope->file, one->node->mark,
                       "${%s} means something only in the record of a resource with for_each", one->name);
}

/* What ${each.value…} stands for; NULL: the key itself. */
static int find_value(const reference *one, const rp_yaml **value, rp_error **error)
{
    const char *member = one->name + strlen("each.value");

    *value = one->scope->value;
    if (!*member)
        return 0;
    *value = rp_yaml_get(one->scope->value, member + 1);
    if (*value)
        return 0;
    return rp_error_at(
        error, one->scope->file, one->node->mark, "${%s}: the value of \"%s\" %s", one->name, one->scope->key,
        one->scope->value && one->scope->value->kind == RP_YAML_MAP ? "has no such member" : "is no map");
}

static const char *as_written(const rp_yaml *scalar)
{
    return scalar->written ? scalar->written : scalar->text;
}

static int expand_text(const rp_yaml *node, const rp_scope *scope, rp_buffer *out, rp_error **error);

/* Values of for_each may take from outside, but not from each other. */
static rp_scope outside_of(const rp_scope *scope)
{
    return (rp_scope){.file = scope->file, .lookup = scope->lookup, .faults = scope->faults};
}

static int insert_value(const reference *one, rp_buffer *out, rp_error **error)
{
    const rp_scope lookup = outside_of(one->scope);
    const rp_yaml *value = NULL;
    int failed = find_value(one, &value, error);

    if (failed)
        return failed;
    if (!value)
        rp_buffer_add_text(out, one->scope->key);
    else if (value->kind == RP_YAML_STRING)
        return expand_text(value, &lookup, out, error);
    else if (value->kind == RP_YAML_LIST || value->kind == RP_YAML_MAP || value->kind == RP_YAML_NULL)
        return rp_error_at(error, one->scope->file, one->node->mark, "${%s} is %s, and no text", one->name,
                           rp_yaml_kind_name(value->kind));
    else
        rp_buffer_add_text(out, as_written(value));
    return 0;
}

static int insert_each(const reference *one, rp_buffer *out, rp_error **error)
{
    if (!one->scope->key)
        return refuse_scope(one, error);
    if (strcmp(one->name, "each.key") != 0)
        return insert_value(one, out, error);
    rp_buffer_add_text(out, one->scope->key);
    return 0;
}

static int insert_env(const reference *one, rp_buffer *out, rp_error **error)
{
    const char *name = one->name + strlen("env:");
    const char *value = one->scope->lookup->env(one->scope->lookup->context, name);

    if (!value)
        return rp_error_at(error, one->scope->file, one->node->mark,
                           "the environment variable %s is not set: export %s=… first", name, name);
    rp_buffer_add_text(out, value);
    return 0;
}

/* Without the line end that editors put at the end of a file. */
static int insert_file(const reference *one, rp_buffer *out, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    _cleanup_(wipe_buffer) rp_buffer content = RP_BUFFER(1u << 20);
    const char *path = one->name + strlen("file:");
    size_t len;

    if (one->scope->lookup->file(one->scope->lookup->context, path, &content, &why) < 0)
        return rp_error_at(error, one->scope->file, one->node->mark, "%s",
                           why ? why->message : "out of memory");
    len = content.len;
    len -= len && content.data[len - 1] == '\n';
    len -= len && content.data[len - 1] == '\r';
    if (len && memchr(content.data, '\0', len))
        return rp_error_at(error, one->scope->file, one->node->mark,
                           "%s is no text: it holds a NUL character", path);
    rp_buffer_add(out, rp_buffer_text(&content), len);
    return 0;
}

static const struct {
    const char *start;
    int (*insert)(const reference *one, rp_buffer *out, rp_error **error);
} kinds[] = {
    {"env:", insert_env},
    {"file:", insert_file},
    {"each.value.", insert_each},
};

static int unknown_reference(const reference *one, rp_error **error)
{
    static const char *const known[] = {"each.key", "each.value", "env:NAME", "file:PATH"};
    const char *nearest = NULL;

    for (size_t i = 0; i < rp_count_of(known); i++)
        nearest = rp_nearer(one->name, nearest, known[i]);
    if (nearest)
        return rp_error_at(error, one->scope->file, one->node->mark,
                           "unknown reference ${%s} (did you mean ${%s}?)", one->name, nearest);
    return rp_error_at(
        error, one->scope->file, one->node->mark,
        "unknown reference ${%s}: there are ${each.key}, ${each.value}, ${each.value.NAME}, ${env:NAME} "
        "and ${file:PATH}; $${ is \"${\" itself",
        one->name);
}

static int insert(const reference *one, rp_buffer *out, rp_error **error)
{
    if (!strcmp(one->name, "each.key") || !strcmp(one->name, "each.value"))
        return insert_each(one, out, error);
    for (size_t i = 0; i < rp_count_of(kinds); i++)
        if (rp_starts_with(one->name, kinds[i].start) && one->name[strlen(kinds[i].start)])
            return kinds[i].insert(one, out, error);
    return unknown_reference(one, error);
}

/* `at` is behind "${"; returns what is behind "}", or NULL. */
static const char *insert_one(const char *at, const rp_yaml *node, const rp_scope *scope, rp_buffer *out,
                              rp_error **error)
{
    size_t len = strcspn(at, "}");
    _cleanup_(rp_freep) char *name = strndup(at, len);
    const reference one = {scope, node, name};

    if (!name) {
        rp_error_no_memory(error);
        return NULL;
    }
    if (!at[len]) {
        rp_error_at(error, scope->file, node->mark, "a \"${\" is never closed: $${ stands for itself");
        return NULL;
    }
    return insert(&one, out, error) < 0 ? NULL : at + len + 1;
}

static int expand_text(const rp_yaml *node, const rp_scope *scope, rp_buffer *out, rp_error **error)
{
    const char *at = node->text, *dollar;

    for (dollar = strchr(at, '$'); dollar; dollar = strchr(dollar, '$')) {
        if (rp_starts_with(dollar, "$${")) {
            rp_buffer_add(out, at, (size_t)(dollar - at));
            rp_buffer_add_text(out, "${");
            at = dollar = dollar + 3;
        } else if (rp_starts_with(dollar, "${")) {
            rp_buffer_add(out, at, (size_t)(dollar - at));
            at = dollar = insert_one(dollar + 2, node, scope, out, error);
            if (!at)
                return error && *error ? (*error)->code : RP_E_INVALID;
        } else {
            dollar++;
        }
    }
    rp_buffer_add_text(out, at);
    return rp_buffer_ok(out) ? 0 : rp_error_at(error, scope->file, node->mark, "it becomes too long");
}

/* The name within, if the text is nothing but one ${each.value…}. */
static char *whole_value(const char *text)
{
    size_t len = strlen(text);

    if (!rp_starts_with(text, "${each.value") || strcspn(text, "}") != len - 1)
        return NULL;
    return text[12] == '}' || text[12] == '.' ? strndup(text + 2, len - 3) : NULL;
}

bool rp_interpolate_is_each(const char *text)
{
    return strstr(text, "${each.") != NULL;
}

const rp_yaml *rp_interpolate_source(const char *text, const rp_scope *scope)
{
    _cleanup_(rp_freep) char *name = whole_value(text);
    const reference one = {scope, NULL, name};
    const char *member = name ? name + strlen("each.value") : NULL;

    if (!member || !scope->value)
        return NULL;
    return *member ? rp_yaml_get(one.scope->value, member + 1) : scope->value;
}

static int write_text(const rp_yaml *node, const rp_scope *scope, rp_json_writer *writer, rp_error **error)
{
    _cleanup_(wipe_buffer) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    int failed;

    if (!strchr(node->text, '$')) {
        rp_write_text(writer, node->text);
        return 0;
    }
    failed = expand_text(node, scope, &text, error);
    if (!failed)
        rp_write_text(writer, rp_buffer_text(&text));
    return failed;
}

static int write_string(const rp_yaml *node, const rp_scope *scope, rp_json_writer *writer, rp_error **error)
{
    _cleanup_(rp_freep) char *name = whole_value(node->text);
    const reference one = {scope, node, name};
    const rp_scope lookup = outside_of(scope);
    const rp_yaml *value = NULL;

    if (!name || !scope->key)
        return write_text(node, scope, writer, error);
    if (find_value(&one, &value, error) < 0)
        return RP_E_INVALID;
    if (value)
        return rp_interpolate(value, &lookup, writer, error);
    rp_write_text(writer, scope->key);
    return 0;
}

/* One fault does not hide the next. */
static int write_item(const rp_yaml *item, const rp_scope *scope, rp_json_writer *writer, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    int failed;

    if (!scope->faults)
        return rp_interpolate(item, scope, writer, error);
    failed = rp_interpolate(item, scope, writer, &why);
    if (failed && why)
        rp_diagnostics_add_error(scope->faults, why);
    if (failed == RP_E_INVALID)
        rp_write_null(writer);
    return failed;
}

static int write_items(const rp_yaml *node, const rp_scope *scope, rp_json_writer *writer, rp_error **error)
{
    bool map = node->kind == RP_YAML_MAP;
    int failed = 0, worst = 0;

    rp_write_begin(writer, map ? '{' : '[');
    for (size_t i = 0; i < node->count && (!failed || failed == RP_E_INVALID); i++) {
        if (map)
            rp_write_name(writer, node->items[i].name);
        failed = write_item(&node->items[i], scope, writer, error);
        worst = failed ? failed : worst;
        if (!scope->faults && failed)
            break;
    }
    rp_write_end(writer, map ? '}' : ']');
    return worst;
}

int rp_interpolate(const rp_yaml *node, const rp_scope *scope, rp_json_writer *writer, rp_error **error)
{
    switch (node->kind) {
    case RP_YAML_NULL:
        rp_write_null(writer);
        return 0;
    case RP_YAML_BOOLEAN:
        rp_write_boolean(writer, (*node->text | 0x20) == 't');
        return 0;
    case RP_YAML_INTEGER:
    case RP_YAML_NUMBER:
        rp_write_raw(writer, node->text, strlen(node->text));
        return 0;
    case RP_YAML_STRING:
        return write_string(node, scope, writer, error);
    case RP_YAML_LIST:
    case RP_YAML_MAP:
        return write_items(node, scope, writer, error);
    }
    return 0;
}
