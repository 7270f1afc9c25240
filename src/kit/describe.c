/* describe: names, versions and schemas, from the tables that are used to read and write. */
#include "kit/call.h"

#define MAX_DESCRIPTION_BYTES (1u << 20)

static void write_schema(rp_json_writer *to, const char *name, const rpkit_attribute *fields,
                         attribute_view view)
{
    rp_write_name(to, name);
    rpkit_attributes_schema(fields, view, to);
}

static void write_key(rp_json_writer *to, const rpkit_attribute *fields)
{
    rp_write_name(to, "key");
    rp_write_begin(to, '[');
    for (; fields->name; fields++)
        if (fields->key)
            rp_write_text(to, fields->name);
    rp_write_end(to, ']');
}

static void write_resource(rp_json_writer *to, const rpkit_resource *one, const rp_instance *instance)
{
    uint32_t settle_ms =
        instance && rpkit_definition.settle_ms ? rpkit_definition.settle_ms(instance->own) : one->settle_ms;

    rp_write_name(to, one->name);
    rp_write_begin(to, '{');
    write_schema(to, "record", one->attributes, VIEW_RECORD);
    write_schema(to, "state", one->attributes, VIEW_STATE);
    write_key(to, one->attributes);
    if (one->parent)
        write_schema(to, "parent", one->parent, VIEW_ALL);
    if (one->options)
        write_schema(to, "options", one->options, VIEW_ALL);
    rp_write_integer_member(to, "settle_ms", settle_ms);
    rp_write_integer_member(to, "max_records", one->max_records ? one->max_records : DEFAULT_MAX_RECORDS);
    rp_write_end(to, '}');
}

static response *description(const rp_instance *instance)
{
    static const rpkit_attribute nothing[] = {{0}};
    response *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->told.struct_size = sizeof(made->told);
    made->text = RP_BUFFER(MAX_DESCRIPTION_BYTES);
    made->writer = RP_JSON_WRITER(&made->text);
    rp_write_begin(&made->writer, '{');
    rp_write_text_member(&made->writer, "name", rpkit_definition.table->name);
    rp_write_text_member(&made->writer, "version", rpkit_definition.table->version);
    rp_write_text_member(&made->writer, "abi", "1.0");
    write_schema(&made->writer, "config", rpkit_definition.config ? rpkit_definition.config : nothing,
                 VIEW_ALL);
    rp_write_name(&made->writer, "resources");
    rp_write_begin(&made->writer, '{');
    for (size_t i = 0; i < rpkit_definition.resource_count; i++)
        write_resource(&made->writer, &rpkit_definition.resources[i], instance);
    rp_write_end(&made->writer, '}');
    rp_write_name(&made->writer, "diagnostics");
    rp_write_begin(&made->writer, '[');
    return made;
}

const rp_response *rpkit_describe(rp_instance *instance, const rp_call *host, const char *request, size_t len)
{
    const rp_response *told;
    rpkit_call call;

    if (instance && instance_refused(instance))
        return response_forked();
    told = call_start(&call, HOOK_DESCRIBE, instance, host, request, len, 0);
    call_clear(&call);
    return told ? told : response_end(description(instance));
}
