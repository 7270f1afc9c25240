#include "host/call.h"

#include "host/running.h"

#include <string.h>

/* What has to be there before the hook is called: afterwards nothing may be lost for want of memory. */
typedef struct prepared {
    rphost_answer *answer;
    rp_running *running;
    rp_json *request; /* NULL: it has no records, or is not JSON */
    rp_exchange exchange;
} prepared;

/* Whether the request says what the answer must be like. That of open, which has secrets, does not. */
static bool read_request(const rp_hook_call *what, prepared *now)
{
    bool matters = what->hook->records || what->hook->states;

    return !matters || !what->request ||
           rp_json_parse(what->request, what->request_len, &now->request, NULL) != RP_E_NO_MEMORY;
}

static const rp_json *resource_of(const rp_json *description, const rp_json *request)
{
    const char *name = rp_json_text(rp_json_get(request, "resource"));

    return name ? rp_json_get(rp_json_get(description, "resources"), name) : NULL;
}

static bool prepare(const rp_hook_call *what, prepared *now)
{
    rp_running_how how = {
        .owner = what->owner, .plugin = what->plugin, .hook = what->hook->name, .call = what->call};

    if (!read_request(what, now))
        return false;
    now->exchange = (rp_exchange){.hook = what->hook,
                                  .request = now->request,
                                  .resource = resource_of(what->description, now->request),
                                  .abi_minor = what->plugin->abi_minor};
    how.records = rp_exchange_records(&now->exchange);
    now->answer = rp_answer_new();
    now->running = now->answer ? rp_running_begin(&how) : NULL;
    return now->running != NULL;
}

static void clear(prepared *now)
{
    if (now->request)
        rp_json_wipe_strings(now->request); /* a record may have a password */
    rp_json_free(now->request);
}

static const rp_response *run(const rp_hook_call *what, rp_running *running)
{
    rp_hook *slot = rp_hook_slot(what->plugin, what->hook);
    const rp_response *response;

    rp_running_enter(what->plugin->name, what->hook->name);
    response = slot(what->instance, rp_running_call(running), what->request, what->request_len);
    rp_running_enter(NULL, NULL);
    return response;
}

static rp_instance *instance_of(const rp_response *response)
{
    bool has = response && RP_HAS(rp_response, response, instance) && response->status == RP_OK;

    return has ? response->instance : NULL;
}

rphost_answer *rp_hook_run(const rp_hook_call *what, rp_instance **opened)
{
    _cleanup_(rp_faults_done) rp_faults faults = {.hook = what->hook->name};
    _cleanup_(clear) prepared now = {0};
    const rp_response *response;
    rp_instance *made;

    if (!prepare(what, &now)) {
        rphost_release(now.answer);
        return rp_answer_no_memory();
    }
    response = run(what, now.running);
    rp_running_end(now.running, &faults);
    made = instance_of(response);
    now.answer = rp_answer_take(now.answer, what->plugin, response, &now.exchange, &faults);
    if (opened)
        *opened = made;
    return now.answer;
}
