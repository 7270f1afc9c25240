/*
 * Having the plugin check the desired records, before anything is sent.
 */
#ifndef RP_CLI_ENGINE_VALIDATE_RECORDS_H
#define RP_CLI_ENGINE_VALIDATE_RECORDS_H

#include "cli/engine/workspace.h"

/* Makes the desired objects, unless they are not needed, and has their records checked; all of them, or only
   those that the state does not have as they are: these were checked when they were sent. All that is wrong,
   also what loading the file has found, is a diagnostic with its place: RP_E_INVALID without an error then.
 */
int rp_validate_all(rp_workspace *in, bool expand, bool all, rp_error **error);

#endif
