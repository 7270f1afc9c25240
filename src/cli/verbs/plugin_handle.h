/*
 * What the verbs that talk to a plugin share: opening it as the settings say,
 * showing its answer, telling what went wrong before there was one.
 */
#ifndef RP_CLI_VERBS_PLUGIN_HANDLE_H
#define RP_CLI_VERBS_PLUGIN_HANDLE_H

#include "cli/settings.h"
#include "host/rphost.h"

/* The config's source: the option, or else the environment's RP_CONFIG; NULL if neither. */
const char *rp_config_source(const rp_settings *settings);

/* Opens the plugin that the first operand names. What is wrong with it the next answer tells; only a config
   that cannot be read is an error. */
int rp_plugin_handle_open(const rp_settings *settings, rphost **host, rp_error **error);

/* Prints the document, and its diagnostics in words; releases the answer. Returns the exit code. */
int rp_plugin_handle_show(rphost_answer *answer);

/* Says it on standard error. Returns the exit code. */
int rp_plugin_handle_fail(const rp_error *error);

static inline void rp_plugin_handle_close(rphost **host)
{
    rphost_close(*host);
}

#endif
