/*
 * The way from a command line to a plan, which plan, apply and destroy share.
 */
#ifndef RP_CLI_COURSE_H
#define RP_CLI_COURSE_H

#include "cli/workspace.h"

typedef struct rp_course {
    char *targets[RP_MAX_TIMES], *replace[RP_MAX_TIMES];
    rp_aim aim;
    rp_plan plan;
} rp_course;

/* Loads, locks, settles what is open, looks and plans. Findings as rp_look. */
int rp_course_plan(rp_workspace *in, rp_course *course, rp_error **error);
void rp_course_done(rp_course *course);

/* Asks on the terminal whether to go on; false, with an error, if nobody can be asked. */
bool rp_course_confirm(const rp_workspace *in, const char *question, rp_error **error);

/* Backs the state up, saves what was seen, carries the plan out, and sums up. Returns the exit code. */
int rp_course_follow(rp_workspace *in, const rp_plan *plan);

#endif
