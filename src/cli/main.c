#include "cli/engine/event_log.h"
#include "cli/engine/plugin_guard.h"
#include "cli/output/call_report.h"
#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"

#include <string.h>

const rp_option rp_no_options[] = {{0}};

/* In the order in which a user needs them. */
const rp_verb rp_verbs[] = {
    {"validate", "", 0, 0, "Check the configuration", rp_validate_details, rp_validate_options,
     rp_validate_verb, false},
    {"plan", "", 0, 0, "Show what apply would do", rp_plan_details, rp_plan_options, rp_plan_verb, false},
    {"apply", "[PLAN]", 0, 1, "Create, update and delete resources to match the configuration",
     rp_apply_details, rp_apply_options, rp_apply_verb, false},
    {"destroy", "", 0, 0, "Destroy all resources in the state", rp_destroy_details, rp_destroy_options,
     rp_destroy_verb, false},
    {"refresh", "", 0, 0, "Update the state from the server", rp_refresh_details, rp_refresh_options,
     rp_refresh_verb, false},
    {"import", "ADDRESS [ID]", 0, RP_MAX_OPERANDS, "Put an existing object under management",
     rp_import_details, rp_import_options, rp_import_verb, false},
    {"list", "[TYPE] MEMBER=VALUE…", 0, RP_MAX_OPERANDS, "List the objects on the server, managed or not",
     rp_list_details, rp_list_options, rp_list_verb, false},
    {"show", "[PLAN]", 0, 1, "Show the state, or a saved plan", rp_show_details, rp_show_options,
     rp_show_verb, false},
    {"state", "list|show|rm|mv|untaint|backup|restore …", 1, 3, "Look at the state, and mend it",
     rp_state_details, rp_state_options, rp_state_verb, false},
    {"schema", "[PLUGIN]", 0, 1, "Print a JSON Schema of the configuration", rp_schema_details,
     rp_schema_options, rp_schema_verb, false},
    {"describe", "PLUGIN", 1, 1, "Print the schemas of a plugin", rp_describe_details, rp_describe_options,
     rp_describe, true},
    {"call", "PLUGIN HOOK [REQUEST]", 2, 3, "Call a hook of a plugin", rp_call_details, rp_call_options,
     rp_call_hook, true},
    {"provider", "PLUGIN", 1, 1, "Pack a plugin as a provider for Terraform and OpenTofu", rp_provider_details,
     rp_provider_options, rp_provider_verb, false},
    {"new-plugin", "NAME [DIR]", 1, 2, "Write a new plugin to begin with", rp_new_plugin_details, rp_no_options,
     rp_new_plugin_verb, false},
    {"completion", "bash|zsh|fish", 1, 1, "Print a completion script for a shell", rp_completion_details,
     rp_no_options, rp_completion_verb, false},
    {"version", "", 0, 0, "Print the version of rp", NULL, rp_no_options, rp_version, false},
    {"help", "[VERB]", 0, 1, "Print help for rp or a verb", NULL, rp_no_options, rp_help, false},
    {0},
};

/* "--help" and "--version" are also verbs. */
static const char *verb_name(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";

    if (!strcmp(name, "-h"))
        return "help";
    return name + (*name == '-') + (name[0] == '-' && name[1] == '-');
}

static int fail_usage(const rp_error *error, const char *verb)
{
    int code = rp_plugin_handle_fail(error);

    fprintf(stderr, "rp: run \"rp help%s%s\" for usage\n", verb ? " " : "", verb ? verb : "");
    return code;
}

static int run(const rp_verb *verb, int argc, char **argv)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_settings settings = {0};

    if (rp_settings_read(verb, argc, argv, &settings, &error) < 0)
        return fail_usage(error, verb->name);
    if (settings.help) {
        rp_help_print(verb, stdout);
        return 0;
    }
    if (rp_event_log_start(settings.events, &error) < 0)
        return rp_plugin_handle_fail(error);
    return verb->run(&settings);
}

int main(int argc, char **argv)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_verb *verb = NULL;
    int code;

    rp_plugin_guard();
    if (rp_verb_find(rp_verbs, verb_name(argc, argv), &verb, &error) < 0)
        return fail_usage(error, NULL);
    code = run(verb, argc > 2 ? argc - 2 : 0, argv + 2);
    if (fflush(stdout) && !code)
        code = RP_EXIT_TROUBLE;
    return code;
}
