/* The hooks that run the operations of a resource: one record after the other, or one page. */
#include "kit/call.h"

#include <stdio.h>

typedef void operation(rpkit_call *call, void *instance, void *record);

static operation *operation_of(const rpkit_call *call)
{
    switch (call->hook) {
    case HOOK_CREATE:
        return call->resource->create;
    case HOOK_READ:
        return call->resource->read;
    default:
        return call->resource->delete_;
    }
}

static bool is_supported(const rpkit_call *call)
{
    if (call->hook == HOOK_UPDATE)
        return call->resource->update;
    return call->hook == HOOK_LIST ? call->resource->list != NULL : operation_of(call) != NULL;
}

static const rp_response *unsupported(const rpkit_call *call)
{
    char summary[160];

    snprintf(summary, sizeof(summary), "\"%s\" has no such operation", call->resource->name);
    return response_refused(&(rpkit_diagnostic){
        .status = RP_UNSUPPORTED, .code = "document.unsupported", .path = "/resource", .summary = summary});
}

/* The first of the twins failed, or its outcome is open: another attempt could act twice. */
static bool follows_first(const rpkit_call *call, size_t index)
{
    const call_record *first = &call->entries[call->entries[index].twin];

    return call->entries[index].twin != index &&
           (first->outcome == RPKIT_UNKNOWN || (first->status >= 100 && first->status != RP_ALREADY_EXISTS));
}

static void stop(rpkit_call *call, int32_t status)
{
    if (status == RP_CANCELLED)
        rpkit_fail(call, status, RPKIT_NONE, "call.cancelled", "cancelled before this record was begun");
    else
        rpkit_fail(call, status, RPKIT_NONE, "call.deadline_exceeded",
                   "out of time before this record was begun");
}

static void operate(rpkit_call *call, void *instance, const call_record *on)
{
    int32_t status = rpkit_watch(call);

    if (status != RP_OK)
        stop(call, status);
    else if (call->hook == HOOK_UPDATE)
        call->resource->update(call, instance, on->state, on->record);
    else
        operation_of(call)(call, instance, on->record);
    if (!call->answered)
        rpkit_fail(call, RP_INTERNAL, RPKIT_UNKNOWN, "internal", "the plugin gave no result");
}

static const rp_response *run(rpkit_hook hook, rp_instance *instance, const rp_call *host,
                              const char *request, size_t len)
{
    static const char *const names[] = {
        [HOOK_CREATE] = "create", [HOOK_READ] = "read", [HOOK_UPDATE] = "update", [HOOK_DELETE] = "delete"};
    rpkit_call *call;
    const rp_response *told = rpkit_begin(&call, names[hook], instance, host, request, len);

    if (told)
        return told;
    if (!is_supported(call)) {
        told = unsupported(call);
        call_clear(call);
        free(call);
        return told;
    }
    for (size_t i = 0; i < call->count; i++) {
        if (call->entries[i].refused)
            continue;
        answer_no_sooner(call);
        call->current = i;
        call->answered = false;
        if (follows_first(call, i))
            answer_as_first(call, i);
        else
            operate(call, rpkit_instance(call), &call->entries[i]);
    }
    call->current = call->count;
    return rpkit_end(call);
}

const rp_response *rpkit_create(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    return run(HOOK_CREATE, instance, host, request, len);
}

const rp_response *rpkit_read(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    return run(HOOK_READ, instance, host, request, len);
}

const rp_response *rpkit_update(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    return run(HOOK_UPDATE, instance, host, request, len);
}

const rp_response *rpkit_delete(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    return run(HOOK_DELETE, instance, host, request, len);
}

/* --- list --------------------------------------------------------------------- */

static int read_page(const rpkit_call *call, const char **page, rp_error **error)
{
    *page = rp_json_text(call->page);
    if (!call->page || (*page && **page))
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, "/page", "page is not one that list gave as \"next\"");
}

static const rp_response *list_page(rpkit_call *call)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const char *page;

    if (!is_supported(call))
        return unsupported(call);
    if (read_page(call, &page, &error) < 0)
        return response_refused_for(error);
    call->response = response_begin(0);
    if (!call->response)
        return response_no_memory();
    call->resource->list(call, rpkit_instance(call), call->parent, page);
    return call->refusal ? call->refusal : response_finish(call);
}

const rp_response *rpkit_list(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    const rp_response *told = instance_refused(instance);
    rpkit_call call;

    if (told)
        return told;
    told = call_start(&call, HOOK_LIST, instance, host, request, len, PART_PARENT);
    if (!told)
        told = list_page(&call);
    call_clear(&call);
    return told;
}
