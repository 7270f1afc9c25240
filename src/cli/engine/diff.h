/*
 * A plan: what has to be done so that the objects become what the configuration
 * describes. Made from the desired objects, those of the state and what was read
 * from the server, by nothing else: the same three always give the same plan.
 *
 * Objects are told apart by type and key, not by address: a key that moves to
 * another address takes its object along, so a swap of two names is no change.
 */
#ifndef RP_CLI_ENGINE_DIFF_H
#define RP_CLI_ENGINE_DIFF_H

#include "cli/config/project.h"
#include "cli/state/store.h"

typedef enum rp_presence {
    RP_NOT_READ, /* taken to be as it was */
    RP_PRESENT,
    RP_ABSENT,
    RP_PENDING /* the server still works on it */
} rp_presence;

/* What reading an object showed. */
typedef struct rp_observed {
    rp_presence seen;
    bool healthy; /* read without an error or a warning */
    char *id;     /* of a desired object that was looked up by its key; else NULL */
    char *state;  /* as it is to be kept; NULL if it is still the same */
} rp_observed;

typedef enum rp_action {
    RP_NO_OP,
    RP_CREATE,
    RP_UPDATE,
    RP_DESTROY,
    RP_REPLACE,
    RP_FORGET, /* removed from the state, and nothing is sent */
    RP_ACTIONS
} rp_action;

typedef enum rp_reason {
    RP_REASON_NONE,
    RP_REASON_NEW,
    RP_REASON_ABSENT,  /* it existed, and somebody else removed it */
    RP_REASON_CHANGED, /* its record differs from the object */
    RP_REASON_TAINTED,
    RP_REASON_REQUESTED,   /* -replace */
    RP_REASON_NO_RESOURCE, /* the resource is not configured any more */
    RP_REASON_NO_KEY,      /* the resource is, but not this key of it */
    RP_REASON_DEPOSED,     /* it was replaced already */
    RP_REASON_DISPLACED,   /* the object of its address is another one now */
    RP_REASON_SAME_OBJECT, /* another address has the same object */
    RP_REASON_IMPORTED,    /* no change: it was never in the configuration */
    RP_REASON_DESTROY,     /* everything is to go */
    RP_REASON_PENDING,     /* no change: the server still works on it */
    RP_REASONS
} rp_reason;

typedef struct rp_change {
    rp_action action;
    rp_reason reason;
    bool create_first; /* of a replacement */
    bool drifted;      /* changed or removed by somebody else since the last refresh */
    bool adopted;      /* it exists, and is taken into the state */
    bool differs;      /* in progress, and not what is desired: a later plan changes it */
    bool exists;       /* to be created, though an object of its key exists */
    bool same_key;     /* the plugin knows both keys by one id, however they are spelt */
    const char *address;
    const char *moved_from; /* the object's address in the state, where it is another one */
    const rp_type *type;
    const rp_object *object;     /* NULL: a new one */
    const rp_observed *observed; /* of the object */
    const rp_desired *desired;   /* NULL: to be destroyed */
} rp_change;

typedef struct rp_plan {
    rp_change *changes; /* as configured, then what is no longer; those without an action, too */
    size_t count;
    size_t to_add, to_change, to_destroy, to_move, to_forget, to_adopt;
    size_t pending, drifted;
    bool destroy;
    rp_object *adopted; /* objects that are not in the state yet */
    size_t adopted_count;
} rp_plan;

/* What the plan is to be about. */
typedef struct rp_diff_options {
    const char *const *targets; /* tidy addresses; none: everything */
    size_t target_count;
    const char *const *replace;
    size_t replace_count;
    bool destroy;
    bool adopt;
} rp_diff_options;

/* What a plan is made from. */
typedef struct rp_diff_input {
    const rp_project *project;
    const rp_plugin_schema *plugin_schema;
    const char *salt;
    const rp_objects *objects;
    const rp_observed *observed; /* one for each object */
    const rp_observed
        *found; /* one for each desired object: what a look-up by key showed; NULL: none was made */
    const rp_diff_options *options;
} rp_diff_input;

/* RP_E_INVALID if it cannot be planned. Everything is borrowed by the plan. */
int rp_plan_make(const rp_diff_input *input, rp_plan *plan, rp_error **error);
void rp_plan_done(rp_plan *plan);

/* Whether applying it changes anything, if only the state. */
static inline bool rp_plan_acts(const rp_plan *plan)
{
    return plan->to_add || plan->to_change || plan->to_destroy || plan->to_move || plan->to_forget ||
           plan->to_adopt;
}

static inline bool rp_change_acts(const rp_change *change)
{
    return change->action != RP_NO_OP || change->moved_from || change->adopted;
}

/* The object's state as it is now. */
static inline const char *rp_change_state(const rp_change *change)
{
    return change->observed && change->observed->state ? change->observed->state : change->object->state;
}

/* For each desired object whose key no object of the state has: true in `missing`, which has room for all. */
int rp_plan_missing(const rp_diff_input *input, bool *missing, rp_error **error);

/* An attribute that differs. */
typedef struct rp_difference {
    const char *name;
    const rp_json *before, *after; /* NULL: has none; hidden values as they are kept */
    bool updatable;                /* can be changed in place */
} rp_difference;

typedef int rp_each_difference(void *context, const rp_difference *one);

/* Calls `each` for each attribute of the desired record (with hidden values replaced) that the object does
   not have; non-zero ends it. `record` is what the object was made from. */
int rp_differences(const rp_type *type, const rp_json *state, const rp_json *record, const rp_json *desired,
                   rp_each_difference *each, void *context);

/* The same for a change, read from its texts. */
int rp_change_differences(const rp_change *change, const char *salt, rp_each_difference *each, void *context,
                          rp_error **error);

/* Calls `each` for each attribute that somebody else has changed: those of records only, unless `all`. */
int rp_drift(const rp_type *type, const char *before, const char *after, bool all, rp_each_difference *each,
             void *context, rp_error **error);

/* The record of a desired object as it is kept. NULL when out of memory. */
char *rp_desired_hidden(const rp_desired *desired, const char *salt, rp_error **error);

/* Only its write-only attributes: what is taken as given of an object that is imported. NULL when out of
 * memory. */
char *rp_desired_given(const rp_desired *desired, const char *salt, rp_error **error);

void rp_observed_free(rp_observed *observed, size_t count);

#endif
