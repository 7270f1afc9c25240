#include "cli/config/address.h"
#include "cli/engine/plugin_call.h"
#include "cli/engine/recover.h"
#include "cli/engine/workspace.h"
#include "cli/state/persist.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include "json/scan.h"

#include <string.h>

const rp_option rp_import_options[] = {RP_FILE_OPTIONS, RP_TIMEOUT_OPTION, RP_OUTPUT_OPTIONS, {0}};

const char rp_import_details[] =
    "Puts an existing object into the state, under an address of the configuration. ID is the object's id, as\n"
    "\"rp list\" shows it, or a JSON object with other attributes by which the plugin's read finds an object.\n"
    "\n"
    "  rp import 'web[\"a\"]' ID\n";

static int check_free(rp_workspace *in, const char *address, const rp_desired **desired, rp_error **error)
{
    *desired = rp_project_find(&in->project, address);
    if (!*desired)
        return rp_error_set(error, RP_E_INVALID, "%s has no %s: add it to the configuration, then import it",
                            in->project.file, address);
    for (size_t i = 0; i < in->objects.count; i++)
        if (!strcmp(in->objects.items[i].address, address))
            return rp_error_set(error, RP_E_INVALID, "the state already has %s, with the id %s", address,
                                in->objects.items[i].id);
    return 0;
}

static int write_record(const char *id, rp_buffer *out, rp_error **error)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    if (*id == '{') {
        rp_buffer_add_text(out, id);
    } else {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "id", id);
        rp_write_end(&writer, '}');
    }
    return rp_buffer_ok(out) ? 0 : rp_error_set(error, RP_E_INVALID, "the id is too long");
}

/* Nobody manages one object under two addresses. */
static int check_managed(const rp_workspace *in, const rp_desired *desired, const char *id, rp_error **error)
{
    for (size_t i = 0; i < in->objects.count; i++)
        if (!strcmp(in->objects.items[i].type, desired->type->name) && !strcmp(in->objects.items[i].id, id))
            return rp_error_set(error, RP_E_INVALID, "the state has this object already, as %s",
                                in->objects.items[i].address);
    return 0;
}

static int keep(rp_workspace *in, const rp_desired *desired, const rp_json *state, rp_error **error)
{
    rp_intent intent = {.address = desired->address,
                        .deposed = (char *)"",
                        .type = (char *)(uintptr_t)desired->type->name,
                        .record = (char *)"{}"};
    const char *id = rp_json_text(rp_json_get(state, "id"));
    int failed = check_managed(in, desired, id ? id : "", error);

    if (!failed)
        failed = rp_store_begin(in->store, error);
    if (!failed)
        failed = rp_persist_created(in->store, desired->type, &intent, state, RP_OBJECT_OK, error);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        rp_output_say(&in->output, "%s: imported [id=%s]. Run \"rp plan\" to compare it with the configuration.",
                      desired->address, id ? id : "");
    return failed;
}

static int take(rp_workspace *in, const rp_desired *desired, const char *id, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer record = RP_BUFFER(RP_JSON_MAX_BYTES);
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    const rp_json *result, *state;
    int failed = write_record(id, &record, error);

    if (!failed)
        failed = rp_plugin_call(in->host,
                                &(rp_plugin_request){"read", desired->type->name,
                                                     (const char *const[]){rp_buffer_text(&record)}, 1,
                                                     in->settings->timeout_ms, NULL, NULL},
                                &reply, error);
    if (failed)
        return failed;
    result = rp_json_at(reply.results, 0);
    state = rp_json_get(result, "state");
    if (!reply.results)
        rp_plugin_reply_report(&reply, NULL, &in->diagnostics);
    else if (rp_result_is(result, "status", "not_found"))
        return rp_error_set(error, RP_E_NOT_FOUND,
                            "no object with the id %s: run \"rp list\" for the ids", id);
    else
        rp_result_report(result, &(rp_subject){.address = desired->address}, &in->diagnostics);
    return in->diagnostics.errors || !state ? RP_E_SYSTEM : keep(in, desired, state, error);
}

static int import(rp_workspace *in, const char *address, const char *id, rp_error **error)
{
    const rp_desired *desired = NULL;
    int failed = rp_workspace_load(in, error);

    if (!failed)
        failed = rp_workspace_expand(in, error);
    if (!failed)
        failed = rp_workspace_open(in, error);
    if (!failed)
        failed = rp_recover(in, NULL, error);
    if (!failed)
        failed = check_free(in, address, &desired, error);
    return failed ? failed : take(in, desired, id, error);
}

int rp_import_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_freep) char *address = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "import");
    if (!rp_address_tidy(settings->operands[0], &address, &error))
        import(&in, address, settings->operands[1], &error);
    return rp_workspace_end(&in, error);
}
