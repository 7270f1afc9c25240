#include "cli/config/address.h"
#include "cli/engine/workspace.h"
#include "cli/output/text.h"
#include "cli/state/planfile.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include <string.h>

const rp_option rp_show_options[] = {RP_CONFIG_OPTION, RP_STATE_OPTION, RP_OUTPUT_OPTIONS, {0}};

const char rp_show_details[] =
    "Shows every object of the state, and the requests whose outcome is not known. With PLAN, a file that\n"
    "\"rp plan -out\" has saved: what it will do. With -json as one document, in the shape of \"tofu show -json\".\n";

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
        rp_text_object(&in->objects.items[i], in->output.color, out);
        rp_buffer_add_char(out, '\n');
    }
    if (!in->objects.count)
        rp_buffer_add_text(out, "The state is empty.\n");
    if (open->count && rp_process_lives(open->items[0].process))
        rp_buffer_format(out, "%s is running: %zu requests are in flight.\n", open->items[0].who, open->count);
    else if (open->count)
        rp_buffer_format(out, "%s ended without the outcome of %zu %s. The next plan reads the objects.\n",
                         open->items[0].who, open->count, open->count == 1 ? "request" : "requests");
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
    if (in->settings->json)
        rp_output_json(stdout, &text);
    else
        fwrite(rp_buffer_text(&text), 1, text.len, stdout);
    return 0;
}

static int show_plan(const rp_settings *settings, rp_error **error)
{
    _cleanup_(rp_planfile_done) rp_planfile plan = {0};
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    int failed = rp_planfile_read(settings->operands[0], &plan, error);

    if (failed)
        return failed;
    rp_planfile_show(&plan, settings->json, &text);
    if (settings->json)
        rp_output_json(stdout, &text);
    else
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
    if (settings->operand_count)
        show_plan(settings, &error);
    else
        show(&in, &error);
    return rp_workspace_end(&in, error);
}
