#include "bridge/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static place *place_new(arena *in, const place *within, const char *name)
{
    place *made = arena_alloc(in, sizeof(*made));

    made->within = within;
    made->name = name;
    return made;
}

const place *place_attribute(arena *in, const place *within, const char *name)
{
    return place_new(in, within, name);
}

const place *place_key(arena *in, const place *within, const char *key)
{
    place *made = place_new(in, within, key);

    made->kind = PLACE_KEY;
    return made;
}

static const place *place_index(arena *in, const place *within, const char *digits)
{
    place *made = place_new(in, within, NULL);

    made->kind = PLACE_INDEX;
    made->index = strtoll(digits, NULL, 10);
    return made;
}

static Tf__AttributePath__Step *pack_step(arena *in, const place *from)
{
    Tf__AttributePath__Step *made = arena_alloc(in, sizeof(*made));

    tf__attribute_path__step__init(made);
    switch (from->kind) {
    case PLACE_ATTRIBUTE:
        made->selector_case = TF__ATTRIBUTE_PATH__STEP__SELECTOR_ATTRIBUTE_NAME;
        made->attribute_name = (char *)(size_t)from->name;
        break;
    case PLACE_KEY:
        made->selector_case = TF__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_STRING;
        made->element_key_string = (char *)(size_t)from->name;
        break;
    case PLACE_INDEX:
        made->selector_case = TF__ATTRIBUTE_PATH__STEP__SELECTOR_ELEMENT_KEY_INT;
        made->element_key_int = from->index;
    }
    return made;
}

Tf__AttributePath *place_pack(arena *in, const place *from)
{
    Tf__AttributePath *made;
    size_t depth = 0;

    if (!from)
        return NULL;
    for (const place *one = from; one; one = one->within)
        depth++;
    made = arena_alloc(in, sizeof(*made));
    tf__attribute_path__init(made);
    made->n_steps = depth;
    made->steps = arena_alloc(in, depth * sizeof(*made->steps));
    for (const place *one = from; one; one = one->within)
        made->steps[--depth] = pack_step(in, one);
    return made;
}

/* The next token of a JSON Pointer, unescaped; *pointer moves on. NULL at its end. */
static char *next_token(arena *in, const char **pointer)
{
    size_t len, used = 0;
    char *token;

    if (**pointer != '/')
        return NULL;
    len = strcspn(*pointer + 1, "/");
    token = arena_alloc(in, len + 1);
    for (const char *c = *pointer + 1, *end = c + len; c < end; c++) {
        bool escape = *c == '~' && c + 1 < end && (c[1] == '0' || c[1] == '1');

        token[used++] = !escape ? *c : *++c == '0' ? '~' : '/';
    }
    *pointer += len + 1;
    return token;
}

/* Terraform finds an attribute of the block and one index within it, and nothing below. */
static const place *follow(arena *in, const type *of, const place *at, const char *pointer)
{
    const char *rest = pointer;
    char *token = next_token(in, &rest);

    if (token && of->kind == TYPE_MAP)
        return place_key(in, at, token);
    return token && of->kind == TYPE_LIST ? place_index(in, at, token) : at;
}

const place *place_of_pointer(arena *in, const attributes *of, const place *within, const char *pointer)
{
    const char *rest = pointer;
    char *token = next_token(in, &rest);
    const attribute *one = token ? attributes_find_json(of, token) : NULL;

    return one ? follow(in, one->type, place_attribute(in, within, one->name), rest) : within;
}

void diagnostics_add(diagnostics *to, bool warning, const place *at, const char *summary, const char *detail)
{
    Tf__Diagnostic *made = arena_alloc(to->in, sizeof(*made)), **items;

    tf__diagnostic__init(made);
    made->severity = warning ? TF__DIAGNOSTIC__SEVERITY__WARNING : TF__DIAGNOSTIC__SEVERITY__ERROR;
    made->summary = arena_text(to->in, summary);
    made->detail = arena_text(to->in, detail ? detail : "");
    made->attribute = place_pack(to->in, at);
    if (to->count == to->room) {
        to->room = to->room ? 2 * to->room : 4;
        items = arena_alloc(to->in, to->room * sizeof(*items));
        if (to->count)
            memcpy(items, to->items, to->count * sizeof(*items));
        to->items = items;
    }
    to->items[to->count++] = made;
    to->errors += !warning;
}

static void add_formatted(diagnostics *to, bool warning, const place *at, const char *format, va_list values)
{
    char *text = NULL;

    if (vasprintf(&text, format, values) >= 0)
        diagnostics_add(to, warning, at, text, NULL);
    free(text);
}

void diagnostics_error(diagnostics *to, const place *at, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    add_formatted(to, false, at, format, values);
    va_end(values);
}

void diagnostics_warning(diagnostics *to, const place *at, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    add_formatted(to, true, at, format, values);
    va_end(values);
}

static const char *summary_of(const rp_json *diagnostic)
{
    const char *summary = rp_json_text(rp_json_get(diagnostic, "summary"));

    return summary ? summary : "the plugin does not say what is wrong";
}

static int add_fact(void *context, const char *name, const rp_json *fact)
{
    rp_buffer *to = context;
    const char *text = rp_json_text(fact);

    rp_buffer_format(to, "%s%s: ", to->len ? "\n" : "", name);
    if (text)
        rp_buffer_add_text(to, text);
    else
        rp_json_print(fact, false, to);
    return 0;
}

/* The plugin's detail, then its code and what it knows of the server's answer. */
static void write_detail(const rp_json *diagnostic, rp_buffer *to)
{
    const char *detail = rp_json_text(rp_json_get(diagnostic, "detail"));
    const char *code = rp_json_text(rp_json_get(diagnostic, "code"));

    if (detail)
        rp_buffer_add_text(to, detail);
    if (code)
        rp_buffer_format(to, "%scode: %s", detail ? "\n\n" : "", code);
    rp_json_each(rp_json_get(diagnostic, "data"), add_fact, to);
}

/* True if it is about an attribute of the record: each has its own line in the configuration. */
static bool is_of_one_record(const rp_json *diagnostic, const place *at)
{
    const char *pointer = rp_json_text(rp_json_get(diagnostic, "path"));

    return pointer && *pointer && at && at->kind == PLACE_KEY;
}

static said_of *find_said(const diagnostics *in, bool warning, const char *summary, const char *detail)
{
    for (said_of *one = in->said; one; one = one->before)
        if (!strcmp(one->summary, summary) && !strcmp(one->item->detail, detail) &&
            warning == (one->item->severity == TF__DIAGNOSTIC__SEVERITY__WARNING))
            return one;
    return NULL;
}

static void add_of_record(diagnostics *to, bool warning, const place *at, const char *about,
                          const char *summary, const char *detail)
{
    said_of *said = find_said(to, warning, summary, detail);

    if (said) {
        said->item->summary = arena_format(to->in, "%s and %zu more: %s", said->about, ++said->more, summary);
        return;
    }
    diagnostics_add(to, warning, at, arena_format(to->in, "%s: %s", about, summary), detail);
    said = arena_alloc(to->in, sizeof(*said));
    *said = (said_of){.item = to->items[to->count - 1],
                      .about = about,
                      .summary = arena_text(to->in, summary),
                      .before = to->said};
    to->said = said;
}

void diagnostics_add_plugins(diagnostics *to, const rp_json *diagnostic, bool as_warning, const char *about,
                             const place *at)
{
    _cleanup_(rp_buffer_done) rp_buffer detail = RP_BUFFER(64u << 10);
    const char *severity = rp_json_text(rp_json_get(diagnostic, "severity"));
    bool warning = as_warning || (severity && !strcmp(severity, "warning"));

    write_detail(diagnostic, &detail);
    if (about && !is_of_one_record(diagnostic, at))
        add_of_record(to, warning, at, about, summary_of(diagnostic), rp_buffer_text(&detail));
    else
        diagnostics_add(to, warning, at,
                        about ? arena_format(to->in, "%s: %s", about, summary_of(diagnostic))
                              : summary_of(diagnostic),
                        rp_buffer_text(&detail));
}

const char *diagnostics_words(arena *in, const rp_json *diagnostic)
{
    const char *code = rp_json_text(rp_json_get(diagnostic, "code"));

    return arena_format(in, "%s%s%s%s", summary_of(diagnostic), code ? " (" : "", code ? code : "",
                        code ? ")" : "");
}
