/*
 * The list hook: one page of a listener's members.
 */
#include "hooks.h"
#include "record.h"
#include "request.h"

#include <string.h>

/* The first member after the marker: a server that ignores markers sends earlier members again. */
static size_t first_new(const page *shown, const char *marker)
{
    for (size_t i = 0; marker && i < shown->count; i++)
        if (!strcmp(shown->members[i].id, marker))
            return i + 1;
    return 0;
}

static void write_object(const record *parent, const member *seen, response *to)
{
    result_begin(to, RP_OK);
    result_outcome(to, OUTCOME_DONE);
    rp_write_name(&to->writer, "state");
    record_write_state(parent, seen, NULL, NULL, &to->writer);
    result_diagnostics_begin(to);
    result_end(to);
}

static const rp_response *write_page(const record *parent, const page *shown, const char *marker)
{
    size_t first = first_new(shown, marker);
    response *made = response_begin(shown->count);

    if (!made)
        return response_no_memory();
    for (size_t i = first; i < shown->count; i++)
        write_object(parent, &shown->members[i], made);
    rp_write_end(&made->writer, ']');
    if (driver_page_may_go_on(shown->count) && first < shown->count)
        rp_write_text_member(&made->writer, "next", shown->members[shown->count - 1].id);
    result_diagnostics_begin(made);
    return response_end(made);
}

static const rp_response *left(int status, const failure *why)
{
    if (status == RP_CANCELLED)
        return response_refused(status, "elb.cancelled", NULL, "cancelled before the members were listed");
    if (why)
        return response_refused_by(why);
    if (status == RP_NO_MEMORY)
        return response_no_memory();
    return response_refused(RP_DEADLINE_EXCEEDED, "elb.deadline_exceeded", NULL,
                            "timeout before the members were listed");
}

static const rp_response *list_members(rp_instance *instance, const rp_call *host, const record *parent,
                                       const char *marker)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    call c = {.host = host, .deadline = driver_now_ms(instance->driver) + call_timeout_ms(instance, host)};
    int status;

    driver_list(instance->driver, &c, parent->listener_id, marker, &shown, &why, &status);
    return shown ? write_page(parent, shown, marker) : left(status, why);
}

static int read_marker(const rp_json *given, const char **marker, rp_error **error)
{
    *marker = rp_json_text(given);
    if (rp_json_type_of(given) == RP_JSON_NULL || (*marker && elb_is_id(*marker)))
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, "/page", "page must be a \"next\" of an earlier list");
}

static int read_options(const rp_json *options, rp_error **error)
{
    if (rp_json_type_of(options) == RP_JSON_NULL ||
        (rp_json_type_of(options) == RP_JSON_OBJECT && rp_json_count(options) == 0))
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, "/options", "list has no options");
}

const rp_response *list_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_response *refused = instance_refused(instance), *told;
    const char *marker = NULL;
    request asked = {0};
    record parent = {0};

    if (refused)
        return refused;
    if (request_read(&asked, text, len, REQUEST_PARENT, &error) < 0 ||
        record_read_parent(&parent, asked.parent, &error) < 0 ||
        read_marker(asked.page, &marker, &error) < 0 || read_options(asked.options, &error) < 0)
        told = response_refused_for(error);
    else
        told = list_members(instance, host, &parent, marker);
    record_clear(&parent);
    request_clear(&asked);
    return told;
}
