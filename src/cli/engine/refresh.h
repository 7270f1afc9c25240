/*
 * Looking at the known objects, many at a time.
 */
#ifndef RP_CLI_ENGINE_REFRESH_H
#define RP_CLI_ENGINE_REFRESH_H

#include "cli/engine/workspace.h"

/* Fills in the sights: of all objects, or of those within the targets; none are looked at if the settings say
   so. What cannot be seen is a finding: RP_E_SYSTEM without an error then. */
int rp_refresh(rp_workspace *in, const rp_diff_options *options, rp_error **error);

/* Saves what was seen. The objects in memory stay as they were. */
int rp_refresh_save(rp_workspace *in, rp_error **error);

#endif
