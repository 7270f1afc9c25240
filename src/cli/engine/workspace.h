/*
 * What a verb works with: the configuration, the plugin it names, the state, and
 * what is known and seen of the objects. Steps that most verbs take, in order.
 */
#ifndef RP_CLI_ENGINE_WORKSPACE_H
#define RP_CLI_ENGINE_WORKSPACE_H

#include "cli/config/project.h"
#include "cli/engine/diff.h"
#include "cli/output/output.h"
#include "cli/state/lock.h"
#include "cli/state/store.h"
#include "host/rphost.h"

typedef struct rp_workspace {
    const rp_settings *settings;
    const char *command;
    rp_output output;
    rp_diagnostics diagnostics;
    rp_project project;
    rphost *host;
    rp_plugin_schema plugin_schema;
    rp_lock lock;
    char *state_path;
    char *who, *process; /* for intents */
    rp_store *store;
    rp_objects objects;
    rp_observed *observed; /* one for each object */
    bool *known;           /* for each desired object: the state has it with this record; or NULL */
    rp_observed *found;    /* one for each desired object, once they were looked up */
} rp_workspace;

void rp_workspace_start(rp_workspace *in, const rp_settings *settings, const char *command);
void rp_workspace_done(rp_workspace *in);

/* The configuration file, and the plugin opened as it says. What is wrong with the plugin's config is a
   diagnostic, with its place: RP_E_INVALID without an error then. Faults of resources are diagnostics as
   well, and no failure yet: so that those of their records are found, too. */
int rp_workspace_load(rp_workspace *in, rp_error **error);

/* The same without opening the plugin: only its description. */
int rp_workspace_describe(rp_workspace *in, const char *plugin, rp_error **error);

/* The state, locked and open for writing; and its objects. Refused where they are another plugin's. */
int rp_workspace_open(rp_workspace *in, rp_error **error);

/* The same in two steps. */
int rp_workspace_lock(rp_workspace *in, rp_error **error);
int rp_workspace_open_locked(rp_workspace *in, rp_error **error);

/* The state, open for reading. */
int rp_workspace_open_to_read(rp_workspace *in, rp_error **error);

/* The objects of the state as they are, without opening it for more; none where it cannot be read. */
void rp_workspace_peek(const rp_workspace *in, rp_objects *objects);
int rp_workspace_read_objects(rp_workspace *in, rp_error **error);

/* The objects of the configuration. */
int rp_workspace_expand(rp_workspace *in, rp_error **error);

/* What a plan is made from. */
rp_diff_input rp_workspace_diff_input(const rp_workspace *in, const rp_diff_options *options);

/* Where to point for what is said of an object. */
rp_subject rp_workspace_subject(const rp_workspace *in, const char *address, const char *pointer);

/* Tells the findings and the error, if there are any. Returns the exit code: 1 if there was a fault. */
int rp_workspace_end(rp_workspace *in, const rp_error *error);

const char *rp_workspace_file(const rp_settings *settings);

#endif
