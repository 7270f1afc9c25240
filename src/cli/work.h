/*
 * Carrying a plan out: what has to go, then what has to come, then what a new one
 * has replaced; all of one kind in one call. Before a call is made its intents are
 * committed; what came of it is saved before anything else is done.
 */
#ifndef RP_CLI_WORK_H
#define RP_CLI_WORK_H

#include "cli/workspace.h"

typedef struct rp_work {
    size_t added, destroyed;
    bool stopped; /* interrupted before all was done */
} rp_work;

/* What went wrong with objects is a finding; an error is what ended all of it. */
int rp_work_do(rp_workspace *in, const rp_plan *plan, rp_work *work, rp_error **error);

#endif
