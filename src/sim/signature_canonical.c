#include "sim/signature_canonical.h"

#include "base/encoding.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* More parameters than this fail the buffer, as a lack of memory does. */
#define MAX_PARAMETERS 1024u

/* Decodes one byte, literal or %XX, and moves *at past it. */
static unsigned char next_byte(const char **at, const char *end)
{
    const char *c = (*at)++;

    if (*c != '%' || end - c < 3 || rp_hex_digit(c[1]) < 0 || rp_hex_digit(c[2]) < 0)
        return (unsigned char)*c;
    *at = c + 3;
    return (unsigned char)(rp_hex_digit(c[1]) * 16 + rp_hex_digit(c[2]));
}

/* Decodes what was sent and encodes it as signers do, who know only the decoded form. In a query "+" is a
   space. */
static void encode(const char *text, size_t len, bool plus_is_space, rp_buffer *out)
{
    const char *at = text, *end = text + len;

    while (at < end) {
        bool is_plus = plus_is_space && *at == '+';
        char byte = (char)next_byte(&at, end);
        rp_buffer_add_percent_encoded(out, is_plus ? " " : &byte, 1);
    }
}

/* Takes "/segment" off the end; the slash before it stays. */
static void drop_segment(rp_buffer *out, size_t start)
{
    if (!rp_buffer_ok(out) || out->len - start < 2)
        return;
    do
        out->len--;
    while (out->len - start > 1 && out->data[out->len - 1] != '/');
    out->data[out->len] = '\0';
}

static void add_segment(const char *segment, size_t len, const sim_canonical_rules *rules, size_t start,
                        rp_buffer *out)
{
    bool is_dot = len == 1 && segment[0] == '.';
    bool is_up = len == 2 && segment[0] == '.' && segment[1] == '.';

    if (rules->clean_path && is_up)
        drop_segment(out, start);
    else if (!rules->clean_path || (len && !is_dot)) {
        encode(segment, len, false, out);
        rp_buffer_add_char(out, '/');
    }
}

void sim_canonical_path(const char *target, const sim_canonical_rules *rules, rp_buffer *out)
{
    const char *end = target + strcspn(target, "?"), *at = target + (*target == '/');
    size_t start = out->len;

    rp_buffer_add_char(out, '/');
    while (at < end) {
        size_t len = strcspn(at, "/?");
        add_segment(at, len, rules, start, out);
        at += len;
        at += at < end;
    }
}

/* A query's parameters, encoded. */
struct parameter {
    const char *name, *value;
    size_t place; /* as sent */
};

struct parameters {
    rp_buffer text;
    struct parameter *list;
    size_t n;
};

static void parameters_done(struct parameters *parameters)
{
    rp_buffer_done(&parameters->text);
    free(parameters->list);
}

/* Appends name and value, each with a NUL behind it. */
static void add_parameter(struct parameters *parameters, const char *pair, size_t len)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals ? (size_t)(equals - pair) : len;

    encode(pair, name_len, true, &parameters->text);
    rp_buffer_add_char(&parameters->text, '\0');
    if (equals)
        encode(equals + 1, len - name_len - 1, true, &parameters->text);
    rp_buffer_add_char(&parameters->text, '\0');
    parameters->n++;
}

/* The list is made once the text no longer moves. */
static bool list_parameters(struct parameters *parameters)
{
    const char *at = rp_buffer_text(&parameters->text);

    parameters->list = calloc(parameters->n + 1, sizeof(*parameters->list));
    if (!parameters->list || parameters->n > MAX_PARAMETERS || !rp_buffer_ok(&parameters->text))
        return false;
    for (size_t i = 0; i < parameters->n; i++) {
        parameters->list[i] = (struct parameter){at, at + strlen(at) + 1, i};
        at = parameters->list[i].value + strlen(parameters->list[i].value) + 1;
    }
    return true;
}

static bool read_parameters(const char *query, struct parameters *parameters)
{
    while (*query) {
        size_t len = strcspn(query, "&");
        if (len)
            add_parameter(parameters, query, len);
        query += len;
        query += *query == '&';
    }
    return list_parameters(parameters);
}

static int by_bytes(const void *left, const void *right)
{
    const struct parameter *one = left, *other = right;
    int order = strcmp(one->name, other->name);

    return order ? order : strcmp(one->value, other->value);
}

static int by_letters(const void *left, const void *right)
{
    const struct parameter *one = left, *other = right;
    int order = strcasecmp(one->name, other->name);

    if (!order)
        order = strcmp(one->name, other->name);
    return order ? order : (one->place > other->place) - (one->place < other->place);
}

static void write_parameters(const struct parameters *parameters, const sim_canonical_rules *rules,
                             rp_buffer *out)
{
    const char *last = NULL;

    for (size_t i = 0; i < parameters->n; i++) {
        const struct parameter *parameter = &parameters->list[i];
        if (rules->any_case && last && !strcmp(last, parameter->name))
            continue;
        rp_buffer_format(out, "%s%s", last ? "&" : "", parameter->name);
        if (*parameter->value || !rules->bare_empty)
            rp_buffer_format(out, "=%s", parameter->value);
        last = parameter->name;
    }
}

void sim_canonical_query(const char *target, const sim_canonical_rules *rules, rp_buffer *out)
{
    _cleanup_(parameters_done) struct parameters parameters = {.text = RP_BUFFER(out->max)};
    const char *query = strchr(target, '?');

    if (!query)
        return;
    if (!read_parameters(query + 1, &parameters)) {
        out->failure = RP_BUFFER_NO_MEMORY;
        return;
    }
    qsort(parameters.list, parameters.n, sizeof(*parameters.list), rules->any_case ? by_letters : by_bytes);
    write_parameters(&parameters, rules, out);
}
