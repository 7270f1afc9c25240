/*
 * Tables of options that are set as text (command line, fault rule, JSON object):
 * parsing, printing and help.
 */
#ifndef RP_SIM_OPTIONS_H
#define RP_SIM_OPTIONS_H

#include "base/buffer.h"
#include "base/error.h"
#include "json/value.h"
#include "json/writer.h"

#include <stddef.h>
#include <stdint.h>

typedef enum sim_option_kind {
    SIM_FLAG,   /* bool; yes or no */
    SIM_COUNT,  /* uint32_t */
    SIM_NUMBER, /* int32_t */
    SIM_WORD,   /* int, the index of the word in words */
    SIM_TEXT    /* char *, allocated; "" when empty */
} sim_option_kind;

typedef struct sim_option {
    const char *name; /* with dashes; NULL ends the table */
    sim_option_kind kind;
    size_t offset;
    const char *usual;        /* the default, as text */
    const char *const *words; /* WORD; ended by NULL */
    const char *about;
} sim_option;

/* Stores the defaults into a zeroed struct. */
int sim_options_defaults(const sim_option *table, void *into, rp_error **error);
void sim_options_clear(const sim_option *table, void *into);

/* The row of that name, with dashes or underscores; NULL if unknown. */
const sim_option *sim_option_find(const sim_option *table, const char *name);

/* Checks the value, and stores it unless into is NULL. */
int sim_option_set(const sim_option *table, void *into, const char *name, const char *text, rp_error **error);

/* Stores the members of an object: strings, integers and booleans. Stores none if one is wrong. */
int sim_options_read(const sim_option *table, void *into, const rp_json *object, rp_error **error);

/* Writes the members of an object, without braces. */
void sim_options_write(const sim_option *table, const void *from, rp_json_writer *writer);

/* One paragraph per row; `before` precedes each name. */
void sim_options_help(const sim_option *table, const char *before, rp_buffer *out);

#endif
