/*
 * create, read and delete_: passes the records of a request to the driver as tasks,
 * and builds the response from their results.
 */
#include "hooks.h"
#include "record_tasks.h"
#include "request.h"

#include <unistd.h>

/* NULL if this process may use the instance, else the response. */
const rp_response *instance_refused(const rp_instance *instance)
{
    if (!instance)
        return response_refused(RP_CONTRACT, "abi.no_instance", NULL,
                                "this hook needs an instance: call open first");
    return instance->owner == getpid() ? NULL : response_forked();
}

uint32_t call_timeout_ms(const rp_instance *instance, const rp_call *host)
{
    uint32_t asked = host && RP_HAS(rp_call, host, timeout_ms) ? host->timeout_ms : 0;

    return asked ? asked : instance->config.timeout_ms;
}

static const rp_response *run(rp_instance *instance, const rp_call *host, record_tasks *all)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    response *made = response_begin(all->count);
    call c = {.host = host,
              .deadline = driver_now_ms(instance->driver) + call_timeout_ms(instance, host),
              .write_state = record_task_write_accepted,
              .wants_protocol = all->kind == WANT_CREATE};

    if (!made)
        return response_no_memory();
    if (all->run_count && driver_run(instance->driver, &c, all->each, all->count, &error) < 0) {
        response_release(&made->told);
        return response_no_memory();
    }
    record_tasks_write_results(all, instance->driver, made);
    response_results_end(made);
    return response_end(made);
}

static const rp_response *member_hook(rp_instance *instance, const rp_call *host, const char *text,
                                      size_t len, want_kind kind)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_response *refused = instance_refused(instance);
    const rp_response *told;
    call_options options;
    request asked = {0};
    record_tasks all = {0};

    if (refused)
        return refused;
    if (request_read(&asked, text, len, REQUEST_RECORDS, &error) < 0 ||
        call_options_read(&options, &instance->config, asked.options, &error) < 0 ||
        record_tasks_read(&all, kind, asked.records, &options, &error) < 0)
        told = response_refused_for(error);
    else
        told = run(instance, host, &all);
    record_tasks_clear(&all);
    request_clear(&asked);
    return told;
}

const rp_response *create_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    return member_hook(instance, host, text, len, WANT_CREATE);
}

const rp_response *read_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    return member_hook(instance, host, text, len, WANT_READ);
}

const rp_response *delete_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    return member_hook(instance, host, text, len, WANT_DELETE);
}
