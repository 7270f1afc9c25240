#include "cli/engine/plugin_call.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/engine/event_log.h"
#include "json/scan.h"
#include "json/writer.h"

#include <string.h>

static int write_request(const rp_plugin_request *request, rp_buffer *out, rp_error **error)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "resource", request->type);
    rp_write_name(&writer, "records");
    rp_write_begin(&writer, '[');
    for (size_t i = 0; i < request->count; i++)
        rp_write_raw(&writer, request->records[i], strlen(request->records[i]));
    rp_write_end(&writer, ']');
    if (request->options) {
        rp_write_name(&writer, "options");
        rp_write_raw(&writer, request->options, strlen(request->options));
    }
    rp_write_end(&writer, '}');
    if (rp_buffer_ok(out))
        return 0;
    if (out->failure == RP_BUFFER_NO_MEMORY)
        return rp_error_no_memory(error);
    return rp_error_set(error, RP_E_INVALID, "%s of %zu records is longer than %u bytes: use -parallelism",
                        request->hook, request->count, RP_JSON_MAX_BYTES);
}

size_t rp_plugin_call_fits(const rp_type *type, const char *const *records, size_t count, size_t most)
{
    size_t bytes = 0, fits = 0;

    if (type->max_records && type->max_records < most)
        most = type->max_records;
    while (fits < count && fits < most) {
        bytes += strlen(records[fits]) + 1;
        if (fits && bytes > RP_CALL_MAX_BYTES)
            break;
        fits++;
    }
    return fits;
}

static void take(rphost_answer *answer, size_t count, rp_plugin_reply *reply)
{
    const rp_json *results;

    *reply = (rp_plugin_reply){.status = rphost_status(answer),
                               .asked = count,
                               .answer = answer,
                               .document = rp_answer_document(answer)};
    reply->garbled = !reply->document;
    results = rp_json_get(reply->document, "results");
    if (rp_json_count(results) == count && rp_json_type_of(results) == RP_JSON_ARRAY)
        reply->results = results;
    else if (rp_json_count(results) || reply->status == RP_OK || reply->status == RP_INTERNAL ||
             reply->status == RP_CONTRACT)
        reply->garbled = true;
}

/* Every event goes to the log, and then to whoever asked. */
static void forward(void *context, const char *event, size_t len)
{
    const rp_plugin_request *request = context;

    rp_event_log_event(event, len);
    if (request->on_event)
        request->on_event(request->context, event, len);
}

int rp_plugin_call(rphost *host, const rp_plugin_request *request, rp_plugin_reply *reply, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    bool events = request->on_event || rp_event_log_is_on();
    int64_t begun_ms = rp_now_ms(&rp_clock_system);
    int failed = write_request(request, &text, error);

    if (failed)
        return failed;
    take(rphost_call(host, request->hook, rp_buffer_text(&text), text.len, request->timeout_ms,
                     events ? forward : NULL, (void *)(uintptr_t)request),
         request->count, reply);
    rp_event_log_call(request->hook, request->type, request->count, rphost_status_name(reply->status),
                      rp_now_ms(&rp_clock_system) - begun_ms);
    return 0;
}

void rp_plugin_reply_done(rp_plugin_reply *reply)
{
    rphost_release(reply->answer);
    *reply = (rp_plugin_reply){0};
}

const char *rp_result_status(const rp_json *result)
{
    const char *status = rp_json_text(rp_json_get(result, "status"));

    return status ? status : "internal";
}

bool rp_result_is(const rp_json *result, const char *member, const char *word)
{
    const char *text = rp_json_text(rp_json_get(result, member));

    return text && !strcmp(text, word);
}

/* A name that is not known is one for a failure. */
bool rp_status_is_failure(const char *status)
{
    int32_t value = rphost_status_value(status);

    return value < 0 || value >= RP_INVALID_ARGUMENT;
}

static void report(const rp_json *array, const rp_subject *about, const char *status,
                   rp_diagnostics *diagnostics)
{
    for (size_t i = 0; i < rp_json_count(array); i++)
        rp_diagnostics_add_json(diagnostics, about, rp_json_at(array, i), status);
}

static rp_phase phase_of(const rp_subject *about)
{
    return about ? about->phase : RP_PHASE_SERVER;
}

/* "4 results for 3 records" says more than that a rule was broken. */
static void report_garbled(const rp_plugin_reply *reply, const rp_subject *about, rp_diagnostics *diagnostics)
{
    const rp_json *results = rp_json_get(reply->document, "results");
    _cleanup_(rp_freep) char *detail =
        rp_json_type_of(results) == RP_JSON_ARRAY
            ? rp_format("It has %zu results for %zu records.", rp_json_count(results), reply->asked)
            : NULL;

    rp_diagnostics_add(diagnostics, about, false, "the plugin's answer breaks the rules of its interface",
                       detail, NULL, rp_advice(phase_of(about), "contract"));
}

void rp_plugin_reply_report(const rp_plugin_reply *reply, const rp_subject *about,
                            rp_diagnostics *diagnostics)
{
    const char *status = rphost_status_name(reply->status);
    size_t errors = diagnostics->errors;

    report(rp_json_get(reply->document, "diagnostics"), about, status, diagnostics);
    if (reply->results || diagnostics->errors > errors)
        return;
    if (reply->garbled)
        report_garbled(reply, about, diagnostics);
    else
        rp_diagnostics_add(diagnostics, about, false, status, NULL, NULL, rp_advice(phase_of(about), status));
}

void rp_result_report(const rp_json *result, const rp_subject *about, rp_diagnostics *diagnostics)
{
    const char *status = rp_result_status(result);
    size_t errors = diagnostics->errors;

    report(rp_json_get(result, "diagnostics"), about, status, diagnostics);
    if (diagnostics->errors == errors && rp_status_is_failure(status))
        rp_diagnostics_add(diagnostics, about, false, status, NULL, NULL, rp_advice(phase_of(about), status));
}

void rp_result_report_first(const rp_json *result, const rp_subject *about, const char *otherwise,
                            rp_diagnostics *diagnostics)
{
    const char *status = rp_result_status(result);
    const rp_json *first = rp_json_at(rp_json_get(result, "diagnostics"), 0);
    const char *summary = rp_json_text(rp_json_get(first, "summary"));

    rp_diagnostics_add(diagnostics, about, false, summary ? summary : otherwise,
                       rp_json_text(rp_json_get(first, "detail")), rp_json_text(rp_json_get(first, "code")),
                       rp_advice(phase_of(about), status));
}
