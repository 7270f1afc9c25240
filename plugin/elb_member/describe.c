/*
 * describe: names, versions and schemas, from the tables that are used to read
 * and write.
 */
#include "hooks.h"
#include "record.h"
#include "request.h"

#define USUAL_SETTLE_MS 300000

static void write_schema(response *to, const char *name, const rpkit_attribute *fields)
{
    rp_write_name(&to->writer, name);
    rpkit_attributes_schema(fields, &to->writer);
}

static void write_resource(response *to, const rp_instance *instance)
{
    static const char *const key[] = {"listener_id", "server_id", "address"};

    rp_write_begin(&to->writer, '{');
    write_schema(to, "record", record_fields);
    write_schema(to, "state", state_fields);
    rp_write_name(&to->writer, "key");
    rp_write_begin(&to->writer, '[');
    for (size_t i = 0; i < rp_count_of(key); i++)
        rp_write_text(&to->writer, key[i]);
    rp_write_end(&to->writer, ']');
    write_schema(to, "parent", parent_fields);
    write_schema(to, "options", call_options_fields);
    rp_write_integer_member(&to->writer, "settle_ms",
                            instance ? instance->config.settle_ms : USUAL_SETTLE_MS);
    rp_write_end(&to->writer, '}');
}

static response *description(const rp_instance *instance)
{
    response *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->told.struct_size = sizeof(made->told);
    made->text = RP_BUFFER(65536);
    made->writer = RP_JSON_WRITER(&made->text);
    rp_write_begin(&made->writer, '{');
    rp_write_text_member(&made->writer, "name", ELB_MEMBER_NAME);
    rp_write_text_member(&made->writer, "version", ELB_MEMBER_VERSION);
    rp_write_text_member(&made->writer, "abi", "1.0");
    write_schema(made, "config", config_fields);
    rp_write_name(&made->writer, "resources");
    rp_write_begin(&made->writer, '{');
    rp_write_name(&made->writer, ELB_MEMBER_NAME);
    write_resource(made, instance);
    rp_write_end(&made->writer, '}');
    result_diagnostics_begin(made);
    return made;
}

const rp_response *describe_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    request asked = {0};
    int result;

    (void)host;
    if (instance && instance_refused(instance))
        return response_forked();
    result = request_read(&asked, text, len, 0, &error);
    request_clear(&asked);
    return result < 0 ? response_refused_for(error) : response_end(description(instance));
}
