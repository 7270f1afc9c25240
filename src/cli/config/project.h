/*
 * The configuration file: which plugin, how it is configured, and the objects
 * that are wanted.
 */
#ifndef RP_CLI_CONFIG_PROJECT_H
#define RP_CLI_CONFIG_PROJECT_H

#include "base/buffer.h"
#include "cli/config/interpolate.h"
#include "cli/engine/plugin_schema.h"
#include "cli/name_index.h"

/* A resource as it is written. */
typedef struct rp_block {
    const char *name;
    const char *type; /* NULL: the plugin's only one */
    rp_mark mark, type_mark;
    bool create_first, prevent_destroy;
    const rp_yaml *for_each; /* or NULL */
    rp_yaml *from_file;      /* what for_each is, if it is in a file of its own */
    const rp_yaml *record;
} rp_block;

/* One object of it. */
typedef struct rp_desired {
    char *address;
    const rp_block *block;
    const char *key;      /* NULL without for_each */
    const rp_yaml *value; /* of the key; NULL where for_each is a list */
    const rp_type *type;  /* once the types are known */
    char *record;         /* JSON, in clear */
    char *key_text; /* type and key as one text; NULL where the type has no key or the record lacks it */
} rp_desired;

typedef struct rp_project {
    char *file;
    char *folder; /* where it is: paths in it start there */
    char *text;
    rp_yaml document;
    char *plugin;     /* a name, or a path with a '/' */
    rp_buffer config; /* JSON, wiped */
    rp_block *blocks;
    size_t block_count;
    rp_desired *desired;
    size_t desired_count;
    rp_name_index by_address;
    rp_lookup lookup;
    bool is_usable;        /* the plugin and its config are known, whatever else is wrong */
    rp_diagnostics faults; /* all that is wrong with the file, each with its place */
} rp_project;

/* Reads the file and its config, but expands no record. RP_E_INVALID with the place. `outside` may be NULL:
   the environment, and files. */
int rp_project_load(const char *file, const rp_lookup *lookup, rp_project *project, rp_error **error);

/* Makes the wanted objects of the blocks, and checks that no two of them are the same one. */
int rp_project_expand(rp_project *project, const rp_plugin_schema *plugin_schema, rp_error **error);

void rp_project_done(rp_project *project);

/* The object of that address, or NULL. */
const rp_desired *rp_project_find(const rp_project *project, const char *address);
const rp_block *rp_project_block(const rp_project *project, const char *name);

/* What is at fault for what is said of a path within the object's record: its value, or where that came from.
 */
const rp_yaml *rp_desired_source(const rp_project *project, const rp_desired *desired, const char *pointer);

/* What `config` has at a path within it, or the nearest above it that there is. */
const rp_yaml *rp_project_config_at(const rp_project *project, const char *pointer);

#endif
