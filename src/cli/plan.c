#include "cli/course.h"
#include "cli/options.h"
#include "cli/planfile.h"
#include "cli/verbs.h"

const rp_option rp_plan_options[] = {
    RP_FILE_OPTIONS,
    RP_AIM_OPTIONS,
    RP_CALL_OPTIONS,
    RP_VIEW_OPTIONS,
    {"destroy", RP_OPTION_SWITCH, offsetof(rp_settings, destroy), NULL, "plan to destroy everything"},
    {"out", RP_OPTION_TEXT, offsetof(rp_settings, out), "FILE", "save the plan, for \"rp apply FILE\""},
    {"detailed-exitcode", RP_OPTION_SWITCH, offsetof(rp_settings, detailed_exitcode), NULL,
     "exit with 2 if there is something to do"},
    {0},
};

const char rp_plan_details[] =
    "Reads all known objects and tells what apply would do, and what somebody else has changed. Nothing is changed,\n"
    "but for open intents of a command that was ended, which are settled first.\n"
    "\n"
    "Exit codes: 0, done; 1, failed; with -detailed-exitcode: 0, nothing to do; 2, something to do.\n";

static int save(rp_workspace *in, const rp_course *course)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (!in->settings->out)
        return 0;
    if (rp_planfile_write(in, &course->aim, in->settings->out, &error) < 0)
        return rp_workspace_end(in, error);
    rp_view_say(&in->view, "Saved in %s. To do exactly this: rp apply %s", in->settings->out,
                in->settings->out);
    return 0;
}

static int plan(rp_workspace *in)
{
    _cleanup_(rp_course_done) rp_course course = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int code;

    if (rp_course_plan(in, &course, &error) < 0)
        return rp_workspace_end(in, error);
    rp_view_plan(&in->view, &course.plan, rp_store_about(in->store)->salt);
    code = rp_workspace_end(in, NULL);
    if (!code)
        code = save(in, &course);
    if (!code && in->settings->detailed_exitcode && rp_plan_acts(&course.plan))
        return 2;
    return code;
}

int rp_plan_verb(const rp_settings *settings)
{
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "plan");
    return plan(&in);
}
