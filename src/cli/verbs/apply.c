#include "cli/engine/plan_flow.h"
#include "cli/output/call_report.h"
#include "cli/state/planfile.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

const rp_option rp_apply_options[] = {
    RP_FILE_OPTIONS, RP_PLAN_OPTIONS, RP_CALL_OPTIONS, RP_APPROVE_OPTION, RP_OUTPUT_OPTIONS, {0},
};

const char rp_apply_details[] =
    "Plans, asks for approval, and applies the plan; or applies exactly a plan saved by \"rp plan -out=PLAN\", which is\n"
    "refused if the configuration or the state has changed since. The state is first backed up to its own name with\n"
    ".backup at the end.\n"
    "\n"
    "The first interrupt cancels the calls in progress, waits for their results, and saves them; the second one stops\n"
    "at once. The next command resolves what was left open.\n"
    "\n"
    "Exit codes: 0: everything was applied; 1: failure, or not everything was applied.\n";

static int apply(rp_workspace *in)
{
    _cleanup_(rp_plan_flow_done) rp_plan_flow flow = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (rp_plan_flow_plan(in, &flow, &error) < 0)
        return rp_workspace_end(in, error);
    rp_output_plan(&in->output, &flow.plan, rp_store_about(in->store)->salt);
    if (rp_plan_acts(&flow.plan) && !in->settings->auto_approve &&
        !rp_plan_flow_confirm(in, "Do you want rp to do this?", &error))
        return rp_workspace_end(in, error);
    return rp_plan_flow_execute(in, &flow.plan);
}

static int open_plan(rp_workspace *in, const rp_planfile *file, rp_error **error)
{
    int failed = rp_workspace_load(in, error);

    if (!failed && !file->options.destroy)
        failed = rp_workspace_expand(in, error);
    if (!failed)
        failed = rp_workspace_open(in, error);
    return failed ? failed : rp_planfile_use(file, in, error);
}

static int apply_file(rp_workspace *in, const rp_planfile *file)
{
    _cleanup_(rp_plan_done) rp_plan plan = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (open_plan(in, file, &error) < 0 || rp_plan_flow_diff(in, &file->options, &plan, &error) < 0)
        return rp_workspace_end(in, error);
    return rp_plan_flow_execute(in, &plan);
}

/* The plan says which configuration and state it is for, unless the command line does. */
static int apply_saved(const rp_settings *settings)
{
    _cleanup_(rp_planfile_done) rp_planfile file = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings all = *settings;

    rp_workspace_start(&in, &all, "apply");
    if (rp_planfile_read(settings->operands[0], &file, &error) < 0)
        return rp_workspace_end(&in, error);
    all.file = all.file ? all.file : file.file;
    all.state = all.state ? all.state : file.state;
    return apply_file(&in, &file);
}

static int apply_configured(const rp_settings *settings)
{
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "apply");
    return apply(&in);
}

int rp_apply_verb(const rp_settings *settings)
{
    return settings->operand_count ? apply_saved(settings) : apply_configured(settings);
}
