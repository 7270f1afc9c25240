#include "bridge/type.h"

#include <string.h>

const type type_string = {.kind = TYPE_STRING}, type_number = {.kind = TYPE_NUMBER},
           type_boolean = {.kind = TYPE_BOOLEAN}, type_any = {.kind = TYPE_ANY};

const type *type_map_of(arena *in, const type *element)
{
    type *made = arena_alloc(in, sizeof(*made));

    made->kind = TYPE_MAP;
    made->element = element;
    return made;
}

const attribute *attributes_find(const attributes *in, const char *name)
{
    for (size_t i = 0; i < in->count; i++)
        if (!strcmp(in->items[i].name, name))
            return &in->items[i];
    return NULL;
}

const attribute *attributes_find_json(const attributes *in, const char *json_name)
{
    for (size_t i = 0; i < in->count; i++)
        if (!strcmp(in->items[i].json_name, json_name))
            return &in->items[i];
    return NULL;
}

static void write_object_type(const attributes *of, rp_buffer *out)
{
    rp_buffer_add_char(out, '{');
    for (size_t i = 0; i < of->count; i++) {
        rp_buffer_format(out, "%s\"%s\":", i ? "," : "", of->items[i].name);
        type_write(of->items[i].type, out);
    }
    rp_buffer_add_char(out, '}');
}

void type_write(const type *of, rp_buffer *out)
{
    static const char *const names[] = {
        [TYPE_STRING] = "string", [TYPE_NUMBER] = "number", [TYPE_BOOLEAN] = "bool",
        [TYPE_ANY] = "dynamic",   [TYPE_LIST] = "list",     [TYPE_SET] = "set",
        [TYPE_MAP] = "map",       [TYPE_OBJECT] = "object"};

    if (of->kind < TYPE_LIST) {
        rp_buffer_format(out, "\"%s\"", names[of->kind]);
        return;
    }
    rp_buffer_format(out, "[\"%s\",", names[of->kind]);
    if (of->kind == TYPE_OBJECT)
        write_object_type(&of->object, out);
    else
        type_write(of->element, out);
    rp_buffer_add_char(out, ']');
}

const attributes *type_nested(const type *of)
{
    if (of->kind == TYPE_OBJECT)
        return &of->object;
    if (of->kind >= TYPE_LIST && of->element->kind == TYPE_OBJECT)
        return &of->element->object;
    return NULL;
}

typedef const value *converter(arena *in, const type *of, const value *from);

static const value *convert_object(arena *in, const attributes *of, const value *from, converter *convert)
{
    value *made = value_object(in, of->count);

    for (size_t i = 0; i < of->count; i++)
        value_add(made, of->items[i].name,
                  convert(in, of->items[i].type, value_get(from, of->items[i].name)));
    return made;
}

static const value *convert_items(arena *in, const type *of, const value *from, converter *convert)
{
    value *made = from->names ? value_object(in, from->count) : value_list(in, from->count);

    for (size_t i = 0; i < from->count; i++)
        value_add(made, from->names ? from->names[i] : NULL, convert(in, of->element, from->items[i]));
    return made;
}

static const value *convert(arena *in, const type *of, const value *from, converter *leaf)
{
    value_kind kind = value_kind_of(from);

    if (kind == VALUE_OBJECT && of->kind == TYPE_OBJECT)
        return convert_object(in, &of->object, from, leaf);
    if ((kind == VALUE_OBJECT && of->kind == TYPE_MAP) ||
        (kind == VALUE_LIST && (of->kind == TYPE_LIST || of->kind == TYPE_SET)))
        return convert_items(in, of, from, leaf);
    return from ? from : &value_null;
}

const value *type_from_wire(arena *in, const type *of, const value *wire)
{
    if (of->kind == TYPE_NUMBER && value_kind_of(wire) == VALUE_STRING &&
        value_is_number(wire->text, wire->len))
        return value_number(in, wire->text, wire->len);
    if (of->kind == TYPE_ANY && value_kind_of(wire) == VALUE_LIST && wire->count == 2)
        return wire->items[1];
    return convert(in, of, wire, type_from_wire);
}

/* Terraform's type of a value that has none in the schema. */
static void write_type_of(const value *of, rp_buffer *out)
{
    static const char *const names[] = {[VALUE_NULL] = "\"dynamic\"",
                                        [VALUE_UNKNOWN] = "\"dynamic\"",
                                        [VALUE_BOOLEAN] = "\"bool\"",
                                        [VALUE_NUMBER] = "\"number\"",
                                        [VALUE_STRING] = "\"string\""};
    bool object = of->kind == VALUE_OBJECT;

    if (of->kind < VALUE_LIST) {
        rp_buffer_add_text(out, names[of->kind]);
        return;
    }
    rp_buffer_add_text(out, object ? "[\"object\",{" : "[\"tuple\",[");
    for (size_t i = 0; i < of->count; i++) {
        rp_json_writer writer = RP_JSON_WRITER(out);

        if (i)
            rp_buffer_add_char(out, ',');
        if (object)
            rp_write_name(&writer, of->names[i]);
        write_type_of(of->items[i], out);
    }
    rp_buffer_add_text(out, object ? "}]" : "]]");
}

const value *type_to_wire(arena *in, const type *of, const value *plain)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);
    value *pair;

    if (of->kind != TYPE_ANY || value_is_null(plain) || plain->kind == VALUE_UNKNOWN)
        return convert(in, of, plain, type_to_wire);
    pair = value_list(in, 2);
    write_type_of(plain, &text);
    value_add(pair, NULL, value_string(in, rp_buffer_text(&text), text.len));
    value_add(pair, NULL, plain);
    return pair;
}

static const value *number_from_json(arena *in, const rp_json *json)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(4096);

    rp_json_print(json, false, &text);
    return value_number(in, rp_buffer_text(&text), text.len);
}

typedef struct reading {
    arena *in;
    value *into;
    const type *of; /* NULL: whatever it is */
    const char *at;
    rp_error **error;
} reading;

static int any_from_json(arena *in, const rp_json *json, const char *at, const value **out, rp_error **error);

static int read_item(const reading *to, const char *name, const char *place, const rp_json *json)
{
    const char *at = arena_format(to->in, "%s/%s", to->at, place);
    const value *item;
    int failed = to->of ? type_from_json(to->in, to->of, json, at, &item, to->error)
                        : any_from_json(to->in, json, at, &item, to->error);

    if (!failed)
        value_add(to->into, name, item);
    return failed;
}

static int read_member(void *context, const char *name, const rp_json *json)
{
    const reading *to = context;
    const char *copy = arena_text(to->in, name);

    return read_item(to, copy, copy, json);
}

static int map_from_json(arena *in, const type *element, const rp_json *json, const char *at,
                         const value **out, rp_error **error)
{
    reading to = {in, value_object(in, rp_json_count(json)), element, at, error};

    *out = to.into;
    return rp_json_each(json, read_member, &to);
}

static int list_from_json(arena *in, const type *element, const rp_json *json, const char *at,
                          const value **out, rp_error **error)
{
    size_t count = rp_json_count(json);
    reading to = {in, value_list(in, count), element, at, error};

    for (size_t i = 0; i < count; i++) {
        int failed = read_item(&to, NULL, arena_format(in, "%zu", i), rp_json_at(json, i));

        if (failed)
            return failed;
    }
    *out = to.into;
    return 0;
}

int type_object_from_json(arena *in, const attributes *of, const rp_json *json, const char *at,
                          const value **out, rp_error **error)
{
    value *made = value_object(in, of->count);

    for (size_t i = 0; i < of->count; i++) {
        const attribute *one = &of->items[i];
        const value *item;
        int failed = type_from_json(in, one->type, rp_json_get(json, one->json_name),
                                    arena_format(in, "%s/%s", at, one->json_name), &item, error);

        if (failed)
            return failed;
        value_add(made, one->name, item);
    }
    *out = made;
    return 0;
}

static const value *scalar_from_json(arena *in, const rp_json *json)
{
    bool yes = false;
    size_t len = 0;
    const char *text = rp_json_string(json, &len);

    if (text)
        return value_string(in, text, len);
    if (rp_json_boolean(json, &yes))
        return value_boolean(yes);
    return number_from_json(in, json);
}

static int any_from_json(arena *in, const rp_json *json, const char *at, const value **out, rp_error **error)
{
    switch (rp_json_type_of(json)) {
    case RP_JSON_NULL:
        *out = &value_null;
        return 0;
    case RP_JSON_OBJECT:
        return map_from_json(in, NULL, json, at, out, error);
    case RP_JSON_ARRAY:
        return list_from_json(in, NULL, json, at, out, error);
    default:
        *out = scalar_from_json(in, json);
        return 0;
    }
}

static bool fits(type_kind kind, rp_json_type json)
{
    switch (kind) {
    case TYPE_STRING:
        return json == RP_JSON_STRING;
    case TYPE_NUMBER:
        return json == RP_JSON_INTEGER || json == RP_JSON_NUMBER;
    case TYPE_BOOLEAN:
        return json == RP_JSON_BOOLEAN;
    case TYPE_LIST:
    case TYPE_SET:
        return json == RP_JSON_ARRAY;
    case TYPE_MAP:
    case TYPE_OBJECT:
        return json == RP_JSON_OBJECT;
    default:
        return true;
    }
}

int type_from_json(arena *in, const type *of, const rp_json *json, const char *at, const value **out,
                   rp_error **error)
{
    static const char *const wanted[] = {
        [TYPE_STRING] = "a string", [TYPE_NUMBER] = "a number", [TYPE_BOOLEAN] = "a boolean",
        [TYPE_ANY] = "any value",   [TYPE_LIST] = "an array",   [TYPE_SET] = "an array",
        [TYPE_MAP] = "an object",   [TYPE_OBJECT] = "an object"};
    rp_json_type is = rp_json_type_of(json);

    *out = &value_null;
    if (is == RP_JSON_NULL)
        return 0;
    if (!fits(of->kind, is))
        return rp_error_set_at(error, RP_E_INVALID, at, "%s is %s, not %s as the plugin describes it", at,
                               rp_json_type_name(is), wanted[of->kind]);
    switch (of->kind) {
    case TYPE_OBJECT:
        return type_object_from_json(in, &of->object, json, at, out, error);
    case TYPE_MAP:
        return map_from_json(in, of->element, json, at, out, error);
    case TYPE_LIST:
    case TYPE_SET:
        return list_from_json(in, of->element, json, at, out, error);
    case TYPE_ANY:
        return any_from_json(in, json, at, out, error);
    default:
        *out = scalar_from_json(in, json);
        return 0;
    }
}

static void object_to_json(const attributes *of, const value *plain, rp_json_writer *writer)
{
    for (size_t i = 0; i < of->count; i++) {
        const value *item = value_get(plain, of->items[i].name);

        if (value_is_null(item))
            continue;
        rp_write_name(writer, of->items[i].json_name);
        type_to_json(of->items[i].type, item, writer);
    }
}

static void items_to_json(const type *element, const value *plain, rp_json_writer *writer)
{
    for (size_t i = 0; i < plain->count; i++) {
        if (plain->names)
            rp_write_name(writer, plain->names[i]);
        type_to_json(element, plain->items[i], writer);
    }
}

void type_to_json(const type *of, const value *plain, rp_json_writer *writer)
{
    bool list = value_kind_of(plain) == VALUE_LIST;

    switch (value_kind_of(plain)) {
    case VALUE_NULL:
    case VALUE_UNKNOWN:
        rp_write_null(writer);
        break;
    case VALUE_BOOLEAN:
        rp_write_boolean(writer, plain->boolean);
        break;
    case VALUE_NUMBER:
        rp_write_raw(writer, plain->text, plain->len);
        break;
    case VALUE_STRING:
        rp_write_string(writer, plain->text, plain->len);
        break;
    default:
        rp_write_begin(writer, list ? '[' : '{');
        if (of->kind == TYPE_OBJECT)
            object_to_json(&of->object, plain, writer);
        else
            items_to_json(of->element ? of->element : &type_any, plain, writer);
        rp_write_end(writer, list ? ']' : '}');
    }
}
