/*
 * A YAML document in which every value knows where it stands. One document, of
 * maps, lists and scalars, and JSON with it. Plain scalars are typed as YAML
 * 1.2's core schema says: null ~ true false 17 0x1f 0o17 1.5, and all else, such
 * as no, on and 1:30, is a string. Refused, with the place: names given twice,
 * anchors, aliases and tags, tabs that indent, numbers JSON has no word for, and
 * what is too large or too deep.
 */
#ifndef RP_CLI_CONFIG_YAML_H
#define RP_CLI_CONFIG_YAML_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define RP_YAML_MAX_BYTES (16u << 20)
#define RP_YAML_MAX_DEPTH 64u

/* Where something starts, counted from 1 in lines and characters; 0: nowhere. */
typedef struct rp_mark {
    unsigned line, column;
} rp_mark;

typedef enum rp_yaml_kind {
    RP_YAML_NULL,
    RP_YAML_BOOLEAN,
    RP_YAML_INTEGER,
    RP_YAML_NUMBER,
    RP_YAML_STRING,
    RP_YAML_LIST,
    RP_YAML_MAP
} rp_yaml_kind;

typedef struct rp_yaml rp_yaml;
struct rp_yaml {
    rp_yaml_kind kind;
    rp_mark mark;
    char *text;    /* of a scalar: a string's own, a number's as JSON spells it */
    char *written; /* of an integer or number that JSON spells otherwise: as it was written; else NULL */
    char *name;    /* in a map */
    rp_mark name_mark;
    rp_yaml *items; /* of a list or map */
    size_t count;
};

/* RP_E_INVALID with "FILE:LINE:COLUMN: …". */
int rp_yaml_parse(const char *file, const char *text, size_t len, rp_yaml *document, rp_error **error);
void rp_yaml_done(rp_yaml *node);

/* Gives a string the type that it has without quotes. RP_E_INVALID as rp_yaml_parse. */
int rp_yaml_type_plain(const char *file, rp_yaml *node, rp_error **error);

/* The member of a map, or NULL, also if it is no map. */
const rp_yaml *rp_yaml_get(const rp_yaml *map, const char *name);

/* The value that a JSON Pointer leads to, or the nearest above it that there is. */
const rp_yaml *rp_yaml_at(const rp_yaml *root, const char *pointer);

/* "a string", "a list", … */
const char *rp_yaml_kind_name(rp_yaml_kind kind);

/* RP_E_INVALID with the place, "FILE:LINE:COLUMN: ", before the words. */
int rp_error_at(rp_error **error, const char *file, rp_mark mark, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The place of an error that rp_error_at has made, and the words behind it; false for any other. */
bool rp_error_mark(const rp_error *error, rp_mark *mark, const char **words);

#endif
