/*
 * A value as Terraform knows it: JSON's kinds and one more, "not known yet". Values never change once made
 * and live in an arena. A getter takes NULL and the wrong kind, and then gives NULL or nothing.
 */
#ifndef RP_BRIDGE_VALUE_H
#define RP_BRIDGE_VALUE_H

#include "bridge/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum value_kind {
    VALUE_NULL,
    VALUE_UNKNOWN,
    VALUE_BOOLEAN,
    VALUE_NUMBER, /* as decimal text, so that no digit is lost */
    VALUE_STRING,
    VALUE_LIST,  /* and sets */
    VALUE_OBJECT /* and maps */
} value_kind;

typedef struct value {
    value_kind kind;
    bool boolean;
    const char *text; /* NUMBER, STRING; a NUL follows */
    size_t len;
    size_t count;
    const struct value **items;
    const char **names; /* OBJECT: one for each item */
    bool sorted;        /* by names */
} value;

extern const value value_null, value_unknown;

const value *value_boolean(bool yes);
const value *value_string(arena *in, const char *bytes, size_t len);
const value *value_text(arena *in, const char *text); /* NULL: null */
const value *value_number(arena *in, const char *text, size_t len);
const value *value_integer(arena *in, int64_t number);

/* With room for `most` items, to be filled by value_add before anything else sees it. Names are borrowed. */
value *value_list(arena *in, size_t most);
value *value_object(arena *in, size_t most);
void value_add(value *to, const char *name, const value *item);

const value *value_get(const value *object, const char *name);

static inline value_kind value_kind_of(const value *of)
{
    return of ? of->kind : VALUE_NULL;
}

static inline bool value_is_null(const value *of)
{
    return value_kind_of(of) == VALUE_NULL;
}

/* The text of a string without a NUL inside, else NULL. */
const char *value_c_string(const value *of);

/* True if anything in it is unknown. */
bool value_has_unknown(const value *of);

/* Numbers are compared as numbers, objects by name, lists in order. An unknown is the same as an unknown. */
bool value_same(const value *one, const value *other);

/* The decimal text of a number in one spelling: digits and exponent, "0e0", "-12e-1". Empty if it is no
 * number. */
const char *value_canonical_number(arena *in, const char *text);

/* True if the text is a JSON number. */
bool value_is_number(const char *text, size_t len);

#endif
