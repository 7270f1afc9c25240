#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"

const rp_option rp_describe_options[] = {
    {"config", RP_OPTION_TEXT, offsetof(rp_settings, config), "C", "also describe what depends on this configuration"},
    {0},
};

const char rp_describe_details[] =
    "PLUGIN is a path if it contains a '/', else a name: NAME.so is searched in the colon-separated folders of\n"
    "RP_PLUGIN_PATH, then where plugins are installed. C is as for call.\n";

int rp_describe(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_plugin_handle_close) rphost *host = NULL;

    if (rp_plugin_handle_open(settings, &host, &error) < 0)
        return rp_plugin_handle_fail(error);
    return rp_plugin_handle_show(rphost_call(host, "describe", NULL, 0, 0, NULL, NULL));
}
