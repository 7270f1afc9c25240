/*
 * Having the plugin check the records that are wanted, before anything is sent.
 */
#ifndef RP_CLI_CHECK_H
#define RP_CLI_CHECK_H

#include "cli/workspace.h"

/* What it objects to is a finding, with its place: RP_E_INVALID without an error then. */
int rp_check_records(rp_workspace *in, rp_error **error);

#endif
