/*
 * What the plugin's description becomes: the provider block, and for each of its resources one of a single
 * record, one of a set of records, and the data sources of both.
 */
#ifndef RP_BRIDGE_CATALOG_H
#define RP_BRIDGE_CATALOG_H

#include "bridge/schema.h"

typedef struct names {
    size_t count;
    const char **items; /* Terraform's */
} names;

typedef struct resource_type {
    const char *name;     /* "cloud_disk", "cloud_disk_set" */
    const char *resource; /* the plugin's name of it */
    const char *description;
    bool is_set;
    attributes members; /* of a record and of its state, in one */
    attributes options; /* of a call */
    const char *write_only_version; /* the member that counts changes of write-only values, or NULL */
    names key;          /* members that name an object before it exists */
    attributes parent;  /* what a list asks for, by the names of the members */
    type element;       /* of a set: an object of the members that are not the parent's */
    type block;         /* the whole block, an object */
    type data;          /* the block of the data source */
    bool can_update;    /* in place */
    size_t max_records; /* in one call; 0: any number */
    int64_t settle_ms;
} resource_type;

typedef struct catalog {
    type config; /* the provider block */
    size_t count;
    resource_type *types;
} catalog;

/* Attributes of a block that are the bridge's own. */
#define CATALOG_TIMEOUTS "timeouts"
#define CATALOG_RECORDS  "records"
#define CATALOG_FAILED   "failed"
#define CATALOG_ID       "id"

/* Of a record with write-only attributes. */
#define CATALOG_WRITE_ONLY_VERSION "write_only_version"

int catalog_read(arena *in, const rp_json *description, const char *plugin, bool has_update, bool has_list,
                 catalog *out, rp_error **error);

const resource_type *catalog_find(const catalog *in, const char *name);

/* The settle_ms that a description, such as a configured instance's, has for the resource. */
int64_t catalog_settle_ms(const rp_json *description, const char *resource, int64_t otherwise);

bool names_have(const names *in, const char *name);

#endif
