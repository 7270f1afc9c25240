/*
 * Following the jobs of objects in progress: those that an earlier command left,
 * and those that the server had accepted when this one was interrupted. They are
 * read until the server is done with them.
 */
#ifndef RP_CLI_ENGINE_FOLLOW_H
#define RP_CLI_ENGINE_FOLLOW_H

#include "cli/engine/execute.h"

/* Objects that are done are saved; one whose job failed leaves the state and is a diagnostic. What is still
   in progress after -timeout, or five minutes, is counted as pending. */
int rp_follow(rp_workspace *in, const rp_plan *plan, rp_execution *execution, rp_error **error);

#endif
