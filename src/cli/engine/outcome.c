#include "cli/engine/outcome.h"

#include "cli/engine/plugin_call.h"
#include "cli/state/persist.h"

static const rp_json *state_in(const rp_json *result)
{
    const rp_json *state = rp_json_get(result, "state");

    return rp_json_type_of(state) == RP_JSON_OBJECT ? state : NULL;
}

/* What is there so far is kept for the look that decides. */
static int save_unknown(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
                        rp_verdict *verdict, rp_error **error)
{
    _cleanup_(rp_freep) char *kept = NULL;

    *verdict = RP_VERDICT_UNKNOWN;
    if (!state || intent->kind != RP_INTENT_CREATE)
        return 0;
    kept = rp_persist_state(type, state, rp_store_about(store)->salt, error);
    return kept ? rp_store_accept(store, intent->number, false, kept, error) : RP_E_NO_MEMORY;
}

static int save_state(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
                      rp_object_status status, const char *cause, rp_error **error)
{
    if (intent->kind == RP_INTENT_UPDATE)
        return rp_persist_updated(store, type, intent, state,
                                  status == RP_OBJECT_TAINTED ? RP_OBJECT_OK : status, error);
    return rp_persist_created(store, type, intent, state, status, cause, error);
}

static int save_made(rp_store *store, const rp_type *type, const rp_intent *intent, bool accepted,
                     const rp_json *result, rp_verdict *verdict, rp_error **error)
{
    const char *status = rp_result_status(result);
    const rp_json *state = state_in(result);
    bool failed = rp_status_is_failure(status);

    if (!failed && state) {
        bool later = rp_result_is(result, "status", "in_progress");
        *verdict = later ? RP_VERDICT_PENDING : RP_VERDICT_DONE;
        return save_state(store, type, intent, state, later ? RP_OBJECT_IN_PROGRESS : RP_OBJECT_OK, NULL,
                          error);
    }
    if (failed && rp_result_is(result, "outcome", "none")) {
        *verdict = RP_VERDICT_FAILED;
        return rp_store_settle(store, intent->number, error);
    }
    if (state && rp_result_is(result, "outcome", "done")) {
        *verdict = RP_VERDICT_TAINTED;
        return save_state(store, type, intent, state, RP_OBJECT_TAINTED, status, error);
    }
    if (state && accepted && intent->kind == RP_INTENT_CREATE) {
        *verdict = RP_VERDICT_PENDING;
        return save_state(store, type, intent, state, RP_OBJECT_IN_PROGRESS, NULL, error);
    }
    return save_unknown(store, type, intent, state, verdict, error);
}

static int save_deleted(rp_store *store, const rp_intent *intent, const rp_json *result, rp_verdict *verdict,
                        rp_error **error)
{
    if (rp_result_is(result, "status", "ok")) {
        *verdict = RP_VERDICT_DONE;
        return rp_persist_deleted(store, intent, error);
    }
    if (rp_status_is_failure(rp_result_status(result)) && rp_result_is(result, "outcome", "none")) {
        *verdict = RP_VERDICT_FAILED;
        return rp_store_settle(store, intent->number, error);
    }
    *verdict = RP_VERDICT_UNKNOWN;
    return 0;
}

int rp_outcome_save(rp_store *store, const rp_type *type, const rp_intent *intent, bool accepted,
                    const rp_json *result, rp_verdict *verdict, rp_error **error)
{
    if (intent->kind == RP_INTENT_DELETE)
        return save_deleted(store, intent, result, verdict, error);
    return save_made(store, type, intent, accepted, result, verdict, error);
}

const char *rp_outcome_fault(const rp_intent *intent, const rp_json *result)
{
    const rp_json *state = state_in(result);
    const char *id = rp_json_text(rp_json_get(state, "id"));

    if (intent->kind == RP_INTENT_DELETE || !result)
        return NULL;
    if (!state)
        return rp_status_is_failure(rp_result_status(result)) ? NULL : "the plugin answered without a state";
    return id && *id ? NULL : "the plugin gave the object an id that is not a string, or none";
}
