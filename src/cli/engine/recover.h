/*
 * Open intents: a command was ended before it knew what came of what it had sent,
 * or the plugin itself did not know. What really happened is looked up and saved.
 *
 * What is seen to be there, or gone, settles an intent at once. That it is not
 * seen settles one only if the server had taken it on, or once the type's settle
 * time has passed since this began: until then it may still come.
 */
#ifndef RP_CLI_ENGINE_RECOVER_H
#define RP_CLI_ENGINE_RECOVER_H

#include "cli/engine/workspace.h"

/* Settles all open intents, telling what becomes of them. Objects that `goes` says are to be destroyed anyway
   are not waited for; NULL: none. The objects in memory are read anew. RP_E_SYSTEM without an error: it is a
   finding. */
int rp_recover(rp_workspace *in, bool (*goes)(const rp_workspace *in, const char *address), rp_error **error);

#endif
