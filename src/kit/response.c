/* Responses: the envelope of results, diagnostics, and those that exist before memory runs out. */
#include "kit/call.h"

#include "base/status.h"
#include "base/text.h"

const char *rpkit_status_name(int32_t status)
{
    return rp_status_name(status);
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

void rpkit_release(const rp_response *told)
{
    response *made = (response *)told;

    if (!told || told == &no_memory || told == &forked)
        return;
    rp_buffer_done(&made->text);
    free(made);
}

/* --- in the making ------------------------------------------------------------------- */

response *response_begin(size_t bytes)
{
    response *made = calloc(1, sizeof(*made));
    size_t wanted = bytes + RESPONSE_TAIL;

    if (!made)
        return NULL;
    made->text = RP_BUFFER(MAX_RESPONSE_BYTES);
    made->told.struct_size = sizeof(made->told);
    if (!rp_buffer_reserve(&made->text, wanted < MAX_RESPONSE_BYTES ? wanted : MAX_RESPONSE_BYTES)) {
        free(made);
        return NULL;
    }
    made->writer = RP_JSON_WRITER(&made->text);
    rp_write_begin(&made->writer, '{');
    rp_write_name(&made->writer, "results");
    rp_write_begin(&made->writer, '[');
    return made;
}

void response_count(response *to, int32_t status)
{
    if (status >= 100 && !to->failed) {
        to->failed = true;
        to->told.status = status;
    }
    if (status >= RP_IN_PROGRESS && status < 100)
        to->in_progress = true;
}

static void write_if(rp_json_writer *writer, const char *name, const char *text)
{
    if (text && *text)
        rp_write_text_member(writer, name, text);
}

static void write_data(rp_json_writer *writer, const rpkit_datum *data)
{
    rp_write_name(writer, "data");
    rp_write_begin(writer, '{');
    for (; data->name; data++) {
        if (data->text)
            rp_write_text_member(writer, data->name, data->text);
        else
            rp_write_integer_member(writer, data->name, data->number);
    }
    rp_write_end(writer, '}');
}

void response_diagnostic(response *to, const rpkit_diagnostic *one)
{
    rp_json_writer *writer = &to->writer;

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "severity", one->warning ? "warning" : "error");
    rp_write_text_member(writer, "status", rpkit_status_name(one->status));
    rp_write_text_member(writer, "code", one->code);
    rp_write_text_member(writer, "summary", one->summary);
    write_if(writer, "detail", one->detail);
    if (one->path)
        rp_write_text_member(writer, "path", one->path);
    if (one->data && one->data->name)
        write_data(writer, one->data);
    rp_write_end(writer, '}');
}

void response_results_end(response *to)
{
    rp_write_end(&to->writer, ']');
    rp_write_name(&to->writer, "diagnostics");
    rp_write_begin(&to->writer, '[');
}

const rp_response *response_end(response *made)
{
    if (!made)
        return &no_memory;
    rp_write_end(&made->writer, ']');
    rp_write_end(&made->writer, '}');
    if (!rp_buffer_ok(&made->text)) {
        rpkit_release(&made->told);
        return &no_memory;
    }
    if (!made->failed && made->in_progress)
        made->told.status = RP_IN_PROGRESS;
    made->told.json = made->text.data;
    made->told.json_len = made->text.len;
    return &made->told;
}

const rp_response *response_refused(const rpkit_diagnostic *why)
{
    response *made = response_begin(0);

    if (!made)
        return &no_memory;
    response_count(made, why->status);
    response_results_end(made);
    response_diagnostic(made, why);
    return response_end(made);
}

const rp_response *response_refused_for(const rp_error *error)
{
    rpkit_diagnostic why = {.status = RP_INTERNAL, .code = "internal"};

    if (!error || error->code == RP_E_NO_MEMORY)
        return &no_memory;
    if (error->code == RP_E_INVALID)
        why = (rpkit_diagnostic){.status = RP_INVALID_ARGUMENT,
                                 .code = "document.invalid",
                                 .path = error->path ? error->path : ""};
    if (error->code == RP_E_NOT_FOUND)
        why = (rpkit_diagnostic){
            .status = RP_UNSUPPORTED, .code = "document.no_such_resource", .path = error->path};
    why.summary = error->message;
    return response_refused(&why);
}
