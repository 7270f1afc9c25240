/*
 * Results. Each is written into the response at once. One that finds no more
 * memory is written again, shorter, into room that was reserved when the request
 * was read: nothing that happened is lost.
 */
#include "kit/call.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

/* Status, outcome, flags and a warning; the diagnostics and computed attributes that are usual. */
#define LEAST_FIXED  512
#define USUAL_FIXED  768
#define USUAL_TEXT   96
#define SHORTENED_AT 192 /* for the warning that the result was shortened */

static size_t usual_state(const rpkit_attribute *fields)
{
    size_t bytes = 0;

    for (; fields->name; fields++)
        bytes += fields->fields ? usual_state(fields->fields) : strlen(fields->name) + 6 + USUAL_TEXT;
    return bytes;
}

void result_room(const rpkit_call *call, call_record *one, const rp_json *object)
{
    rp_buffer text = RP_BUFFER(MAX_RESPONSE_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_json_print(object, false, &text);
    if (one->id)
        rp_write_text_member(&writer, "id", one->id);
    one->least_room = one->refused ? LEAST_FIXED : LEAST_FIXED + text.len;
    one->room = one->refused ? USUAL_FIXED : USUAL_FIXED + text.len + usual_state(call->resource->attributes);
    rp_buffer_done(&text);
}

/* --- writing ---------------------------------------------------------------------- */

static bool ends_state_with(const rpkit_call *call, const rpkit_result *result)
{
    return result->state && call->hook != HOOK_DELETE;
}

static void write_outcome(rp_json_writer *writer, const rpkit_result *result)
{
    static const char *const words[] = {
        [RPKIT_NONE] = "none", [RPKIT_DONE] = "done", [RPKIT_UNKNOWN] = "unknown"};

    if (!result->without_outcome)
        rp_write_text_member(writer, "outcome", words[result->outcome]);
}

static void write_state(const rpkit_call *call, const void *state, const char *id, bool whole,
                        rp_json_writer *writer)
{
    const rpkit_attribute *attributes = call->resource->attributes;

    rp_write_name(writer, "state");
    rp_write_begin(writer, '{');
    if (id)
        rp_write_text_member(writer, "id", id);
    if (whole)
        rpkit_attributes_write(attributes, state, writer);
    else
        rpkit_attributes_write_fitting(attributes, state, writer);
}

static void write_flags(const rpkit_call *call, const rpkit_result *result, rp_json_writer *writer)
{
    if (result->status == RP_ALREADY_EXISTS)
        rp_write_boolean_member(writer, "matches", result->matches);
    if (call->hook == HOOK_DELETE && result->status == RP_OK && !result->existed_unknown)
        rp_write_boolean_member(writer, "existed", result->existed);
    if (result->status >= 100)
        rp_write_boolean_member(writer, "retryable", result->retryable);
    if (result->status >= 100 && result->retry_after_ms > 0)
        rp_write_integer_member(writer, "retry_after_ms", result->retry_after_ms);
}

static void begin_result(const rpkit_result *result, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "status", rpkit_status_name(result->status));
    write_outcome(writer, result);
}

static void begin_diagnostics(rp_json_writer *writer)
{
    rp_write_name(writer, "diagnostics");
    rp_write_begin(writer, '[');
}

static void end_result(rp_json_writer *writer)
{
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}

static void write_whole(rpkit_call *call, const rpkit_result *result, const char *id)
{
    rp_json_writer *writer = &call->response->writer;

    begin_result(result, writer);
    if (ends_state_with(call, result)) {
        write_state(call, result->state, id, true, writer);
        rp_write_end(writer, '}');
    }
    write_flags(call, result, writer);
    begin_diagnostics(writer);
    for (size_t i = 0; i < result->diagnostic_count; i++)
        response_diagnostic(call->response, &result->diagnostics[i]);
    end_result(writer);
}

/* In the room that is reserved: of the state what fits. */
static void write_short(rpkit_call *call, const rpkit_result *result, const char *id, size_t room)
{
    rp_json_writer *writer = &call->response->writer;
    rp_buffer *text = &call->response->text;
    size_t max = text->max, start = text->len;

    begin_result(result, writer);
    write_flags(call, result, writer);
    if (ends_state_with(call, result)) {
        text->max = start + room - SHORTENED_AT;
        write_state(call, result->state, id, false, writer);
        text->max = max;
        rp_write_end(writer, '}');
    }
    begin_diagnostics(writer);
    response_diagnostic(call->response,
                        &(rpkit_diagnostic){.warning = result->status < 100,
                                            .status = RP_NO_MEMORY,
                                            .code = "no_memory",
                                            .summary = "out of memory: the result is shortened"});
    end_result(writer);
}

/* True if the result is written and the shortest form of those after it fits too. */
static bool fits(rpkit_call *call)
{
    rp_buffer *text = &call->response->text;
    size_t wanted = text->len + call->least_left + RESPONSE_TAIL;

    return rp_buffer_ok(text) && wanted <= text->max && rp_buffer_reserve(text, wanted);
}

static void write_result(rpkit_call *call, call_record *one, const rpkit_result *result, const char *id)
{
    rp_buffer *text = &call->response->text;
    rp_json_writer before = call->response->writer;
    size_t start = text->len;

    call->least_left -= one->least_room;
    write_whole(call, result, id);
    if (!fits(call)) {
        rp_buffer_cut(text, start);
        call->response->writer = before;
        write_short(call, result, id, one->least_room);
    }
    response_count(call->response, result->status);
    one->status = result->status;
    one->outcome = result->outcome;
    one->start = start;
    one->len = text->len - start;
}

/* --- what the rules ask for ----------------------------------------------------------- */

static rpkit_result internal(rpkit_outcome outcome, const rpkit_diagnostic *why)
{
    return (rpkit_result){
        .status = RP_INTERNAL, .outcome = outcome, .diagnostics = why, .diagnostic_count = 1};
}

static const char *id_of(const rpkit_call *call, const void *state, char **made)
{
    const rpkit_attribute *field = rpkit_attributes_find(call->resource->attributes, "id");

    if (field)
        return *(char **)((char *)state + field->offset);
    return make_id(call->resource, state, made, NULL) == 0 ? *made : NULL;
}

/* Whether a result breaks a rule of the documents, and which. */
static const char *broken_rule(const rpkit_call *call, const rpkit_result *result, const char *id)
{
    bool stated = call->hook == HOOK_CREATE || call->hook == HOOK_UPDATE || call->hook == HOOK_READ;

    if (stated && (result->status == RP_OK || result->status == RP_ALREADY_EXISTS) && !result->state)
        return "the plugin gave an object without its state";
    if (result->state && (!id || !*id))
        return "the plugin gave a state without an id";
    return NULL;
}

void rpkit_answer(rpkit_call *call, size_t index, const rpkit_result *result)
{
    call_record *one = &call->entries[index];
    _cleanup_(rp_freep) char *made = NULL;
    const char *id = NULL, *rule;

    answer_no_sooner(call);
    if (index != call->next || index >= call->count)
        return;
    if (result->state && makes_id(call->resource))
        id = one->id ? one->id : id_of(call, result->state, &made);
    rule = broken_rule(call, result, result->state && !id ? id_of(call, result->state, &made) : id);
    if (rule) {
        rpkit_diagnostic why = {.status = RP_INTERNAL, .code = "internal", .summary = rule};
        rpkit_result instead = internal(result->outcome, &why);
        write_result(call, one, &instead, NULL);
    } else {
        write_result(call, one, result, id);
    }
    call->next++;
    answer_no_sooner(call);
}

/* Writes the refusals of records from the next one on. */
void answer_no_sooner(rpkit_call *call)
{
    while (call->next < call->count && call->entries[call->next].refused) {
        const rp_error *why = call->entries[call->next].refused;
        rpkit_diagnostic told = {.status = RP_INVALID_ARGUMENT,
                                 .code = "record.invalid",
                                 .summary = why->message,
                                 .path = why->path ? why->path : ""};
        rpkit_result result = {.status = RP_INVALID_ARGUMENT,
                               .outcome = RPKIT_NONE,
                               .diagnostics = &told,
                               .diagnostic_count = 1};
        write_result(call, &call->entries[call->next], &result, NULL);
        call->next++;
    }
}

/* A later record of the same object shares what became of the first. */
void answer_as_first(rpkit_call *call, size_t index)
{
    call_record *one = &call->entries[index], *first = &call->entries[one->twin];
    rp_buffer *text = &call->response->text;
    size_t wanted = text->len + 1 + first->len + call->least_left - one->least_room + RESPONSE_TAIL;
    rpkit_result result = {.status = first->status, .outcome = first->outcome, .state = one->record};

    if (wanted > text->max || !rp_buffer_reserve(text, wanted)) {
        rp_buffer_cut(text, text->len);
        rpkit_answer(call, index, &result);
        return;
    }
    call->least_left -= one->least_room;
    rp_write_raw(&call->response->writer, text->data + first->start + (text->data[first->start] == ','),
                 first->len - (text->data[first->start] == ','));
    call->next++;
    answer_no_sooner(call);
}

/* --- one result after the other ---------------------------------------------------------- */

static void write_noted(rpkit_call *call, rpkit_result result, const rpkit_diagnostic *why)
{
    rpkit_diagnostic all[MAX_NOTES + 1];
    size_t count = 0;

    if (call->answered || call->current >= call->count)
        return;
    if (why)
        all[count++] = *why;
    for (size_t i = 0; i < call->note_count; i++)
        all[count++] = (rpkit_diagnostic){
            .warning = true, .status = RP_OK, .code = call->notes[i].code, .summary = call->notes[i].text};
    result.diagnostics = all;
    result.diagnostic_count = count;
    result.retry_after_ms = call->retry_after_ms;
    rpkit_answer(call, call->current, &result);
    call->answered = true;
    call->note_count = 0;
    call->retry_after_ms = 0;
}

void rpkit_made(rpkit_call *call, const void *state)
{
    write_noted(call, (rpkit_result){.status = RP_OK, .outcome = RPKIT_DONE, .state = state}, NULL);
}

void rpkit_unchanged(rpkit_call *call, const void *state)
{
    write_noted(call, (rpkit_result){.status = RP_OK, .outcome = RPKIT_NONE, .state = state}, NULL);
}

void rpkit_found(rpkit_call *call, const void *state)
{
    write_noted(call, (rpkit_result){.status = RP_OK, .outcome = RPKIT_DONE, .state = state}, NULL);
}

static bool adopts(const rpkit_call *call)
{
    const rpkit_attribute *field =
        call->options ? rpkit_attributes_find(call->resource->options, "adopt") : NULL;

    return field && field->kind == RPKIT_FLAG && *(bool *)((char *)call->options + field->offset);
}

void rpkit_exists(rpkit_call *call, const void *state, bool matches)
{
    rpkit_result result = {
        .status = RP_ALREADY_EXISTS, .outcome = RPKIT_NONE, .state = state, .matches = matches};
    rpkit_diagnostic why = {.status = RP_ALREADY_EXISTS,
                            .code = "object.already_exists",
                            .summary = "the object is there already"};

    if (matches && adopts(call))
        rpkit_unchanged(call, state);
    else
        write_noted(call, result, &why);
}

void rpkit_removed(rpkit_call *call)
{
    write_noted(call, (rpkit_result){.status = RP_OK, .outcome = RPKIT_DONE, .existed = true}, NULL);
}

void rpkit_absent(rpkit_call *call)
{
    rpkit_diagnostic why = {
        .status = RP_NOT_FOUND, .code = "object.not_found", .summary = "there is no such object"};

    if (call->hook == HOOK_DELETE)
        write_noted(call, (rpkit_result){.status = RP_OK, .outcome = RPKIT_DONE}, NULL);
    else
        write_noted(call, (rpkit_result){.status = RP_NOT_FOUND, .outcome = RPKIT_NONE}, &why);
}

void rpkit_in_progress(rpkit_call *call, const void *state)
{
    write_noted(call,
                (rpkit_result){.status = RP_IN_PROGRESS,
                               .outcome = RPKIT_UNKNOWN,
                               .without_outcome = call->hook == HOOK_READ,
                               .state = state},
                NULL);
}

static bool is_retryable(int32_t status)
{
    return status >= RP_UNAVAILABLE && status < RP_INTERNAL;
}

static void format_note(note *into, const char *code, const char *format, va_list arguments)
{
    snprintf(into->code, sizeof(into->code), "%s", code);
    vsnprintf(into->text, sizeof(into->text), format, arguments);
}

void rpkit_fail(rpkit_call *call, int32_t status, rpkit_outcome outcome, const char *code, const char *format,
                ...)
{
    int32_t known = status >= 100 ? status : RP_INTERNAL;
    rpkit_diagnostic why = {.status = known};
    note words;
    va_list arguments;

    va_start(arguments, format);
    format_note(&words, code, format, arguments);
    va_end(arguments);
    why.code = words.code;
    why.summary = words.text;
    if (outcome == RPKIT_UNKNOWN && is_mutating(call->hook))
        why.detail = "The outcome is unknown. Read the object before acting on it again.";
    write_noted(call,
                (rpkit_result){.status = known,
                               .outcome = outcome,
                               .without_outcome = outcome == RPKIT_UNKNOWN && call->hook == HOOK_READ,
                               .retryable = is_retryable(known)},
                &why);
}

bool rpkit_wrong(rpkit_call *call, const char *path, const char *format, ...)
{
    _cleanup_(rp_freep) char *whole = rp_format("%s%s", call->at, path);
    rpkit_diagnostic why = {.status = RP_INVALID_ARGUMENT, .path = path};
    note words;
    va_list arguments;

    va_start(arguments, format);
    format_note(&words, "record.invalid", format, arguments);
    va_end(arguments);
    if (call->fault) {
        if (!*call->fault)
            rp_error_set_at(call->fault, RP_E_INVALID, whole ? whole : "", "%s", words.text);
        return false;
    }
    why.code = words.code;
    why.summary = words.text;
    write_noted(call, (rpkit_result){.status = RP_INVALID_ARGUMENT, .outcome = RPKIT_NONE}, &why);
    return false;
}

bool rpkit_no_memory(rpkit_call *call)
{
    if (call->fault && !*call->fault)
        rp_error_no_memory(call->fault);
    else if (!call->fault && call->current < call->count)
        rpkit_fail(call, RP_NO_MEMORY, RPKIT_NONE, "no_memory", "out of memory");
    else if (!call->fault && !call->refusal)
        call->refusal = response_no_memory();
    return false;
}

void rpkit_warn(rpkit_call *call, const char *code, const char *format, ...)
{
    va_list arguments;

    if (call->note_count == MAX_NOTES)
        return;
    va_start(arguments, format);
    format_note(&call->notes[call->note_count++], code, format, arguments);
    va_end(arguments);
}

void rpkit_retry_after(rpkit_call *call, uint32_t ms)
{
    call->retry_after_ms = ms;
}

/* --- of the whole ------------------------------------------------------------------------ */

bool rpkit_refuse_with(rpkit_call *call, const rpkit_diagnostic *why)
{
    if (call->fault && !*call->fault)
        rp_error_set_at(call->fault, RP_E_INVALID, why->path ? why->path : "", "%s", why->summary);
    if (!call->refusal && !call->fault)
        call->refusal = response_refused(why);
    return false;
}

bool rpkit_refuse(rpkit_call *call, int32_t status, const char *code, const char *path, const char *format,
                  ...)
{
    rpkit_diagnostic why = {.status = status, .path = path};
    note words;
    va_list arguments;

    va_start(arguments, format);
    format_note(&words, code, format, arguments);
    va_end(arguments);
    why.code = words.code;
    why.summary = words.text;
    return rpkit_refuse_with(call, &why);
}

const rp_response *response_finish(rpkit_call *call)
{
    response *made = rp_take(call->response);

    rp_write_end(&made->writer, ']');
    if (call->next_page)
        rp_write_text_member(&made->writer, "next", call->next_page);
    begin_diagnostics(&made->writer);
    for (size_t i = 0; i < call->note_count; i++)
        response_diagnostic(made, &(rpkit_diagnostic){.warning = true,
                                                      .status = RP_OK,
                                                      .code = call->notes[i].code,
                                                      .summary = call->notes[i].text});
    return response_end(made);
}

void rpkit_listed(rpkit_call *call, const void *state)
{
    _cleanup_(rp_freep) char *made = NULL;
    rp_json_writer *writer = &call->response->writer;
    const char *id = id_of(call, state, &made);

    if (call->refusal)
        return;
    if (!id || !*id) {
        rpkit_refuse(call, RP_INTERNAL, "internal", NULL, "the plugin listed an object without an id");
        return;
    }
    begin_result(&(rpkit_result){.status = RP_OK, .outcome = RPKIT_DONE}, writer);
    write_state(call, state, makes_id(call->resource) ? id : NULL, true, writer);
    rp_write_end(writer, '}');
    begin_diagnostics(writer);
    end_result(writer);
}

void rpkit_next(rpkit_call *call, const char *page)
{
    free(call->next_page);
    call->next_page = strdup(page);
    if (!call->next_page)
        rpkit_no_memory(call);
}
