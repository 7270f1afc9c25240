#include "cli/engine/plan_flow.h"
#include "cli/state/planfile.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

const rp_option rp_plan_options[] = {
    RP_FILE_OPTIONS,
    RP_PLAN_OPTIONS,
    RP_CALL_OPTIONS,
    RP_OUTPUT_OPTIONS,
    {"destroy", RP_OPTION_SWITCH, offsetof(rp_settings, destroy), NULL, "plan to destroy everything"},
    {"out", RP_OPTION_TEXT, offsetof(rp_settings, out), "FILE", "save the plan, for \"rp apply FILE\""},
    {"detailed-exitcode", RP_OPTION_SWITCH, offsetof(rp_settings, detailed_exitcode), NULL,
     "exit with 2 if there is something to do"},
    {0},
};

const char rp_plan_details[] =
    "Reads all known objects, and shows what apply would do and what others have changed. Nothing is changed, except\n"
    "that open intents of an earlier command are resolved first.\n"
    "\n"
    "Exit codes: 0: success; 1: failure; with -detailed-exitcode: 0: no changes; 2: changes.\n";

static int save(rp_workspace *in, const rp_plan_flow *flow)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (!in->settings->out)
        return 0;
    if (rp_planfile_write(in, &flow->options, in->settings->out, &error) < 0)
        return rp_workspace_end(in, error);
    rp_output_say(&in->output, "Saved the plan to %s. To apply exactly this plan, run: rp apply %s", in->settings->out,
                  in->settings->out);
    return 0;
}

static int plan(rp_workspace *in)
{
    _cleanup_(rp_plan_flow_done) rp_plan_flow flow = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int code;

    if (rp_plan_flow_plan(in, &flow, &error) < 0)
        return rp_workspace_end(in, error);
    rp_output_plan(&in->output, &flow.plan, rp_store_about(in->store)->salt);
    code = rp_workspace_end(in, NULL);
    if (!code)
        code = save(in, &flow);
    if (!code && in->settings->detailed_exitcode && rp_plan_acts(&flow.plan))
        return 2;
    return code;
}

int rp_plan_verb(const rp_settings *settings)
{
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "plan");
    return plan(&in);
}
