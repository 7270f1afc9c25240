/*
 * One call of a hook: what goes in is prepared, what comes back is checked.
 */
#ifndef RP_HOST_CALL_H
#define RP_HOST_CALL_H

#include "host/answer.h"

typedef struct rp_hook_call {
    const void *owner; /* the handle, for its watchdog */
    const rp_plugin *plugin;
    rp_instance *instance;
    const rp_known_hook *hook;
    const rp_json *description; /* what describe told, or NULL */
    const char *request;
    size_t request_len;
    const rp_call *call; /* or NULL */
} rp_hook_call;

/* What came of it, never NULL. *opened, which may be NULL, gets what open made, also where its response has
   faults: it is the caller's to close. */
rphost_answer *rp_hook_run(const rp_hook_call *what, rp_instance **opened);

#endif
