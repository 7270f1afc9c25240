/* A call: its instance and options, time and cancellation, and what the host is told meanwhile. */
#include "kit/call.h"

#include "kit/event.h"

#include "base/secret.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* A cancellation is seen after so long at most. */
#define SLICE_MS 50

const char *rpkit_reveal(const struct rp_secret *secret)
{
    return secret ? rp_secret_reveal(secret) : NULL;
}

const rp_response *instance_refused(const rp_instance *instance)
{
    if (!instance)
        return response_refused(
            &(rpkit_diagnostic){.status = RP_CONTRACT,
                                .code = "abi.no_instance",
                                .summary = "this hook needs an instance: call open first"});
    return instance->owner == getpid() ? NULL : response_forked();
}

const void *rpkit_options(const rpkit_call *call)
{
    return call->options;
}

bool rpkit_given(const rpkit_call *call, const char *part, const char *name)
{
    return rp_json_get(rp_json_get(call->root, part), name) != NULL;
}

/* --- time --------------------------------------------------------------------- */

static bool is_cancelled(const rp_call *host)
{
    return host && RP_HAS(rp_call, host, cancel) && host->cancel &&
           __atomic_load_n(host->cancel, __ATOMIC_RELAXED);
}

uint32_t rpkit_left_ms(const rpkit_call *call)
{
    int64_t left = call->deadline_ms - rp_now_ms(&rp_clock_system);

    return left < 0 ? 0 : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

int32_t rpkit_watch(const rpkit_call *call)
{
    if (is_cancelled(call->host))
        return RP_CANCELLED;
    return rpkit_left_ms(call) ? RP_OK : RP_DEADLINE_EXCEEDED;
}

/* Waits in slices for the descriptor, if there is one, or until `until`. */
static int32_t wait_until(const rpkit_call *call, struct pollfd *on, int64_t until)
{
    for (;;) {
        int32_t status = rpkit_watch(call);
        int64_t left = until - rp_now_ms(&rp_clock_system), most = rpkit_left_ms(call);
        if (status != RP_OK || left <= 0)
            return status;
        left = left < most ? left : most;
        if (poll(on, on ? 1 : 0, (int)(left < SLICE_MS ? left : SLICE_MS)) > 0)
            return RP_OK;
    }
}

int32_t rpkit_sleep(const rpkit_call *call, uint32_t ms)
{
    return wait_until(call, NULL, rp_now_ms(&rp_clock_system) + ms);
}

int32_t rpkit_poll(const rpkit_call *call, int fd, short events)
{
    struct pollfd on = {.fd = fd, .events = events};

    return wait_until(call, &on, INT64_MAX);
}

/* --- events --------------------------------------------------------------------- */

void rpkit_log(rpkit_call *call, const char *level, const char *format, ...)
{
    rp_buffer text = RP_BUFFER(RP_EVENT_MAX_BYTES);
    _cleanup_(rp_freep) char *message = NULL;
    va_list arguments;

    if (!rp_event_wanted(call->host))
        return;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    if (!message)
        return;
    rp_event_log(&text, level, message);
    rp_event_deliver(call->host, &text);
}

void rpkit_progress(rpkit_call *call, size_t done, size_t total, const char *message)
{
    rp_buffer text = RP_BUFFER(RP_EVENT_MAX_BYTES);

    if (!rp_event_wanted(call->host))
        return;
    rp_event_progress(&text, done, total, message);
    rp_event_deliver(call->host, &text);
}

void rpkit_accepted(rpkit_call *call, const void *state)
{
    rp_buffer text = RP_BUFFER(MAX_RESPONSE_BYTES);

    if (!rp_event_wanted(call->host) || call->current >= call->count)
        return;
    rp_event_state(&text, call->resource, call->current, state);
    rp_event_deliver(call->host, &text);
}

/* --- many records ------------------------------------------------------------------ */

static rpkit_hook hook_named(const char *name)
{
    static const char *const names[] = {[HOOK_CREATE - HOOK_CREATE] = "create",
                                        [HOOK_READ - HOOK_CREATE] = "read",
                                        [HOOK_UPDATE - HOOK_CREATE] = "update"};

    for (size_t i = 0; i < rp_count_of(names); i++)
        if (!strcmp(names[i], name))
            return (rpkit_hook)(HOOK_CREATE + i);
    return HOOK_DELETE;
}

const rp_response *rpkit_begin(rpkit_call **call, const char *hook, rp_instance *instance,
                               const rp_call *host, const char *request, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_response *refused = instance_refused(instance);
    rpkit_call *made = refused ? NULL : malloc(sizeof(*made));

    if (!made)
        return refused ? refused : response_no_memory();
    refused = call_start(made, hook_named(hook), instance, host, request, len, PART_RECORDS);
    if (!refused && call_read_records(made, false, &error) < 0)
        refused = response_refused_for(error);
    if (refused) {
        call_clear(made);
        free(made);
        return refused;
    }
    *call = made;
    return NULL;
}

const rp_response *rpkit_end(rpkit_call *call)
{
    static const rpkit_diagnostic why = {
        .status = RP_INTERNAL, .code = "internal", .summary = "the plugin gave no result"};
    static const rpkit_result none = {
        .status = RP_INTERNAL, .outcome = RPKIT_UNKNOWN, .diagnostics = &why, .diagnostic_count = 1};
    const rp_response *told = call->refusal;

    if (!told) {
        answer_no_sooner(call);
        while (call->next < call->count)
            rpkit_answer(call, call->next, &none);
        told = response_finish(call);
    }
    call_clear(call);
    free(call);
    return told;
}

void *rpkit_instance(const rpkit_call *call)
{
    return call->instance->own;
}

const rp_call *rpkit_host(const rpkit_call *call)
{
    return call->host;
}

size_t rpkit_count(const rpkit_call *call)
{
    return call->count;
}

void *rpkit_record(const rpkit_call *call, size_t index)
{
    return call->entries[index].refused ? NULL : call->entries[index].record;
}

size_t rpkit_twin(const rpkit_call *call, size_t index)
{
    return call->entries[index].twin;
}
