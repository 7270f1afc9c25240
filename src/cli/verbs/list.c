#include "cli/engine/listing.h"
#include "cli/name_index.h"
#include "cli/output/text.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"
#include "json/scan.h"

#include <string.h>

const rp_option rp_list_options[] = {RP_CONFIG_OPTION, RP_STATE_OPTION,   RP_TIMEOUT_OPTION,
                                     RP_EVENTS_OPTION, RP_OUTPUT_OPTIONS, {0}};

const char rp_list_details[] =
    "Lists the objects that exist within the given parent, and the address under which the state has each. TYPE may be\n"
    "left out where the plugin has one. \"rp describe PLUGIN\" lists the members, as \"parent\".\n"
    "\n"
    "  rp list TYPE MEMBER=VALUE\n";

typedef struct listing {
    rp_workspace *in;
    const rp_type *type;
    rp_name_index by_id; /* of managed objects */
    size_t count, unmanaged;
} listing;

static int print_object(void *context, const rp_json *state, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    listing *one = context;
    const char *id = rp_json_text(rp_json_get(state, "id")), *address = NULL;
    size_t at;

    (void)error;
    if (id && rp_name_index_find(&one->by_id, id, &at))
        address = one->in->objects.items[at].address;
    one->count++;
    one->unmanaged += !address;
    if (one->in->settings->json) {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "id", id);
        rp_write_text_member(&writer, "address", address);
        rp_write_name(&writer, "state");
        rp_type_hide(one->type, state, "", &writer, NULL);
        rp_write_end(&writer, '}');
        rp_buffer_add_char(&text, '\n');
        rp_output_json(stdout, &text);
        return 0;
    }
    rp_text_clean(id ? id : "(no id)", &text);
    rp_buffer_add_text(&text, "  ");
    rp_text_clean(address ? address : "(not managed)", &text);
    rp_buffer_add_char(&text, '\n');
    fwrite(rp_buffer_text(&text), 1, text.len, stdout);
    return 0;
}

/* Without a state nothing is managed. */
static int index_managed(listing *one, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    int failed = rp_workspace_open_to_read(one->in, &why);

    if (failed && failed != RP_E_NOT_FOUND)
        return rp_error_set(error, failed, "%s", why ? why->message : "out of memory");
    for (size_t i = 0; i < one->in->objects.count; i++)
        if (!strcmp(one->in->objects.items[i].type, one->type->name) &&
            !rp_name_index_add(&one->by_id, one->in->objects.items[i].id, i, NULL))
            return rp_error_no_memory(error);
    return 0;
}

static int list(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer parent = RP_BUFFER(RP_JSON_MAX_BYTES);
    const rp_settings *settings = in->settings;
    bool named = settings->operand_count && !strchr(settings->operands[0], '=');
    listing one = {.in = in};
    int failed = rp_workspace_load(in, error);

    if (!failed)
        failed =
            rp_plugin_schema_find(&in->plugin_schema, named ? settings->operands[0] : NULL, &one.type, error);
    if (!failed)
        failed = rp_listing_parent(one.type, settings->operands + named, settings->operand_count - named,
                                   "list", &parent, error);
    if (!failed)
        failed = index_managed(&one, error);
    if (!failed)
        failed = rp_listing_all(in, one.type, &parent, print_object, &one, error);
    if (!failed && !settings->json)
        rp_output_say(&in->output, "%zu %s, %zu of them not managed here.", one.count,
                      one.count == 1 ? "object" : "objects", one.unmanaged);
    rp_name_index_done(&one.by_id);
    return failed;
}

int rp_list_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings quiet = *settings;

    quiet.json = false;
    rp_workspace_start(&in, &quiet, "list");
    in.settings = settings;
    list(&in, &error);
    return rp_workspace_end(&in, error);
}
