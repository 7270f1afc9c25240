#include "cli/engine/plan_flow.h"
#include "cli/state/planfile.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

const rp_option rp_plan_options[] = {
    RP_FILE_OPTIONS,
    RP_PLAN_OPTIONS,
    RP_CALL_OPTIONS,
    RP_OUTPUT_OPTIONS,
    RP_OPTION("destroy", RP_OPTION_SWITCH, destroy, NULL, "plan to destroy all objects"),
    RP_OPTION("refresh-only", RP_OPTION_SWITCH, refresh_only, NULL,
              "only show what has changed outside of rp; plan no change"),
    RP_OPTION("out", RP_OPTION_TEXT, out, "FILE", "save the plan, for \"rp apply FILE\" and \"rp show FILE\""),
    RP_OPTION("detailed-exitcode", RP_OPTION_SWITCH, detailed_exitcode, NULL,
              "exit with 2 if there is something to do or in progress"),
    {0},
};

const char rp_plan_details[] =
    "Reads the objects of the state, looks up the desired objects that are not in the state, and shows what apply would\n"
    "do and what has changed outside of rp. Nothing is changed on the server. If an earlier command was interrupted, the\n"
    "outcome of its requests is resolved first.\n"
    "\n"
    "Exit codes: 0, success; 1, failure; with -detailed-exitcode: 0, nothing to do; 2, something to do, or objects still\n"
    "in progress.\n";

static int save(rp_workspace *in, const rp_plan_flow *flow)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (!in->settings->out)
        return 0;
    if (rp_planfile_write(in, &flow->options, &flow->plan, in->settings->out, &error) < 0)
        return rp_workspace_end(in, error);
    rp_output_say(&in->output, "Saved the plan in %s. To apply it: rp apply %s", in->settings->out,
                  in->settings->out);
    return 0;
}

static bool is_something_to_do(const rp_workspace *in, const rp_plan *plan)
{
    if (in->settings->refresh_only)
        return plan->drifted > 0;
    return rp_plan_acts(plan) || plan->pending;
}

static int plan(rp_workspace *in)
{
    _cleanup_(rp_plan_flow_done) rp_plan_flow flow = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int code;

    if (rp_plan_flow_plan(in, &flow, &error) < 0)
        return rp_workspace_end(in, error);
    if (in->settings->refresh_only)
        rp_output_drift(&in->output, &flow.plan);
    else
        rp_output_plan(&in->output, &flow.plan, rp_store_about(in->store)->salt);
    code = rp_workspace_end(in, NULL);
    if (!code)
        code = save(in, &flow);
    if (!code && in->settings->detailed_exitcode && is_something_to_do(in, &flow.plan))
        return 2;
    return code;
}

static int fail(rp_workspace *in, const char *words)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    rp_error_set(&error, RP_E_INVALID, "%s", words);
    return rp_workspace_end(in, error);
}

/* What has changed outside of rp does not depend on the records of the configuration: as refresh, it is planned as if
   all were to go. */
int rp_plan_verb(const rp_settings *settings)
{
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings all = *settings;

    all.destroy |= settings->refresh_only;
    rp_workspace_start(&in, &all, settings->refresh_only ? "refresh" : "plan");
    if (settings->refresh_only && settings->out)
        return fail(&in, "-refresh-only plans no change, so there is none to save with -out");
    return plan(&in);
}
