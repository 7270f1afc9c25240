/*
 * Saving what a hook told of an object. In a transaction of the caller's.
 */
#ifndef RP_CLI_STATE_PERSIST_H
#define RP_CLI_STATE_PERSIST_H

#include "cli/engine/plugin_schema.h"
#include "cli/state/store.h"

#define RP_TAG_SIZE 24

/* What an object is filed under that the one made by this intent has replaced. */
void rp_persist_tag(const rp_intent *intent, char tag[RP_TAG_SIZE]);

/* A state as it is kept. NULL and an error on failure. */
char *rp_persist_state(const rp_type *type, const rp_json *state, const char *salt, rp_error **error);

/* The record or state as a plugin is given it. NULL on failure. */
char *rp_persist_revealed(const char *kept, rp_error **error);

/* Saves an object that was just created: what had its address until now is deposed, and the intent closed.
   `cause` is the name of the status that it is tainted by, or NULL. */
int rp_persist_created(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
                       rp_object_status status, const char *cause, rp_error **error);

/* Saves an object that was updated in place, and closes the intent. */
int rp_persist_updated(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
                       rp_object_status status, rp_error **error);

/* Saves that an object is gone, and closes the intent. */
int rp_persist_deleted(rp_store *store, const rp_intent *intent, rp_error **error);

#endif
