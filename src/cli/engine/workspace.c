#include "cli/engine/workspace.h"

#include "base/text.h"
#include "cli/engine/plugin_call.h"
#include "cli/engine/plugin_guard.h"
#include "cli/output/call_report.h"
#include "cli/state/state_path.h"

#include <string.h>

#define USUAL_FILE "resources.yaml"

const char *rp_workspace_file(const rp_settings *settings)
{
    return settings->file ? settings->file : USUAL_FILE;
}

void rp_workspace_start(rp_workspace *in, const rp_settings *settings, const char *command)
{
    *in = (rp_workspace){.settings = settings, .command = command, .lock = RP_LOCK_NONE};
    rp_output_start(&in->output, settings);
}

void rp_workspace_done(rp_workspace *in)
{
    rp_observed_free(in->observed, in->objects.count);
    rp_observed_free(in->found, in->project.desired_count);
    rp_objects_done(&in->objects);
    rp_store_close(in->store);
    rp_lock_release(&in->lock);
    free(in->state_path);
    free(in->who);
    free(in->process);
    free(in->known);
    rp_plugin_schema_done(&in->plugin_schema);
    rphost_close(in->host);
    rp_project_done(&in->project);
    rp_diagnostics_done(&in->diagnostics);
}

static bool is_load_failure(const rp_json *diagnostic)
{
    const char *code = rp_json_text(rp_json_get(diagnostic, "code"));

    return code && !strcmp(code, "host.load");
}

/* A name that the plugin's config does not have is wrong by its name. The plugin describes its config without
 * one. */
static bool is_unknown_setting(const rp_workspace *in, const rp_yaml *said)
{
    rphost *host = rphost_open(in->project.plugin, NULL, 0);
    rphost_answer *answer = rphost_call(host, "describe", NULL, 0, 0, NULL, NULL);
    const char *json = rphost_json(answer);
    _cleanup_(rp_json_freep) rp_json *document = NULL;
    const rp_json *known;

    rp_json_parse(json, strlen(json), &document, NULL);
    rphost_release(answer);
    rphost_close(host);
    known = rp_json_get(rp_json_get(document, "config"), "properties");
    return known && said->name && !rp_json_has(known, said->name);
}

static rp_subject config_subject(const rp_workspace *in, const char *path)
{
    const rp_yaml *said = rp_project_config_at(&in->project, path);
    rp_subject about = rp_subject_source(NULL, said);

    if (strchr(path, '/') == strrchr(path, '/') && is_unknown_setting(in, said))
        about.mark = said->name_mark;
    return about;
}

/* What the host or the plugin has against the config, where it says so. */
static void report_refusal(rp_workspace *in, const rp_json *document, int32_t status)
{
    const rp_json *diagnostics = rp_json_get(document, "diagnostics");

    for (size_t i = 0; i < rp_json_count(diagnostics); i++) {
        const rp_json *one = rp_json_at(diagnostics, i);
        const char *path = rp_json_text(rp_json_get(one, "path"));
        rp_subject about = {0};

        if (is_load_failure(one))
            about.mark = rp_yaml_get(&in->project.document, "plugin")->mark;
        else if (path && rp_starts_with(path, "/config"))
            about = config_subject(in, path + strlen("/config"));
        else
            about.mark = rp_project_config_at(&in->project, NULL)->mark;
        about.phase = RP_PHASE_LOAD;
        rp_diagnostics_add_json(&in->diagnostics, &about, one,
                                is_load_failure(one) ? NULL : rphost_status_name(status));
    }
}

static int read_plugin_schema(rp_workspace *in, rphost_answer *answer, rp_error **error)
{
    const char *json = rphost_json(answer);
    rp_json *document = NULL;
    int32_t status = rphost_status(answer);
    int failed = rp_json_parse(json, strlen(json), &document, error);

    rphost_release(answer);
    if (failed) {
        rp_error_add(error, "the plugin's description");
        return failed;
    }
    if (status == RP_OK)
        return rp_plugin_schema_read(document, &in->plugin_schema, error);
    if (in->project.file)
        report_refusal(in, document, status);
    else
        rp_report_diagnostics(document, status, stderr);
    rp_json_free(document);
    return RP_E_INVALID;
}

/* A request without records asks for nothing, and shows whether there is the hook. */
static void find_updates(rp_workspace *in)
{
    for (size_t i = 0; i < in->plugin_schema.count; i++) {
        _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
        rp_type *type = &in->plugin_schema.types[i];
        const rp_plugin_request nothing = {.hook = "update", .type = type->name};

        if (!rp_plugin_call(in->host, &nothing, &reply, NULL))
            type->updates = reply.status == RP_OK;
    }
}

int rp_workspace_load(rp_workspace *in, rp_error **error)
{
    int failed = rp_project_load(rp_workspace_file(in->settings), NULL, &in->project, error);

    in->output.file = in->project.file;
    in->output.source = in->project.text;
    rp_diagnostics_move(&in->project.faults, &in->diagnostics);
    if (failed && !in->project.is_usable)
        return failed;
    in->host = rphost_open(in->project.plugin, in->project.config.data, in->project.config.len);
    failed = read_plugin_schema(in, rphost_call(in->host, "describe", NULL, 0, 0, NULL, NULL), error);
    if (!failed)
        find_updates(in);
    return failed;
}

int rp_workspace_describe(rp_workspace *in, const char *plugin, rp_error **error)
{
    in->host = rp_plugin_open(plugin, NULL, 0);
    return read_plugin_schema(in, rphost_call(in->host, "describe", NULL, 0, 0, NULL, NULL), error);
}

/* The configuration's name with .db at its end. */
static char *usual_state(const char *file)
{
    const char *slash = strrchr(file, '/'), *dot = strrchr(file, '.');
    size_t len = dot && dot > (slash ? slash + 1 : file) ? (size_t)(dot - file) : strlen(file);

    return rp_format("%.*s.db", (int)len, file);
}

static char *state_name(const rp_workspace *in)
{
    return in->settings->state ? strdup(in->settings->state) : usual_state(rp_workspace_file(in->settings));
}

void rp_workspace_peek(const rp_workspace *in, rp_objects *objects)
{
    _cleanup_(rp_store_closep) rp_store *store = NULL;
    _cleanup_(rp_freep) char *given = state_name(in), *path = NULL;

    if (given && !rp_state_path_resolve(given, &path, NULL) && !rp_store_open_to_read(path, &store, NULL))
        rp_store_objects(store, objects, NULL);
}

static int find_state(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_freep) char *given = state_name(in);

    in->who = rp_lock_who(in->command);
    in->process = rp_process_self();
    if (!given || !in->who || !in->process)
        return rp_error_no_memory(error);
    return rp_state_path_resolve(given, &in->state_path, error);
}

static void tell_waiting(void *context, const char *holder)
{
    rp_output_say(context, "Waiting for the state, which is locked: %s", holder);
}

/* A state belongs to one plugin: another one would not find its objects, and take them for gone. */
static int check_plugin(rp_workspace *in, rp_error **error)
{
    const rp_state_about *about = rp_store_about(in->store);

    if (!in->plugin_schema.plugin)
        return 0;
    if (!about->plugin || !in->objects.count)
        return rp_store_set_plugin(in->store, in->plugin_schema.plugin, error);
    if (strcmp(about->plugin, in->plugin_schema.plugin) != 0)
        return rp_error_set(
            error, RP_E_INVALID,
            "%s holds objects of the plugin %s, and the configuration names %s: give it a state of its "
            "own, with -state",
            in->state_path, about->plugin, in->plugin_schema.plugin);
    return 0;
}

int rp_workspace_read_objects(rp_workspace *in, rp_error **error)
{
    rp_observed_free(in->observed, in->objects.count);
    in->observed = NULL;
    rp_objects_done(&in->objects);
    return rp_store_objects(in->store, &in->objects, error);
}

int rp_workspace_lock(rp_workspace *in, rp_error **error)
{
    int failed = find_state(in, error);

    if (!failed && !in->settings->force)
        failed = rp_state_path_check_local(in->state_path, error);
    if (!failed)
        failed = rp_lock_take(in->state_path, in->command, in->settings->lock_timeout_ms, tell_waiting,
                              &in->output, &in->lock, error);
    return failed;
}

int rp_workspace_open(rp_workspace *in, rp_error **error)
{
    int failed = rp_workspace_lock(in, error);

    return failed ? failed : rp_workspace_open_locked(in, error);
}

int rp_workspace_open_locked(rp_workspace *in, rp_error **error)
{
    int failed = rp_store_open(in->state_path, &in->store, error);

    if (!failed)
        failed = rp_workspace_read_objects(in, error);
    return failed ? failed : check_plugin(in, error);
}

int rp_workspace_open_to_read(rp_workspace *in, rp_error **error)
{
    int failed = find_state(in, error);

    if (!failed)
        failed = rp_store_open_to_read(in->state_path, &in->store, error);
    return failed ? failed : rp_workspace_read_objects(in, error);
}

int rp_workspace_expand(rp_workspace *in, rp_error **error)
{
    int failed = rp_project_expand(&in->project, &in->plugin_schema, error);

    rp_diagnostics_move(&in->project.faults, &in->diagnostics);
    return failed;
}

rp_diff_input rp_workspace_diff_input(const rp_workspace *in, const rp_diff_options *options)
{
    return (rp_diff_input){.project = &in->project,
                           .plugin_schema = &in->plugin_schema,
                           .salt = rp_store_about(in->store)->salt,
                           .objects = &in->objects,
                           .observed = in->observed,
                           .found = in->found,
                           .options = options};
}

rp_subject rp_workspace_subject(const rp_workspace *in, const char *address, const char *pointer)
{
    const rp_desired *desired = rp_project_find(&in->project, address);
    const rp_yaml *said = desired ? rp_yaml_at(desired->block->record, pointer) : NULL;

    /* A member that there is no such thing as is wrong by its name, wherever its value comes from. */
    if (said && said != desired->block->record && said->name && desired->type &&
        !rp_type_member(desired->type, said->name))
        return (rp_subject){.address = address, .mark = said->name_mark};
    return rp_subject_source(address, desired ? rp_desired_source(&in->project, desired, pointer) : NULL);
}

int rp_workspace_end(rp_workspace *in, const rp_error *error)
{
    bool faulty = in->diagnostics.errors || error;

    rp_output_diagnostics(&in->output, &in->diagnostics);
    if (error)
        rp_output_error(&in->output, error);
    return faulty ? RP_EXIT_TROUBLE : 0;
}
