/*
 * create, read and delete_: passes the records of a request to the driver as tasks,
 * and builds the response from their results.
 */
#include "instance.h"
#include "record_tasks.h"

static int run(elb_instance *on, rpkit_call *asked, record_tasks *all)
{
    call c = {.host = rpkit_host(asked),
              .deadline = driver_now_ms(on->driver) + rpkit_left_ms(asked),
              .write_state = record_task_write_accepted};
    int result = record_tasks_make(all, asked, &on->config);

    if (result == 0 && all->run_count)
        result = driver_run(on->driver, &c, all->each, all->count, NULL);
    return result;
}

static const rp_response *member_hook(rp_instance *instance, const rp_call *host, const char *text,
                                      size_t len, want_kind kind)
{
    static const char *const hooks[] = {
        [WANT_CREATE] = "create", [WANT_READ] = "read", [WANT_DELETE] = "delete"};
    record_tasks all = {.kind = kind};
    rpkit_call *asked;
    const rp_response *refused = rpkit_begin(&asked, hooks[kind], instance, host, text, len);

    if (refused)
        return refused;
    if (run(rpkit_instance(asked), asked, &all) < 0)
        rpkit_no_memory(asked);
    else
        record_tasks_write_results(&all, rpkit_instance(asked), asked);
    record_tasks_clear(&all);
    return rpkit_end(asked);
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
