#include "cli/engine/workspace.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"
#include "json/scan.h"

#include <string.h>
#include <unistd.h>

const rp_option rp_schema_options[] = {RP_CONFIG_OPTION, {0}};

const char rp_schema_details[] =
    "Prints a JSON Schema of the configuration file, for editors, from the schemas of PLUGIN. Default for PLUGIN: the\n"
    "plugin of the configuration. For the YAML language server, save it and start the configuration with\n"
    "\n"
    "  # yaml-language-server: $schema=resources.schema.json\n";

static void write_object(rp_json_writer *writer, const rp_json *schema);
static void write_value(rp_json_writer *writer, const rp_json *schema, bool optional);

static int copy_rest(void *context, const char *name, const rp_json *value)
{
    rp_json_writer *writer = context;

    if (!strcmp(name, "properties") || !strcmp(name, "items"))
        return 0;
    rp_write_name(writer, name);
    rp_write_value(writer, value);
    return 0;
}

/* What the schema says, with expressions allowed within. */
static void write_schema_of(rp_json_writer *writer, const rp_json *schema)
{
    if (rp_json_get(schema, "properties")) {
        write_object(writer, schema);
        return;
    }
    rp_write_begin(writer, '{');
    rp_json_each(schema, copy_rest, writer);
    if (rp_json_get(schema, "items")) {
        rp_write_name(writer, "items");
        write_value(writer, rp_json_get(schema, "items"), false);
    }
    rp_write_end(writer, '}');
}

/* A value has the plugin's type, or is a string with an expression; null is as good as left out. */
static void write_value(rp_json_writer *writer, const rp_json *schema, bool optional)
{
    static const char reference[] = "{\"type\":\"string\",\"pattern\":\"[$][{]\"}",
                      null[] = "{\"type\":\"null\"}";

    rp_write_begin(writer, '{');
    if (rp_json_get(schema, "description"))
        rp_write_text_member(writer, "description", rp_json_text(rp_json_get(schema, "description")));
    rp_write_name(writer, "anyOf");
    rp_write_begin(writer, '[');
    write_schema_of(writer, schema);
    rp_write_raw(writer, reference, strlen(reference));
    if (optional)
        rp_write_raw(writer, null, strlen(null));
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}

/* The properties of an object, and which of them it must have. */
typedef struct properties {
    rp_json_writer *writer;
    const rp_json *required;
} properties;

static bool is_required(const rp_json *required, const char *name)
{
    for (size_t i = 0; i < rp_json_count(required); i++) {
        const char *one = rp_json_text(rp_json_at(required, i));
        if (one && !strcmp(one, name))
            return true;
    }
    return false;
}

static int write_property(void *context, const char *name, const rp_json *schema)
{
    const properties *in = context;

    rp_write_name(in->writer, name);
    write_value(in->writer, schema, !is_required(in->required, name));
    return 0;
}

static void write_object(rp_json_writer *writer, const rp_json *schema)
{
    properties in = {writer, rp_json_get(schema, "required")};

    rp_write_begin(writer, '{');
    rp_json_each(schema, copy_rest, writer);
    rp_write_name(writer, "properties");
    rp_write_begin(writer, '{');
    rp_json_each(rp_json_get(schema, "properties"), write_property, &in);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void write_type_name(rp_json_writer *writer, const char *name)
{
    rp_write_name(writer, "type");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "const", name);
    rp_write_end(writer, '}');
}

static void write_block(rp_json_writer *writer, const rp_type *type, bool only)
{
    static const char rest[] =
        "\"create_before_destroy\":{\"type\":\"boolean\"},\"prevent_destroy\":{\"type\":\"boolean\"},"
        "\"for_each\":{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":"
        "[\"string\",\"number\",\"boolean\"]}},{\"type\":\"string\",\"pattern\":\"^[$][{]file:[^}]+[}]$\"}]},\"record\":";
    static const char required[] = "[\"type\",\"record\"]", just_record[] = "[\"record\"]";

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "type", "object");
    rp_write_boolean_member(writer, "additionalProperties", false);
    rp_write_name(writer, "required");
    rp_write_raw(writer, only ? just_record : required, strlen(only ? just_record : required));
    rp_write_name(writer, "properties");
    rp_write_begin(writer, '{');
    write_type_name(writer, type->name);
    rp_buffer_add_char(writer->out, ',');
    rp_buffer_add_text(writer->out, rest);
    writer->comma = false;
    write_object(writer, type->record);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void write_resources(rp_json_writer *writer, const rp_plugin_schema *plugin_schema)
{
    static const char names[] = "{\"pattern\":\"^[A-Za-z_][A-Za-z0-9_-]*$\"}";

    rp_write_name(writer, "resources");
    rp_write_begin(writer, '{');
    rp_write_name(writer, "type");
    rp_write_raw(writer, "[\"object\",\"null\"]", strlen("[\"object\",\"null\"]"));
    rp_write_name(writer, "propertyNames");
    rp_write_raw(writer, names, strlen(names));
    rp_write_name(writer, "additionalProperties");
    rp_write_begin(writer, '{');
    rp_write_name(writer, "anyOf");
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < plugin_schema->count; i++)
        write_block(writer, &plugin_schema->types[i], plugin_schema->count == 1);
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void write_schema(rp_json_writer *writer, const rp_plugin_schema *plugin_schema)
{
    static const char plugin[] = "{\"type\":\"string\",\"minLength\":1}";

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
    rp_write_text_member(writer, "title", plugin_schema->plugin);
    rp_write_text_member(writer, "type", "object");
    rp_write_boolean_member(writer, "additionalProperties", false);
    rp_write_name(writer, "required");
    rp_write_raw(writer, "[\"plugin\"]", strlen("[\"plugin\"]"));
    rp_write_name(writer, "properties");
    rp_write_begin(writer, '{');
    rp_write_name(writer, "plugin");
    rp_write_raw(writer, plugin, strlen(plugin));
    rp_write_name(writer, "config");
    rp_write_begin(writer, '{');
    rp_write_name(writer, "anyOf");
    rp_write_begin(writer, '[');
    write_object(writer, plugin_schema->config);
    rp_write_raw(writer, "{\"type\":\"null\"}", strlen("{\"type\":\"null\"}"));
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
    write_resources(writer, plugin_schema);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static int print(const rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES),
                                        pretty = RP_BUFFER(RP_JSON_MAX_BYTES);
    _cleanup_(rp_json_freep) rp_json *schema = NULL;
    rp_json_writer writer = RP_JSON_WRITER(&text);
    int failed;

    write_schema(&writer, &in->plugin_schema);
    failed = rp_json_parse(rp_buffer_text(&text), text.len, &schema, error);
    if (failed) {
        rp_error_add(error, "the schema");
        return failed;
    }
    rp_json_print(schema, true, &pretty);
    rp_buffer_add_char(&pretty, '\n');
    fwrite(rp_buffer_text(&pretty), 1, pretty.len, stdout);
    return 0;
}

static int schema(rp_workspace *in, rp_error **error)
{
    int failed = in->settings->operand_count ? rp_workspace_describe(in, in->settings->operands[0], error)
                                             : rp_workspace_load(in, error);

    return failed ? failed : print(in, error);
}

int rp_schema_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "schema");
    schema(&in, &error);
    return rp_workspace_end(&in, error);
}
