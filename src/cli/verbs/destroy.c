#include "cli/engine/plan_flow.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

const rp_option rp_destroy_options[] = {
    RP_FILE_OPTIONS,   RP_TARGET_OPTION,  RP_MAX_DESTROY_OPTION, RP_VERBOSE_OPTION,
    RP_CALL_OPTIONS, RP_APPROVE_OPTION, RP_OUTPUT_OPTIONS,     {0},
};

const char rp_destroy_details[] =
    "Destroys every object in the state, or the targets, after asking for approval. The configuration names the plugin\n"
    "and its settings; its records are ignored.\n"
    "\n"
    "Exit codes: 0: everything was destroyed; 1: failure, or not everything was destroyed.\n";

static int destroy(rp_workspace *in)
{
    _cleanup_(rp_plan_flow_done) rp_plan_flow flow = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (rp_plan_flow_plan(in, &flow, &error) < 0)
        return rp_workspace_end(in, error);
    rp_output_plan(&in->output, &flow.plan, rp_store_about(in->store)->salt);
    if (rp_plan_acts(&flow.plan) && !in->settings->auto_approve &&
        !rp_plan_flow_confirm(in, "Do you really want to destroy all of these? There is no way back.",
                              &error))
        return rp_workspace_end(in, error);
    return rp_plan_flow_execute(in, &flow.plan);
}

int rp_destroy_verb(const rp_settings *settings)
{
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "destroy");
    return destroy(&in);
}
