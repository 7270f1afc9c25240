#include "cli/course.h"

#include "base/text.h"
#include "cli/address.h"
#include "cli/check.h"
#include "cli/interrupt.h"
#include "cli/look.h"
#include "cli/paint.h"
#include "cli/recover.h"
#include "cli/report.h"
#include "cli/work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_ANSWER 64

void rp_course_done(rp_course *course)
{
    rp_plan_done(&course->plan);
    for (size_t i = 0; i < RP_MAX_TIMES; i++) {
        free(course->targets[i]);
        free(course->replace[i]);
    }
}

static int tidy_all(const rp_texts *given, char **tidy, size_t *count, rp_error **error)
{
    int failed = 0;

    for (; *count < given->count && !failed; ++*count)
        failed = rp_address_tidy(given->items[*count], &tidy[*count], error);
    return failed;
}

static int take_aim(rp_workspace *in, rp_course *course, rp_error **error)
{
    int failed = tidy_all(&in->settings->targets, course->targets, &course->aim.target_count, error);

    course->aim.targets = (const char *const *)course->targets;
    course->aim.replace = (const char *const *)course->replace;
    course->aim.destroy = in->settings->destroy || !strcmp(in->command, "destroy");
    return failed ? failed
                  : tidy_all(&in->settings->replace, course->replace, &course->aim.replace_count, error);
}

/* A target that names nothing is a typing error. */
static int check_targets(const rp_workspace *in, const char *const *targets, size_t count, rp_error **error)
{
    for (size_t t = 0; t < count; t++) {
        bool found = false;
        for (size_t i = 0; i < in->project.wanted_count && !found; i++)
            found = rp_address_within(in->project.wanted[i].address, targets[t]);
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

static bool is_unwanted(const rp_workspace *in, const char *address)
{
    return !rp_project_find(&in->project, address);
}

static bool is_any(const rp_workspace *in, const char *address)
{
    (void)in;
    (void)address;
    return true;
}

static int see(rp_workspace *in, rp_course *course, rp_error **error)
{
    int failed = rp_recover(in, course->aim.destroy ? is_any : is_unwanted, error);

    if (!failed)
        failed = check_targets(in, course->aim.targets, course->aim.target_count, error);
    if (!failed)
        failed = check_targets(in, course->aim.replace, course->aim.replace_count, error);
    return failed ? failed : rp_look(in, &course->aim, error);
}

int rp_course_plan(rp_workspace *in, rp_course *course, rp_error **error)
{
    int failed = take_aim(in, course, error);

    if (!failed)
        failed = rp_workspace_load(in, error);
    if (!failed && !course->aim.destroy)
        failed = rp_workspace_expand(in, error);
    if (!failed)
        failed = rp_check_records(in, error);
    if (!failed)
        failed = rp_workspace_open(in, error);
    if (!failed)
        failed = see(in, course, error);
    if (failed)
        return failed;
    return rp_plan_make(&in->project, &in->catalog, rp_store_about(in->store)->salt, &in->objects, in->sights,
                        &course->aim, &course->plan, error);
}

static bool answered_yes(void)
{
    char answer[MAX_ANSWER];

    return fgets(answer, sizeof(answer), stdin) && (!strcmp(answer, "yes\n") || !strcmp(answer, "yes"));
}

bool rp_course_confirm(const rp_workspace *in, const char *question, rp_error **error)
{
    const rp_paint *p = in->view.colour ? &rp_paint_ansi : &rp_paint_none;

    if (in->view.json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        rp_error_set(
            error, RP_E_INVALID,
            "nobody can be asked here: give -auto-approve, or apply a plan that was saved with -out");
        return false;
    }
    printf("\n%s%s%s\n  Only \"yes\" will be accepted.\n\n  %sEnter a value:%s ", p->bold, question, p->off,
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
    rp_findings_add(&in->findings, NULL, false, "interrupted: not all was done", NULL, NULL,
                    "What was done is saved. Run this again to go on.");
}

int rp_course_follow(rp_workspace *in, const rp_plan *plan)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_work work = {0};
    int failed = back_up(in, &error);

    if (!failed)
        failed = rp_look_save(in, &error);
    if (!failed)
        failed = rp_work_do(in, plan, &work, &error);
    if (work.stopped)
        tell_stopped(in);
    if (!failed && !in->findings.errors)
        rp_view_summary(&in->view, plan->destroy ? "destroy" : "apply", work.added, work.destroyed);
    else if (work.added || work.destroyed)
        rp_view_say(&in->view, "%zu added, %zu destroyed before it failed; the state has them as they are.",
                    work.added, work.destroyed);
    return rp_workspace_end(in, error);
}
