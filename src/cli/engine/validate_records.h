/*
 * Having the plugin check the records that are wanted, before anything is sent.
 */
#ifndef RP_CLI_ENGINE_VALIDATE_RECORDS_H
#define RP_CLI_ENGINE_VALIDATE_RECORDS_H

#include "cli/engine/workspace.h"

/* What it objects to is a finding, with its place: RP_E_INVALID without an error then. */
int rp_validate_records(rp_workspace *in, rp_error **error);

#endif
