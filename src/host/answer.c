#include "host/answer.h"

#include "base/status.h"
#include "base/text.h"
#include "host/repair.h"
#include "json/writer.h"

#include <string.h>

#define MAX_OWN_DOCUMENT (16u << 10)

/* What is read of an answer that is too long, and what may come of repairing one. */
#define MAX_READ     (256u << 20)
#define MAX_REPAIRED (1u << 30)

struct rphost_answer {
    int32_t status;
    const char *json;
    char *own;                   /* where the library wrote json itself */
    const rp_response *response; /* where the plugin did; its to free */
    const rp_plugin *plugin;
    rp_json *document; /* json, parsed; may be NULL */
};

static rphost_answer no_memory = {
    .status = RP_NO_MEMORY,
    .json = "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"status\":\"no_memory\","
            "\"code\":\"host.no_memory\",\"summary\":\"out of memory\"}]}",
};

rphost_answer *rp_answer_new(void)
{
    return calloc(1, sizeof(rphost_answer));
}

rphost_answer *rp_answer_no_memory(void)
{
    return &no_memory;
}

/* --- a plugin's response ------------------------------------------------------------- */

/* Whether there is a document to read. Its length must be that of its text, which a NUL ends: callers in C
   count on it. */
static bool check_struct(const rp_response *response, rp_faults *faults)
{
    if (!response)
        return rp_fault_whole(faults, RP_SECTION_RESPONSES, "the response is NULL");
    if (!RP_HAS(rp_response, response, instance))
        return rp_fault_whole(
            faults, RP_SECTION_RESPONSES, "the response has a struct_size of %u, less than ABI 1.0's %zu",
            response->struct_size, offsetof(rp_response, instance) + sizeof(response->instance));
    if (!response->json)
        return rp_fault_whole(faults, RP_SECTION_RESPONSES, "the response has no document: its json is NULL");
    if (strnlen(response->json, response->json_len) != response->json_len ||
        response->json[response->json_len])
        return rp_fault_whole(faults, RP_SECTION_RESPONSES,
                              "the response's json does not end in a NUL after its json_len of %zu bytes",
                              response->json_len);
    return true;
}

static void check_instance(const rp_response *response, const rp_exchange *exchange, rp_faults *faults)
{
    bool opened = !strcmp(exchange->hook->name, "open");

    if (opened && response->status == RP_OK && !response->instance)
        rp_fault_whole(faults, RP_SECTION_OPEN, "the status is 0 (ok), but there is no instance");
    else if (opened && response->status != RP_OK && response->instance)
        rp_fault_whole(faults, RP_SECTION_OPEN, "the status is %d (%s), but there is an instance",
                       (int)response->status, rp_status_name(response->status));
    else if (!opened && response->instance)
        rp_fault_whole(faults, RP_SECTION_RESPONSES, "the response has an instance, which only open gives");
}

static void check_length(const rp_response *response, const rp_exchange *exchange, rp_faults *faults)
{
    bool describes = !strcmp(exchange->hook->name, "describe");
    size_t most = describes ? RP_MAX_DESCRIPTION_BYTES : RP_MAX_ANSWER_BYTES;

    if (response->json_len > most)
        rp_fault_whole(faults, describes ? RP_SECTION_DESCRIBE : RP_SECTION_DOCUMENTS,
                       "the answer has %zu bytes, more than %zu", response->json_len, most);
}

/* Reads the document and checks all of the response. False: for want of memory it could not be checked. */
static bool examine(const rp_response *response, rp_exchange *exchange, rp_json **document, rp_faults *faults)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int failed;

    exchange->status = RP_CONTRACT; /* of nothing that can be read */
    if (!check_struct(response, faults))
        return true;
    exchange->status = response->status;
    check_instance(response, exchange, faults);
    check_length(response, exchange, faults);
    failed = rp_json_parse_upto(MAX_READ, response->json, response->json_len, document, &error);
    if (failed == RP_E_NO_MEMORY)
        return false;
    exchange->answer = *document;
    if (failed)
        rp_fault_whole(faults, RP_SECTION_DOCUMENTS, "the answer is not JSON: %s", error->message);
    else
        rp_check_answer(exchange, faults);
    return true;
}

static rphost_answer *repaired(rphost_answer *answer, const rp_exchange *exchange, const rp_faults *faults)
{
    rp_buffer text = RP_BUFFER(MAX_REPAIRED);

    rp_repair(exchange, faults, &text);
    answer->own = rp_buffer_take(&text);
    answer->json = answer->own;
    answer->status = RP_CONTRACT;
    if (answer->own)
        return answer;
    rphost_release(answer);
    return &no_memory;
}

rphost_answer *rp_answer_take(rphost_answer *answer, const rp_plugin *plugin, const rp_response *response,
                              rp_exchange *exchange, rp_faults *faults)
{
    _cleanup_(rp_json_freep) rp_json *document = NULL;
    bool checked = examine(response, exchange, &document, faults);

    if (faults->count) {
        answer = repaired(answer, exchange, faults);
        plugin->release(response);
        return answer;
    }
    *answer = (rphost_answer){.status = response->status,
                              .json = response->json,
                              .response = response,
                              .plugin = plugin,
                              .document = checked ? rp_take(document) : NULL};
    return answer;
}

/* --- documents of the library's own ----------------------------------------------------- */

static void write_diagnostic(rp_json_writer *writer, int32_t status, const char *code, const char *summary)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "severity", "error");
    rp_write_text_member(writer, "status", rp_status_name(status));
    rp_write_text_member(writer, "code", code);
    rp_write_text_member(writer, "summary", summary);
    rp_write_end(writer, '}');
}

rphost_answer *rp_answer_say(rphost_answer *answer, int32_t status, const char *code, const char *summary)
{
    rp_buffer text = RP_BUFFER(MAX_OWN_DOCUMENT);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "results");
    rp_write_begin(&writer, '[');
    rp_write_end(&writer, ']');
    rp_write_name(&writer, "diagnostics");
    rp_write_begin(&writer, '[');
    write_diagnostic(&writer, status, code, summary);
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    answer->own = rp_buffer_take(&text);
    answer->json = answer->own;
    answer->status = status;
    if (answer->own)
        return answer;
    rphost_release(answer);
    return &no_memory;
}

const rp_json *rp_answer_document(rphost_answer *answer)
{
    if (answer && answer != &no_memory && !answer->document)
        rp_json_parse_upto(MAX_REPAIRED, answer->json, strlen(answer->json), &answer->document, NULL);
    return answer ? answer->document : NULL;
}

rphost_answer *rp_answer_copy(const rphost_answer *answer)
{
    rphost_answer *copy = rp_answer_new();

    if (!copy)
        return &no_memory;
    copy->own = strdup(answer->json);
    copy->json = copy->own;
    copy->status = answer->status;
    if (copy->own)
        return copy;
    free(copy);
    return &no_memory;
}

/* Whoever asks without an answer learns that it was none. */
int32_t rphost_status(const rphost_answer *answer)
{
    return answer ? answer->status : RP_CONTRACT;
}

const char *rphost_status_name(int32_t status)
{
    return rp_status_name(status);
}

int32_t rphost_status_value(const char *name)
{
    return rp_status_value(name);
}

const char *rphost_json(const rphost_answer *answer)
{
    return answer ? answer->json
                  : "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"status\":\"contract\","
                    "\"code\":\"host.misuse\",\"summary\":\"the answer is NULL\"}]}";
}

void rphost_release(rphost_answer *answer)
{
    if (!answer || answer == &no_memory)
        return;
    if (answer->response)
        answer->plugin->release(answer->response);
    rp_json_free(answer->document);
    free(answer->own);
    free(answer);
}
