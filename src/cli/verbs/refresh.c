#include "cli/engine/refresh.h"
#include "cli/engine/plan_flow.h"
#include "cli/engine/recover.h"
#include "cli/output/text.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

const rp_option rp_refresh_options[] = {
    RP_FILE_OPTIONS, RP_TARGET_OPTION, RP_CALL_OPTIONS, RP_APPROVE_OPTION, RP_OUTPUT_OPTIONS, {0},
};

const char rp_refresh_details[] =
    "Reads the objects in the state, shows what has changed, and saves it. An object that no longer exists is\n"
    "removed from the state; the next apply creates it again.\n";

static int refresh(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_plan_flow_done) rp_plan_flow flow = {0};
    int failed = rp_plan_flow_plan(in, &flow, error);

    if (failed)
        return failed;
    rp_output_drift(&in->output, &flow.plan);
    return rp_refresh_save(in, error);
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
