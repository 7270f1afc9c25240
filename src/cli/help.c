#include "cli/report.h"
#include "cli/session.h"
#include "cli/verbs.h"

static void print_overview(FILE *out)
{
    fprintf(out, "rp calls resource plugins.\n\n");
    for (const rp_verb *verb = rp_verbs; verb->name; verb++)
        fprintf(out, "  rp %-8s  %-24s  %s\n", verb->name, verb->operands, verb->about);
    fprintf(out, "\nrp help VERB tells more. Options may stand anywhere, with one dash or two.\n\n");
    rp_exit_codes_print(out);
}

void rp_help_print(const rp_verb *verb, FILE *out)
{
    fprintf(out, "rp %s %s%s\n\n%s.\n", verb->name, verb->operands, verb->options->name ? " [options]" : "",
            verb->about);
    if (verb->options->name) {
        fprintf(out, "\n");
        rp_options_print(verb->options, out);
    }
    if (verb->details) {
        fprintf(out, "\n%s\n", verb->details);
        rp_exit_codes_print(out);
    }
}

int rp_help(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_verb *verb = NULL;

    if (!settings->operands[0]) {
        print_overview(stdout);
        return 0;
    }
    if (rp_verb_find(rp_verbs, settings->operands[0], &verb, &error) < 0)
        return rp_session_fail(error);
    rp_help_print(verb, stdout);
    return 0;
}
