#include "cli/output/call_report.h"
#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"

#include <string.h>

static void print_overview(FILE *out)
{
    fprintf(
        out,
        "rp creates, updates and deletes the resources described in a file, through resource plugins.\n\n");
    for (const rp_verb *verb = rp_verbs; verb->name; verb++)
        fprintf(out, "  rp %-10s  %s\n", verb->name, verb->about);
    fprintf(out, "\nrp help VERB explains a verb; rp help resources shows a configuration. Options may be\n"
                 "anywhere after the verb, with one dash or two.\n\n");
    fprintf(
        out,
        "Exit codes: 0: success; 1: failure, or not everything is done; 2: with plan -detailed-exitcode: there are changes,\n"
        "or objects in progress.\n\n");
    rp_exit_codes_print(out);
}

static const char resources[] =
    "The configuration is YAML or JSON: resources.yaml or the file of -file. An example, with the plugin notebook:\n"
    "\n"
    "  plugin: notebook                  # a name on the search path, or a path relative to this file\n"
    "  config:                           # the plugin's settings: rp describe notebook\n"
    "    password: ${env:NOTEBOOK_PASSWORD}\n"
    "  resources:\n"
    "    greeting:                       # its address is greeting\n"
    "      record: {name: hello, text: Good morning}\n"
    "    page:                           # page[\"a\"] and page[\"b\"]\n"
    "      type: note                    # optional if the plugin has one type\n"
    "      for_each: {a: first, b: second}\n"
    "      create_before_destroy: true\n"
    "      record:\n"
    "        name: ${each.key}\n"
    "        text: ${each.value}\n"
    "\n"
    "for_each is a map, or a list of names whose values are the names themselves, or ${file:PATH}: a file with one of\n"
    "these as JSON or YAML, or CSV with a header, whose first column is the key. If a value is a map,\n"
    "${each.value.NAME} is a member of it. ${env:NAME} is an environment variable, ${file:PATH} the content of a file\n"
    "without a trailing line break, and $${ stands for \"${\". A string that is only ${each.value} has the type of\n"
    "that value. Within {…} and […], strings with ${…} need quotes.\n"
    "\n"
    "Values without quotes have the types of YAML 1.2: no, on and 1:30 are strings, 010 is ten, and an id that consists\n"
    "of digits needs quotes. Unknown and duplicate keys are errors, and so are anchors, aliases and tags.\n"
    "\n"
    "create_before_destroy creates the new object before it destroys the old one, if their keys differ. prevent_destroy\n"
    "refuses a plan that destroys or replaces an object of the resource.\n"
    "\n"
    "The state is a file next to the configuration, of the same name with .db at its end. It does not contain the\n"
    "configuration; of values that the plugin marks as sensitive or write-only it has only a fingerprint, to detect\n"
    "changes.\n"
    "\n"
    "rp is for one machine. Where several people or machines share a state, use Terraform or OpenTofu with a remote\n"
    "backend, and the plugin through the bridge.\n";

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
