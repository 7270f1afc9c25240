#include "cli/config/document.h"
#include "cli/engine/event_log.h"
#include "cli/engine/interrupt.h"
#include "cli/engine/request_envelope.h"
#include "cli/output/call_report.h"
#include "cli/verbs/options.h"
#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"
#include "host/answer.h"
#include "json/scan.h"
#include "json/writer.h"

#include <string.h>

#define MAX_OUTPUT (256u << 20)

const rp_option rp_call_options[] = {
    {"config", RP_OPTION_TEXT, offsetof(rp_settings, config), "C", "open the plugin with this config"},
    {"resource", RP_OPTION_TEXT, offsetof(rp_settings, resource), "NAME",
     "what the records are of, if the plugin has several resources"},
    RP_TIMEOUT_OPTION,
    RP_EVENTS_OPTION,
    {0},
};

const char rp_call_details[] =
    "PLUGIN is a path if it contains a '/', else a name: NAME.so is searched in the colon-separated folders of\n"
    "RP_PLUGIN_PATH, then where plugins are installed. HOOK is describe, validate, create, read, update,\n"
    "delete or list.\n"
    "\n"
    "REQUEST and C are JSON if they start with '{' or '[', standard input if they are '-', else a file. REQUEST may be a\n"
    "whole request, one record, or an array of records; for list it may be the parent. C defaults to\n"
    "the environment variable RP_CONFIG. Other users can see a command line: keep secrets in a file.\n"
    "\n"
    "Prints the response on standard output, and errors in words on standard error. An interrupt cancels the call and\n"
    "prints its result; a second one exits at once.\n";

static void show_event(void *context, const char *event, size_t len)
{
    (void)context;
    rp_event_log_event(event, len);
}

/* The resource that the request is for, in memory of its own. */
static int ask_for_resource(rphost *host, char **resource, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *description = NULL;
    rphost_answer *answer = rphost_call(host, "describe", NULL, 0, 0, NULL, NULL);
    const char *json = rphost_json(answer), *name = NULL;
    int failed = rp_json_parse(json, strlen(json), &description, error);

    rphost_release(answer);
    if (failed) {
        rp_error_add(error, "the plugin's description");
        return failed;
    }
    failed = rp_envelope_only_resource(description, &name, error);
    if (failed) {
        rp_error_add(error, "request");
        return failed;
    }
    *resource = strdup(name);
    return *resource ? 0 : rp_error_no_memory(error);
}

/* A handle that failed to open is asked nothing: its answer tells why, whatever the request is. */
static int complete(rphost *host, const rp_settings *settings, const rp_json *request, rp_buffer *whole,
                    rp_error **error)
{
    _cleanup_(rp_freep) char *only = NULL;
    const char *hook = settings->operands[1];
    int failed = 0;

    if (rphost_error(host))
        return 0;
    if (!settings->resource && rp_envelope_lacks_resource(hook, request))
        failed = ask_for_resource(host, &only, error);
    if (failed)
        return failed;
    failed = rp_envelope_write(hook, request, settings->resource ? settings->resource : only, whole, error);
    if (failed)
        rp_error_add(error, "request");
    return failed;
}

static int read_request(const rp_settings *settings, rp_json **request, rp_error **error)
{
    _cleanup_(rp_document_done) rp_document document = {0};
    const char *source = settings->operands[2], *config = rp_config_source(settings);
    int failed;

    if (source && config && !strcmp(source, "-") && !strcmp(config, "-"))
        return rp_error_set(error, RP_E_INVALID, "the request and the config cannot both be standard input");
    failed = rp_document_read(source ? source : "{}", &document, error);
    if (!failed)
        failed = rp_json_parse(document.text, document.len, request, error);
    if (failed)
        rp_error_add(error, "request");
    return failed;
}

static rphost_answer *call(rphost *host, const rp_settings *settings, const rp_buffer *whole)
{
    rphost_answer *answer;

    rp_interrupt_cancels(host);
    answer = rphost_call(host, settings->operands[1], rp_buffer_text(whole), whole->len, settings->timeout_ms,
                         rp_event_log_is_on() ? show_event : NULL, NULL);
    rp_interrupt_ends();
    return answer;
}

/* How many records the plugin takes at once; 0: no limit is described. */
static size_t max_records(rphost *host, const char *resource)
{
    rphost_answer *answer = rphost_call(host, "describe", NULL, 0, 0, NULL, NULL);
    const rp_json *resources = rp_json_get(rp_answer_document(answer), "resources");
    int64_t most = 0;

    rp_json_integer(rp_json_get(rp_json_get(resources, resource ? resource : ""), "max_records"), &most);
    rphost_release(answer);
    return most > 0 ? (size_t)most : 0;
}

/* A request for some of the records, as the whole one but for them. */
typedef struct part {
    rp_json_writer *writer;
    size_t from, count;
} part;

static int copy_part(void *context, const char *name, const rp_json *value)
{
    const part *one = context;

    rp_write_name(one->writer, name);
    if (strcmp(name, "records") != 0) {
        rp_write_value(one->writer, value);
        return 0;
    }
    rp_write_begin(one->writer, '[');
    for (size_t i = one->from; i < one->from + one->count && i < rp_json_count(value); i++)
        rp_write_value(one->writer, rp_json_at(value, i));
    rp_write_end(one->writer, ']');
    return 0;
}

/* Adds what a part was answered: an answer without results ends it. */
static bool add_answer(rphost_answer *answer, rp_json_writer *results, rp_json_writer *said)
{
    const rp_json *document = rp_answer_document(answer), *all = rp_json_get(document, "results"),
                  *diagnostics = rp_json_get(document, "diagnostics");

    for (size_t i = 0; i < rp_json_count(all); i++)
        rp_write_value(results, rp_json_at(all, i));
    for (size_t i = 0; i < rp_json_count(diagnostics); i++)
        rp_write_value(said, rp_json_at(diagnostics, i));
    return rp_json_count(all) > 0;
}

/* In as many calls as the plugin needs, and shown as one answer. */
static int call_in_parts(rphost *host, const rp_settings *settings, const rp_json *request, size_t most)
{
    _cleanup_(rp_buffer_done) rp_buffer results = RP_BUFFER(MAX_OUTPUT), said = RP_BUFFER(MAX_OUTPUT);
    rp_json_writer results_writer = RP_JSON_WRITER(&results), said_writer = RP_JSON_WRITER(&said);
    _cleanup_(rp_json_freep) rp_json *document = NULL;
    size_t count = rp_json_count(rp_json_get(request, "records"));
    int32_t status = RP_OK;
    bool goes_on = true;

    rp_write_begin(&results_writer, '{');
    rp_write_name(&results_writer, "results");
    rp_write_begin(&results_writer, '[');
    rp_write_begin(&said_writer, '[');
    for (size_t from = 0; from < count && goes_on; from += most) {
        _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
        rp_json_writer writer = RP_JSON_WRITER(&text);
        part one = {&writer, from, most};
        rphost_answer *answer;

        rp_write_begin(&writer, '{');
        rp_json_each(request, copy_part, &one);
        rp_write_end(&writer, '}');
        answer = call(host, settings, &text);
        status = rphost_status(answer) > status ? rphost_status(answer) : status;
        goes_on = add_answer(answer, &results_writer, &said_writer);
        rphost_release(answer);
    }
    rp_write_end(&results_writer, ']');
    rp_write_end(&said_writer, ']');
    rp_write_name(&results_writer, "diagnostics");
    rp_write_raw(&results_writer, rp_buffer_text(&said), said.len);
    rp_write_end(&results_writer, '}');
    if (rp_json_parse(rp_buffer_text(&results), results.len, &document, NULL) < 0)
        return rp_exit_code(RP_NO_MEMORY);
    return rp_plugin_handle_show_document(document, status);
}

static int call_whole(rphost *host, const rp_settings *settings, const rp_buffer *whole)
{
    _cleanup_(rp_json_freep) rp_json *request = NULL;
    size_t most = 0;

    if (!rphost_error(host) && !rp_json_parse(rp_buffer_text(whole), whole->len, &request, NULL))
        most = max_records(host, rp_json_text(rp_json_get(request, "resource")));
    if (most && rp_json_count(rp_json_get(request, "records")) > most)
        return call_in_parts(host, settings, request, most);
    return rp_plugin_handle_show(call(host, settings, whole));
}

int rp_call_hook(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_plugin_handle_close) rphost *host = NULL;
    _cleanup_(rp_json_freep) rp_json *request = NULL;
    _cleanup_(rp_buffer_done) rp_buffer whole = RP_BUFFER(RP_JSON_MAX_BYTES);

    if (read_request(settings, &request, &error) < 0 || rp_plugin_handle_open(settings, &host, &error) < 0 ||
        complete(host, settings, request, &whole, &error) < 0)
        return rp_plugin_handle_fail(error);
    return call_whole(host, settings, &whole);
}
