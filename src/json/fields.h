/*
 * A table that says which members an object has: it reads a document into a
 * struct, prints the struct back, and prints the JSON Schema. A new setting is a
 * new row.
 *
 *     static const rp_field fields[] = {
 *         {.name = "port", .kind = RP_FIELD_COUNT, .offset = offsetof(struct server, port),
 *          .required = true, .least = 1, .most = 65535, .about = "TCP port."},
 *         {0}};
 */
#ifndef RP_JSON_FIELDS_H
#define RP_JSON_FIELDS_H

#include "base/secret.h"
#include "json/value.h"
#include "json/writer.h"

typedef enum rp_field_kind {
    RP_FIELD_TEXT,   /* char *; allocated */
    RP_FIELD_SECRET, /* rp_secret *; in the schema a sensitive, write-only string */
    RP_FIELD_FLAG,   /* bool */
    RP_FIELD_COUNT,  /* uint32_t within least and most */
    RP_FIELD_WORD,   /* int, the index of the word in words */
    RP_FIELD_TEXTS,  /* schema and printing only: char **, ended by NULL; an array of strings */
    RP_FIELD_PART,   /* the struct of another table, whose members stand among this table's own */
} rp_field_kind;

typedef struct rp_field {
    const char *name; /* NULL ends the table; of a PART: nobody sees it */
    rp_field_kind kind;
    size_t offset;
    bool required;
    uint32_t least, most;     /* COUNT; TEXT and SECRET: bytes, where most is not 0 */
    const char *const *words; /* WORD; ended by NULL */
    bool has_default;         /* the schema shows `usual` (COUNT, FLAG, WORD) as default; */
    uint32_t usual;           /*    rp_fields_defaults stores it */
    int (*check)(const char *text,
                 rp_error **error); /* TEXT; RP_E_INVALID says what is wrong with it, without path */
    const char *pattern;            /* schema: "pattern" of a TEXT (regular expression), or NULL */
    const char *format;             /* schema: "format" of a TEXT, or NULL */
    const char *about;              /* schema: "description" */
    bool computed, force_new;       /* schema: x-rp-computed, x-rp-force-new */
    bool nullable;                  /* schema: type is [.., "null"] */
    const struct rp_field *fields;  /* PART; its members are at offset. Parts may have parts */
} rp_field;

enum {
    RP_FIELDS_STRICT = 0,
    RP_FIELDS_LENIENT = 1, /* members the table does not name are passed over */
    RP_FIELDS_PARTIAL = 2  /* a null or absent member is one not known yet: no required member is missed if
                              null  (an absent one still is) */
};

/* Stores the defaults (and nothing else: start from a zeroed struct). */
void rp_fields_defaults(const rp_field *fields, void *into);

/*
 * Reads an object into a struct that was zeroed or holds defaults. null equals absent. On failure what was
 * read so far stays, for rp_fields_clear. RP_E_INVALID with path (`at` + "/name") for a missing, mistyped,
 * out-of-range or unknown member, an unknown one with the nearest known name: "unknown member \"adress\" (did
 * you mean \"address\"?)".
 */
int rp_fields_read(const rp_field *fields, const rp_json *object, unsigned how, const char *at, void *into,
                   rp_error **error);

/* Frees and zeroes what the fields own. */
void rp_fields_clear(const rp_field *fields, void *into);

/* Writes members (no braces), all of them, null where NULL or, for a SECRET, never: it is left out. */
void rp_fields_write(const rp_field *fields, const void *from, rp_json_writer *writer);

/* Writes the JSON Schema (2020-12 subset) of the object: type, properties, required, additionalProperties:
   false, x-rp-computed, x-rp-sensitive, x-rp-write-only, x-rp-force-new. */
void rp_fields_schema(const rp_field *fields, rp_json_writer *writer);

#endif
