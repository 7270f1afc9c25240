/*
 * A plan in a file: what it was made from besides the configuration and the state,
 * and how it was shown. Configuration and state must still be the same when it is
 * applied, so the same plan comes out again.
 */
#ifndef RP_CLI_STATE_PLANFILE_H
#define RP_CLI_STATE_PLANFILE_H

#include "cli/engine/workspace.h"

/* Whether a file looks like one: the start of its text does. */
bool rp_planfile_is(const char *text);

/* Whether a plan may be saved there: nothing but an earlier plan is written over. The state is known. */
int rp_planfile_check_path(const rp_workspace *in, const char *path, rp_error **error);
int rp_planfile_write(const rp_workspace *in, const rp_diff_options *options, const rp_plan *plan, const char *path,
                      rp_error **error);

typedef struct rp_planfile {
    rp_json *document;
    const char *file, *state; /* of the configuration, and the state's */
    const char **targets, **replace;
    rp_diff_options options;
    char *shown_json, *shown_text; /* the plan as it was shown */
} rp_planfile;

int rp_planfile_read(const char *path, rp_planfile *plan, rp_error **error);


/* The plan as it was shown when it was made; or as a document for programs, in the shape of "tofu show -json". */
void rp_planfile_show(const rp_planfile *plan, bool json, rp_buffer *out);
void rp_planfile_done(rp_planfile *plan);

/* Whether the configuration and the state, which are open, are those it was made from; then its sights are
   filled in. RP_E_INVALID tells what has changed. */
int rp_planfile_use(const rp_planfile *plan, rp_workspace *in, rp_error **error);

#endif
