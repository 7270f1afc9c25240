#include "cli/engine/listing.h"

#include "base/text.h"
#include "cli/array.h"
#include "cli/engine/event_log.h"
#include "cli/engine/plugin_call.h"
#include "cli/name_index.h"
#include "cli/nearest.h"
#include "json/scan.h"

#include <string.h>

#define MAX_PAGES   100000
#define MAX_OBJECTS 1000000
#define MAX_IDLE    100 /* pages in a row that bring nothing new */
#define MAX_NAMES   4096

/* A value has the type that the schema names. */
static void write_member(rp_json_writer *writer, const rp_type *type, const char *name, const char *value)
{
    const rp_json *schema = rp_json_get(rp_json_get(type->parent, "properties"), name);
    const char *kind = rp_json_text(rp_json_get(schema, "type"));
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;
    bool plain = kind && (!strcmp(kind, "integer") || !strcmp(kind, "number") || !strcmp(kind, "boolean"));

    rp_write_name(writer, name);
    if (plain && !rp_json_parse(value, strlen(value), &parsed, NULL))
        rp_write_value(writer, parsed);
    else
        rp_write_text(writer, value);
}

static bool is_given(const char *name, const char *const *arguments, size_t count)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < count; i++)
        if (rp_starts_with(arguments[i], name) && arguments[i][len] == '=')
            return true;
    return false;
}

/* "<ID>" for folder_id, "<FOLDER>" for folder. */
static void add_placeholder(const char *name, rp_buffer *out)
{
    size_t len = strlen(name);

    rp_buffer_format(out, " %s=<", name);
    if (len >= 2 && !strcmp(name + len - 2, "id"))
        rp_buffer_add_text(out, "ID");
    else
        for (; *name; name++)
            rp_buffer_add_char(out, *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
    rp_buffer_add_char(out, '>');
}

static int check_required(const rp_type *type, const char *const *arguments, size_t count,
                          const char *command, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer names = RP_BUFFER(MAX_NAMES), usage = RP_BUFFER(MAX_NAMES);
    const rp_json *required = rp_json_get(type->parent, "required");

    for (size_t i = 0; i < rp_json_count(required); i++) {
        const char *name = rp_json_text(rp_json_at(required, i));
        if (!name)
            continue;
        add_placeholder(name, &usage);
        if (!is_given(name, arguments, count))
            rp_buffer_format(&names, "%s%s", names.len ? ", " : "", name);
    }
    if (!names.len)
        return 0;
    return rp_error_set(error, RP_E_INVALID, "rp %s needs %s: rp %s%s", command, rp_buffer_text(&names),
                        command, rp_buffer_text(&usage));
}

static int find_nearest(void *context, const char *name, const rp_json *schema)
{
    const char **names = context; /* the word, and the nearest so far */

    (void)schema;
    names[1] = rp_nearer(names[0], names[1], name);
    return 0;
}

static int check_known(const rp_type *type, const char *name, rp_error **error)
{
    const rp_json *properties = rp_json_get(type->parent, "properties");
    const char *names[2] = {name, NULL};

    if (!rp_json_count(properties) || rp_json_has(properties, name))
        return 0;
    rp_json_each(properties, find_nearest, names);
    if (names[1])
        return rp_error_set(error, RP_E_INVALID, "unknown member \"%s\" (did you mean \"%s\"?)", name,
                            names[1]);
    return rp_error_set(error, RP_E_INVALID,
                        "unknown member \"%s\": \"rp describe PLUGIN\" lists them as \"parent\"", name);
}

int rp_listing_parent(const rp_type *type, const char *const *arguments, size_t count, const char *command,
                      rp_buffer *out, rp_error **error)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(arguments[i], '=');
        _cleanup_(rp_freep) char *name =
            equals ? strndup(arguments[i], (size_t)(equals - arguments[i])) : NULL;

        if (!name)
            return rp_error_set(error, RP_E_INVALID, "\"%s\" is not MEMBER=VALUE", arguments[i]);
        if (check_known(type, name, error) < 0)
            return RP_E_INVALID;
        write_member(&writer, type, name, equals + 1);
    }
    rp_write_end(&writer, '}');
    return check_required(type, arguments, count, command, error);
}

typedef struct listing {
    rp_workspace *in;
    const rp_type *type;
    const rp_buffer *parent;
    rp_each_listed *each;
    void *context;
    rp_name_index seen; /* ids, and pages with a blank before */
    char **names;       /* what it borrows */
    size_t name_count, objects, idle;
    char *page;
} listing;

static void end_listing(listing *one)
{
    rp_name_index_done(&one->seen);
    for (size_t i = 0; i < one->name_count; i++)
        free(one->names[i]);
    free(one->names);
    free(one->page);
}

/* Takes the name over. */
static int note(listing *one, char *name, bool *is_new, rp_error **error)
{
    char **names = name ? rp_array_grow(one->names, one->name_count, sizeof(*names)) : NULL;
    size_t was = 0;

    if (!names) {
        free(name);
        return rp_error_no_memory(error);
    }
    one->names = names;
    names[one->name_count++] = name;
    if (!rp_name_index_add(&one->seen, name, one->name_count, &was))
        return rp_error_no_memory(error);
    *is_new = was == one->name_count;
    return 0;
}

static int write_request(const listing *one, rp_buffer *out, rp_error **error)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "resource", one->type->name);
    rp_write_name(&writer, "parent");
    rp_write_raw(&writer, rp_buffer_text(one->parent), one->parent->len);
    if (one->page)
        rp_write_text_member(&writer, "page", one->page);
    rp_write_end(&writer, '}');
    return rp_buffer_ok(out) ? 0 : rp_error_set(error, RP_E_INVALID, "the request is too long");
}

static int take_result(listing *one, const rp_json *result, size_t *fresh, rp_error **error)
{
    static const rp_subject about = {.phase = RP_PHASE_ARGUMENT};
    const rp_json *state = rp_json_get(result, "state");
    const char *id = rp_json_text(rp_json_get(state, "id"));
    bool is_new = true;
    int failed = 0;

    rp_result_report(result, &about, &one->in->diagnostics);
    if (rp_json_type_of(state) != RP_JSON_OBJECT)
        return 0;
    if (id)
        failed = note(one, strdup(id), &is_new, error);
    if (failed || !is_new)
        return failed;
    ++*fresh;
    one->objects++;
    return one->each(one->context, state, error);
}

static int take_results(listing *one, const rp_json *document, int32_t status, rp_error **error)
{
    static const rp_subject about = {.phase = RP_PHASE_ARGUMENT};
    const rp_json *results = rp_json_get(document, "results"), *said = rp_json_get(document, "diagnostics");
    const char *name = rphost_status_name(status);
    size_t fresh = 0;
    int failed = 0;

    for (size_t i = 0; i < rp_json_count(results) && !failed; i++)
        failed = take_result(one, rp_json_at(results, i), &fresh, error);
    for (size_t i = 0; i < rp_json_count(said); i++)
        rp_diagnostics_add_json(&one->in->diagnostics, &about, rp_json_at(said, i), name);
    if (status >= RP_INVALID_ARGUMENT && !one->in->diagnostics.errors)
        rp_diagnostics_add(&one->in->diagnostics, NULL, false, name, NULL, NULL,
                           rp_advice(RP_PHASE_ARGUMENT, name));
    one->idle = fresh ? 0 : one->idle + 1;
    return failed;
}

static void log_event(void *context, const char *event, size_t len)
{
    (void)context;
    rp_event_log_event(event, len);
}

/* One page; whether there is another is in one->page. */
static int list_page(listing *one, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer request = RP_BUFFER(RP_JSON_MAX_BYTES);
    _cleanup_(rp_json_freep) rp_json *document = NULL;
    rphost_answer *answer;
    const char *next;
    int failed = write_request(one, &request, error);

    if (failed)
        return failed;
    answer = rphost_call(one->in->host, "list", rp_buffer_text(&request), request.len,
                         one->in->settings->timeout_ms, rp_event_log_is_on() ? log_event : NULL, NULL);
    failed = rp_json_parse(rphost_json(answer), strlen(rphost_json(answer)), &document, error);
    if (!failed)
        failed = take_results(one, document, rphost_status(answer), error);
    rphost_release(answer);
    free(rp_take(one->page));
    next = rp_json_text(rp_json_get(document, "next"));
    one->page = next ? strdup(next) : NULL;
    return failed;
}

static int check_end(listing *one, unsigned pages, rp_error **error)
{
    bool is_new = true;
    int failed = note(one, rp_format(" %s", one->page), &is_new, error);

    if (failed)
        return failed;
    if (!is_new)
        return rp_error_set(
            error, RP_E_SYSTEM,
            "the list does not end: the plugin gave the same page twice; stopped after %zu %s",
            one->objects, one->objects == 1 ? "object" : "objects");
    if (one->idle >= MAX_IDLE || pages >= MAX_PAGES || one->objects >= MAX_OBJECTS)
        return rp_error_set(error, RP_E_SYSTEM,
                            "the list does not end: stopped after %u pages and %zu %s", pages,
                            one->objects, one->objects == 1 ? "object" : "objects");
    return 0;
}

int rp_listing_all(rp_workspace *in, const rp_type *type, const rp_buffer *parent, rp_each_listed *each,
                   void *context, rp_error **error)
{
    _cleanup_(end_listing)
        listing one = {.in = in, .type = type, .parent = parent, .each = each, .context = context};
    int failed = list_page(&one, error);

    for (unsigned pages = 1; !failed && one.page && !in->diagnostics.errors; pages++) {
        failed = check_end(&one, pages, error);
        if (!failed)
            failed = list_page(&one, error);
    }
    return failed ? failed : in->diagnostics.errors ? RP_E_SYSTEM : 0;
}
