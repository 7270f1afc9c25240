/*
 * Loads a plugin and checks its table.
 */
#ifndef RP_HOST_LOAD_H
#define RP_HOST_LOAD_H

#include "base/error.h"

#include <resource_plugin.h>

/*
 * The table of the plugin at a path. It is good for the rest of the process: what
 * was loaded is never unloaded, since an answer may outlive everything else.
 * RP_E_NOT_FOUND: no such file. RP_E_SYSTEM: the loader refused it. RP_E_INVALID:
 * it is no plugin, or none for this host.
 */
int rp_plugin_load(const char *path, const rp_plugin **plugin, rp_error **error);

/* Whether a table keeps what the header promises of it. For tests; load sees to it. */
int rp_plugin_check(const rp_plugin *plugin, rp_error **error);

#endif
