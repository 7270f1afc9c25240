#include "cli/output/call_report.h"
#include "cli/verbs/verbs.h"

#include <string.h>

const char rp_completion_details[] = "Prints a completion script for verbs, options and addresses:\n"
                                     "\n"
                                     "  bash  source <(rp completion bash)\n"
                                     "  zsh   source <(rp completion zsh)\n"
                                     "  fish  rp completion fish | source\n";

static void print_verbs(const char *between)
{
    for (const rp_verb *verb = rp_verbs; verb->name; verb++)
        printf("%s%s", verb == rp_verbs ? "" : between, verb->name);
}

static void print_options(const rp_verb *verb)
{
    for (const rp_option *option = verb->options; option->name; option++)
        printf("%s-%s", option == verb->options ? "" : " ", option->name);
}

static void print_cases(void)
{
    for (const rp_verb *verb = rp_verbs; verb->name; verb++) {
        printf("    %s) options=\"", verb->name);
        print_options(verb);
        printf("\" ;;\n");
    }
}

static const char addresses[] = "$(rp state list 2>/dev/null)";

static void print_bash(void)
{
    printf(
        "_rp() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options= IFS=$' \\n'\n"
        "    if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W \"");
    print_verbs(" ");
    printf("\" -- \"$word\")); return; fi\n"
           "    case ${COMP_WORDS[1]} in\n");
    print_cases();
    printf(
        "    esac\n"
        "    case $before in\n"
        "    -target|--target|-replace|--replace|show|rm|mv) COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); return ;;\n"
        "    state) COMPREPLY=($(compgen -W \"list show rm mv untaint backup restore\" -- \"$word\")); return ;;\n"
        "    completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\")); return ;;\n"
        "    esac\n"
        "    if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
        "    else COMPREPLY=($(compgen -f -- \"$word\")); fi\n"
        "}\n"
        "complete -F _rp rp\n",
        addresses);
}

static void print_zsh(void)
{
    printf("autoload -Uz bashcompinit && bashcompinit\n");
    print_bash();
}

static void print_fish_option(const rp_verb *verb, const rp_option *option)
{
    printf("complete -c rp -n '__fish_seen_subcommand_from %s' -o %s", verb->name, option->name);
    if (option->value)
        printf(" -r");
    if (!strcmp(option->name, "target") || !strcmp(option->name, "replace"))
        printf(" -a '(rp state list 2>/dev/null)'");
    printf("\n");
}

static void print_fish(void)
{
    for (const rp_verb *verb = rp_verbs; verb->name; verb++) {
        printf("complete -c rp -f -n __fish_use_subcommand -a %s -d '%s'\n", verb->name, verb->about);
        for (const rp_option *option = verb->options; option->name; option++)
            print_fish_option(verb, option);
    }
    printf(
        "complete -c rp -n '__fish_seen_subcommand_from state' -a 'list show rm mv untaint backup restore'\n");
}

static const struct {
    const char *shell;
    void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

int rp_completion_verb(const rp_settings *settings)
{
    for (size_t i = 0; i < rp_count_of(shells); i++)
        if (!strcmp(shells[i].shell, settings->operands[0])) {
            shells[i].print();
            return 0;
        }
    fprintf(stderr, "rp: completion: unknown shell \"%s\": expected bash, zsh or fish\n", settings->operands[0]);
    return RP_EXIT_USAGE;
}
