#include "cli/engine/plan_flow.h"

#include "base/text.h"
#include "cli/config/address.h"
#include "cli/engine/execute.h"
#include "cli/engine/interrupt.h"
#include "cli/engine/recover.h"
#include "cli/engine/refresh.h"
#include "cli/engine/validate_records.h"
#include "cli/output/call_report.h"
#include "cli/output/color.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_ANSWER 64

void rp_plan_flow_done(rp_plan_flow *flow)
{
    rp_plan_done(&flow->plan);
    for (size_t i = 0; i < RP_MAX_TIMES; i++) {
        free(flow->targets[i]);
        free(flow->replace[i]);
    }
}

static int tidy_all(const rp_texts *given, char **tidy, size_t *count, rp_error **error)
{
    int failed = 0;

    for (; *count < given->count && !failed; ++*count)
        failed = rp_address_tidy(given->items[*count], &tidy[*count], error);
    return failed;
}

static int read_plan_options(rp_workspace *in, rp_plan_flow *flow, rp_error **error)
{
    int failed = tidy_all(&in->settings->targets, flow->targets, &flow->options.target_count, error);

    flow->options.targets = (const char *const *)flow->targets;
    flow->options.replace = (const char *const *)flow->replace;
    flow->options.destroy = in->settings->destroy || !strcmp(in->command, "destroy");
    return failed ? failed
                  : tidy_all(&in->settings->replace, flow->replace, &flow->options.replace_count, error);
}

/* A target that names nothing is a typing error. */
static int check_targets(const rp_workspace *in, const char *const *targets, size_t count, rp_error **error)
{
    for (size_t t = 0; t < count; t++) {
        bool found = false;
        for (size_t i = 0; i < in->project.desired_count && !found; i++)
            found = rp_address_within(in->project.desired[i].address, targets[t]);
        for (size_t i = 0; i < in->objects.count && !found; i++)
            found = rp_address_within(in->objects.items[i].address, targets[t]);
        if (!found)
            return rp_error_set(
                error, RP_E_INVALID,
                "there is no %s, neither in the configuration nor in the state (\"rp state list\" "
                "tells what the state has)",
                targets[t]);
    }
    return 0;
}

static bool is_undesired(const rp_workspace *in, const char *address)
{
    return !rp_project_find(&in->project, address);
}

static bool is_any(const rp_workspace *in, const char *address)
{
    (void)in;
    (void)address;
    return true;
}

static int see(rp_workspace *in, rp_plan_flow *flow, rp_error **error)
{
    int failed = rp_recover(in, flow->options.destroy ? is_any : is_undesired, error);

    if (!failed)
        failed = check_targets(in, flow->options.targets, flow->options.target_count, error);
    if (!failed)
        failed = check_targets(in, flow->options.replace, flow->options.replace_count, error);
    return failed ? failed : rp_refresh(in, &flow->options, error);
}

int rp_plan_flow_plan(rp_workspace *in, rp_plan_flow *flow, rp_error **error)
{
    int failed = read_plan_options(in, flow, error);

    if (!failed)
        failed = rp_workspace_load(in, error);
    if (!failed && !flow->options.destroy)
        failed = rp_workspace_expand(in, error);
    if (!failed)
        failed = rp_validate_records(in, error);
    if (!failed)
        failed = rp_workspace_open(in, error);
    if (!failed)
        failed = see(in, flow, error);
    if (failed)
        return failed;
    return rp_plan_make(&in->project, &in->plugin_schema, rp_store_about(in->store)->salt, &in->objects,
                        in->observed, &flow->options, &flow->plan, error);
}

static bool answered_yes(void)
{
    char answer[MAX_ANSWER];

    return fgets(answer, sizeof(answer), stdin) && (!strcmp(answer, "yes\n") || !strcmp(answer, "yes"));
}

bool rp_plan_flow_confirm(const rp_workspace *in, const char *request, rp_error **error)
{
    const rp_color *p = in->output.color ? &rp_color_ansi : &rp_color_none;

    if (in->output.json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        rp_error_set(
            error, RP_E_INVALID,
            "nobody can be asked here: give -auto-approve, or apply a plan that was saved with -out");
        return false;
    }
    printf("\n%s%s%s\n  Only \"yes\" will be accepted.\n\n  %sEnter a value:%s ", p->bold, request, p->off,
           p->bold, p->off);
    fflush(stdout);
    if (answered_yes()) {
        printf("\n");
        return true;
    }
    rp_error_set(error, RP_E_INVALID, "not confirmed: nothing was done");
    return false;
}

static int back_up(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_freep) char *path = rp_format("%s.backup", in->state_path);
    int failed;

    if (!path)
        return rp_error_no_memory(error);
    failed = rp_store_backup(in->store, path, error);
    if (failed)
        rp_error_add(error,
                     "the state is backed up before anything is done, and that failed; nothing was sent");
    return failed;
}

static void tell_stopped(rp_workspace *in)
{
    rp_diagnostics_add(&in->diagnostics, NULL, false, "interrupted: not all was done", NULL, NULL,
                       "What was done is saved. Run this again to go on.");
}

int rp_plan_flow_execute(rp_workspace *in, const rp_plan *plan)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_execution execution = {0};
    int failed = back_up(in, &error);

    if (!failed)
        failed = rp_refresh_save(in, &error);
    if (!failed)
        failed = rp_execute(in, plan, &execution, &error);
    if (execution.stopped)
        tell_stopped(in);
    if (!failed && !in->diagnostics.errors)
        rp_output_summary(&in->output, plan->destroy ? "destroy" : "apply", execution.added,
                          execution.destroyed);
    else if (execution.added || execution.destroyed)
        rp_output_say(&in->output,
                      "%zu added, %zu destroyed before it failed; the state has them as they are.",
                      execution.added, execution.destroyed);
    return rp_workspace_end(in, error);
}
