#include "cli/report.h"
#include "cli/session.h"
#include "cli/verbs.h"

#include <string.h>

const rp_option rp_no_options[] = {{0}};

const rp_verb rp_verbs[] = {
    {"describe", "PLUGIN", 1, 1, "Tell what a plugin offers", rp_describe_details, rp_describe_options,
     rp_describe},
    {"call", "PLUGIN HOOK [REQUEST]", 2, 3, "Call a hook of a plugin", rp_call_details, rp_call_options,
     rp_call_hook},
    {"version", "", 0, 0, "Tell the version of rp", NULL, rp_no_options, rp_version},
    {"help", "[VERB]", 0, 1, "Tell how to use rp, or a verb of it", NULL, rp_no_options, rp_help},
    {0},
};

/* "--help" and "--version" are verbs, too. */
static const char *verb_name(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";

    return name + (*name == '-') + (name[0] == '-' && name[1] == '-');
}

static int fail_usage(const rp_error *error, const char *verb)
{
    int code = rp_session_fail(error);

    fprintf(stderr, "rp: \"rp help%s%s\" tells how it is used\n", verb ? " " : "", verb ? verb : "");
    return code;
}

static int run(const rp_verb *verb, int argc, char **argv)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_settings settings = {0};

    if (rp_settings_read(verb, argc, argv, &settings, &error) < 0)
        return fail_usage(error, verb->name);
    if (!settings.help)
        return verb->run(&settings);
    rp_help_print(verb, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_verb *verb = NULL;
    int code;

    if (rp_verb_find(rp_verbs, verb_name(argc, argv), &verb, &error) < 0)
        return fail_usage(error, NULL);
    code = run(verb, argc > 2 ? argc - 2 : 0, argv + 2);
    if (fflush(stdout) && !code)
        code = RP_EXIT_TROUBLE;
    return code;
}
