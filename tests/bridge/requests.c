#include "requests.h"

#include "bridge/msgpack.h"
#include "bridge/type.h"

#include <check.h>
#include <string.h>

arena memory;
client *bridge;
const ProtobufCBinaryData nothing;

/* The string "?" stands for what is not known. */
static const value *with_unknown(const value *from)
{
    value *made;

    if (from->kind == VALUE_STRING && !strcmp(from->text, "?"))
        return &value_unknown;
    if (from->kind < VALUE_LIST)
        return from;
    made = from->names ? value_object(&memory, from->count) : value_list(&memory, from->count);
    for (size_t i = 0; i < from->count; i++)
        value_add(made, from->names ? from->names[i] : NULL, with_unknown(from->items[i]));
    return made;
}

static Tf__DynamicValue *wire(const value *plain)
{
    Tf__DynamicValue *made = arena_alloc(&memory, sizeof(*made));
    rp_buffer bytes = RP_BUFFER(1u << 20);

    tf__dynamic_value__init(made);
    msgpack_write(plain, &bytes);
    made->msgpack =
        (ProtobufCBinaryData){bytes.len, (uint8_t *)arena_copy(&memory, rp_buffer_text(&bytes), bytes.len)};
    rp_buffer_done(&bytes);
    return made;
}

Tf__DynamicValue *dynamic(const char *text)
{
    rp_json *json = NULL;
    const value *plain;

    ck_assert_msg(rp_json_parse(text, strlen(text), &json, NULL) == 0, "%s", text);
    type_from_json(&memory, &type_any, json, "", &plain, NULL);
    rp_json_free(json);
    return wire(with_unknown(plain));
}

const value *plain(const Tf__DynamicValue *from)
{
    const value *read;

    ck_assert_ptr_nonnull(from);
    ck_assert_int_eq(msgpack_read(&memory, from->msgpack.data, from->msgpack.len, &read, NULL), 0);
    return read;
}

const char *text_at(const value *from, const char *name)
{
    const value *item = value_get(from, name);

    ck_assert_msg(item && item->text, "%s is no text or number", name);
    return item->text;
}

void configure_with(const char *config)
{
    Tf__ConfigureProviderRequest asked = TF__CONFIGURE_PROVIDER_REQUEST__INIT;
    Tf__DiagnosticsResponse *reply;

    asked.config = dynamic(config);
    ck_assert_int_eq(
        client_call(bridge, "ConfigureProvider", &asked.base, &tf__diagnostics_response__descriptor, &reply),
        0);
    ck_assert_uint_eq(reply->n_diagnostics, 0);
    FREE(reply);
}

Tf__PlanResourceChangeResponse *plan(const char *resource, const char *config, Tf__DynamicValue *prior,
                                     ProtobufCBinaryData kept)
{
    Tf__PlanResourceChangeRequest asked = TF__PLAN_RESOURCE_CHANGE_REQUEST__INIT;
    Tf__PlanResourceChangeResponse *reply;

    asked.type_name = (char *)(size_t)resource;
    asked.config = asked.proposed_new_state = dynamic(config);
    asked.prior_state = prior ? prior : dynamic("null");
    asked.prior_private = kept;
    ck_assert_int_eq(client_call(bridge, "PlanResourceChange", &asked.base,
                                 &tf__plan_resource_change_response__descriptor, &reply),
                     0);
    return reply;
}

int32_t begin_apply(const char *resource, const char *config, Tf__DynamicValue *prior,
                    Tf__DynamicValue *planned, ProtobufCBinaryData kept)
{
    Tf__ApplyResourceChangeRequest asked = TF__APPLY_RESOURCE_CHANGE_REQUEST__INIT;

    asked.type_name = (char *)(size_t)resource;
    asked.config = dynamic(config);
    asked.prior_state = prior ? prior : dynamic("null");
    asked.planned_state = planned;
    asked.planned_private = kept;
    return client_begin(bridge, "/tfplugin6.Provider/ApplyResourceChange", &asked.base);
}

Tf__ApplyResourceChangeResponse *end_apply(int32_t stream)
{
    Tf__ApplyResourceChangeResponse *reply;

    ck_assert_int_eq(client_wait(bridge, stream, &tf__apply_resource_change_response__descriptor, &reply), 0);
    return reply;
}

/* Plan and apply. */
Tf__ApplyResourceChangeResponse *make(const char *resource, const char *config, Tf__DynamicValue *prior,
                                      ProtobufCBinaryData kept)
{
    Tf__PlanResourceChangeResponse *planned = plan(resource, config, prior, kept);
    Tf__ApplyResourceChangeResponse *reply;

    ck_assert_uint_eq(planned->n_diagnostics, 0);
    reply = end_apply(begin_apply(resource, config, prior, planned->planned_state, planned->planned_private));
    FREE(planned);
    return reply;
}

Tf__ReadResourceResponse *look(const char *resource, Tf__DynamicValue *state, ProtobufCBinaryData kept)
{
    Tf__ReadResourceRequest asked = TF__READ_RESOURCE_REQUEST__INIT;
    Tf__ReadResourceResponse *reply;

    asked.type_name = (char *)(size_t)resource;
    asked.current_state = state;
    asked.private_ = kept;
    ck_assert_int_eq(
        client_call(bridge, "ReadResource", &asked.base, &tf__read_resource_response__descriptor, &reply), 0);
    return reply;
}
