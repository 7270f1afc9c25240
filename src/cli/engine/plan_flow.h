/*
 * The way from a command line to a plan, which plan, apply and destroy share.
 */
#ifndef RP_CLI_ENGINE_PLAN_FLOW_H
#define RP_CLI_ENGINE_PLAN_FLOW_H

#include "cli/engine/workspace.h"

typedef struct rp_plan_flow {
    char *targets[RP_MAX_TIMES], *replace[RP_MAX_TIMES];
    rp_diff_options options;
    rp_plan plan;
} rp_plan_flow;

/* Loads, locks, settles what is open, looks and plans. Findings as rp_refresh. */
int rp_plan_flow_plan(rp_workspace *in, rp_plan_flow *flow, rp_error **error);

/* The plan from what was observed; warns of objects that exist already, and refuses what is guarded. */
int rp_plan_flow_diff(rp_workspace *in, const rp_diff_options *options, rp_plan *plan, rp_error **error);
void rp_plan_flow_done(rp_plan_flow *flow);

/* Asks on the terminal whether to go on; false, with an error, if nobody can be asked. */
bool rp_plan_flow_confirm(const rp_workspace *in, const char *request, rp_error **error);

/* Copies the state to its own name with .backup at the end. */
int rp_plan_flow_back_up(rp_workspace *in, rp_error **error);

/* Backs the state up, saves what was seen, carries the plan out, and sums up. Returns the exit code. */
int rp_plan_flow_execute(rp_workspace *in, const rp_plan *plan);

#endif
