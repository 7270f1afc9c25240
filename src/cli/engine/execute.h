/*
 * Carrying a plan out: what has to go, then what has to come, then what a new one
 * has replaced; all of one kind in one call. Before a call is made its intents are
 * committed; what came of it is saved before anything else is done.
 */
#ifndef RP_CLI_ENGINE_EXECUTE_H
#define RP_CLI_ENGINE_EXECUTE_H

#include "cli/engine/workspace.h"

typedef struct rp_execution {
    size_t added, destroyed;
    bool stopped; /* interrupted before all was done */
} rp_execution;

/* What went wrong with objects is a finding; an error is what ended all of it. */
int rp_execute(rp_workspace *in, const rp_plan *plan, rp_execution *execution, rp_error **error);

#endif
