/*
 * A parsed document. Text goes through the strict scanner (scan.h) first, so the
 * result is I-JSON (RFC 7493). The root is the caller's to free; everything else
 * is borrowed from it. Every getter accepts NULL and the wrong type and then
 * returns nothing, so that a reply can be walked without a check at each step.
 *
 * json-c serves as the container only: its objects and arrays hold the values.
 * Its parser (the tokener) is not used. When an allocation fails, it can drop a
 * member or an element and still report success, and its strict mode accepts
 * duplicate names, NaN and raw newlines. So scan.c checks the text and parse.c
 * adds each value itself, checking every allocation. json-c's serializer is not
 * used either: it prints any value as text, whatever its type; writer.c does it.
 */
#ifndef RP_JSON_VALUE_H
#define RP_JSON_VALUE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rp_json rp_json;
struct rp_json_writer;

typedef enum rp_json_type {
    RP_JSON_NULL, /* also an absent value */
    RP_JSON_BOOLEAN,
    RP_JSON_INTEGER,
    RP_JSON_NUMBER, /* with a fraction or an exponent */
    RP_JSON_STRING,
    RP_JSON_ARRAY,
    RP_JSON_OBJECT
} rp_json_type;

/* RP_E_INVALID with line and column, or RP_E_NO_MEMORY. */
int rp_json_parse(const char *text, size_t len, rp_json **out, rp_error **error);

/* The same with a limit other than RP_JSON_MAX_BYTES; below 2 GiB, since strings have an int for a length. */
int rp_json_parse_upto(size_t max_bytes, const char *text, size_t len, rp_json **out, rp_error **error);
void rp_json_free(rp_json *root);

/* Overwrites the bytes of every string, names apart, for a document with secrets that is about to be freed.
 */
void rp_json_wipe_strings(rp_json *root);

rp_json_type rp_json_type_of(const rp_json *value);

/* "a string", "an object", …: for messages. */
const char *rp_json_type_name(rp_json_type type);

/* The bytes of a string, followed by a NUL; NULL if it is not a string. len may be NULL. */
const char *rp_json_string(const rp_json *value, size_t *len);

/* The same as a C string: NULL also if the string contains a NUL. */
const char *rp_json_text(const rp_json *value);

/* False if the type differs; then *out is unchanged. */
bool rp_json_integer(const rp_json *value, int64_t *out);
bool rp_json_boolean(const rp_json *value, bool *out);

/* Elements of an array, members of an object; else 0. */
size_t rp_json_count(const rp_json *value);
const rp_json *rp_json_at(const rp_json *array, size_t index);
const rp_json *rp_json_get(const rp_json *object, const char *name);

/* True if the object has such a member, even one that is null. */
bool rp_json_has(const rp_json *object, const char *name);

/* Calls the function for each member, in order, until it returns non-zero; returns that. */
int rp_json_each(const rp_json *object, int (*each)(void *context, const char *name, const rp_json *value),
                 void *context);

/* Appends the value as JSON text; pretty: indented by two spaces per level. */
void rp_json_print(const rp_json *value, bool pretty, rp_buffer *out);

/* Writes the value as the next one of a document that is being written; NULL writes null. */
void rp_write_value(struct rp_json_writer *writer, const rp_json *value);

static inline void rp_json_freep(rp_json **root)
{
    rp_json_free(*root);
}

#endif
