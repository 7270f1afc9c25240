#include "cli/engine/plugin_guard.h"

#include "cli/output/call_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Runs in exit(). What the plugin began is not known, but what was stored is whole. */
static void tell_who_ended_it(void)
{
    const char *plugin, *function;

    if (!rphost_running(&plugin, &function))
        return;
    fflush(stdout);
    fprintf(
        stderr,
        "rp: error: %s: %s called exit(), which a plugin must not (abi/README.md, The host's process): what "
        "it did is not known; the next plan checks\n",
        plugin, function);
    _exit(RP_EXIT_TROUBLE);
}

void rp_plugin_guard(void)
{
    atexit(tell_who_ended_it);
}

static void tell_overdue(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "rp: warning: %s\n", text);
}

rphost *rp_plugin_open(const char *plugin, const char *config, size_t config_len)
{
    rphost *host = rphost_open(plugin, config, config_len);

    rphost_watchdog(host, tell_overdue, NULL);
    return host;
}
