/*
 * ${…}: all there is of a language. ${each.key}, ${each.value} and
 * ${each.value.NAME} within for_each, ${env:NAME} and ${file:PATH} anywhere, and
 * $${ for "${" itself. A text that is nothing but ${each.value…} keeps that
 * value's type. What is put in is not looked through again.
 */
#ifndef RP_CLI_CONFIG_INTERPOLATE_H
#define RP_CLI_CONFIG_INTERPOLATE_H

#include "cli/output/diagnostics.h"
#include "json/writer.h"

/* Where env and file come from. */
typedef struct rp_lookup {
    const char *(*env)(void *context, const char *name); /* NULL: not set */
    int (*file)(void *context, const char *path, rp_buffer *out, rp_error **error);
    void *context;
} rp_lookup;

typedef struct rp_scope {
    const char *file; /* for messages */
    const rp_lookup *lookup;
    const char *key;        /* NULL: not within for_each */
    const rp_yaml *value;   /* of for_each; NULL where it was a list: then it is the key */
    rp_diagnostics *faults; /* where each of several faults goes; NULL: the first one is the error */
} rp_scope;

/* The value as JSON, with all of its texts expanded. RP_E_INVALID with the place, or without an error where
   the faults went elsewhere. */
int rp_interpolate(const rp_yaml *node, const rp_scope *scope, rp_json_writer *writer, rp_error **error);

/* Whether the text takes anything from for_each. */
bool rp_interpolate_is_each(const char *text);

/* The value of for_each that the text is taken from: to blame it instead of the text; else NULL. */
const rp_yaml *rp_interpolate_source(const char *text, const rp_scope *scope);

#endif
