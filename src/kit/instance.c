/* open, close and validate: configurations and the instances made of them. */
#include "kit/call.h"

#include "base/text.h"

#include <unistd.h>

static const rpkit_attribute nothing[] = {{0}};

static const rpkit_attribute *config_table(void)
{
    return rpkit_definition.config ? rpkit_definition.config : nothing;
}

static rp_instance *new_instance(void)
{
    rp_instance *made = calloc(1, sizeof(*made) + rpkit_definition.instance_size);

    if (made)
        made->owner = getpid();
    return made;
}

static uint32_t configured_timeout(const rp_instance *instance)
{
    const rpkit_attribute *field = rpkit_attributes_find(config_table(), "timeout_ms");

    if (!field || field->kind != RPKIT_COUNT)
        return 0;
    return *(const uint32_t *)((const char *)instance->own + field->offset);
}

static int is_unknown(void *context, const char *name, const rp_json *value)
{
    (void)context;
    (void)name;
    return rp_json_type_of(value) == RP_JSON_NULL;
}

int read_config(rpkit_call *call, bool partial, rp_error **error)
{
    bool right;
    int code;

    if (rp_json_type_of(call->config) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, call->config ? "/config" : "",
                               call->config ? "config must be an object" : "config is missing");
    rpkit_attributes_defaults(config_table(), call->instance->own);
    code =
        rpkit_attributes_read(config_table(), call->config, partial ? RPKIT_READ_PARTIAL : RPKIT_READ_STRICT,
                              "/config", call->instance->own, error);
    if (code < 0 || !rpkit_definition.configure)
        return code;
    /* What is not known yet may go with all the rest. */
    if (partial && rp_json_each(call->config, is_unknown, NULL))
        return 0;
    call->fault = error;
    right = rpkit_definition.configure(call, call->instance->own);
    call->fault = NULL;
    if (right)
        return 0;
    return *error ? (*error)->code : rp_error_set_at(error, RP_E_INVALID, "/config", "the config is wrong");
}

void rpkit_close(rp_instance *instance)
{
    if (!instance)
        return;
    if (rpkit_definition.close)
        rpkit_definition.close(instance->own, instance->owner != getpid());
    rpkit_attributes_clear(config_table(), instance->own);
    free(instance);
}

static const rp_response *opened(rpkit_call *call)
{
    call->response->told.instance = call->instance;
    return response_finish(call);
}

/* NULL and an instance that is ready, or what to answer. */
static const rp_response *make_instance(rpkit_call *call)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    call->response = response_begin(MAX_NOTES * (sizeof(note) + 128) * 2);
    if (!call->response)
        return response_no_memory();
    if (read_config(call, false, &error) < 0)
        return response_refused_for(error);
    call->instance->timeout_ms = configured_timeout(call->instance);
    if (!rpkit_definition.open || rpkit_definition.open(call, call->instance->own))
        return NULL;
    return call->refusal ? call->refusal : response_no_memory();
}

const rp_response *rpkit_open(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    rp_instance *made = new_instance();
    const rp_response *told;
    rpkit_call call;

    (void)instance;
    if (!made)
        return response_no_memory();
    told = call_start(&call, HOOK_OPEN, made, host, request, len, PART_CONFIG);
    if (!told)
        told = make_instance(&call);
    if (told)
        rpkit_close(made);
    else
        told = opened(&call);
    call_clear(&call);
    return told;
}

/* --- validate --------------------------------------------------------------------- */

static const rp_response *validate_config(rpkit_call *call)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_response *told = NULL;

    call->instance = new_instance();
    call->response = call->instance ? response_begin(0) : NULL;
    if (!call->response)
        told = response_no_memory();
    else if (read_config(call, true, &error) < 0)
        told = response_refused_for(error);
    rpkit_close(call->instance);
    return told ? told : response_finish(call);
}

static const rp_response *validate_records(rpkit_call *call)
{
    static const rpkit_result right = {.status = RP_OK, .without_outcome = true};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (call_read_records(call, true, &error) < 0)
        return response_refused_for(error);
    for (size_t i = 0; i < call->count; i++)
        if (!call->entries[i].refused)
            rpkit_answer(call, i, &right);
    answer_no_sooner(call);
    return response_finish(call);
}

const rp_response *rpkit_validate(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    const rp_response *told;
    rpkit_call call;

    if (instance && instance_refused(instance))
        return response_forked();
    told = call_start(&call, HOOK_VALIDATE, NULL, host, request, len, PART_CONFIG | PART_RECORDS);
    if (!told)
        told = call.config ? validate_config(&call) : validate_records(&call);
    call_clear(&call);
    return told;
}
