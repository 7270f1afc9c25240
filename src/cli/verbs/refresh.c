#include "cli/engine/refresh.h"
#include "cli/engine/plan_flow.h"
#include "cli/engine/recover.h"
#include "cli/output/text.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include <unistd.h>

const rp_option rp_refresh_options[] = {
    RP_FILE_OPTIONS, RP_TARGET_OPTION, RP_CALL_OPTIONS, RP_APPROVE_OPTION, RP_OUTPUT_OPTIONS, {0},
};

const char rp_refresh_details[] =
    "Reads the objects in the state, shows what has changed, and saves it. An object that no longer exists is\n"
    "removed from the state; the next apply creates it again. The state is backed up first. If none of the objects\n"
    "exists, rp asks before it saves that, or refuses where there is no terminal, unless -auto-approve is given.\n";

/* Where none of many exists it is likelier that the plugin looks in the wrong place. */
static bool may_forget(const rp_workspace *in, rp_error **error)
{
    size_t seen, gone;

    rp_refresh_count(in, &seen, &gone);
    if (!gone || gone < seen || in->settings->auto_approve)
        return true;
    if (!in->output.json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        rp_output_say(&in->output,
                      "No object of the state exists (%zu). Is the address in the plugin's config right?", gone);
        return rp_plan_flow_confirm(in, "Do you want to remove all of them from the state?", error);
    }
    rp_error_set(
        error, RP_E_INVALID,
        "no object of the state exists (%zu): check the address in the plugin's config; -auto-approve removes "
        "all from the state",
        gone);
    return false;
}

static int refresh(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_plan_flow_done) rp_plan_flow flow = {0};
    int failed = rp_plan_flow_plan(in, &flow, error);

    if (failed)
        return failed;
    rp_output_drift(&in->output, &flow.plan);
    if (!may_forget(in, error))
        return RP_E_INVALID;
    failed = rp_plan_flow_back_up(in, error);
    return failed ? failed : rp_refresh_save(in, error);
}

/* Planned as if all were to go: then records of the configuration do not matter. */
int rp_refresh_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings all = *settings;

    all.destroy = true;
    rp_workspace_start(&in, &all, "refresh");
    refresh(&in, &error);
    return rp_workspace_end(&in, error);
}
