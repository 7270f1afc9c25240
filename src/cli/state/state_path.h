/*
 * Which file a state is, whatever it is called. SQLite names its log after the
 * name it opened: a state that is reached through a symbolic or a hard link is
 * always opened through one and the same name.
 */
#ifndef RP_CLI_STATE_STATE_PATH_H
#define RP_CLI_STATE_STATE_PATH_H

#include "base/error.h"

#include <stdbool.h>

/* The name to use, in memory of the caller's. A state that is not there yet gets the name it will have. RP_E_INVALID:
   this cannot be a state, or it has several names and its own is not known. */
int rp_state_path_resolve(const char *path, char **resolved, rp_error **error);

/* Whether two paths lead to one file, or to one place where none is yet. */
bool rp_state_path_same(const char *one, const char *other);

/* RP_E_INVALID with the kind of file system where the state would be kept on a network: locks and shared memory do not
   work there. */
int rp_state_path_check_local(const char *path, rp_error **error);

#endif
