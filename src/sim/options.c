#include "sim/options.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool same_name(const char *name, const char *given)
{
    while (*name && (*name == *given || (*name == '-' && *given == '_')))
        name++, given++;
    return !*name && !*given;
}

const sim_option *sim_option_find(const sim_option *table, const char *name)
{
    for (const sim_option *row = table; row->name; row++) {
        if (same_name(row->name, name))
            return row;
    }
    return NULL;
}

static const char *nearest(const sim_option *table, const char *name)
{
    const char *best = table->name;

    for (const sim_option *row = table; row->name; row++) {
        if (rp_edit_distance(row->name, name) < rp_edit_distance(best, name))
            best = row->name;
    }
    return best;
}

static bool parse_flag(const char *text, bool *out)
{
    *out = !strcmp(text, "yes") || !strcmp(text, "true");
    return *out || !strcmp(text, "no") || !strcmp(text, "false");
}

static bool parse_count(const char *text, uint32_t *out)
{
    unsigned long long value;
    char *end = NULL;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno || *end || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool parse_number(const char *text, int32_t *out)
{
    bool is_negative = *text == '-';
    uint32_t value;

    if (!parse_count(text + is_negative, &value) || value > INT32_MAX)
        return false;
    *out = is_negative ? -(int32_t)value : (int32_t)value;
    return true;
}

static bool parse_word(const char *const *words, const char *text, int *out)
{
    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], text)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static void add_words(const sim_option *row, const char *between, rp_buffer *out)
{
    for (int i = 0; row->words[i]; i++) {
        rp_buffer_add_text(out, i ? between : "");
        rp_buffer_add_text(out, row->words[i]);
    }
}

static int refuse(const sim_option *row, const char *text, rp_error **error)
{
    static const char *const ranges[] = {[SIM_FLAG] = "yes, no",
                                         [SIM_COUNT] = "a number from 0 to 4294967295",
                                         [SIM_NUMBER] = "a number from -2147483647 to 2147483647"};
    _cleanup_(rp_buffer_done) rp_buffer wanted = RP_BUFFER(4096);

    if (row->kind == SIM_WORD)
        add_words(row, ", ", &wanted);
    else
        rp_buffer_add_text(&wanted, ranges[row->kind]);
    return rp_error_set(error, RP_E_INVALID, "%s: \"%s\" is none of: %s", row->name, text,
                        rp_buffer_text(&wanted));
}

static int store_text(char **into, const char *text, rp_error **error)
{
    char *copy = strdup(text);

    if (!copy)
        return rp_error_no_memory(error);
    free(*into);
    *into = copy;
    return 0;
}

static int set(const sim_option *row, void *into, const char *text, rp_error **error)
{
    void *at = into ? (char *)into + row->offset : NULL;
    union {
        bool flag;
        uint32_t count;
        int32_t number;
        int word;
    } scrap;

    switch (row->kind) {
    case SIM_FLAG:
        return parse_flag(text, at ? at : &scrap.flag) ? 0 : refuse(row, text, error);
    case SIM_COUNT:
        return parse_count(text, at ? at : &scrap.count) ? 0 : refuse(row, text, error);
    case SIM_NUMBER:
        return parse_number(text, at ? at : &scrap.number) ? 0 : refuse(row, text, error);
    case SIM_WORD:
        return parse_word(row->words, text, at ? at : &scrap.word) ? 0 : refuse(row, text, error);
    case SIM_TEXT:
        break;
    }
    return at ? store_text(at, text, error) : 0;
}

int sim_option_set(const sim_option *table, void *into, const char *name, const char *text, rp_error **error)
{
    const sim_option *row = sim_option_find(table, name);

    if (!row)
        return rp_error_set(error, RP_E_INVALID, "unknown name \"%s\" (did you mean \"%s\"?)", name,
                            nearest(table, name));
    /* A wrong flag would be stored as false before it is refused. */
    if (set(row, NULL, text, error) < 0)
        return RP_E_INVALID;
    return into ? set(row, into, text, error) : 0;
}

int sim_options_defaults(const sim_option *table, void *into, rp_error **error)
{
    for (const sim_option *row = table; row->name; row++) {
        if (set(row, into, row->usual, error) < 0)
            return RP_E_NO_MEMORY;
    }
    return 0;
}

void sim_options_clear(const sim_option *table, void *into)
{
    for (const sim_option *row = table; row->name; row++) {
        if (row->kind == SIM_TEXT)
            free(rp_take(*(char **)(void *)((char *)into + row->offset)));
    }
}

struct reading {
    const sim_option *table;
    void *into;
    rp_error **error;
};

/* An integer or boolean is set by its text, like everything else. */
static int read_member(void *context, const char *name, const rp_json *value)
{
    struct reading *reading = context;
    const char *text = rp_json_text(value);
    char printed[32];
    int64_t integer;
    bool flag;

    if (rp_json_integer(value, &integer)) {
        snprintf(printed, sizeof(printed), "%lld", (long long)integer);
        text = printed;
    } else if (rp_json_boolean(value, &flag)) {
        text = flag ? "yes" : "no";
    }
    if (!text)
        return rp_error_set(reading->error, RP_E_INVALID, "%s: expected a string, an integer or a boolean",
                            name);
    return sim_option_set(reading->table, reading->into, name, text, reading->error);
}

int sim_options_read(const sim_option *table, void *into, const rp_json *object, rp_error **error)
{
    struct reading checking = {table, NULL, error}, storing = {table, into, error};
    int failed;

    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return rp_error_set(error, RP_E_INVALID, "expected an object");
    failed = rp_json_each(object, read_member, &checking);
    return failed ? failed : rp_json_each(object, read_member, &storing);
}

static void write_value(const sim_option *row, const void *from, rp_json_writer *writer)
{
    const void *at = (const char *)from + row->offset;

    switch (row->kind) {
    case SIM_FLAG:
        rp_write_boolean(writer, *(const bool *)at);
        break;
    case SIM_COUNT:
        rp_write_integer(writer, *(const uint32_t *)at);
        break;
    case SIM_NUMBER:
        rp_write_integer(writer, *(const int32_t *)at);
        break;
    case SIM_WORD:
        rp_write_text(writer, row->words[*(const int *)at]);
        break;
    case SIM_TEXT:
        rp_write_text(writer, *(char *const *)at);
        break;
    }
}

void sim_options_write(const sim_option *table, const void *from, rp_json_writer *writer)
{
    for (const sim_option *row = table; row->name; row++) {
        char name[64] = "";
        for (size_t i = 0; row->name[i] && i < sizeof(name) - 1; i++)
            name[i] = row->name[i] == '-' ? '_' : row->name[i];
        rp_write_name(writer, name);
        write_value(row, from, writer);
    }
}

/* The words, in lines of at most so many columns. */
static void add_wrapped(const char *text, rp_buffer *out)
{
    size_t column = 0, len;

    for (; *text; text += len + strspn(text + len, " ")) {
        len = strcspn(text, " ");
        if (column && column + 1 + len > 74)
            column = 0;
        rp_buffer_add_text(out, column ? " " : "\n      ");
        rp_buffer_add(out, text, len);
        column += len + (column > 0);
    }
}

void sim_options_help(const sim_option *table, const char *before, rp_buffer *out)
{
    static const char *const kinds[] = {
        [SIM_FLAG] = "yes|no", [SIM_COUNT] = "N", [SIM_NUMBER] = "N", [SIM_TEXT] = "TEXT"};

    for (const sim_option *row = table; row->name; row++) {
        rp_buffer_format(out, "  %s%s ", before, row->name);
        if (row->kind == SIM_WORD)
            add_words(row, "|", out);
        else
            rp_buffer_add_text(out, kinds[row->kind]);
        if (*row->usual)
            rp_buffer_format(out, " (%s)", row->usual);
        add_wrapped(row->about, out);
        rp_buffer_add_char(out, '\n');
    }
}
