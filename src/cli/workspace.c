#include "cli/workspace.h"

#include "base/text.h"
#include "cli/ask.h"
#include "cli/report.h"

#include <string.h>

#define USUAL_FILE "resources.yaml"

static int no_memory(rp_error **error)
{
    return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
}

const char *rp_workspace_file(const rp_settings *settings)
{
    return settings->file ? settings->file : USUAL_FILE;
}

void rp_workspace_start(rp_workspace *in, const rp_settings *settings, const char *command)
{
    *in = (rp_workspace){.settings = settings, .command = command, .lock = RP_LOCK_NONE};
    rp_view_start(&in->view, settings);
}

void rp_workspace_done(rp_workspace *in)
{
    rp_sights_free(in->sights, in->objects.count);
    rp_objects_done(&in->objects);
    rp_store_close(in->store);
    rp_lock_release(&in->lock);
    free(in->state_path);
    free(in->who);
    rp_catalog_done(&in->catalog);
    rphost_close(in->host);
    rp_project_done(&in->project);
    rp_findings_done(&in->findings);
}

static bool is_load_failure(const rp_json *diagnostic)
{
    const char *code = rp_json_text(rp_json_get(diagnostic, "code"));

    return code && !strcmp(code, "host.load");
}

/* What the host or the plugin has against the config, where it says so. */
static void report_refusal(rp_workspace *in, const rp_json *document, int32_t status)
{
    const rp_json *diagnostics = rp_json_get(document, "diagnostics");

    for (size_t i = 0; i < rp_json_count(diagnostics); i++) {
        const rp_json *one = rp_json_at(diagnostics, i);
        const char *path = rp_json_text(rp_json_get(one, "path"));
        rp_about about = {0};

        if (is_load_failure(one))
            about.mark = rp_yaml_get(&in->project.document, "plugin")->mark;
        else if (path && rp_starts_with(path, "/config"))
            about = rp_about_source(NULL, rp_project_config_at(&in->project, path + strlen("/config")));
        else
            about.mark = rp_project_config_at(&in->project, NULL)->mark;
        rp_findings_add_diagnostic(&in->findings, &about, one,
                                   is_load_failure(one) ? NULL : rphost_status_name(status));
    }
}

static int read_catalog(rp_workspace *in, rphost_answer *answer, rp_error **error)
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
        return rp_catalog_read(document, &in->catalog, error);
    if (in->project.file)
        report_refusal(in, document, status);
    else
        rp_report_diagnostics(document, status, stderr);
    rp_json_free(document);
    return RP_E_INVALID;
}

int rp_workspace_load(rp_workspace *in, rp_error **error)
{
    int failed = rp_project_load(rp_workspace_file(in->settings), NULL, &in->project, error);

    in->view.file = in->project.file;
    in->view.source = in->project.text;
    if (failed)
        return failed;
    in->host = rphost_open(in->project.plugin, in->project.config.data, in->project.config.len);
    return read_catalog(in, rphost_call(in->host, "describe", NULL, 0, 0, NULL, NULL), error);
}

int rp_workspace_describe(rp_workspace *in, const char *plugin, rp_error **error)
{
    in->host = rphost_open(plugin, NULL, 0);
    return read_catalog(in, rphost_call(in->host, "describe", NULL, 0, 0, NULL, NULL), error);
}

/* The configuration's name with .db at its end. */
static char *usual_state(const char *file)
{
    const char *slash = strrchr(file, '/'), *dot = strrchr(file, '.');
    size_t len = dot && dot > (slash ? slash + 1 : file) ? (size_t)(dot - file) : strlen(file);

    return rp_format("%.*s.db", (int)len, file);
}

static int find_state(rp_workspace *in, rp_error **error)
{
    in->state_path =
        in->settings->state ? strdup(in->settings->state) : usual_state(rp_workspace_file(in->settings));
    in->who = rp_lock_who(in->command);
    return in->state_path && in->who ? 0 : no_memory(error);
}

static void tell_waiting(void *context, const char *holder)
{
    rp_view_say(context, "Waiting for the state, which is locked: %s", holder);
}

/* A state belongs to one plugin: another one would not find its objects, and take them for gone. */
static int check_plugin(rp_workspace *in, rp_error **error)
{
    const rp_state_about *about = rp_store_about(in->store);

    if (!in->catalog.plugin)
        return 0;
    if (!about->plugin || !in->objects.count)
        return rp_store_set_plugin(in->store, in->catalog.plugin, error);
    if (strcmp(about->plugin, in->catalog.plugin) != 0)
        return rp_error_set(
            error, RP_E_INVALID,
            "%s holds objects of the plugin %s, and the configuration names %s: give it a state of its "
            "own, with -state",
            in->state_path, about->plugin, in->catalog.plugin);
    return 0;
}

int rp_workspace_read_objects(rp_workspace *in, rp_error **error)
{
    rp_sights_free(in->sights, in->objects.count);
    in->sights = NULL;
    rp_objects_done(&in->objects);
    return rp_store_objects(in->store, &in->objects, error);
}

int rp_workspace_open(rp_workspace *in, rp_error **error)
{
    int failed = find_state(in, error);

    if (!failed)
        failed = rp_lock_take(in->state_path, in->command, in->settings->lock_timeout_ms, tell_waiting,
                              &in->view, &in->lock, error);
    if (!failed)
        failed = rp_store_open(in->state_path, &in->store, error);
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
    return rp_project_expand(&in->project, &in->catalog, error);
}

rp_about rp_workspace_about(const rp_workspace *in, const char *address, const char *pointer)
{
    const rp_wanted *wanted = rp_project_find(&in->project, address);
    const rp_yaml *said = wanted ? rp_yaml_at(wanted->block->record, pointer) : NULL;

    /* A member that there is no such thing as is wrong by its name, wherever its value comes from. */
    if (said && said != wanted->block->record && said->name && wanted->type &&
        !rp_type_member(wanted->type, said->name))
        return (rp_about){.address = address, .mark = said->name_mark};
    return rp_about_source(address, wanted ? rp_wanted_source(&in->project, wanted, pointer) : NULL);
}

int rp_workspace_end(rp_workspace *in, const rp_error *error)
{
    bool faulty = in->findings.errors || error;

    rp_view_findings(&in->view, &in->findings);
    if (error)
        rp_view_error(&in->view, error);
    return faulty ? RP_EXIT_TROUBLE : 0;
}
