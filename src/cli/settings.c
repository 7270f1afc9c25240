#include "cli/settings.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The closer of two names to the word typed; NULL is as far as it gets. Further than a third of its letters
   away is no likeness. */
static const char *closer(const char *word, const char *best, const char *name)
{
    unsigned least = best ? rp_edit_distance(word, best) : (unsigned)strlen(word) / 3 + 2;

    return rp_edit_distance(word, name) < least ? name : best;
}

static int unknown_option(const rp_option *options, const char *name, rp_error **error)
{
    const char *nearest = NULL;

    for (; options->name; options++)
        nearest = closer(name, nearest, options->name);
    if (nearest)
        return rp_error_set(error, RP_E_INVALID, "unknown option --%s (did you mean --%s?)", name, nearest);
    return rp_error_set(error, RP_E_INVALID, "unknown option --%s", name);
}

static const rp_option *find_option(const rp_option *options, const char *name)
{
    for (; options->name; options++)
        if (!strcmp(options->name, name))
            return options;
    return NULL;
}

static int store_count(const rp_option *option, const char *value, uint32_t *out, rp_error **error)
{
    char *end = NULL;
    unsigned long long number = strtoull(value, &end, 10);

    if (!*value || strspn(value, "0123456789") != strlen(value) || *end || number > UINT32_MAX)
        return rp_error_set(error, RP_E_INVALID, "--%s takes a whole number up to %u, not \"%s\"",
                            option->name, UINT32_MAX, value);
    *out = (uint32_t)number;
    return 0;
}

static int store(const rp_option *option, const char *value, rp_settings *settings, rp_error **error)
{
    void *at = (char *)settings + option->offset;

    switch (option->kind) {
    case RP_OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case RP_OPTION_TEXT:
        *(const char **)at = value;
        return 0;
    case RP_OPTION_COUNT:
        return store_count(option, value, at, error);
    }
    return 0;
}

/* Where reading has got to. */
typedef struct words {
    int left;
    char **next;
} words;

static const char *take_word(words *line)
{
    line->left--;
    return *line->next++;
}

static int read_option(const rp_option *options, const char *word, words *line, rp_settings *settings,
                       rp_error **error)
{
    const char *start = word + (word[1] == '-' ? 2 : 1), *value = strchr(start, '=');
    _cleanup_(rp_freep) char *name = strndup(start, strcspn(start, "="));
    const rp_option *option = name ? find_option(options, name) : NULL;

    if (!name)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    if (!strcmp(name, "help") || !strcmp(name, "h")) {
        settings->help = true;
        return 0;
    }
    if (!option)
        return unknown_option(options, name, error);
    if (option->kind == RP_OPTION_FLAG && value)
        return rp_error_set(error, RP_E_INVALID, "--%s takes no value", name);
    if (option->kind != RP_OPTION_FLAG && !value && !line->left)
        return rp_error_set(error, RP_E_INVALID, "--%s needs a value", name);
    if (option->kind != RP_OPTION_FLAG)
        value = value ? value + 1 : take_word(line);
    return store(option, value, settings, error);
}

static int add_operand(const rp_verb *verb, const char *word, rp_settings *settings, rp_error **error)
{
    if (settings->operand_count == verb->most_operands)
        return rp_error_set(error, RP_E_INVALID, "\"%s\" is one argument too many", word);
    settings->operands[settings->operand_count++] = word;
    return 0;
}

int rp_settings_read(const rp_verb *verb, int argc, char **argv, rp_settings *settings, rp_error **error)
{
    words line = {argc, argv};
    bool options_end = false;
    int failed = 0;

    while (line.left && !failed) {
        const char *word = take_word(&line);
        if (!options_end && !strcmp(word, "--"))
            options_end = true;
        else if (!options_end && word[0] == '-' && word[1])
            failed = read_option(verb->options, word, &line, settings, error);
        else
            failed = add_operand(verb, word, settings, error);
    }
    if (!failed && !settings->help && settings->operand_count < verb->least_operands)
        return rp_error_set(error, RP_E_INVALID, "it takes %s", verb->operands);
    return failed;
}

void rp_options_print(const rp_option *options, FILE *out)
{
    for (; options->name; options++) {
        _cleanup_(rp_freep) char *left = rp_format("--%s%s%s", options->name, options->value ? " " : "",
                                                   options->value ? options->value : "");
        fprintf(out, "  %-16s  %s\n", left ? left : options->name, options->about);
    }
}

int rp_verb_find(const rp_verb *verbs, const char *name, const rp_verb **verb, rp_error **error)
{
    const char *nearest = NULL;

    for (; verbs->name; verbs++) {
        if (!strcmp(verbs->name, name)) {
            *verb = verbs;
            return 0;
        }
        nearest = closer(name, nearest, verbs->name);
    }
    if (nearest)
        return rp_error_set(error, RP_E_INVALID, "unknown verb \"%s\" (did you mean \"%s\"?)", name, nearest);
    return rp_error_set(error, RP_E_INVALID, "unknown verb \"%s\"", name);
}
