/*
 * Types and attributes: what a schema says, once for Terraform and once for the plugin's documents. All live
 * in the arena they were made in and never change.
 */
#ifndef RP_BRIDGE_TYPE_H
#define RP_BRIDGE_TYPE_H

#include "base/buffer.h"
#include "base/error.h"
#include "bridge/value.h"
#include "json/value.h"
#include "json/writer.h"

typedef struct type type;
typedef struct attribute attribute;

typedef struct attributes {
    size_t count;
    attribute *items;
} attributes;

typedef enum type_kind {
    TYPE_STRING,
    TYPE_NUMBER,
    TYPE_BOOLEAN,
    TYPE_ANY, /* where the schema does not say: "dynamic" */
    TYPE_LIST,
    TYPE_SET,
    TYPE_MAP,
    TYPE_OBJECT
} type_kind;

struct type {
    type_kind kind;
    const type *element; /* LIST, SET, MAP */
    attributes object;   /* OBJECT */
};

struct attribute {
    const char *name;      /* Terraform's: lower case, digits, '_' */
    const char *json_name; /* the documents' */
    const char *description;
    const type *type;
    const value *usual; /* the schema's default, or NULL */
    bool required, optional, computed;
    bool sensitive, write_only, force_new, deprecated;
    bool in_record, in_state;
    bool is_option;  /* of a call */
    bool is_version; /* of the write-only values: the bridge's own, neither in a record nor in a state */
    bool is_block;  /* written as a block, without '=' */
};

extern const type type_string, type_number, type_boolean, type_any;

const type *type_map_of(arena *in, const type *element);

const attribute *attributes_find(const attributes *in, const char *name);
const attribute *attributes_find_json(const attributes *in, const char *json_name);

/* The type as Terraform's JSON: "string", ["list","number"], ["object",{…}]. */
void type_write(const type *of, rp_buffer *out);

/* Lists, sets and maps of objects, and objects, are nested attributes: each of their attributes has rules of
 * its own. */
const attributes *type_nested(const type *of);

/* What came from Terraform, with decimal strings as numbers and dynamic values bare; and the way back. An
   attribute that is missing is null. */
const value *type_from_wire(arena *in, const type *of, const value *wire);
const value *type_to_wire(arena *in, const type *of, const value *plain);

/* A value from one of the plugin's documents. RP_E_INVALID where it is of another type, with its JSON
 * Pointer. */
int type_from_json(arena *in, const type *of, const rp_json *json, const char *at, const value **out,
                   rp_error **error);
int type_object_from_json(arena *in, const attributes *of, const rp_json *json, const char *at,
                          const value **out, rp_error **error);

/* The value as JSON, by the documents' names. Null attributes are left out; what is unknown is written as
 * null. */
void type_to_json(const type *of, const value *plain, rp_json_writer *writer);

#endif
