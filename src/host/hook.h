/*
 * The hooks that are called by name, and what each of them answers with.
 */
#ifndef RP_HOST_HOOK_H
#define RP_HOST_HOOK_H

#include <resource_plugin.h>
#include <stdbool.h>

typedef struct rp_known_hook {
    const char *name; /* as documents spell it: "delete" */
    size_t slot;      /* offset in rp_plugin */
    bool needs_instance;
    bool records;  /* one result a record */
    bool outcomes; /* each result has an outcome */
    bool states;   /* each result that is ok has a state */
} rp_known_hook;

/* NULL if there is none of that name. "open" is one; whether it may be called by name is the caller's matter.
 */
const rp_known_hook *rp_hook_find(const char *name);

/* The function in a table: NULL if the plugin leaves the slot out, or was built before it existed. */
rp_hook *rp_hook_slot(const rp_plugin *plugin, const rp_known_hook *hook);

#endif
