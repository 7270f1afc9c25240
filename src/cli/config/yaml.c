#include "cli/config/yaml.h"

#include "base/text.h"
#include "cli/array.h"
#include "cli/name_index.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define MAX_INTEGER ((1ll << 53) - 1)

typedef struct reading {
    yaml_parser_t parser;
    const char *file;
    const char *text;
    size_t len;
} reading;

static void end_reading(reading *from)
{
    yaml_parser_delete(&from->parser);
}

int rp_error_at(rp_error **error, const char *file, rp_mark mark, const char *format, ...)
{
    _cleanup_(rp_freep) char *words = NULL;
    char place[32];
    va_list arguments;
    int made;

    va_start(arguments, format);
    made = vasprintf(&words, format, arguments);
    va_end(arguments);
    if (made < 0) {
        words = NULL;
        return rp_error_no_memory(error);
    }
    snprintf(place, sizeof(place), "%u:%u", mark.line, mark.column);
    return rp_error_set_at(error, RP_E_INVALID, place, "%s:%s: %s", file, place, words);
}

bool rp_error_mark(const rp_error *error, rp_mark *mark, const char **words)
{
    _cleanup_(rp_freep) char *place = NULL;
    const char *found;

    if (!error->path || sscanf(error->path, "%u:%u", &mark->line, &mark->column) != 2)
        return false;
    place = rp_format(":%s: ", error->path);
    found = place ? strstr(error->message, place) : NULL;
    *words = found ? found + strlen(place) : error->message;
    return true;
}

static rp_mark mark_of(yaml_mark_t mark)
{
    return (rp_mark){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* What the library says, in the words of somebody who looks at a file. */
static const struct {
    const char *said, *meant;
} problems[] = {
    {"mapping values are not allowed",
     "a value cannot start here: check the indentation of this line and the "
     "one before, or put a text that has \": \" in it in quotes"},
    {"did not find expected key",
     "the indentation fits no line above, or a ',' or closing bracket is missing"},
    {"could not find expected ':'", "a name must be followed by \": \""},
    {"did not find expected '-' indicator", "this line is indented like the list, but is no element \"- …\""},
    {"did not find expected ',' or '}'", "a ',' or '}' is missing; ${…} within {…} or […] must be in quotes"},
    {"did not find expected ',' or ']'", "a ',' or ']' is missing; ${…} within {…} or […] must be in quotes"},
    {"found unexpected end of stream", "the text in quotes that starts before this is never closed"},
    {"found unknown escape character", "there is no such escape: within '…' a backslash is only itself"},
};

static const char *in_words(const char *said)
{
    for (size_t i = 0; said && i < rp_count_of(problems); i++)
        if (strstr(said, problems[i].said))
            return problems[i].meant;
    return said ? said : "it cannot be read";
}

/* The mark's index counts characters, so the place is looked up by line and column. */
static bool is_tab(const reading *from, yaml_mark_t mark)
{
    const char *at = from->text, *end = from->text + from->len;

    for (size_t line = 0; at && line < mark.line; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return at && memchr(at, '\t', strcspn(at, "\n")) == at + strspn(at, " ");
}

static int refuse(const reading *from, rp_error **error)
{
    const yaml_parser_t *parser = &from->parser;

    if (parser->error == YAML_MEMORY_ERROR)
        return rp_error_no_memory(error);
    if (parser->error == YAML_READER_ERROR)
        return rp_error_set(error, RP_E_INVALID, "%s: byte %zu: %s: it must be text in UTF-8", from->file,
                            parser->problem_offset, parser->problem);
    if (is_tab(from, parser->problem_mark))
        return rp_error_at(error, from->file, mark_of(parser->problem_mark),
                           "a tab cannot indent: use spaces");
    return rp_error_at(error, from->file, mark_of(parser->problem_mark), "%s", in_words(parser->problem));
}

static int next_event(reading *from, yaml_event_t *event, rp_error **error)
{
    return yaml_parser_parse(&from->parser, event) ? 0 : refuse(from, error);
}

static bool all_of(const char *text, const char *set)
{
    return *text && !text[strspn(text, set)];
}

static const char *after_sign(const char *text)
{
    return text + (*text == '+' || *text == '-');
}

/* 0 if it is no integer, else its base. */
static int base_of(const char *text)
{
    if (rp_starts_with(text, "0x") && all_of(text + 2, "0123456789abcdefABCDEF"))
        return 16;
    if (rp_starts_with(text, "0o") && all_of(text + 2, "01234567"))
        return 8;
    return all_of(after_sign(text), "0123456789") ? 10 : 0;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_number(const char *text)
{
    const char *start = after_sign(text), *at = start;
    size_t before = strspn(at, "0123456789"), after = 0;

    at += before;
    if (*at == '.') {
        after = strspn(at + 1, "0123456789");
        at += 1 + after;
    }
    if (!before && !after)
        return false;
    if (*at == 'e' || *at == 'E')
        return all_of(after_sign(at + 1), "0123456789");
    return !*at;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(text, *words))
            return true;
    return false;
}

/* Puts a number in JSON's spelling, and keeps the other one where they differ. */
static int respell(rp_yaml *node, char *spelt, rp_error **error)
{
    if (!spelt)
        return rp_error_no_memory(error);
    if (!strcmp(spelt, node->text)) {
        free(spelt);
        return 0;
    }
    node->written = node->text;
    node->text = spelt;
    return 0;
}

static int type_integer(const reading *from, rp_yaml *node, int base, rp_error **error)
{
    long long value;

    errno = 0;
    value = strtoll(node->text + (base == 10 ? 0 : 2), NULL, base);
    if (errno || value > MAX_INTEGER || value < -MAX_INTEGER)
        return rp_error_at(error, from->file, node->mark,
                           "%s is too large for a number: put it in quotes if it is a text", node->text);
    node->kind = RP_YAML_INTEGER;
    return respell(node, rp_format("%lld", value), error);
}

/* The shortest spelling that is the same number. */
static char *spell_number(double value)
{
    char spelt[40] = "";

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(spelt, sizeof(spelt), "%.*g", digits, value);
        if (strtod(spelt, NULL) == value)
            break;
    }
    return strdup(spelt);
}

static int type_number(const reading *from, rp_yaml *node, rp_error **error)
{
    double value = strtod(node->text, NULL);

    if (!isfinite(value))
        return rp_error_at(error, from->file, node->mark,
                           "%s is too large for a number: put it in quotes if it is a text", node->text);
    node->kind = RP_YAML_NUMBER;
    return respell(node, spell_number(value), error);
}

static int type_plain(const reading *from, rp_yaml *node, rp_error **error)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const booleans[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    static const char *const beyond[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};
    int base = base_of(node->text);

    if (is_one_of(node->text, nulls))
        node->kind = RP_YAML_NULL;
    else if (is_one_of(node->text, booleans))
        node->kind = RP_YAML_BOOLEAN;
    else if (base)
        return type_integer(from, node, base, error);
    else if (is_number(node->text))
        return type_number(from, node, error);
    else if (is_one_of(after_sign(node->text), beyond))
        return rp_error_at(error, from->file, node->mark,
                           "%s is no number here: put it in quotes if it is a text", node->text);
    return 0;
}

int rp_yaml_type_plain(const char *file, rp_yaml *node, rp_error **error)
{
    const reading from = {.file = file};

    return type_plain(&from, node, error);
}

static bool is_foreign_tag(const yaml_char_t *tag)
{
    return tag && *tag;
}

static int check_properties(const reading *from, const yaml_event_t *event, const yaml_char_t *anchor,
                            const yaml_char_t *tag, rp_error **error)
{
    rp_mark mark = mark_of(event->start_mark);

    if (anchor)
        return rp_error_at(error, from->file, mark,
                           "anchors (&%s) are not supported: write the value out, or use for_each", anchor);
    if (is_foreign_tag(tag))
        return rp_error_at(error, from->file, mark, "tags (%s) are not supported: a text is put in quotes",
                           tag);
    return 0;
}

static int read_scalar(const reading *from, const yaml_event_t *event, rp_yaml *node, rp_error **error)
{
    const char *value = (const char *)event->data.scalar.value;
    int failed = check_properties(from, event, event->data.scalar.anchor, event->data.scalar.tag, error);

    if (failed)
        return failed;
    if (strlen(value) != event->data.scalar.length)
        return rp_error_at(error, from->file, node->mark, "a text cannot hold a NUL character");
    node->kind = RP_YAML_STRING;
    node->text = strdup(value);
    if (!node->text)
        return rp_error_no_memory(error);
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? type_plain(from, node, error) : 0;
}

static int read_value(reading *from, const yaml_event_t *event, unsigned depth, rp_yaml *node,
                      rp_error **error);

/* A zeroed element at the end; the caller fills it in. */
static rp_yaml *add_item(rp_yaml *node)
{
    rp_yaml *items = rp_array_grow(node->items, node->count, sizeof(*items));

    if (!items)
        return NULL;
    node->items = items;
    items[node->count] = (rp_yaml){0};
    return &items[node->count++];
}

static int read_list(reading *from, unsigned depth, rp_yaml *node, rp_error **error)
{
    int failed = 0;

    node->kind = RP_YAML_LIST;
    while (!failed) {
        _cleanup_(yaml_event_delete) yaml_event_t event = {0};
        rp_yaml *item;

        failed = next_event(from, &event, error);
        if (failed || event.type == YAML_SEQUENCE_END_EVENT)
            break;
        item = add_item(node);
        failed = item ? read_value(from, &event, depth + 1, item, error) : rp_error_no_memory(error);
    }
    return failed;
}

static int read_name(const reading *from, const yaml_event_t *event, rp_yaml *member, rp_error **error)
{
    rp_yaml name = {.mark = mark_of(event->start_mark)};
    int failed;

    if (event->type != YAML_SCALAR_EVENT)
        return rp_error_at(error, from->file, name.mark,
                           "a name is needed here, not a list, a map or a reference; ${…} must be in quotes");
    failed = read_scalar(from, event, &name, error);
    member->name = name.written ? name.written : name.text;
    if (name.written)
        free(name.text);
    member->name_mark = name.mark;
    return failed;
}

static int read_member(reading *from, unsigned depth, const yaml_event_t *named, rp_yaml *node,
                       rp_error **error)
{
    _cleanup_(yaml_event_delete) yaml_event_t event = {0};
    rp_yaml *member = add_item(node);
    int failed = member ? read_name(from, named, member, error) : rp_error_no_memory(error);

    if (!failed)
        failed = next_event(from, &event, error);
    return failed ? failed : read_value(from, &event, depth + 1, member, error);
}

static int check_names(const reading *from, const rp_yaml *map, rp_error **error)
{
    _cleanup_(rp_name_index_done) rp_name_index names = {0};
    size_t first = 0;

    for (size_t i = 0; i < map->count; i++) {
        if (!rp_name_index_add(&names, map->items[i].name, i, &first))
            return rp_error_no_memory(error);
        if (first != i)
            return rp_error_at(error, from->file, map->items[i].name_mark,
                               "\"%s\" is given twice, first in line %u", map->items[i].name,
                               map->items[first].name_mark.line);
    }
    return 0;
}

static int read_map(reading *from, unsigned depth, rp_yaml *node, rp_error **error)
{
    int failed = 0;

    node->kind = RP_YAML_MAP;
    while (!failed) {
        _cleanup_(yaml_event_delete) yaml_event_t event = {0};

        failed = next_event(from, &event, error);
        if (failed || event.type == YAML_MAPPING_END_EVENT)
            break;
        failed = read_member(from, depth, &event, node, error);
    }
    return failed ? failed : check_names(from, node, error);
}

static int read_value(reading *from, const yaml_event_t *event, unsigned depth, rp_yaml *node,
                      rp_error **error)
{
    int failed = 0;

    node->mark = mark_of(event->start_mark);
    if (depth > RP_YAML_MAX_DEPTH)
        return rp_error_at(error, from->file, node->mark, "more than %u levels", RP_YAML_MAX_DEPTH);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(from, event, node, error);
    case YAML_SEQUENCE_START_EVENT:
        failed = check_properties(from, event, event->data.sequence_start.anchor,
                                  event->data.sequence_start.tag, error);
        return failed ? failed : read_list(from, depth, node, error);
    case YAML_MAPPING_START_EVENT:
        failed = check_properties(from, event, event->data.mapping_start.anchor,
                                  event->data.mapping_start.tag, error);
        return failed ? failed : read_map(from, depth, node, error);
    default:
        return rp_error_at(error, from->file, node->mark,
                           "references (*name) are not supported: write the value out, or use for_each");
    }
}

/* The next event of one of these types; others are the stream's own. */
static int skip_to(reading *from, yaml_event_type_t type, yaml_event_t *event, rp_error **error)
{
    int failed = next_event(from, event, error);

    while (!failed && event->type != type && event->type != YAML_STREAM_END_EVENT) {
        yaml_event_delete(event);
        failed = next_event(from, event, error);
    }
    return failed;
}

static int read_document(reading *from, rp_yaml *document, rp_error **error)
{
    _cleanup_(yaml_event_delete) yaml_event_t start = {0}, value = {0}, more = {0};
    int failed = skip_to(from, YAML_DOCUMENT_START_EVENT, &start, error);

    if (failed)
        return failed;
    if (start.type == YAML_STREAM_END_EVENT)
        return rp_error_at(error, from->file, (rp_mark){1, 1}, "there is nothing in it");
    failed = next_event(from, &value, error);
    if (!failed)
        failed = read_value(from, &value, 1, document, error);
    if (!failed)
        failed = skip_to(from, YAML_DOCUMENT_START_EVENT, &more, error);
    if (!failed && more.type == YAML_DOCUMENT_START_EVENT)
        return rp_error_at(error, from->file, mark_of(more.start_mark),
                           "a second document starts here: a file has one");
    return failed;
}

int rp_yaml_parse(const char *file, const char *text, size_t len, rp_yaml *document, rp_error **error)
{
    _cleanup_(end_reading) reading from = {.file = file, .text = text, .len = len};
    rp_yaml made = {0};
    int failed;

    if (len > RP_YAML_MAX_BYTES)
        return rp_error_set(error, RP_E_INVALID, "%s: longer than %u bytes", file, RP_YAML_MAX_BYTES);
    if (!yaml_parser_initialize(&from.parser))
        return rp_error_no_memory(error);
    yaml_parser_set_encoding(&from.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&from.parser, (const unsigned char *)text, len);
    failed = read_document(&from, &made, error);
    if (failed)
        rp_yaml_done(&made);
    else
        *document = made;
    return failed;
}

/* No deeper than the parser let it become. */
void rp_yaml_done(rp_yaml *node)
{
    for (size_t i = 0; i < node->count; i++)
        rp_yaml_done(&node->items[i]);
    free(node->items);
    free(node->text);
    free(node->written);
    free(node->name);
    *node = (rp_yaml){0};
}

const rp_yaml *rp_yaml_get(const rp_yaml *map, const char *name)
{
    for (size_t i = 0; map && map->kind == RP_YAML_MAP && i < map->count; i++)
        if (!strcmp(map->items[i].name, name))
            return &map->items[i];
    return NULL;
}

/* One step of a pointer (RFC 6901), unescaped: ~1 is '/', ~0 is '~'. */
static const rp_yaml *step(const rp_yaml *from, const char *token, size_t len)
{
    char name[256];
    size_t used = 0;

    for (size_t i = 0; i < len && used < sizeof(name) - 1; i++) {
        bool escaped = token[i] == '~' && i + 1 < len;
        name[used++] = !escaped ? token[i] : token[i + 1] == '1' ? '/' : '~';
        i += escaped;
    }
    name[used] = '\0';
    if (from->kind == RP_YAML_LIST && all_of(name, "0123456789") && strtoul(name, NULL, 10) < from->count)
        return &from->items[strtoul(name, NULL, 10)];
    return rp_yaml_get(from, name);
}

const rp_yaml *rp_yaml_at(const rp_yaml *root, const char *pointer)
{
    while (pointer && *pointer == '/') {
        size_t len = strcspn(pointer + 1, "/");
        const rp_yaml *found = step(root, pointer + 1, len);

        if (!found)
            break;
        root = found;
        pointer += 1 + len;
    }
    return root;
}

const char *rp_yaml_kind_name(rp_yaml_kind kind)
{
    static const char *const names[] = {"null",     "true or false", "a whole number", "a number",
                                        "a string", "a list",        "a map"};

    return names[kind];
}
