/*
 * What a command line says. Each verb has a table of the options it takes; the
 * table reads them and prints their help.
 */
#ifndef RP_CLI_SETTINGS_H
#define RP_CLI_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define RP_MAX_OPERANDS 3

/* All that any verb can be told; borrowed from argv. */
typedef struct rp_settings {
    const char *operands[RP_MAX_OPERANDS]; /* NULL where left out */
    unsigned operand_count;
    const char *config;
    const char *resource;
    uint32_t timeout_ms;
    bool events;
    bool help;
} rp_settings;

typedef enum rp_option_kind {
    RP_OPTION_FLAG, /* bool */
    RP_OPTION_TEXT, /* const char * */
    RP_OPTION_COUNT /* uint32_t */
} rp_option_kind;

typedef struct rp_option {
    const char *name; /* NULL ends the table */
    rp_option_kind kind;
    size_t offset;     /* in rp_settings */
    const char *value; /* what help calls the value; NULL for a flag */
    const char *about;
} rp_option;

typedef struct rp_verb {
    const char *name; /* NULL ends the table */
    const char *operands;
    unsigned least_operands, most_operands;
    const char *about;   /* a line */
    const char *details; /* paragraphs, or NULL */
    const rp_option *options;
    int (*run)(const rp_settings *settings); /* returns the exit code */
} rp_verb;

/* Reads what follows the verb: --name value, --name=value, the same with one dash, operands. "--" ends the
   options,
   "-" is an operand. RP_E_INVALID tells what is wrong, and the nearest name of a mistyped one. */
int rp_settings_read(const rp_verb *verb, int argc, char **argv, rp_settings *settings, rp_error **error);

void rp_options_print(const rp_option *options, FILE *out);

/* The verb of that name; else RP_E_INVALID with the nearest. */
int rp_verb_find(const rp_verb *verbs, const char *name, const rp_verb **verb, rp_error **error);

#endif
