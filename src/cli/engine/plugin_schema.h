/*
 * What a plugin offers, by its own description: the types of objects, their
 * members, and which of these nobody may see. All that rp knows of a plugin.
 */
#ifndef RP_CLI_ENGINE_PLUGIN_SCHEMA_H
#define RP_CLI_ENGINE_PLUGIN_SCHEMA_H

#include "json/value.h"
#include "json/writer.h"

/* The name in what stands for a hidden value. */
#define RP_HIDDEN "(sensitive)"

typedef struct rp_type {
    const char *name;
    const rp_json *record, *state, *parent, *options; /* schemas; NULL where there is none */
    const rp_json *key;                               /* an array of names */
    int64_t settle_ms;
    size_t max_records; /* of a request; 0: no limit is described */
    bool updates;       /* the plugin can change objects in place; filled in by whoever has asked it */
    bool hides;         /* some values are never to be shown */
} rp_type;

typedef struct rp_plugin_schema {
    rp_json *description;
    const char *plugin, *version;
    const rp_json *config; /* schema */
    rp_type *types;
    size_t count;
} rp_plugin_schema;

/* Takes the description over, also when it fails: RP_E_INVALID. */
int rp_plugin_schema_read(rp_json *description, rp_plugin_schema *plugin_schema, rp_error **error);
void rp_plugin_schema_done(rp_plugin_schema *plugin_schema);

/* NULL as a name is the only type there is. RP_E_INVALID names them, and the nearest. */
int rp_plugin_schema_find(const rp_plugin_schema *plugin_schema, const char *name, const rp_type **type,
                          rp_error **error);

/* The schema of a member of a record or, if it is none of those, of a state; NULL if it is not described. */
const rp_json *rp_type_member(const rp_type *type, const char *name);

/* Whether the member is the server's or the plugin's to set. */
bool rp_type_is_computed(const rp_type *type, const char *name);

/* Whether it is sensitive or comes in but never out: never to be shown. */
bool rp_type_is_hidden(const rp_type *type, const char *name);

/* Whether it comes in but never out. */
bool rp_type_is_write_only(const rp_type *type, const char *name);

/* Whether an attribute that differs can be changed in place. */
bool rp_type_is_updatable(const rp_type *type, const char *name);

/* Whether the type's hooks take an option of that name, with that word as a value. */
bool rp_type_has_option(const rp_type *type, const char *name, const char *word);

/* Writes the members of the type's key from a record or state, as a JSON object. False if one is missing, or
   if the type has no key. */
bool rp_key_write(const rp_type *type, const rp_json *value, rp_buffer *out);

/* Type and key of a record or state as one text, for the caller to free; NULL where there is none. */
char *rp_key_text(const rp_type *type, const char *json);

bool rp_type_is_key(const rp_type *type, const char *name);

/*
 * Writes a record or state with each hidden value, at any depth, replaced by
 * {RP_HIDDEN: FINGERPRINT}, by which a later one is compared.
 */
int rp_type_hide(const rp_type *type, const rp_json *value, const char *salt, rp_json_writer *writer,
                 rp_error **error);

/* Whether a value is such a replacement. */
bool rp_is_hidden(const rp_json *value);

/* Writes what is left of a kept record or state when the replacements are left out: what a plugin is given.
 */
void rp_write_revealed(const rp_json *value, rp_json_writer *writer);

static inline bool rp_schema_says(const rp_json *schema, const char *keyword)
{
    bool yes = false;

    rp_json_boolean(rp_json_get(schema, keyword), &yes);
    return yes;
}

#endif
