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
#include "cli/state/planfile.h"

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
    flow->options.adopt = in->settings->adopt;
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
                "lists what the state has)",
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

/* The difference of a typing error and of an order to destroy everything. */
static int check_not_empty(const rp_workspace *in, const rp_diff_options *options, rp_error **error)
{
    if (options->destroy || options->target_count || in->project.desired_count || !in->objects.count)
        return 0;
    return rp_error_set(
        error, RP_E_INVALID,
        "%s describes no objects, and the state has %zu: run rp destroy if they are to be destroyed",
        in->project.file, in->objects.count);
}

static int see(rp_workspace *in, rp_plan_flow *flow, rp_error **error)
{
    int failed = rp_recover(in, flow->options.destroy ? is_any : is_undesired, error);

    if (!failed)
        failed = check_targets(in, flow->options.targets, flow->options.target_count, error);
    if (!failed)
        failed = check_targets(in, flow->options.replace, flow->options.replace_count, error);
    if (!failed)
        failed = check_not_empty(in, &flow->options, error);
    if (!failed)
        failed = rp_refresh(in, &flow->options, error);
    return failed ? failed : rp_refresh_look_up(in, &flow->options, error);
}

/* An object whose resource says so is never destroyed, whoever asks for it. */
static bool is_protected(const rp_workspace *in, const rp_change *change)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;
    const rp_block *block;

    if ((change->action != RP_DESTROY && change->action != RP_REPLACE) ||
        rp_address_parse(change->address, &name, &key, NULL) < 0)
        return false;
    block = rp_project_block(&in->project, name);
    return block && block->prevent_destroy;
}

static int check_guards(rp_workspace *in, const rp_plan *plan, rp_error **error)
{
    size_t errors = in->diagnostics.errors;

    for (size_t i = 0; i < plan->count; i++) {
        const rp_change *change = &plan->changes[i];
        rp_subject about = {.address = change->address, .phase = RP_PHASE_RECORD};
        if (!is_protected(in, change))
            continue;
        rp_diagnostics_add(&in->diagnostics, &about, false,
                           "prevent_destroy is set, and the plan destroys the object", NULL, NULL,
                           "Remove prevent_destroy from the resource, or give -target to leave it out.");
    }
    if (plan->to_destroy > in->settings->max_destroy)
        return rp_error_set(error, RP_E_INVALID, "the plan destroys %zu %s, and -max-destroy allows %u",
                            plan->to_destroy, plan->to_destroy == 1 ? "object" : "objects", in->settings->max_destroy);
    return in->diagnostics.errors > errors ? RP_E_INVALID : 0;
}

/* What exists and is not managed, and what is managed and not configured. */
static void warn_of_existing(rp_workspace *in, const rp_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        rp_subject about = {.address = plan->changes[i].address};
        if (plan->changes[i].exists)
            rp_diagnostics_add(&in->diagnostics, &about, true, "an object with this key exists already", NULL,
                               NULL, rp_advice(RP_PHASE_SERVER, "already_exists"));
        if (plan->changes[i].reason == RP_REASON_IMPORTED)
            rp_diagnostics_add(&in->diagnostics, &about, true, "imported, and not in the configuration", NULL,
                               NULL,
                               "The object is left alone. Add it to the configuration, or remove it from the "
                               "state with \"rp state rm\".");
    }
}

int rp_plan_flow_diff(rp_workspace *in, const rp_diff_options *options, rp_plan *plan, rp_error **error)
{
    const rp_diff_input input = rp_workspace_diff_input(in, options);
    int failed = rp_plan_make(&input, plan, error);

    if (failed)
        return failed;
    warn_of_existing(in, plan);
    return strcmp(in->command, "refresh") ? check_guards(in, plan, error) : 0; /* which destroys nothing */
}

int rp_plan_flow_plan(rp_workspace *in, rp_plan_flow *flow, rp_error **error)
{
    int failed = read_plan_options(in, flow, error);

    if (!failed)
        failed = rp_workspace_load(in, error);
    if (!failed)
        failed = rp_validate_all(in, !flow->options.destroy, false, error);
    if (!failed)
        failed = rp_workspace_open(in, error);
    if (!failed && in->settings->out)
        failed = rp_planfile_check_path(in, in->settings->out, error);
    if (!failed)
        failed = see(in, flow, error);
    if (failed)
        return failed;
    return rp_plan_flow_diff(in, &flow->options, &flow->plan, error);
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
            "there is no terminal to ask for confirmation: give -auto-approve, or apply a plan saved with -out");
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
    rp_diagnostics_add(&in->diagnostics, NULL, false, "interrupted: not everything was done", NULL, NULL,
                       "What was done is saved. Run the command again to go on.");
}

/* 0 only where everything is done: what is still in progress may yet fail. */
static int sum_up(rp_workspace *in, const rp_plan *plan, const rp_execution *execution, const rp_error *error)
{
    const char *operation = plan->destroy ? "destroy" : "apply";
    int code = rp_workspace_end(in, error);

    if (execution->counts.pending)
        rp_output_incomplete(&in->output, operation, execution->counts.pending);
    else if (!code)
        rp_output_summary(&in->output, operation, &execution->counts);
    if (code && (execution->counts.added || execution->counts.changed || execution->counts.destroyed))
        rp_output_say(&in->output,
                      "%zu added, %zu changed, %zu destroyed before it failed; the state is up to date.",
                      execution->counts.added, execution->counts.changed, execution->counts.destroyed);
    return execution->counts.pending ? RP_EXIT_TROUBLE : code;
}

int rp_plan_flow_back_up(rp_workspace *in, rp_error **error)
{
    return back_up(in, error);
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
    return sum_up(in, plan, &execution, failed ? error : NULL);
}
