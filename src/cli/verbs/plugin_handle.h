/*
 * Shared by the verbs that call a plugin directly: opens it, prints its response, and
 * reports errors.
 */
#ifndef RP_CLI_VERBS_PLUGIN_HANDLE_H
#define RP_CLI_VERBS_PLUGIN_HANDLE_H

#include "cli/settings.h"
#include "host/rphost.h"
#include "json/value.h"

/* The configuration's source: the option, else the environment variable RP_CONFIG; NULL if neither. */
const char *rp_config_source(const rp_settings *settings);

/* Opens the plugin of the first operand. A failure to open it is reported by the next call; only an
   unreadable configuration is an error here. */
int rp_plugin_handle_open(const rp_settings *settings, rphost **host, rp_error **error);

/* Prints the document, and its diagnostics in words; releases the answer. Returns the exit code. */
int rp_plugin_handle_show(rphost_answer *answer);

/* The same for a document that was put together from several answers. */
int rp_plugin_handle_show_document(const rp_json *document, int32_t status);

/* Prints the error on standard error. Returns the exit code. */
int rp_plugin_handle_fail(const rp_error *error);

static inline void rp_plugin_handle_close(rphost **host)
{
    rphost_close(*host);
}

#endif
