/*
 * Looking at the known objects, many at a time.
 */
#ifndef RP_CLI_LOOK_H
#define RP_CLI_LOOK_H

#include "cli/workspace.h"

/* Fills in the sights: of all objects, or of those within the targets; none are looked at if the settings say
   so. What cannot be seen is a finding: RP_E_SYSTEM without an error then. */
int rp_look(rp_workspace *in, const rp_aim *aim, rp_error **error);

/* Saves what was seen. The objects in memory stay as they were. */
int rp_look_save(rp_workspace *in, rp_error **error);

#endif
