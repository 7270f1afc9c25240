#include "bridge/rpc.h"

#include "bridge/log.h"
#include "bridge/record_plan.h"
#include "bridge/resource.h"

#include <string.h>

#define REPLY(type, init)                                                                                    \
    type reply = init;                                                                                       \
    const ProtobufCMessage *message = &reply.base

static void send(call *one, const ProtobufCMessage *message, size_t *count, Tf__Diagnostic ***items,
                 rp_buffer *out)
{
    *count = one->diagnostics.count;
    *items = one->diagnostics.items;
    call_pack(message, out);
}

#define SEND(one, out) send(one, message, &reply.n_diagnostics, &reply.diagnostics, out)

static Tf__GetProviderSchemaResponse__Entry *schema_entry(arena *in, const resource_type *of,
                                                          const type *block)
{
    Tf__GetProviderSchemaResponse__Entry *made = arena_alloc(in, sizeof(*made));

    tf__get_provider_schema_response__entry__init(made);
    made->key = (char *)(size_t)of->name;
    made->value = schema_pack(in, &block->object, of->description);
    return made;
}

static void get_schema(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    REPLY(Tf__GetProviderSchemaResponse, TF__GET_PROVIDER_SCHEMA_RESPONSE__INIT);
    Tf__GetProviderSchemaResponse__Capabilities capabilities =
        TF__GET_PROVIDER_SCHEMA_RESPONSE__CAPABILITIES__INIT;
    const catalog *from = &one->provider->catalog;
    arena *in = &one->memory;

    (void)request;
    if (one->provider->fault)
        diagnostics_error(&one->diagnostics, NULL, "%s", one->provider->fault);
    capabilities.get_provider_schema_optional = true;
    reply.server_capabilities = &capabilities;
    reply.provider = schema_pack(in, &from->config.object, one->provider->plugin.name);
    reply.resource_schemas = arena_alloc(in, (from->count + 1) * sizeof(*reply.resource_schemas));
    reply.data_source_schemas = arena_alloc(in, (from->count + 1) * sizeof(*reply.data_source_schemas));
    for (size_t i = 0; i < from->count; i++) {
        reply.resource_schemas[reply.n_resource_schemas++] =
            schema_entry(in, &from->types[i], &from->types[i].block);
        reply.data_source_schemas[reply.n_data_source_schemas++] =
            schema_entry(in, &from->types[i], &from->types[i].data);
    }
    SEND(one, out);
}

static void write_config(const catalog *from, const value *config, rp_buffer *out)
{
    static const value empty = {.kind = VALUE_OBJECT};
    rp_json_writer writer = RP_JSON_WRITER(out);

    type_to_json(&from->config, value_is_null(config) ? &empty : config, &writer);
}

/* The plugin's words about its config, each at the setting it is about. */
static void report_config(call *one, const answer *got)
{
    size_t errors = one->diagnostics.errors;

    for (size_t i = 0; i < rp_json_count(got->diagnostics); i++) {
        const rp_json *said = rp_json_at(got->diagnostics, i);
        const char *pointer = rp_json_text(rp_json_get(said, "path"));

        if (pointer && !strncmp(pointer, "/config/", strlen("/config/")))
            pointer += strlen("/config");
        diagnostics_add_plugins(&one->diagnostics, said, false, NULL,
                                place_of_pointer(&one->memory, &one->provider->catalog.config.object, NULL,
                                                 pointer ? pointer : ""));
    }
    if (is_failure(got->status) && one->diagnostics.errors == errors)
        diagnostics_error(&one->diagnostics, NULL, "%s refuses its configuration: %s",
                          one->provider->plugin.name, rphost_status_name(got->status));
}

static void validate_provider(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ValidateProviderConfigRequest *asked = (const Tf__ValidateProviderConfigRequest *)request;
    REPLY(Tf__ValidateProviderConfigResponse, TF__VALIDATE_PROVIDER_CONFIG_RESPONSE__INIT);
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(16u << 20);
    const value *config = call_value(one, &one->provider->catalog.config, asked->config);
    const answer *got;

    if (config) {
        rp_buffer_add_text(&text, "{\"config\":");
        write_config(&one->provider->catalog, config, &text);
        rp_buffer_add_char(&text, '}');
        got = call_plugin(one, "validate", &text, 0, NULL);
        if (got->status != RP_UNSUPPORTED)
            report_config(one, got);
    }
    SEND(one, out);
}

static void hide_secrets(const attributes *of, const value *config)
{
    for (size_t i = 0; i < of->count; i++) {
        const value *set = value_get(config, of->items[i].name);

        if (of->items[i].sensitive && value_kind_of(set) == VALUE_STRING)
            log_hide(set->text, set->len);
    }
}

static void configure(call *one, const value *config)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(16u << 20);
    answer why;

    /* Values that come from resources that are not there yet: what can be planned without them is. */
    if (value_has_unknown(config)) {
        atomic_store(&one->provider->config_unknown, true);
        return;
    }
    hide_secrets(&one->provider->catalog.config.object, config);
    write_config(&one->provider->catalog, config, &text);
    if (!plugin_configure(&one->provider->plugin, rp_buffer_text(&text), text.len, &why)) {
        report_config(one, &why);
        answer_done(&why);
    }
}

static void configure_provider(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ConfigureProviderRequest *asked = (const Tf__ConfigureProviderRequest *)request;
    REPLY(Tf__DiagnosticsResponse, TF__DIAGNOSTICS_RESPONSE__INIT);
    const value *config = call_value(one, &one->provider->catalog.config, asked->config);

    if (config)
        configure(one, config);
    SEND(one, out);
}

static bool allows_write_only(const Tf__ClientCapabilities *has)
{
    return has && has->write_only_attributes_allowed;
}

static void validate_resource(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ValidateConfigRequest *asked = (const Tf__ValidateConfigRequest *)request;
    REPLY(Tf__DiagnosticsResponse, TF__DIAGNOSTICS_RESPONSE__INIT);
    const resource_type *of = call_resource(one, asked->type_name);
    const value *config = of ? call_value(one, &of->block, asked->config) : NULL;

    if (config) {
        block_validate(one, of, config, allows_write_only(asked->client_capabilities));
        (of->is_set ? set_validate : single_validate)(one, of, config);
    }
    SEND(one, out);
}

/* What finds an object is known only when it is read. */
static void validate_data(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ValidateConfigRequest *asked = (const Tf__ValidateConfigRequest *)request;
    REPLY(Tf__DiagnosticsResponse, TF__DIAGNOSTICS_RESPONSE__INIT);

    call_resource(one, asked->type_name);
    SEND(one, out);
}

/* Stored states have one version, and Terraform leaves out the attributes that are no more: the bytes stay as
   they are, so that no digit is lost. */
static void upgrade_state(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__UpgradeResourceStateRequest *asked = (const Tf__UpgradeResourceStateRequest *)request;
    REPLY(Tf__UpgradeResourceStateResponse, TF__UPGRADE_RESOURCE_STATE_RESPONSE__INIT);
    Tf__DynamicValue state = TF__DYNAMIC_VALUE__INIT;

    if (!call_resource(one, asked->type_name)) {
        SEND(one, out);
        return;
    }
    if (asked->raw_state && asked->raw_state->json.len && !asked->raw_state->n_flatmap) {
        state.json = asked->raw_state->json;
        reply.upgraded_state = &state;
    } else {
        diagnostics_error(&one->diagnostics, NULL,
                          "the state was written by Terraform 0.11 or earlier: import the objects");
    }
    SEND(one, out);
}

static void read_resource(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ReadResourceRequest *asked = (const Tf__ReadResourceRequest *)request;
    REPLY(Tf__ReadResourceResponse, TF__READ_RESOURCE_RESPONSE__INIT);
    const resource_type *of = call_resource(one, asked->type_name);
    const value *current = of ? call_value(one, &of->block, asked->current_state) : NULL;
    private_state kept = private_read(&one->memory, asked->private_);

    if (current && atomic_load(&one->provider->config_unknown) &&
        !atomic_load(&one->provider->plugin.configured))
        diagnostics_warning(&one->diagnostics, NULL,
                            "the provider's configuration is not known yet: %s is planned as it "
                            "was last seen",
                            of->name);
    if (current && !value_is_null(current))
        current = (of->is_set ? set_read : single_read)(one, of, current, &kept);
    if (current) {
        reply.new_state = call_wire(&one->memory, &of->block, current);
        reply.private_ = private_write(&one->memory, &kept);
    }
    SEND(one, out);
}

static void plan(call *one, const resource_type *of, const Tf__PlanResourceChangeRequest *asked,
                 Tf__PlanResourceChangeResponse *reply)
{
    const value *config = call_value(one, &of->block, asked->config);
    const value *prior = call_value(one, &of->block, asked->prior_state);
    private_state kept = private_read(&one->memory, asked->prior_private);
    plan_reply planned = {.planned = &value_null};

    if (!config || !prior)
        return;
    if (!value_is_null(config))
        planned = (of->is_set ? set_plan : single_plan)(one, of, config, prior, &kept);
    reply->planned_state = call_wire(&one->memory, &of->block, planned.planned);
    reply->planned_private = asked->prior_private;
    reply->requires_replace =
        arena_alloc(&one->memory, (planned.replace_count + 1) * sizeof(*reply->requires_replace));
    reply->n_requires_replace = planned.replace_count;
    for (size_t i = 0; i < planned.replace_count; i++)
        reply->requires_replace[i] = place_pack(&one->memory, planned.replace[i]);
}

static void plan_resource(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__PlanResourceChangeRequest *asked = (const Tf__PlanResourceChangeRequest *)request;
    REPLY(Tf__PlanResourceChangeResponse, TF__PLAN_RESOURCE_CHANGE_RESPONSE__INIT);
    const resource_type *of = call_resource(one, asked->type_name);

    if (of)
        plan(one, of, asked, &reply);
    SEND(one, out);
}

static void apply(call *one, const resource_type *of, const Tf__ApplyResourceChangeRequest *asked,
                  Tf__ApplyResourceChangeResponse *reply)
{
    const apply_input input = {.prior = call_value(one, &of->block, asked->prior_state),
                               .planned = call_value(one, &of->block, asked->planned_state),
                               .config = call_value(one, &of->block, asked->config)};
    private_state kept = private_read(&one->memory, asked->planned_private);

    if (!input.prior || !input.planned || !input.config)
        return;
    if (call_is_configured(one)) {
        (of->is_set ? set_apply : single_apply)(one, of, &input, &kept, reply);
        return;
    }
    if (!one->diagnostics.errors)
        diagnostics_error(&one->diagnostics, NULL, "the provider's configuration is not known");
    reply->new_state = call_wire(&one->memory, &of->block, input.prior);
    reply->private_ = asked->planned_private;
}

static void apply_resource(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ApplyResourceChangeRequest *asked = (const Tf__ApplyResourceChangeRequest *)request;
    REPLY(Tf__ApplyResourceChangeResponse, TF__APPLY_RESOURCE_CHANGE_RESPONSE__INIT);
    const resource_type *of = call_resource(one, asked->type_name);

    if (of)
        apply(one, of, asked, &reply);
    SEND(one, out);
}

static void import_resource(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ImportResourceStateRequest *asked = (const Tf__ImportResourceStateRequest *)request;
    REPLY(Tf__ImportResourceStateResponse, TF__IMPORT_RESOURCE_STATE_RESPONSE__INIT);
    Tf__ImportResourceStateResponse__Imported imported = TF__IMPORT_RESOURCE_STATE_RESPONSE__IMPORTED__INIT,
                                              *items[] = {&imported};
    const resource_type *of = call_resource(one, asked->type_name);
    const value *state = of ? (of->is_set ? set_import : single_import)(one, of, asked->id) : NULL;

    if (state) {
        imported.type_name = asked->type_name;
        imported.state = call_wire(&one->memory, &of->block, state);
        reply.imported_resources = items;
        reply.n_imported_resources = 1;
    }
    SEND(one, out);
}

static void read_data(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__ReadDataSourceRequest *asked = (const Tf__ReadDataSourceRequest *)request;
    REPLY(Tf__ReadDataSourceResponse, TF__READ_DATA_SOURCE_RESPONSE__INIT);
    const resource_type *of = call_resource(one, asked->type_name);
    const value *config = of ? call_value(one, &of->data, asked->config) : NULL;

    if (config && call_is_configured(one))
        reply.state =
            call_wire(&one->memory, &of->data, (of->is_set ? set_data : single_data)(one, of, config));
    else if (config && !one->diagnostics.errors)
        diagnostics_error(&one->diagnostics, NULL,
                          "%s cannot be read before the provider's configuration is known: "
                          "apply what it depends on first, with -target",
                          of->name);
    SEND(one, out);
}

static void stop_provider(call *one, const ProtobufCMessage *request, rp_buffer *out)
{
    const Tf__StopProviderResponse reply = TF__STOP_PROVIDER_RESPONSE__INIT;

    (void)request;
    plugin_stop(&one->provider->plugin);
    call_pack(&reply.base, out);
}

static const rpc_method methods[] = {
    {"GetProviderSchema", &tf__empty__descriptor, get_schema, true},
    {"ValidateProviderConfig", &tf__validate_provider_config_request__descriptor, validate_provider, false},
    {"ConfigureProvider", &tf__configure_provider_request__descriptor, configure_provider, false},
    {"ValidateResourceConfig", &tf__validate_config_request__descriptor, validate_resource, false},
    {"ValidateDataResourceConfig", &tf__validate_config_request__descriptor, validate_data, true},
    {"UpgradeResourceState", &tf__upgrade_resource_state_request__descriptor, upgrade_state, true},
    {"ReadResource", &tf__read_resource_request__descriptor, read_resource, false},
    {"PlanResourceChange", &tf__plan_resource_change_request__descriptor, plan_resource, false},
    {"ApplyResourceChange", &tf__apply_resource_change_request__descriptor, apply_resource, false},
    {"ImportResourceState", &tf__import_resource_state_request__descriptor, import_resource, false},
    {"ReadDataSource", &tf__read_data_source_request__descriptor, read_data, false},
    {"StopProvider", &tf__empty__descriptor, stop_provider, true},
};

const rpc_method *rpc_find(const char *name)
{
    for (size_t i = 0; i < rp_count_of(methods); i++)
        if (!strcmp(methods[i].name, name))
            return &methods[i];
    return NULL;
}

bool rpc_answer(const rpc_method *method, call *one, const void *request, size_t len, rp_buffer *reply)
{
    ProtobufCMessage *asked = protobuf_c_message_unpack(method->request, NULL, len, request);

    if (!asked)
        return false;
    method->handler(one, asked, reply);
    protobuf_c_message_free_unpacked(asked, NULL);
    return true;
}
