/*
 * What the result of a request means for the state: what is saved, and whether
 * the intent is closed. In a transaction of the caller's.
 */
#ifndef RP_CLI_ENGINE_OUTCOME_H
#define RP_CLI_ENGINE_OUTCOME_H

#include "cli/engine/plugin_schema.h"
#include "cli/state/store.h"

typedef enum rp_verdict {
    RP_VERDICT_DONE,
    RP_VERDICT_PENDING, /* accepted: its state is kept, and read later */
    RP_VERDICT_TAINTED, /* made, but not as it should be: its state is kept */
    RP_VERDICT_FAILED,  /* nothing was changed */
    RP_VERDICT_UNKNOWN  /* the intent stays open: the next command reads the object */
} rp_verdict;

/* Saves what a result says of an intent. `accepted`: a state was told while the request was under way. */
int rp_outcome_save(rp_store *store, const rp_type *type, const rp_intent *intent, bool accepted,
                    const rp_json *result, rp_verdict *verdict, rp_error **error);

/* What is against the rules in a result that was saved all the same; NULL: nothing. */
const char *rp_outcome_fault(const rp_intent *intent, const rp_json *result);

#endif
