#include "cli/engine/plugin_call.h"
#include "cli/engine/workspace.h"
#include "cli/name_index.h"
#include "cli/output/call_report.h"
#include "cli/output/text.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include "json/scan.h"

#include <string.h>

#define MAX_PAGES 100000

const rp_option rp_list_options[] = {
    RP_CONFIG_OPTION, RP_STATE_OPTION, RP_TIMEOUT_OPTION, RP_OUTPUT_OPTIONS, {0}};

const char rp_list_details[] =
    "Lists the objects on the server, with the address of those in the state. TYPE is optional if the plugin has one\n"
    "type. MEMBER is an attribute of the parent to list; \"rp describe PLUGIN\" shows them as \"parent\".\n"
    "\n"
    "  rp list TYPE MEMBER=VALUE\n";

/* A value has the type that the schema names. */
static void write_member(rp_json_writer *writer, const rp_type *type, const char *name, const char *value)
{
    const rp_json *schema = rp_json_get(rp_json_get(type->parent, "properties"), name);
    const char *kind = rp_json_text(rp_json_get(schema, "type"));
    bool plain = kind && (!strcmp(kind, "integer") || !strcmp(kind, "number") || !strcmp(kind, "boolean"));

    rp_write_name(writer, name);
    if (plain)
        rp_write_raw(writer, value, strlen(value));
    else
        rp_write_text(writer, value);
}

static int write_parent(const rp_settings *settings, unsigned first, const rp_type *type,
                        rp_json_writer *writer, rp_error **error)
{
    rp_write_begin(writer, '{');
    for (unsigned i = first; i < settings->operand_count; i++) {
        const char *equals = strchr(settings->operands[i], '=');
        _cleanup_(rp_freep) char *name =
            equals ? strndup(settings->operands[i], (size_t)(equals - settings->operands[i])) : NULL;

        if (!name)
            return rp_error_set(error, RP_E_INVALID, "\"%s\" is no MEMBER=VALUE", settings->operands[i]);
        write_member(writer, type, name, equals + 1);
    }
    rp_write_end(writer, '}');
    return 0;
}

typedef struct listing {
    rp_workspace *in;
    const rp_type *type;
    rp_name_index by_id; /* of managed objects */
    rp_buffer parent;
    char *page;
    size_t count, unmanaged;
} listing;

static void end_listing(listing *one)
{
    rp_name_index_done(&one->by_id);
    rp_buffer_done(&one->parent);
    free(one->page);
}

static void print_object(listing *one, const rp_json *state)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    const char *id = rp_json_text(rp_json_get(state, "id")), *address = NULL;
    size_t at;

    if (id && rp_name_index_find(&one->by_id, id, &at))
        address = one->in->objects.items[at].address;
    one->count++;
    one->unmanaged += !address;
    if (one->in->settings->json) {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "id", id);
        rp_write_text_member(&writer, "address", address);
        rp_write_name(&writer, "state");
        rp_type_hide(one->type, state, "", &writer, NULL);
        rp_write_end(&writer, '}');
    } else {
        rp_text_clean(id ? id : "(no id)", &text);
        rp_buffer_add_text(&text, "  ");
        rp_text_clean(address ? address : "(not managed)", &text);
    }
    rp_buffer_add_char(&text, '\n');
    fwrite(rp_buffer_text(&text), 1, text.len, stdout);
}

static int write_request(const listing *one, rp_buffer *out, rp_error **error)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "resource", one->type->name);
    rp_write_name(&writer, "parent");
    rp_write_raw(&writer, rp_buffer_text(&one->parent), one->parent.len);
    if (one->page)
        rp_write_text_member(&writer, "page", one->page);
    rp_write_end(&writer, '}');
    return rp_buffer_ok(out) ? 0 : rp_error_set(error, RP_E_INVALID, "it is too long");
}

static void take_results(listing *one, const rp_json *document, int32_t status)
{
    const rp_json *results = rp_json_get(document, "results"),
                  *diagnostics = rp_json_get(document, "diagnostics");

    for (size_t i = 0; i < rp_json_count(results); i++) {
        const rp_json *result = rp_json_at(results, i);
        if (rp_json_get(result, "state"))
            print_object(one, rp_json_get(result, "state"));
        rp_result_report(result, NULL, &one->in->diagnostics);
    }
    for (size_t i = 0; i < rp_json_count(diagnostics); i++)
        rp_diagnostics_add_json(&one->in->diagnostics, NULL, rp_json_at(diagnostics, i),
                                rphost_status_name(status));
    if (status >= RP_INVALID_ARGUMENT && !one->in->diagnostics.errors)
        rp_diagnostics_add(&one->in->diagnostics, NULL, false, rphost_status_name(status), NULL, NULL,
                           rp_advice(rphost_status_name(status)));
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
                         one->in->settings->timeout_ms, NULL, NULL);
    failed = rp_json_parse(rphost_json(answer), strlen(rphost_json(answer)), &document, error);
    if (!failed)
        take_results(one, document, rphost_status(answer));
    rphost_release(answer);
    free(rp_take(one->page));
    next = rp_json_text(rp_json_get(document, "next"));
    one->page = next ? strdup(next) : NULL;
    return failed;
}

static int list_all(listing *one, rp_error **error)
{
    int failed = list_page(one, error);

    for (unsigned pages = 1; !failed && one->page && pages < MAX_PAGES && !one->in->diagnostics.errors;
         pages++)
        failed = list_page(one, error);
    if (!failed && !one->in->diagnostics.errors && !one->in->settings->json)
        rp_output_say(&one->in->output, "%zu there, %zu of them not managed here.", one->count,
                      one->unmanaged);
    return failed;
}

/* Without a state nothing is managed. */
static int index_managed(listing *one, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    int failed = rp_workspace_open_to_read(one->in, &why);

    if (failed && failed != RP_E_NOT_FOUND)
        return rp_error_set(error, failed, "%s", why ? why->message : "out of memory");
    for (size_t i = 0; i < one->in->objects.count; i++)
        if (!strcmp(one->in->objects.items[i].type, one->type->name) &&
            !rp_name_index_add(&one->by_id, one->in->objects.items[i].id, i, NULL))
            return rp_error_no_memory(error);
    return 0;
}

static int list(rp_workspace *in, rp_error **error)
{
    _cleanup_(end_listing) listing one = {.in = in, .parent = RP_BUFFER(RP_JSON_MAX_BYTES)};
    rp_json_writer writer = RP_JSON_WRITER(&one.parent);
    const rp_settings *settings = in->settings;
    bool named = settings->operand_count && !strchr(settings->operands[0], '=');
    int failed = rp_workspace_load(in, error);

    if (!failed)
        failed =
            rp_plugin_schema_find(&in->plugin_schema, named ? settings->operands[0] : NULL, &one.type, error);
    if (!failed)
        failed = write_parent(settings, named, one.type, &writer, error);
    if (!failed)
        failed = index_managed(&one, error);
    return failed ? failed : list_all(&one, error);
}

int rp_list_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings quiet = *settings;

    quiet.json = false;
    rp_workspace_start(&in, &quiet, "list");
    in.settings = settings;
    list(&in, &error);
    return rp_workspace_end(&in, error);
}
