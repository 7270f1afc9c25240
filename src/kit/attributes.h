/*
 * What is done with a table of attributes (rpkit.h): it reads a document into a
 * struct, prints the struct back, and prints the JSON Schema. A new setting is a
 * new row.
 *
 *     static const rpkit_attribute attributes[] = {
 *         {.name = "port", .kind = RPKIT_COUNT, .offset = offsetof(struct server, port),
 *          .required = true, .least = 1, .most = 65535, .about = "TCP port."},
 *         {0}};
 */
#ifndef RP_KIT_ATTRIBUTES_H
#define RP_KIT_ATTRIBUTES_H

#include "kit/rpkit.h"

#include "base/secret.h"
#include "json/value.h"
#include "json/writer.h"

enum {
    RPKIT_READ_STRICT = 0,
    RPKIT_READ_LENIENT = 1, /* members the table does not name are passed over */
    RPKIT_READ_PARTIAL = 2, /* a null member is one not known yet: no required member is missed if null */
    RPKIT_READ_NAMING = 4   /* a state or key, of any release: lenient, nothing is required, and what does not
                               name   the object (all but the key and "id") is passed over where it is wrong */
};

/* Which rows a schema shows. */
typedef enum attribute_view {
    VIEW_ALL,
    VIEW_RECORD, /* without what is computed */
    VIEW_STATE   /* without what is write-only; what is key or "id" is required */
} attribute_view;

/* Stores the defaults (and nothing else: start from a zeroed struct). */
void rpkit_attributes_defaults(const rpkit_attribute *fields, void *into);

/*
 * Reads an object into a struct that was zeroed or holds defaults. null equals absent. On failure what was
 * read so far stays, for rpkit_attributes_clear. RP_E_INVALID with path (`at` + "/name") for a missing,
 * mistyped, out-of-range or unknown member, an unknown one with the nearest known name: "unknown member
 * \"adress\" (did you mean \"address\"?)".
 */
int rpkit_attributes_read(const rpkit_attribute *fields, const rp_json *object, unsigned how, const char *at,
                          void *into, rp_error **error);

/* Frees and zeroes what the fields own. */
void rpkit_attributes_clear(const rpkit_attribute *fields, void *into);

/* Stores the text in a TEXT as if it had been read. */
int rpkit_attributes_set_text(const rpkit_attribute *field, const char *text, const char *at, void *into,
                              rp_error **error);

/* The row of this name, parts included only by their own tables; or NULL. */
const rpkit_attribute *rpkit_attributes_find(const rpkit_attribute *fields, const char *name);

/* Writes members (no braces) that may be in a state. One that has no value is null if it is nullable, else
   left out. */
void rpkit_attributes_write(const rpkit_attribute *fields, const void *from, rp_json_writer *writer);

/* The same, as far as the buffer takes them: a member that does not fit is left out. */
void rpkit_attributes_write_fitting(const rpkit_attribute *fields, const void *from, rp_json_writer *writer);

/* Writes the JSON Schema (2020-12 subset) of the object: type, properties, required, additionalProperties:
   false, x-rp-computed, x-rp-sensitive, x-rp-write-only, x-rp-force-new. */
void rpkit_attributes_schema(const rpkit_attribute *fields, attribute_view view, rp_json_writer *writer);

/* The JSON Pointer `at`/name, escaped; the caller frees it. NULL when out of memory. */
char *rpkit_pointer(const char *at, const char *name);

#endif
