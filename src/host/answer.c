#include "host/answer.h"

#include "base/cleanup.h"
#include "json/writer.h"

#include <string.h>

#define MAX_OWN_DOCUMENT (16u << 10)

struct rphost_answer {
    int32_t status;
    const char *json;
    char *own;                   /* where the host wrote json itself */
    const rp_response *response; /* where the plugin did; its to free */
    const rp_plugin *plugin;
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

/* What a response breaks, or NULL. Its length must be that of its text, which a NUL ends: callers in C count
 * on it. */
static const char *fault_of(const rp_response *response)
{
    if (!response)
        return "the plugin returned NULL instead of a response";
    if (!RP_HAS(rp_response, response, instance))
        return "the plugin's response is shorter than ABI 1.0's";
    if (!response->json)
        return "the plugin's response has no document";
    if (strnlen(response->json, response->json_len) != response->json_len ||
        response->json[response->json_len])
        return "the plugin's response does not end where it says";
    return NULL;
}

rphost_answer *rp_answer_take(rphost_answer *answer, const rp_plugin *plugin, const rp_response *response)
{
    const char *fault = fault_of(response);

    if (fault) {
        plugin->release(response);
        return rp_answer_say(answer, RP_INTERNAL, "host.bad_response", fault);
    }
    *answer = (rphost_answer){
        .status = response->status, .json = response->json, .response = response, .plugin = plugin};
    return answer;
}

static void write_diagnostic(rp_json_writer *writer, int32_t status, const char *code, const char *summary)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "severity", "error");
    rp_write_text_member(writer, "status", rphost_status_name(status));
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

int32_t rphost_status(const rphost_answer *answer)
{
    return answer->status;
}

const char *rphost_json(const rphost_answer *answer)
{
    return answer->json;
}

void rphost_release(rphost_answer *answer)
{
    if (!answer || answer == &no_memory)
        return;
    if (answer->response)
        answer->plugin->release(answer->response);
    free(answer->own);
    free(answer);
}
