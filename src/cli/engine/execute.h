/*
 * Carrying a plan out: first what changes only the state, then what has to go, what
 * changes in place, what has to come, and what a new object has replaced; all of
 * one kind in one call. At last the jobs of earlier commands are followed. Before
 * a call is made its intents are committed; its results are saved before anything
 * else is done.
 */
#ifndef RP_CLI_ENGINE_EXECUTE_H
#define RP_CLI_ENGINE_EXECUTE_H

#include "cli/engine/workspace.h"

typedef struct rp_execution {
    rp_counts counts;
    bool stopped; /* interrupted before all was done */
} rp_execution;

/* What went wrong with objects is a diagnostic; an error is what ended all of it. */
int rp_execute(rp_workspace *in, const rp_plan *plan, rp_execution *execution, rp_error **error);

#endif
