#include "cli/config/for_each_file.h"

#include "base/buffer.h"
#include "base/text.h"
#include "cli/array.h"
#include "cli/name_index.h"

#include <string.h>

#define MAX_FIELD (1u << 20)

/* A CSV file as it is read (RFC 4180). */
typedef struct reading {
    const char *file, *at, *end;
    unsigned line;
    rp_yaml *values;
    rp_yaml header;      /* a list */
    rp_name_index names; /* of the rows */
} reading;

static rp_yaml *add_item(rp_yaml *node)
{
    rp_yaml *items = rp_array_grow(node->items, node->count, sizeof(*items));

    if (!items)
        return NULL;
    node->items = items;
    items[node->count] = (rp_yaml){0};
    return &items[node->count++];
}

static int read_quoted(reading *from, rp_buffer *out, rp_error **error)
{
    unsigned line = from->line;

    for (from->at++; from->at < from->end; from->at++) {
        from->line += *from->at == '\n';
        if (*from->at != '"') {
            rp_buffer_add_char(out, *from->at);
        } else if (from->at + 1 < from->end && from->at[1] == '"') {
            rp_buffer_add_char(out, '"');
            from->at++;
        } else {
            from->at++;
            return 0;
        }
    }
    return rp_error_set(error, RP_E_INVALID, "%s:%u: the quotes that start here are never closed", from->file,
                        line);
}

static bool is_end_of_field(const reading *from)
{
    return from->at == from->end || strchr(",\r\n", *from->at);
}

/* Without quotes a value has a type as in YAML. */
static int read_field(reading *from, rp_yaml *node, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_FIELD);
    bool quoted = from->at < from->end && *from->at == '"';
    int failed = quoted ? read_quoted(from, &text, error) : 0;

    if (failed)
        return failed;
    for (; !is_end_of_field(from); from->at++) {
        if (quoted)
            return rp_error_set(error, RP_E_INVALID, "%s:%u: text behind the closing quote", from->file,
                                from->line);
        rp_buffer_add_char(&text, *from->at);
    }
    node->kind = RP_YAML_STRING;
    node->text = text.len ? rp_buffer_take(&text) : strdup("");
    if (!node->text)
        return rp_error_no_memory(error);
    return quoted ? 0 : rp_yaml_type_plain(from->file, node, error);
}

static void end_line(reading *from)
{
    from->at += from->at < from->end && *from->at == '\r';
    from->line += from->at < from->end && *from->at == '\n';
    from->at += from->at < from->end && *from->at == '\n';
}

static int read_row(reading *from, rp_yaml *row, rp_error **error)
{
    int failed = 0;

    for (;;) {
        rp_yaml *field = add_item(row);
        failed = field ? read_field(from, field, error) : rp_error_no_memory(error);
        if (failed || from->at == from->end || *from->at != ',')
            break;
        from->at++;
    }
    end_line(from);
    return failed;
}

static const char *written(const rp_yaml *field)
{
    return field->written ? field->written : field->text;
}

/* Moves the fields of a row under the names of the header. */
static int name_fields(reading *from, unsigned line, rp_yaml *row, rp_error **error)
{
    rp_yaml *value;
    size_t first;

    if (row->count != from->header.count)
        return rp_error_set(error, RP_E_INVALID, "%s:%u: %zu fields, and the header has %zu", from->file,
                            line, row->count, from->header.count);
    value = add_item(from->values);
    if (!value)
        return rp_error_no_memory(error);
    value->kind = RP_YAML_MAP;
    value->name = strdup(written(&row->items[0]));
    value->items = rp_take(row->items);
    value->count = row->count;
    row->count = 0;
    for (size_t i = 0; i < value->count; i++) {
        value->items[i].name = strdup(written(&from->header.items[i]));
        if (!value->items[i].name)
            return rp_error_no_memory(error);
    }
    if (!value->name)
        return rp_error_no_memory(error);
    if (!rp_name_index_add(&from->names, value->name, from->values->count, &first))
        return rp_error_no_memory(error);
    if (first != from->values->count)
        return rp_error_set(error, RP_E_INVALID, "%s:%u: \"%s\" is given twice", from->file, line,
                            value->name);
    return 0;
}

static int read_csv(reading *from, rp_error **error)
{
    int failed = read_row(from, &from->header, error);

    from->values->kind = RP_YAML_MAP;
    while (!failed && from->at < from->end) {
        rp_yaml row = {.kind = RP_YAML_LIST};
        unsigned line = from->line;
        bool empty = *from->at == '\r' || *from->at == '\n';
        if (empty) {
            end_line(from);
            continue;
        }
        failed = read_row(from, &row, error);
        if (!failed)
            failed = name_fields(from, line, &row, error);
        rp_yaml_done(&row);
    }
    return failed;
}

/* Messages point to the configuration. */
static void mark_all(rp_yaml *node, rp_mark mark)
{
    node->mark = node->name_mark = mark;
    for (size_t i = 0; i < node->count; i++)
        mark_all(&node->items[i], mark);
}

static bool is_csv(const char *file)
{
    size_t len = strlen(file);

    return len > 4 && !rp_compare_any_case(file + len - 4, ".csv");
}

int rp_for_each_read(const char *file, const char *text, size_t len, rp_mark mark, rp_yaml *values,
                     rp_error **error)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t skipped = len >= 3 && !memcmp(text, byte_order_mark, 3) ? 3 : 0;
    reading from = {.file = file,
                    .at = text + skipped,
                    .end = text + len,
                    .line = 1,
                    .values = values,
                    .header = {.kind = RP_YAML_LIST}};
    int failed =
        is_csv(file) ? read_csv(&from, error) : rp_yaml_parse(file, from.at, len - skipped, values, error);

    rp_yaml_done(&from.header);
    rp_name_index_done(&from.names);
    if (!failed && values->kind != RP_YAML_MAP && values->kind != RP_YAML_LIST)
        failed = rp_error_set(error, RP_E_INVALID, "%s must be a map or a list of names, and is %s", file,
                              rp_yaml_kind_name(values->kind));
    if (failed)
        rp_yaml_done(values);
    else
        mark_all(values, mark);
    return failed;
}
