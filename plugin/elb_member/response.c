#include "response.h"

#include <string.h>

/* 16 MiB is what a request may have; what comes back for each record is longer than the record. */
#define MAX_RESPONSE_BYTES (256u << 20)

/* State, status and a warning take some 900 bytes. */
#define USUAL_RESULT_BYTES 1024

static const struct {
    int status;
    const char *name;
} names[] = {
    {RP_OK, "ok"},
    {RP_IN_PROGRESS, "in_progress"},
    {RP_INVALID_ARGUMENT, "invalid_argument"},
    {RP_UNSUPPORTED, "unsupported"},
    {RP_CONTRACT, "contract"},
    {RP_CONFLICT, "conflict"},
    {RP_NOT_FOUND, "not_found"},
    {RP_ALREADY_EXISTS, "already_exists"},
    {RP_JOB_FAILED, "job_failed"},
    {RP_PERMISSION_DENIED, "permission_denied"},
    {RP_UNAUTHENTICATED, "unauthenticated"},
    {RP_QUOTA_EXCEEDED, "quota_exceeded"},
    {RP_UNAVAILABLE, "unavailable"},
    {RP_THROTTLED, "throttled"},
    {RP_DEADLINE_EXCEEDED, "deadline_exceeded"},
    {RP_CANCELLED, "cancelled"},
    {RP_INTERNAL, "internal"},
    {RP_NO_MEMORY, "no_memory"},
};

const char *status_name(int status)
{
    for (size_t i = 0; i < rp_count_of(names); i++)
        if (names[i].status == status)
            return names[i].name;
    return "internal";
}

/* --- responses that need no memory ----------------------------------------------- */

#define FIXED(status_, json_)                                                                                \
    {                                                                                                        \
        .struct_size = sizeof(rp_response), .status = (status_), .json = (json_),                            \
        .json_len = sizeof(json_) - 1                                                                        \
    }

static const rp_response no_memory =
    FIXED(RP_NO_MEMORY, "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"status\":\"no_memory\","
                        "\"code\":\"no_memory\",\"summary\":\"out of memory: nothing was begun\"}]}");

static const rp_response forked = FIXED(
    RP_CONTRACT, "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"status\":\"contract\","
                 "\"code\":\"abi.forked\",\"summary\":\"the instance was opened before a fork and belongs "
                 "to the parent process: open another\"}]}");

const rp_response *response_no_memory(void)
{
    return &no_memory;
}

const rp_response *response_forked(void)
{
    return &forked;
}

void response_release(const rp_response *told)
{
    response *made = (response *)told;

    if (!told || told == &no_memory || told == &forked)
        return;
    rp_buffer_done(&made->text);
    free(made);
}

/* --- in the making ------------------------------------------------------------------- */

response *response_begin(size_t results)
{
    response *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->text = RP_BUFFER(MAX_RESPONSE_BYTES);
    made->told.struct_size = sizeof(made->told);
    if (!rp_buffer_reserve(&made->text, 256 + results * USUAL_RESULT_BYTES)) {
        free(made);
        return NULL;
    }
    made->writer = RP_JSON_WRITER(&made->text);
    rp_write_begin(&made->writer, '{');
    rp_write_name(&made->writer, "results");
    rp_write_begin(&made->writer, '[');
    return made;
}

static void count_status(response *to, int status)
{
    if (status >= 100 && !to->failed) {
        to->failed = true;
        to->told.status = status;
    }
    if (status >= RP_IN_PROGRESS && status < 100)
        to->in_progress = true;
}

void result_begin(response *to, int status)
{
    count_status(to, status);
    rp_write_begin(&to->writer, '{');
    rp_write_text_member(&to->writer, "status", status_name(status));
}

void result_outcome(response *to, outcome came_of_it)
{
    static const char *const words[] = {
        [OUTCOME_NONE] = "none", [OUTCOME_DONE] = "done", [OUTCOME_UNKNOWN] = "unknown"};

    rp_write_text_member(&to->writer, "outcome", words[came_of_it]);
}

void result_retryable(response *to, bool retryable, int64_t retry_after_ms)
{
    rp_write_boolean_member(&to->writer, "retryable", retryable);
    if (retry_after_ms > 0)
        rp_write_integer_member(&to->writer, "retry_after_ms", retry_after_ms);
}

void result_diagnostics_begin(response *to)
{
    rp_write_name(&to->writer, "diagnostics");
    rp_write_begin(&to->writer, '[');
}

void result_end(response *to)
{
    rp_write_end(&to->writer, ']');
    rp_write_end(&to->writer, '}');
}

static void write_if(rp_json_writer *writer, const char *name, const char *text)
{
    if (text && *text)
        rp_write_text_member(writer, name, text);
}

static void write_data(rp_json_writer *writer, const failure *said_by)
{
    rp_write_name(writer, "data");
    rp_write_begin(writer, '{');
    if (said_by->http_status)
        rp_write_integer_member(writer, "http_status", said_by->http_status);
    write_if(writer, "server_code", said_by->server_code);
    write_if(writer, "server_message", said_by->server_message);
    write_if(writer, "request_id", said_by->request_id);
    rp_write_end(writer, '}');
}

void write_diagnostic(response *to, const diagnostic *one)
{
    rp_json_writer *writer = &to->writer;

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "severity", one->warning ? "warning" : "error");
    rp_write_text_member(writer, "status", status_name(one->status));
    rp_write_text_member(writer, "code", one->code);
    rp_write_text_member(writer, "summary", one->summary);
    write_if(writer, "detail", one->detail);
    if (one->path)
        rp_write_text_member(writer, "path", one->path);
    if (one->said_by && (one->said_by->http_status || one->said_by->server_code[0]))
        write_data(writer, one->said_by);
    rp_write_end(writer, '}');
}

void response_results_end(response *to)
{
    rp_write_end(&to->writer, ']');
    result_diagnostics_begin(to);
}

const rp_response *response_end(response *made)
{
    if (!made)
        return &no_memory;
    result_end(made);
    if (!rp_buffer_ok(&made->text)) {
        response_release(&made->told);
        return &no_memory;
    }
    if (!made->failed && made->in_progress)
        made->told.status = RP_IN_PROGRESS;
    made->told.json = made->text.data;
    made->told.json_len = made->text.len;
    return &made->told;
}

static const rp_response *refused(const diagnostic *why)
{
    response *made = response_begin(1);

    if (!made)
        return &no_memory;
    count_status(made, why->status);
    response_results_end(made);
    write_diagnostic(made, why);
    return response_end(made);
}

const rp_response *response_refused(int status, const char *code, const char *path, const char *summary)
{
    return refused(&(diagnostic){.status = status, .code = code, .path = path, .summary = summary});
}

const rp_response *response_refused_by(const failure *why)
{
    return refused(
        &(diagnostic){.status = why->status, .code = why->code, .summary = why->summary, .said_by = why});
}

const rp_response *response_refused_for(const rp_error *error)
{
    if (!error || error->code == RP_E_NO_MEMORY)
        return &no_memory;
    if (error->code == RP_E_INVALID)
        return response_refused(RP_INVALID_ARGUMENT, "document.invalid", error->path ? error->path : "",
                                error->message);
    if (error->code == RP_E_NOT_FOUND)
        return response_refused(RP_UNSUPPORTED, "document.no_such_resource", error->path, error->message);
    return response_refused(RP_INTERNAL, "internal", NULL, error->message);
}
