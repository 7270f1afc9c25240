#include "cli/engine/validate_records.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

const rp_option rp_validate_options[] = {RP_CONFIG_OPTION, RP_OUTPUT_OPTIONS, {0}};

const char rp_validate_details[] =
    "Checks the configuration, without any network. The plugin checks its own settings and every record. Each error has\n"
    "its place in the file.\n"
    "\n"
    "Exit codes: 0: valid; 1: invalid.\n";

static int validate(rp_workspace *in, rp_error **error)
{
    int failed = rp_workspace_load(in, error);

    return failed ? failed : rp_validate_all(in, true, true, error);
}

int rp_validate_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "validate");
    if (!validate(&in, &error))
        rp_output_say(&in.output, "%s is valid: %zu %s of %s %s.", in.project.file, in.project.desired_count,
                      in.project.desired_count == 1 ? "object" : "objects", in.plugin_schema.plugin,
                      in.plugin_schema.version);
    return rp_workspace_end(&in, error);
}
