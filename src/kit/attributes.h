/*
 * A table of an object's members. It is used to read a document into a struct, to
 * print the struct, and to print the JSON Schema. A new setting is a new row.
 *
 *     static const rpkit_attribute fields[] = {
 *         {.name = "port", .kind = RPKIT_COUNT, .offset = offsetof(struct server, port),
 *          .required = true, .least = 1, .most = 65535, .about = "TCP port."},
 *         {0}};
 */
#ifndef RP_KIT_ATTRIBUTES_H
#define RP_KIT_ATTRIBUTES_H

#include "base/secret.h"
#include "json/value.h"
#include "json/writer.h"

typedef enum rpkit_kind {
    RPKIT_TEXT,   /* char *; allocated */
    RPKIT_SECRET, /* rp_secret *; in the schema a sensitive, write-only string */
    RPKIT_FLAG,   /* bool */
    RPKIT_COUNT,  /* uint32_t within least and most */
    RPKIT_WORD,   /* int, the index of the word in words */
    RPKIT_TEXTS,  /* schema and printing only: char **, ended by NULL; an array of strings */
    RPKIT_PART,   /* the members of another table, inlined here */
} rpkit_kind;

typedef struct rpkit_attribute {
    const char *name; /* NULL ends the table; unused for a PART */
    rpkit_kind kind;
    size_t offset;
    bool required;
    uint32_t least, most;     /* COUNT; TEXT and SECRET: bytes, where most is not 0 */
    const char *const *words; /* WORD; ended by NULL */
    bool has_default;         /* the schema shows `usual` (COUNT, FLAG, WORD) as default; */
    uint32_t usual;           /*    rpkit_attributes_defaults stores it */
    int (*check)(const char *text, rp_error **error); /* TEXT: further check; its error has no path */
    const char *pattern;                  /* schema: "pattern" of a TEXT (regular expression), or NULL */
    const char *format;                   /* schema: "format" of a TEXT, or NULL */
    const char *about;                    /* schema: "description" */
    bool computed, force_new;             /* schema: x-rp-computed, x-rp-force-new */
    bool nullable;                        /* schema: type is [.., "null"] */
    const struct rpkit_attribute
        *fields; /* PART: its table; offset is that of its struct. Parts may be nested */
} rpkit_attribute;

enum {
    RPKIT_READ_STRICT = 0,
    RPKIT_READ_LENIENT = 1, /* unknown attributes are ignored */
    RPKIT_READ_PARTIAL = 2  /* null means not known yet: a required member may be null, but not absent */
};

/* Stores the defaults. Start from a zeroed struct. */
void rpkit_attributes_defaults(const rpkit_attribute *fields, void *into);

/*
 * Reads an object into a struct that was zeroed or holds defaults. null equals absent. On failure what was
 * read so far stays, for rpkit_attributes_clear. RP_E_INVALID with path (`at` + "/name") for a missing,
 * mistyped, out-of-range or unknown attribute, an unknown one with the nearest known name: "unknown attribute
 * \"adress\" (did you mean \"address\"?)".
 */
int rpkit_attributes_read(const rpkit_attribute *fields, const rp_json *object, unsigned how, const char *at,
                          void *into, rp_error **error);

/* Frees and zeroes what the fields own. */
void rpkit_attributes_clear(const rpkit_attribute *fields, void *into);

/* Writes all members, without braces. NULL is written as null; a SECRET is left out. */
void rpkit_attributes_write(const rpkit_attribute *fields, const void *from, rp_json_writer *writer);

/* Writes the JSON Schema (2020-12 subset) of the object: type, properties, required, additionalProperties:
   false, x-rp-computed, x-rp-sensitive, x-rp-write-only, x-rp-force-new. */
void rpkit_attributes_schema(const rpkit_attribute *fields, rp_json_writer *writer);

#endif
