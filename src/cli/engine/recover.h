/*
 * Resolves open intents: changes whose result an earlier command did not get, because
 * it was killed or because the outcome is unknown. Reads the objects and saves what
 * really happened.
 *
 * An effect that is visible resolves an intent at once. An effect that is not visible
 * resolves it only if the server had accepted the request, or after the type's settle
 * time: until then the request may still take effect.
 */
#ifndef RP_CLI_ENGINE_RECOVER_H
#define RP_CLI_ENGINE_RECOVER_H

#include "cli/engine/workspace.h"

/* Resolves all open intents and reports each. Does not wait for objects that are to be destroyed anyway
   (`goes`; NULL: none). Reloads the objects in memory. RP_E_SYSTEM without an error: reported as a
   diagnostic. */
int rp_recover(rp_workspace *in, bool (*goes)(const rp_workspace *in, const char *address), rp_error **error);

#endif
