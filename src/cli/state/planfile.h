/*
 * A plan in a file: not what is to be done, but what it was made from besides the
 * configuration and the state. Both must still be the same when it is applied, so
 * the same plan comes out again.
 */
#ifndef RP_CLI_STATE_PLANFILE_H
#define RP_CLI_STATE_PLANFILE_H

#include "cli/engine/workspace.h"

/* Whether a file looks like one: the start of its text does. */
bool rp_planfile_is(const char *text);

int rp_planfile_write(const rp_workspace *in, const rp_diff_options *options, const char *path,
                      rp_error **error);

typedef struct rp_planfile {
    rp_json *document;
    const char *file, *state; /* of the configuration, and the state's */
    const char **targets, **replace;
    rp_diff_options options;
} rp_planfile;

int rp_planfile_read(const char *path, rp_planfile *plan, rp_error **error);
void rp_planfile_done(rp_planfile *plan);

/* Whether the configuration and the state, which are open, are those it was made from; then its sights are
   filled in. RP_E_INVALID tells what has changed. */
int rp_planfile_use(const rp_planfile *plan, rp_workspace *in, rp_error **error);

#endif
