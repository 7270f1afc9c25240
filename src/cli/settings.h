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

#define RP_MAX_OPERANDS 16
#define RP_MAX_TIMES    32 /* that an option may be given */

/* An option that may be given several times. */
typedef struct rp_texts {
    const char *items[RP_MAX_TIMES];
    uint32_t count;
} rp_texts;

/* All that any verb can be told; borrowed from argv. */
typedef struct rp_settings {
    const char *operands[RP_MAX_OPERANDS]; /* NULL where left out */
    unsigned operand_count;
    const char *config;
    const char *resource;
    uint32_t timeout_ms;
    bool events;
    bool help;

    /* Of the verbs that work with a configuration file. */
    const char *file;
    const char *state;
    const char *out;
    rp_texts targets, replace;
    uint32_t lock_timeout_ms;
    uint32_t parallelism;
    uint32_t max_destroy; /* UINT32_MAX: no limit */
    bool auto_approve, detailed_exitcode, json, no_color, no_refresh, destroy, force, zip;
    bool adopt, verbose, refresh_only, all;
} rp_settings;

typedef enum rp_option_kind {
    RP_OPTION_FLAG,     /* bool */
    RP_OPTION_TEXT,     /* const char * */
    RP_OPTION_COUNT,    /* uint32_t */
    RP_OPTION_SWITCH,   /* bool; =true or =false may follow */
    RP_OPTION_UNSWITCH, /* bool that =false makes true */
    RP_OPTION_TEXTS,    /* rp_texts */
    RP_OPTION_DURATION  /* uint32_t of milliseconds: 90s, 10m, 1h, 500ms; 0 needs no unit */
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
    bool exits;                              /* by the status of the plugin's response */
} rp_verb;

/* Reads what follows the verb: --name value, --name=value, the same with one dash, operands. "--" ends the
   options,
   "-" is an operand. RP_E_INVALID tells what is wrong, and the nearest name of a mistyped one. */
int rp_settings_read(const rp_verb *verb, int argc, char **argv, rp_settings *settings, rp_error **error);

void rp_options_print(const rp_option *options, FILE *out);

/* The verb of that name; else RP_E_INVALID with the nearest. */
int rp_verb_find(const rp_verb *verbs, const char *name, const rp_verb **verb, rp_error **error);

#endif
