#include "json/value.h"

#include "base/secret.h"
#include "json/writer.h"

#include <json-c/json.h>
#include <string.h>

/* rp_json is json-c's object under another name, so that no other room sees json-c. */
static struct json_object *within(const rp_json *value)
{
    return (struct json_object *)value;
}

static const rp_json *wrap(const struct json_object *object)
{
    return (const rp_json *)object;
}

static bool is(const rp_json *value, enum json_type type)
{
    return json_object_is_type(within(value), type);
}

void rp_json_free(rp_json *root)
{
    json_object_put(within(root));
}

static const struct {
    rp_json_type type;
    const char *name;
} types[] = {
    [json_type_null] = {RP_JSON_NULL, "null"},          [json_type_boolean] = {RP_JSON_BOOLEAN, "a boolean"},
    [json_type_double] = {RP_JSON_NUMBER, "a number"},  [json_type_int] = {RP_JSON_INTEGER, "an integer"},
    [json_type_object] = {RP_JSON_OBJECT, "an object"}, [json_type_array] = {RP_JSON_ARRAY, "an array"},
    [json_type_string] = {RP_JSON_STRING, "a string"},
};

rp_json_type rp_json_type_of(const rp_json *value)
{
    return types[json_object_get_type(within(value))].type;
}

const char *rp_json_type_name(rp_json_type type)
{
    for (size_t i = 0; i < rp_count_of(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return "unknown";
}

const char *rp_json_string(const rp_json *value, size_t *len)
{
    if (!is(value, json_type_string))
        return NULL;
    if (len)
        *len = (size_t)json_object_get_string_len(within(value));
    return json_object_get_string(within(value));
}

const char *rp_json_text(const rp_json *value)
{
    size_t len = 0;
    const char *text = rp_json_string(value, &len);

    return text && strlen(text) == len ? text : NULL;
}

bool rp_json_integer(const rp_json *value, int64_t *out)
{
    if (!is(value, json_type_int))
        return false;
    *out = json_object_get_int64(within(value));
    return true;
}

bool rp_json_boolean(const rp_json *value, bool *out)
{
    if (!is(value, json_type_boolean))
        return false;
    *out = json_object_get_boolean(within(value));
    return true;
}

size_t rp_json_count(const rp_json *value)
{
    if (is(value, json_type_array))
        return json_object_array_length(within(value));
    return is(value, json_type_object) ? (size_t)json_object_object_length(within(value)) : 0;
}

const rp_json *rp_json_at(const rp_json *array, size_t index)
{
    if (index >= rp_json_count(array) || !is(array, json_type_array))
        return NULL;
    return wrap(json_object_array_get_idx(within(array), index));
}

const rp_json *rp_json_get(const rp_json *object, const char *name)
{
    struct json_object *found = NULL;

    if (is(object, json_type_object))
        json_object_object_get_ex(within(object), name, &found);
    return wrap(found);
}

bool rp_json_has(const rp_json *object, const char *name)
{
    return is(object, json_type_object) && json_object_object_get_ex(within(object), name, NULL);
}

int rp_json_each(const rp_json *object, int (*each)(void *context, const char *name, const rp_json *value),
                 void *context)
{
    int code;

    if (!is(object, json_type_object))
        return 0;
    json_object_object_foreach(within(object), name, value)
    {
        code = each(context, name, wrap(value));
        if (code)
            return code;
    }
    return 0;
}

/* json-c returns its own bytes of the string; only this tree refers to them. */
static void wipe_string(const rp_json *value)
{
    size_t len = 0;
    const char *bytes = rp_json_string(value, &len);

    if (bytes)
        rp_wipe((char *)bytes, len);
}

static int wipe_member(void *context, const char *name, const rp_json *value)
{
    (void)context;
    (void)name;
    rp_json_wipe_strings((rp_json *)value);
    return 0;
}

void rp_json_wipe_strings(rp_json *root)
{
    wipe_string(root);
    for (size_t i = 0; is(root, json_type_array) && i < rp_json_count(root); i++)
        rp_json_wipe_strings((rp_json *)rp_json_at(root, i));
    rp_json_each(root, wipe_member, NULL);
}

/* Printing */

struct layout {
    rp_buffer *out;
    bool pretty;
    unsigned level;
    bool comma;
};

static void print(struct layout *layout, const rp_json *value);

static void print_break(struct layout *layout)
{
    if (!layout->pretty)
        return;
    rp_buffer_add_char(layout->out, '\n');
    for (unsigned i = 0; i < layout->level; i++)
        rp_buffer_add(layout->out, "  ", 2);
}

static void print_separator(struct layout *layout)
{
    if (layout->comma)
        rp_buffer_add_char(layout->out, ',');
    print_break(layout);
    layout->comma = true;
}

static void print_string(struct layout *layout, const char *bytes, size_t len)
{
    rp_json_writer writer = RP_JSON_WRITER(layout->out);
    rp_write_string(&writer, bytes, len);
}

static int print_member(void *context, const char *name, const rp_json *value)
{
    struct layout *layout = context;

    print_separator(layout);
    print_string(layout, name, strlen(name));
    rp_buffer_add_text(layout->out, layout->pretty ? ": " : ":");
    print(layout, value);
    return !rp_buffer_ok(layout->out);
}

static void print_elements(struct layout *layout, const rp_json *array)
{
    for (size_t i = 0; i < rp_json_count(array) && rp_buffer_ok(layout->out); i++) {
        print_separator(layout);
        print(layout, rp_json_at(array, i));
    }
}

static void print_container(struct layout *layout, const rp_json *value, bool array)
{
    rp_buffer_add_char(layout->out, array ? '[' : '{');
    layout->level++;
    layout->comma = false;
    if (array)
        print_elements(layout, value);
    else
        rp_json_each(value, print_member, layout);
    layout->level--;
    if (layout->comma)
        print_break(layout);
    layout->comma = true;
    rp_buffer_add_char(layout->out, array ? ']' : '}');
}

static void print(struct layout *layout, const rp_json *value)
{
    const char *bytes;
    size_t len = 0;

    switch (rp_json_type_of(value)) {
    case RP_JSON_NULL:
        rp_buffer_add_text(layout->out, "null");
        break;
    case RP_JSON_BOOLEAN:
        rp_buffer_add_text(layout->out, json_object_get_boolean(within(value)) ? "true" : "false");
        break;
    case RP_JSON_INTEGER:
        rp_buffer_format(layout->out, "%lld", (long long)json_object_get_int64(within(value)));
        break;
    case RP_JSON_NUMBER: /* as spelt in the text: exact, independent of the locale */
        rp_buffer_add_text(layout->out, json_object_get_userdata(within(value)));
        break;
    case RP_JSON_STRING:
        bytes = rp_json_string(value, &len);
        print_string(layout, bytes, len);
        break;
    case RP_JSON_ARRAY:
    case RP_JSON_OBJECT:
        print_container(layout, value, is(value, json_type_array));
        break;
    }
}

void rp_json_print(const rp_json *value, bool pretty, rp_buffer *out)
{
    struct layout layout = {.out = out, .pretty = pretty};
    print(&layout, value);
}

void rp_write_value(struct rp_json_writer *writer, const rp_json *value)
{
    rp_write_raw(writer, "", 0); /* the comma before it */
    rp_json_print(value, false, writer->out);
}
