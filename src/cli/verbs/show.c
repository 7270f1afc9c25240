#include "cli/config/address.h"
#include "cli/engine/workspace.h"
#include "cli/output/text.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include <string.h>

const rp_option rp_show_options[] = {RP_CONFIG_OPTION, RP_STATE_OPTION, RP_OUTPUT_OPTIONS, {0}};

const char rp_show_details[] =
    "Shows the state: all objects, and open intents. With -json, prints one document in the\n"
    "format of \"tofu show -json\".\n";

static void write_values(const rp_object *object, rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;

    rp_address_parse(object->address, &name, &key, NULL);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "address", object->address);
    rp_write_text_member(writer, "mode", "managed");
    rp_write_text_member(writer, "type", object->type);
    rp_write_text_member(writer, "name", name ? name : object->address);
    if (key)
        rp_write_text_member(writer, "index", key);
    if (*object->deposed)
        rp_write_text_member(writer, "deposed_key", object->deposed);
    if (object->status == RP_OBJECT_TAINTED)
        rp_write_boolean_member(writer, "tainted", true);
    rp_write_text_member(writer, "status", rp_object_status_name(object->status));
    rp_write_name(writer, "values");
    rp_write_raw(writer, object->state, strlen(object->state));
    rp_write_end(writer, '}');
}

static void write_document(const rp_workspace *in, const rp_intents *open, rp_buffer *out)
{
    const rp_state_about *about = rp_store_about(in->store);
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "format_version", "1.0");
    rp_write_text_member(&writer, "lineage", about->lineage);
    rp_write_integer_member(&writer, "serial", about->serial);
    rp_write_text_member(&writer, "plugin", about->plugin);
    rp_write_integer_member(&writer, "open_intents", (int64_t)open->count);
    rp_write_name(&writer, "values");
    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "root_module");
    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "resources");
    rp_write_begin(&writer, '[');
    for (size_t i = 0; i < in->objects.count; i++)
        write_values(&in->objects.items[i], &writer);
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    rp_write_end(&writer, '}');
    rp_write_end(&writer, '}');
    rp_buffer_add_char(out, '\n');
}

static void render(const rp_workspace *in, const rp_intents *open, rp_buffer *out)
{
    for (size_t i = 0; i < in->objects.count; i++) {
        rp_text_object(&in->objects.items[i], NULL, in->output.color, out);
        rp_buffer_add_char(out, '\n');
    }
    if (!in->objects.count)
        rp_buffer_add_text(out, "The state is empty.\n");
    if (open->count)
        rp_buffer_format(out,
                         "%zu requests are open: %s did not learn what came of them. The next plan looks.\n",
                         open->count, open->items[0].who);
}

static int show(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_intents_done) rp_intents open = {0};
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    int failed = rp_workspace_open_to_read(in, error);

    if (!failed)
        failed = rp_store_intents(in->store, &open, error);
    if (failed)
        return failed;
    if (in->settings->json)
        write_document(in, &open, &text);
    else
        render(in, &open, &text);
    fwrite(rp_buffer_text(&text), 1, text.len, stdout);
    return 0;
}

int rp_show_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings quiet = *settings;

    quiet.json = false;
    rp_workspace_start(&in, &quiet, "show");
    in.settings = settings;
    show(&in, &error);
    return rp_workspace_end(&in, error);
}
