#include "cli/settings.h"

#include "base/text.h"
#include "cli/nearest.h"

#include <stdlib.h>
#include <string.h>

static int unknown_option(const rp_option *options, const char *name, rp_error **error)
{
    const char *nearest = NULL;

    for (; options->name; options++)
        nearest = rp_nearer(name, nearest, options->name);
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

static const struct {
    const char *unit;
    uint32_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};

static int store_duration(const rp_option *option, const char *value, uint32_t *out, rp_error **error)
{
    char *unit = NULL;
    unsigned long long number = strtoull(value, &unit, 10);

    if (!strcmp(value, "0")) {
        *out = 0;
        return 0;
    }
    for (size_t i = 0; *value >= '0' && *value <= '9' && i < rp_count_of(units); i++)
        if (!strcmp(unit, units[i].unit) && number <= UINT32_MAX / units[i].ms) {
            *out = (uint32_t)number * units[i].ms;
            return 0;
        }
    return rp_error_set(error, RP_E_INVALID, "-%s takes a time such as 500ms, 90s, 10m or 1h, not \"%s\"",
                        option->name, value);
}

static int store_switch(const rp_option *option, const char *value, bool *out, rp_error **error)
{
    bool on = !value || !strcmp(value, "true");

    if (!on && strcmp(value, "false") != 0)
        return rp_error_set(error, RP_E_INVALID, "-%s takes true or false, not \"%s\"", option->name, value);
    *out = option->kind == RP_OPTION_UNSWITCH ? !on : on;
    return 0;
}

static int store_text(const rp_option *option, const char *value, rp_texts *out, rp_error **error)
{
    if (out->count == RP_MAX_TIMES)
        return rp_error_set(error, RP_E_INVALID, "-%s can be given %d times at most", option->name,
                            RP_MAX_TIMES);
    out->items[out->count++] = value;
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
    case RP_OPTION_SWITCH:
    case RP_OPTION_UNSWITCH:
        return store_switch(option, value, at, error);
    case RP_OPTION_TEXTS:
        return store_text(option, value, at, error);
    case RP_OPTION_DURATION:
        return store_duration(option, value, at, error);
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

static bool takes_value(const rp_option *option)
{
    return option->kind != RP_OPTION_FLAG && option->kind != RP_OPTION_SWITCH &&
           option->kind != RP_OPTION_UNSWITCH;
}

static int read_option(const rp_option *options, const char *word, words *line, rp_settings *settings,
                       rp_error **error)
{
    const char *start = word + (word[1] == '-' ? 2 : 1), *value = strchr(start, '=');
    _cleanup_(rp_freep) char *name = strndup(start, strcspn(start, "="));
    const rp_option *option = name ? find_option(options, name) : NULL;

    if (!name)
        return rp_error_no_memory(error);
    if (!strcmp(name, "help") || !strcmp(name, "h")) {
        settings->help = true;
        return 0;
    }
    if (!option)
        return unknown_option(options, name, error);
    if (option->kind == RP_OPTION_FLAG && value)
        return rp_error_set(error, RP_E_INVALID, "--%s takes no value", name);
    if (takes_value(option) && !value && !line->left)
        return rp_error_set(error, RP_E_INVALID, "--%s needs a value", name);
    if (takes_value(option))
        value = value ? value + 1 : take_word(line);
    else
        value = value ? value + 1 : NULL;
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

    settings->max_destroy = UINT32_MAX;
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
        fprintf(out, "  %-22s  %s\n", left ? left : options->name, options->about);
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
        nearest = rp_nearer(name, nearest, verbs->name);
    }
    if (nearest)
        return rp_error_set(error, RP_E_INVALID, "unknown verb \"%s\" (did you mean \"%s\"?)", name, nearest);
    return rp_error_set(error, RP_E_INVALID, "unknown verb \"%s\"", name);
}
