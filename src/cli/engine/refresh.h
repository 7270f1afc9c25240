/*
 * Reading the objects of the state, and looking up by their keys those that are
 * desired and not in the state; many at a time.
 */
#ifndef RP_CLI_ENGINE_REFRESH_H
#define RP_CLI_ENGINE_REFRESH_H

#include "cli/engine/workspace.h"

/* Fills in what was observed of all objects, or of those within the targets; none are read if the settings
   say so. What cannot be read is a diagnostic: RP_E_SYSTEM without an error then. */
int rp_refresh(rp_workspace *in, const rp_diff_options *options, rp_error **error);

/* Fills in what was found of desired objects whose key the state does not have. */
int rp_refresh_look_up(rp_workspace *in, const rp_diff_options *options, rp_error **error);

/* Saves what was observed. The objects in memory stay as they were. */
int rp_refresh_save(rp_workspace *in, rp_error **error);

/* How many objects were read, and how many of these are gone. */
void rp_refresh_count(const rp_workspace *in, size_t *seen, size_t *gone);

#endif
