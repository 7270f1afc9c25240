#include "kit/attributes.h"

#include "base/text.h"
#include "json/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names from documents are cut off in messages. */
#define NAME_IN_MESSAGE 64

static void *at_offset(const rpkit_attribute *field, void *into)
{
    return (char *)into + field->offset;
}

static const void *from_offset(const rpkit_attribute *field, const void *from)
{
    return (const char *)from + field->offset;
}

/* Clearing */

static void clear_text(const rpkit_attribute *field, void *into)
{
    char **text = at_offset(field, into);

    if (*text && field->sensitive)
        rp_wipe(*text, strlen(*text));
    free(rp_take(*text));
}

static void clear_secret(const rpkit_attribute *field, void *into)
{
    rp_secret **secret = at_offset(field, into);
    rp_secret_free(rp_take(*secret));
}

static void clear_texts(const rpkit_attribute *field, void *into)
{
    char ***texts = at_offset(field, into);

    for (size_t i = 0; *texts && (*texts)[i]; i++)
        free((*texts)[i]);
    free(rp_take(*texts));
}

/* Reading */

struct reading {
    const rpkit_attribute *fields;
    const char *at;
    unsigned how;
    rp_error **error;
};

/* The JSON Pointer of a member: "~" is written ~0, "/" ~1. */
char *rpkit_pointer(const char *at, const char *name)
{
    rp_buffer path = RP_BUFFER(SIZE_MAX / 2);

    rp_buffer_add_text(&path, at);
    rp_buffer_add_char(&path, '/');
    for (; *name; name++) {
        if (*name == '~' || *name == '/')
            rp_buffer_add_text(&path, *name == '~' ? "~0" : "~1");
        else
            rp_buffer_add_char(&path, *name);
    }
    return rp_buffer_take(&path);
}

/* Sets the error: "name" words. */
__attribute__((format(printf, 3, 4))) static int refuse(const struct reading *reading, const char *name,
                                                        const char *format, ...)
{
    _cleanup_(rp_freep) char *path = rpkit_pointer(reading->at, name);
    _cleanup_(rp_freep) char *words = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&words, format, arguments) < 0)
        words = NULL;
    va_end(arguments);
    if (!path || !words)
        return rp_error_set(reading->error, RP_E_NO_MEMORY, "out of memory");
    return rp_error_set_at(reading->error, RP_E_INVALID, path, "\"%.*s\" %s", NAME_IN_MESSAGE, name, words);
}

/* The path is that of the object it is missing in. */
static int refuse_missing(const struct reading *reading, const char *name)
{
    return rp_error_set_at(reading->error, RP_E_INVALID, reading->at, "\"%.*s\" is missing", NAME_IN_MESSAGE,
                           name);
}

static int refuse_type(const struct reading *reading, const rpkit_attribute *field, const char *wanted,
                       const rp_json *value)
{
    return refuse(reading, field->name, "must be %s, not %s", wanted,
                  rp_json_type_name(rp_json_type_of(value)));
}

static int no_memory(const struct reading *reading)
{
    return rp_error_set(reading->error, RP_E_NO_MEMORY, "out of memory");
}

static int check_length(const struct reading *reading, const rpkit_attribute *field, size_t len)
{
    if (field->key && !len)
        return refuse(reading, field->name, "must not be empty");
    if (!field->most || (len >= field->least && len <= field->most))
        return 0;
    return refuse(reading, field->name, "must have %u to %u bytes, not %zu", field->least, field->most, len);
}

static int store_text(const struct reading *reading, const rpkit_attribute *field, const char *bytes,
                      void *into)
{
    char **text = at_offset(field, into);
    const char *wrong = field->check ? field->check(bytes) : NULL;
    char *copy;
    int code;

    if (wrong)
        return refuse(reading, field->name, "is wrong: %s", wrong);
    code = check_length(reading, field, strlen(bytes));
    if (code < 0)
        return code;
    copy = strdup(bytes);
    if (!copy)
        return no_memory(reading);
    free(*text);
    *text = copy;
    return 0;
}

static int read_text(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                     void *into)
{
    if (rp_json_type_of(value) != RP_JSON_STRING)
        return refuse_type(reading, field, "a string", value);
    if (!rp_json_text(value))
        return refuse(reading, field->name, "must not contain a NUL");
    return store_text(reading, field, rp_json_text(value), into);
}

static int read_secret(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                       void *into)
{
    rp_secret **secret = at_offset(field, into);
    size_t len = 0;
    const char *bytes = rp_json_string(value, &len);
    rp_secret *copy;
    int code;

    if (!bytes)
        return refuse_type(reading, field, "a string", value);
    if (!rp_json_text(value))
        return refuse(reading, field->name, "must not contain a NUL");
    code = check_length(reading, field, len);
    if (code < 0)
        return code;
    copy = rp_secret_new(bytes, len);
    if (!copy)
        return no_memory(reading);
    rp_secret_free(*secret);
    *secret = copy;
    return 0;
}

static int read_flag(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                     void *into)
{
    if (!rp_json_boolean(value, at_offset(field, into)))
        return refuse_type(reading, field, "a boolean", value);
    return 0;
}

static uint32_t most_of(const rpkit_attribute *field)
{
    return field->most ? field->most : UINT32_MAX;
}

static int read_count(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                      void *into)
{
    uint32_t *count = at_offset(field, into);
    int64_t number;

    if (!rp_json_integer(value, &number))
        return refuse_type(reading, field, "an integer", value);
    if (number < field->least || number > most_of(field))
        return refuse(reading, field->name, "must be from %u to %u, not %lld", field->least, most_of(field),
                      (long long)number);
    *count = (uint32_t)number;
    return 0;
}

/* Without the value: it may be a secret in the wrong member. */
static int refuse_word(const struct reading *reading, const rpkit_attribute *field)
{
    rp_buffer list = RP_BUFFER(SIZE_MAX / 2);
    _cleanup_(rp_freep) char *words = NULL;

    for (size_t i = 0; field->words[i]; i++)
        rp_buffer_format(&list, "%s\"%s\"", i ? ", " : "", field->words[i]);
    words = rp_buffer_take(&list);
    if (!words)
        return no_memory(reading);
    return refuse(reading, field->name, "must be one of %s", words);
}

static int read_word(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                     void *into)
{
    int *index = at_offset(field, into);
    const char *text = rp_json_text(value);

    if (rp_json_type_of(value) != RP_JSON_STRING)
        return refuse_type(reading, field, "a string", value);
    for (int i = 0; text && field->words[i]; i++)
        if (!strcmp(field->words[i], text)) {
            *index = i;
            return 0;
        }
    return refuse_word(reading, field);
}

static int read_texts(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                      void *into)
{
    size_t count = rp_json_count(value);
    char **texts;

    if (rp_json_type_of(value) != RP_JSON_ARRAY)
        return refuse_type(reading, field, "an array", value);
    for (size_t i = 0; i < count; i++)
        if (!rp_json_text(rp_json_at(value, i)))
            return refuse(reading, field->name, "must be an array of strings without NUL");
    texts = calloc(count + 1, sizeof(*texts));
    if (!texts)
        return no_memory(reading);
    clear_texts(field, into);
    *(char ***)at_offset(field, into) = texts;
    for (size_t i = 0; i < count; i++)
        if (!(texts[i] = strdup(rp_json_text(rp_json_at(value, i)))))
            return no_memory(reading);
    return 0;
}

/* Unknown members */

static bool is_part(const rpkit_attribute *field)
{
    return field->kind == RPKIT_PART;
}

static bool is_known(const rpkit_attribute *fields, const char *name)
{
    for (; fields->name; fields++)
        if (is_part(fields) ? is_known(fields->fields, name) : !strcmp(fields->name, name))
            return true;
    return false;
}

struct likeness {
    const char *name; /* the closest name so far, or NULL */
    size_t distance;  /* of that name, or the maximum */
};

static void look_for_likeness(const rpkit_attribute *fields, const char *name, struct likeness *best)
{
    for (; fields->name; fields++) {
        size_t distance;
        if (is_part(fields)) {
            look_for_likeness(fields->fields, name, best);
            continue;
        }
        distance = fields->computed ? SIZE_MAX : rp_edit_distance(name, fields->name);
        if (distance < best->distance || (!best->name && distance == best->distance))
            *best = (struct likeness){fields->name, distance};
    }
}

/* The known name closest to an unknown one, or NULL. A name that differs in every letter does not count. */
static const char *nearest(const rpkit_attribute *fields, const char *name)
{
    size_t len = strlen(name), allowed = len / 3 > 2 ? len / 3 : 2;
    struct likeness best = {NULL, allowed < len ? allowed : (len ? len - 1 : 0)};

    look_for_likeness(fields, name, &best);
    return best.name;
}

static int refuse_unknown(void *context, const char *name, const rp_json *value)
{
    const struct reading *reading = context;
    _cleanup_(rp_freep) char *path = NULL;
    const char *meant;

    (void)value;
    if (is_known(reading->fields, name))
        return 0;
    path = rpkit_pointer(reading->at, name);
    if (!path)
        return no_memory(reading);
    meant = nearest(reading->fields, name);
    if (!meant)
        return rp_error_set_at(reading->error, RP_E_INVALID, path, "unknown attribute \"%.*s\"",
                               NAME_IN_MESSAGE, name);
    return rp_error_set_at(reading->error, RP_E_INVALID, path,
                           "unknown attribute \"%.*s\" (did you mean \"%s\"?)", NAME_IN_MESSAGE, name, meant);
}

/* Writing */

char rpkit_unknown[sizeof(char *)];

bool rpkit_is_text(const char *bytes, size_t len)
{
    uint32_t letter;

    while (len) {
        size_t step = rp_utf8_read(bytes, len, &letter);
        if (!step || !letter || rp_utf8_is_noncharacter(letter))
            return false;
        bytes += step;
        len -= step;
    }
    return true;
}

static bool is_unknown(const rpkit_attribute *field, const void *from)
{
    return (field->kind == RPKIT_TEXT || field->kind == RPKIT_TEXTS) &&
           *(void *const *)from_offset(field, from) == rpkit_unknown;
}

static bool has_value(const rpkit_attribute *field, const void *from)
{
    const void *at = from_offset(field, from);

    switch (field->kind) {
    case RPKIT_TEXT:
    case RPKIT_TEXTS:
        return *(void *const *)at != NULL;
    case RPKIT_COUNT:
        return !field->least || *(const uint32_t *)at;
    default:
        return true;
    }
}

static void write_text(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    rp_write_text(writer, *(char *const *)from_offset(field, from));
}

static void write_flag(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    rp_write_boolean(writer, *(const bool *)from_offset(field, from));
}

static void write_count(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    rp_write_integer(writer, *(const uint32_t *)from_offset(field, from));
}

static void write_word(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    rp_write_text(writer, field->words[*(const int *)from_offset(field, from)]);
}

static void write_texts(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    rp_write_begin(writer, '[');
    for (char *const *texts = *(char **const *)from_offset(field, from); *texts; texts++)
        rp_write_text(writer, *texts);
    rp_write_end(writer, ']');
}

static void write_part(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    rpkit_attributes_write(field->fields, from_offset(field, from), writer);
}

/* Defaults */

static void set_flag(const rpkit_attribute *field, uint32_t value, void *into)
{
    *(bool *)at_offset(field, into) = value != 0;
}

static void set_count(const rpkit_attribute *field, uint32_t value, void *into)
{
    *(uint32_t *)at_offset(field, into) = value;
}

static void set_word(const rpkit_attribute *field, uint32_t value, void *into)
{
    *(int *)at_offset(field, into) = (int)value;
}

static void clear_part(const rpkit_attribute *field, void *into)
{
    rpkit_attributes_clear(field->fields, at_offset(field, into));
}

/* Schema */

static void write_type(const rpkit_attribute *field, const char *type, attribute_view view,
                       rp_json_writer *writer)
{
    rp_write_name(writer, "type");
    if (!field->nullable || view == VIEW_RECORD) {
        rp_write_text(writer, type);
        return;
    }
    rp_write_begin(writer, '[');
    rp_write_text(writer, type);
    rp_write_text(writer, "null");
    rp_write_end(writer, ']');
}

/* JSON Schema counts characters of up to four bytes, the table bytes: what the schema refuses is too long
   here, too. */
static void describe_length(const rpkit_attribute *field, rp_json_writer *writer)
{
    if (field->key && !field->least)
        rp_write_integer_member(writer, "minLength", 1);
    if (!field->most)
        return;
    if (field->least)
        rp_write_integer_member(writer, "minLength", (field->least - 1) / 4 + 1);
    rp_write_integer_member(writer, "maxLength", field->most);
}

static void describe_text(const rpkit_attribute *field, rp_json_writer *writer)
{
    describe_length(field, writer);
    if (field->pattern)
        rp_write_text_member(writer, "pattern", field->pattern);
    if (field->format)
        rp_write_text_member(writer, "format", field->format);
}

static void describe_secret(const rpkit_attribute *field, rp_json_writer *writer)
{
    describe_length(field, writer);
    rp_write_boolean_member(writer, "x-rp-sensitive", true);
    rp_write_boolean_member(writer, "x-rp-write-only", true);
}

static void describe_flag(const rpkit_attribute *field, rp_json_writer *writer)
{
    if (field->has_default)
        rp_write_boolean_member(writer, "default", field->usual != 0);
}

static void describe_count(const rpkit_attribute *field, rp_json_writer *writer)
{
    rp_write_integer_member(writer, "minimum", field->least);
    rp_write_integer_member(writer, "maximum", most_of(field));
    if (field->has_default)
        rp_write_integer_member(writer, "default", field->usual);
}

static void describe_word(const rpkit_attribute *field, rp_json_writer *writer)
{
    rp_write_name(writer, "enum");
    rp_write_begin(writer, '[');
    for (size_t i = 0; field->words[i]; i++)
        rp_write_text(writer, field->words[i]);
    if (field->nullable)
        rp_write_null(writer);
    rp_write_end(writer, ']');
    if (field->has_default)
        rp_write_text_member(writer, "default", field->words[field->usual]);
}

static void describe_texts(const rpkit_attribute *field, rp_json_writer *writer)
{
    (void)field;
    rp_write_name(writer, "items");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "type", "string");
    rp_write_end(writer, '}');
}

/* The functions of each kind; NULL: nothing to do. */
static const struct {
    const char *schema_type;
    int (*read)(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                void *into);
    void (*write)(const rpkit_attribute *field, const void *from, rp_json_writer *writer);
    void (*describe)(const rpkit_attribute *field, rp_json_writer *writer);
    void (*set)(const rpkit_attribute *field, uint32_t value, void *into);
    void (*clear)(const rpkit_attribute *field, void *into);
} kinds[] = {
    [RPKIT_TEXT] = {"string", read_text, write_text, describe_text, NULL, clear_text},
    [RPKIT_SECRET] = {"string", read_secret, NULL, describe_secret, NULL, clear_secret},
    [RPKIT_FLAG] = {"boolean", read_flag, write_flag, describe_flag, set_flag, NULL},
    [RPKIT_COUNT] = {"integer", read_count, write_count, describe_count, set_count, NULL},
    [RPKIT_WORD] = {"string", read_word, write_word, describe_word, set_word, NULL},
    [RPKIT_TEXTS] = {"array", read_texts, write_texts, describe_texts, NULL, clear_texts},
    [RPKIT_PART] = {NULL, NULL, write_part, NULL, NULL, clear_part},
};

void rpkit_attributes_defaults(const rpkit_attribute *fields, void *into)
{
    for (; fields->name; fields++) {
        if (is_part(fields))
            rpkit_attributes_defaults(fields->fields, at_offset(fields, into));
        else if (fields->has_default && kinds[fields->kind].set)
            kinds[fields->kind].set(fields, fields->usual, into);
    }
}

static bool is_required(const rpkit_attribute *field)
{
    return field->required || field->key;
}

static bool is_id(const rpkit_attribute *field)
{
    return !strcmp(field->name, "id");
}

static bool names_object(const rpkit_attribute *field)
{
    return field->key || is_id(field);
}

/* Of a state of another release only what names the object has to be as the table says. */
static int read_value(const struct reading *reading, const rpkit_attribute *field, const rp_json *value,
                      void *into)
{
    _cleanup_(rp_error_freep) rp_error *fault = NULL;
    struct reading apart = *reading;
    int code;

    if (!(reading->how & RPKIT_READ_NAMING) || names_object(field))
        return kinds[field->kind].read(reading, field, value, into);
    apart.error = &fault;
    code = kinds[field->kind].read(&apart, field, value, into);
    return code == RP_E_NO_MEMORY ? no_memory(reading) : 0;
}

static int read_field(const struct reading *reading, const rpkit_attribute *field, const rp_json *object,
                      void *into)
{
    const rp_json *value = rp_json_get(object, field->name);
    bool not_known_yet = (reading->how & RPKIT_READ_PARTIAL) && rp_json_has(object, field->name);

    if (value && field->computed && !(reading->how & RPKIT_READ_NAMING))
        return refuse(reading, field->name, "is computed: it cannot be set");
    if (value)
        return read_value(reading, field, value, into);
    if (is_required(field) && !not_known_yet && !(reading->how & RPKIT_READ_NAMING))
        return refuse_missing(reading, field->name);
    return 0;
}

static int read_fields(const struct reading *reading, const rpkit_attribute *fields, const rp_json *object,
                       void *into)
{
    int code = 0;

    for (; !code && fields->name; fields++)
        code = is_part(fields) ? read_fields(reading, fields->fields, object, at_offset(fields, into))
                               : read_field(reading, fields, object, into);
    return code;
}

int rpkit_attributes_read(const rpkit_attribute *fields, const rp_json *object, unsigned how, const char *at,
                          void *into, rp_error **error)
{
    struct reading reading = {fields, at, how, error};
    int code = 0;

    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, at, "must be an object, not %s",
                               rp_json_type_name(rp_json_type_of(object)));
    if (!(how & (RPKIT_READ_LENIENT | RPKIT_READ_NAMING)))
        code = rp_json_each(object, refuse_unknown, &reading);
    return code ? code : read_fields(&reading, fields, object, into);
}

void rpkit_attributes_clear(const rpkit_attribute *fields, void *into)
{
    for (; fields->name; fields++) {
        if (kinds[fields->kind].clear)
            kinds[fields->kind].clear(fields, into);
        if (kinds[fields->kind].set)
            kinds[fields->kind].set(fields, 0, into);
    }
}

int rpkit_attributes_set_text(const rpkit_attribute *field, const char *text, const char *at, void *into,
                              rp_error **error)
{
    struct reading reading = {NULL, at, 0, error};

    return store_text(&reading, field, text, into);
}

const rpkit_attribute *rpkit_attributes_find(const rpkit_attribute *fields, const char *name)
{
    for (; fields->name; fields++)
        if (!is_part(fields) && !strcmp(fields->name, name))
            return fields;
    return NULL;
}

static bool is_in_state(const rpkit_attribute *field)
{
    return kinds[field->kind].write && !field->write_only;
}

static void write_field(const rpkit_attribute *field, const void *from, rp_json_writer *writer)
{
    bool valued = has_value(field, from);

    if (is_unknown(field, from) || (!valued && !field->nullable))
        return;
    rp_write_name(writer, field->name);
    if (valued)
        kinds[field->kind].write(field, from, writer);
    else
        rp_write_null(writer);
}

void rpkit_attributes_write(const rpkit_attribute *fields, const void *from, rp_json_writer *writer)
{
    for (; fields->name; fields++) {
        if (is_part(fields))
            write_part(fields, from, writer);
        else if (is_in_state(fields))
            write_field(fields, from, writer);
    }
}

void rpkit_attributes_write_fitting(const rpkit_attribute *fields, const void *from, rp_json_writer *writer)
{
    for (; fields->name; fields++) {
        rp_json_writer before = *writer;
        size_t len = writer->out->len;
        if (is_part(fields))
            rpkit_attributes_write_fitting(fields->fields, from_offset(fields, from), writer);
        else if (is_in_state(fields))
            write_field(fields, from, writer);
        if (rp_buffer_ok(writer->out))
            continue;
        rp_buffer_cut(writer->out, len);
        *writer = before;
    }
}

static void write_property(const rpkit_attribute *field, attribute_view view, rp_json_writer *writer)
{
    rp_write_name(writer, field->name);
    rp_write_begin(writer, '{');
    write_type(field, kinds[field->kind].schema_type, view, writer);
    if (field->about)
        rp_write_text_member(writer, "description", field->about);
    kinds[field->kind].describe(field, writer);
    if (field->sensitive && field->kind != RPKIT_SECRET)
        rp_write_boolean_member(writer, "x-rp-sensitive", true);
    if (field->write_only && field->kind != RPKIT_SECRET)
        rp_write_boolean_member(writer, "x-rp-write-only", true);
    if (field->computed)
        rp_write_boolean_member(writer, "x-rp-computed", true);
    if (field->force_new || field->key)
        rp_write_boolean_member(writer, "x-rp-force-new", true);
    rp_write_end(writer, '}');
}

static bool is_shown(const rpkit_attribute *field, attribute_view view)
{
    switch (view) {
    case VIEW_RECORD:
        return !field->computed;
    case VIEW_STATE:
        return is_in_state(field);
    default:
        return true;
    }
}

static void write_properties(const rpkit_attribute *fields, attribute_view view, rp_json_writer *writer)
{
    for (; fields->name; fields++) {
        if (is_part(fields))
            write_properties(fields->fields, view, writer);
        else if (is_shown(fields, view))
            write_property(fields, view, writer);
    }
}

static void write_required(const rpkit_attribute *fields, attribute_view view, rp_json_writer *writer)
{
    for (; fields->name; fields++) {
        if (is_part(fields))
            write_required(fields->fields, view, writer);
        else if (is_shown(fields, view) && (view == VIEW_STATE ? names_object(fields) : is_required(fields)))
            rp_write_text(writer, fields->name);
    }
}

/* The id that the kit makes where the table has none. */
static const rpkit_attribute made_id = {
    .name = "id", .kind = RPKIT_TEXT, .computed = true, .about = "Names the object; made of its key."};

void rpkit_attributes_schema(const rpkit_attribute *fields, attribute_view view, rp_json_writer *writer)
{
    bool makes_id = view == VIEW_STATE && !rpkit_attributes_find(fields, "id");

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "type", "object");
    rp_write_name(writer, "properties");
    rp_write_begin(writer, '{');
    if (makes_id)
        write_property(&made_id, view, writer);
    write_properties(fields, view, writer);
    rp_write_end(writer, '}');
    rp_write_name(writer, "required");
    rp_write_begin(writer, '[');
    if (makes_id)
        rp_write_text(writer, made_id.name);
    write_required(fields, view, writer);
    rp_write_end(writer, ']');
    rp_write_boolean_member(writer, "additionalProperties", false);
    rp_write_end(writer, '}');
}
