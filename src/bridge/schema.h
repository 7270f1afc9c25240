/*
 * JSON Schema, as a plugin describes itself, to attributes; attributes to Terraform's schema.
 */
#ifndef RP_BRIDGE_SCHEMA_H
#define RP_BRIDGE_SCHEMA_H

#include "bridge/provider.pb-c.h"
#include "bridge/type.h"

/* The type that a schema describes; never fails: what it does not say is any value. */
const type *schema_type(arena *in, const rp_json *schema);

/* The attributes of an object schema. They are in_record, required or optional. RP_E_INVALID if two names of
   the documents become one name of Terraform's. */
int schema_attributes(arena *in, const rp_json *schema, attributes *out, rp_error **error);

/* What a record and a state have, in one: attributes of the record alone are kept as configured, those of the
   state alone are computed, those of both may be left to the plugin if they are not required. */
int schema_members(arena *in, const rp_json *record, const rp_json *state, attributes *out, rp_error **error);

/* "healthCheck" becomes "health_check"; what means something else to Terraform gets a '_' at its end. */
const char *schema_name(arena *in, const char *json_name);

Tf__Schema *schema_pack(arena *in, const attributes *block, const char *description);

/* The copies of these for which `choose` is true. */
attributes attributes_choose(arena *in, const attributes *from,
                             bool (*choose)(const attribute *one, const void *with), const void *with);

/* Room for so many more behind a copy of these; they are counted as they are appended. */
attributes attributes_with_room(arena *in, const attributes *from, size_t more);
attribute *attributes_append(attributes *to, const attribute *one);

#endif
