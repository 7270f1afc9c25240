/*
 * Plugins that misbehave in time: one that ends the process, one that does not
 * return.
 */
#ifndef RP_CLI_ENGINE_PLUGIN_GUARD_H
#define RP_CLI_ENGINE_PLUGIN_GUARD_H

#include "host/rphost.h"

/* Once, first of all: a plugin that calls exit() is named on standard error, and the exit code is not 0. */
void rp_plugin_guard(void);

/* rphost_open, with a warning on standard error for each call that ignores its timeout or an interrupt. */
rphost *rp_plugin_open(const char *plugin, const char *config, size_t config_len);

#endif
