#include "cli/output/call_report.h"
#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"

#include <string.h>

static void print_overview(FILE *out)
{
    fprintf(out, "rp makes what is there what a file says, through resource plugins, and calls them.\n\n");
    for (const rp_verb *verb = rp_verbs; verb->name; verb++)
        fprintf(out, "  rp %-10s  %s\n", verb->name, verb->about);
    fprintf(
        out,
        "\nrp help VERB tells more; rp help resources, what the configuration looks like. Options may stand\n"
        "anywhere, with one dash or two.\n\n");
    fprintf(
        out,
        "Exit codes: 0, done; 1, it failed; 2, with plan -detailed-exitcode: there is something to do.\n\n");
    rp_exit_codes_print(out);
}

static const char resources[] =
    "The configuration, resources.yaml unless -file says otherwise: YAML, or JSON. An example, with the plugin notebook:\n"
    "\n"
    "  plugin: notebook                  # a name on the search path, or a path, from this file's folder\n"
    "  config:                           # what the plugin is opened with: rp describe notebook\n"
    "    password: ${env:NOTEBOOK_PASSWORD}\n"
    "  resources:\n"
    "    greeting:                       # its address is greeting\n"
    "      record: {name: hello, text: Good morning}\n"
    "    page:                           # page[\"a\"] and page[\"b\"]\n"
    "      type: note                    # may be left out where the plugin has one type\n"
    "      for_each: {a: first, b: second}\n"
    "      create_before_destroy: true\n"
    "      record:\n"
    "        name: ${each.key}\n"
    "        text: ${each.value}\n"
    "\n"
    "for_each is a map, or a list of names whose values are the names themselves. A value may be a map, too:\n"
    "${each.value.NAME} is a member of it. ${env:NAME} is a variable of the environment, ${file:PATH} what a file\n"
    "holds, without the line end at its end, and $${ a \"${\" itself. A text that is nothing but ${each.value} has\n"
    "that value's type. Within {…} and […] texts with ${…} must be in quotes.\n"
    "\n"
    "Texts without quotes are typed as in YAML 1.2: no, on and 1:30 are texts, 010 is ten, and an id of digits alone\n"
    "needs quotes. Names that are given twice or not known are refused, and so are anchors, aliases and tags.\n"
    "\n"
    "create_before_destroy makes the new object before the old one goes, where the two differ in their key.\n"
    "\n"
    "The state is kept beside the configuration, in a file of the same name with .db at its end. It holds no\n"
    "configuration, and of values that the plugin calls sensitive or write-only just a fingerprint, to see that one has\n"
    "changed.\n"
    "\n"
    "rp is for one machine. Where several people or machines share a state, let Terraform or OpenTofu keep it and\n"
    "schedule the work, with their remote backends, and use the plugin through the bridge.\n";

void rp_help_print(const rp_verb *verb, FILE *out)
{
    fprintf(out, "rp %s%s%s%s\n\n%s.\n", verb->name, *verb->operands ? " " : "", verb->operands,
            verb->options->name ? " [options]" : "", verb->about);
    if (verb->options->name) {
        fprintf(out, "\n");
        rp_options_print(verb->options, out);
    }
    if (verb->details)
        fprintf(out, "\n%s", verb->details);
    if (verb->exits) {
        fprintf(out, "\n");
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
    if (!strcmp(settings->operands[0], "resources")) {
        fputs(resources, stdout);
        return 0;
    }
    if (rp_verb_find(rp_verbs, settings->operands[0], &verb, &error) < 0)
        return rp_plugin_handle_fail(error);
    rp_help_print(verb, stdout);
    return 0;
}
