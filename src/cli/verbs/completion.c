#include "cli/output/call_report.h"
#include "cli/verbs/verbs.h"

#include <string.h>

const char rp_completion_details[] = "Prints a completion script for verbs, options and addresses:\n"
                                     "\n"
                                     "  bash  source <(rp completion bash)\n"
                                     "  zsh   source <(rp completion zsh)\n"
                                     "  fish  rp completion fish | source\n";

/* What follows these is an address. */
#define BEFORE_ADDRESS "-target|--target|-replace|--replace|show|rm|mv|untaint|import"
#define STATE_VERBS    "list show rm mv untaint backup restore"

static void print_verbs(void)
{
    for (const rp_verb *verb = rp_verbs; verb->name; verb++)
        printf("%s%s", verb == rp_verbs ? "" : " ", verb->name);
}

/* In bash and zsh a list of words has the same form. */
static void print_cases(void)
{
    for (const rp_verb *verb = rp_verbs; verb->name; verb++) {
        printf("    %s) options=(", verb->name);
        for (const rp_option *option = verb->options; option->name; option++)
            printf("%s-%s", option == verb->options ? "" : " ", option->name);
        printf(") ;;\n");
    }
}

/* A key of for_each may hold anything, also what the shell would run: addresses are compared and quoted as
   they are, and never go through compgen -W, which expands them. */
static void print_bash(void)
{
    printf(
        "_rp_reply() { # TYPED WORD…: offers the words that begin as typed, quoted as the typed one is\n"
        "    local typed=$1 plain=$1 word quote=\n"
        "    shift\n"
        "    case $typed in\n"
        "    [\\'\\\"]*) quote=${typed:0:1} plain=${typed:1} ;;\n"
        "    *) plain=${typed//\\\\/} ;;\n"
        "    esac\n"
        "    for word; do\n"
        "        [[ ${word:0:${#plain}} == \"$plain\" ]] || continue\n"
        "        case $quote in\n"
        "        '') printf -v word %%q \"$word\" ;;\n"
        "        \\') word=${word//\\'/\\'\\\\\\'\\'} ;;\n"
        "        *) word=${word//\\\\/\\\\\\\\} word=${word//\\\"/\\\\\\\"} word=${word//\\$/\\\\\\$} word=${word//\\`/\\\\\\`} ;;\n"
        "        esac\n"
        "        COMPREPLY+=(\"$word\")\n"
        "    done\n"
        "}\n"
        "_rp() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local -a options=() addresses=()\n"
        "    COMPREPLY=()\n"
        "    if [[ $word == = ]]; then word=\n"
        "    elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "    if ((COMP_CWORD == 1)); then _rp_reply \"$word\" ");
    print_verbs();
    printf("; return; fi\n"
           "    case ${COMP_WORDS[1]} in\n");
    print_cases();
    printf("    esac\n"
           "    case $before in\n"
           "    " BEFORE_ADDRESS ")\n"
           "        mapfile -t addresses < <(rp state list 2>/dev/null)\n"
           "        _rp_reply \"$word\" \"${addresses[@]}\" ;;\n"
           "    state) _rp_reply \"$word\" " STATE_VERBS " ;;\n"
           "    completion) _rp_reply \"$word\" bash zsh fish ;;\n"
           "    *)\n"
           "        case $word in\n"
           "        --*) _rp_reply \"$word\" \"${options[@]/#-/--}\" ;;\n"
           "        -*) _rp_reply \"$word\" \"${options[@]}\" ;;\n"
           "        *) compopt -o default 2>/dev/null ;;\n"
           "        esac ;;\n"
           "    esac\n"
           "}\n"
           "complete -F _rp rp\n");
}

static void print_zsh(void)
{
    printf("#compdef rp\n"
           "_rp() {\n"
           "    local before=${words[CURRENT-1]} word=${words[CURRENT]}\n"
           "    local -a options addresses\n"
           "    if (( CURRENT == 2 )); then compadd -- ");
    print_verbs();
    printf("; return; fi\n"
           "    case ${words[2]} in\n");
    print_cases();
    printf("    esac\n"
           "    case $before in\n"
           "    " BEFORE_ADDRESS ")\n"
           "        addresses=(\"${(@f)$(rp state list 2>/dev/null)}\")\n"
           "        compadd -- \"${addresses[@]}\" ;;\n"
           "    state) compadd -- " STATE_VERBS " ;;\n"
           "    completion) compadd -- bash zsh fish ;;\n"
           "    *)\n"
           "        case $word in\n"
           "        --*) compadd -- \"${options[@]/#-/--}\" ;;\n"
           "        -*) compadd -- \"${options[@]}\" ;;\n"
           "        *) _files ;;\n"
           "        esac ;;\n"
           "    esac\n"
           "}\n"
           "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"
           "compdef _rp rp\n");
}

/* Within single quotes. */
static void print_quoted(const char *text)
{
    for (; *text; text++)
        printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void print_fish_option(const rp_verb *verb, const rp_option *option)
{
    printf("complete -c rp -n '__fish_seen_subcommand_from %s' -o %s -l %s -d '", verb->name, option->name,
           option->name);
    print_quoted(option->about);
    printf("'");
    if (option->value)
        printf(" -r");
    if (!strcmp(option->name, "target") || !strcmp(option->name, "replace"))
        printf(" -f -a '(rp state list 2>/dev/null)'");
    printf("\n");
}

static void print_fish(void)
{
    for (const rp_verb *verb = rp_verbs; verb->name; verb++) {
        printf("complete -c rp -f -n __fish_use_subcommand -a %s -d '", verb->name);
        print_quoted(verb->about);
        printf("'\n");
        for (const rp_option *option = verb->options; option->name; option++)
            print_fish_option(verb, option);
    }
    printf(
        "complete -c rp -f -n '__fish_seen_subcommand_from state; and not __fish_seen_subcommand_from " STATE_VERBS
        "' -a '" STATE_VERBS "'\n"
        "complete -c rp -f -n '__fish_seen_subcommand_from show rm mv untaint import' -a '(rp state list 2>/dev/null)'\n"
        "complete -c rp -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
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
    fprintf(stderr, "rp: completion: \"%s\" is not bash, zsh or fish\n", settings->operands[0]);
    return RP_EXIT_USAGE;
}
