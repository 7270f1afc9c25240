/*
 * A plan: what has to be done so that what is there becomes what is wanted. Made
 * from the wanted objects, the known ones and what a look at these showed, by
 * nothing else: the same three always give the same plan.
 */
#ifndef RP_CLI_ENGINE_DIFF_H
#define RP_CLI_ENGINE_DIFF_H

#include "cli/config/project.h"
#include "cli/state/store.h"

typedef enum rp_presence {
    RP_NOT_READ, /* not looked for: taken to be as it was */
    RP_PRESENT,
    RP_ABSENT,
    RP_PENDING
} rp_presence;

/* What a look at an object showed. */
typedef struct rp_observed {
    rp_presence seen;
    char *state; /* as it is to be kept; NULL if it is still the same */
} rp_observed;

typedef enum rp_action {
    RP_NO_OP,
    RP_CREATE,
    RP_DESTROY,
    RP_REPLACE
} rp_action;

typedef enum rp_reason {
    RP_REASON_NONE,
    RP_REASON_NEW,
    RP_REASON_ABSENT,  /* it was there, and somebody else removed it */
    RP_REASON_CHANGED, /* its record differs from what is there */
    RP_REASON_TAINTED,
    RP_REASON_REQUESTED,   /* -replace */
    RP_REASON_NO_RESOURCE, /* nothing of this name is configured any more */
    RP_REASON_NO_KEY,      /* the name is, but not this one of it */
    RP_REASON_DEPOSED,     /* it was replaced already */
    RP_REASON_DESTROY,     /* all is to go */
    RP_REASON_PENDING      /* kept: it is still being made */
} rp_reason;

typedef struct rp_change {
    rp_action action;
    rp_reason reason;
    bool create_first; /* of a replacement */
    bool drifted;      /* changed or removed by somebody else since it was last seen */
    const char *address;
    const rp_type *type;
    const rp_object *object;     /* NULL: a new one */
    const rp_observed *observed; /* of the object */
    const rp_desired *desired;   /* NULL: to be destroyed */
} rp_change;

typedef struct rp_plan {
    rp_change *changes; /* as configured, then what is no longer; kept ones, too */
    size_t count;
    size_t to_add, to_destroy, drifted;
    bool destroy;
} rp_plan;

/* What the plan is to be about. */
typedef struct rp_diff_options {
    const char *const *targets; /* tidy addresses; none: everything */
    size_t target_count;
    const char *const *replace;
    size_t replace_count;
    bool destroy;
} rp_diff_options;

/* `sights` has one for each object. RP_E_INVALID if it cannot be planned. All is borrowed by the plan. */
int rp_plan_make(const rp_project *project, const rp_plugin_schema *plugin_schema, const char *salt,
                 const rp_objects *objects, const rp_observed *observed, const rp_diff_options *options,
                 rp_plan *plan, rp_error **error);
void rp_plan_done(rp_plan *plan);

/* Whether anything is to be done. */
static inline bool rp_plan_acts(const rp_plan *plan)
{
    return plan->to_add || plan->to_destroy;
}

/* The object's state as it is now. */
static inline const char *rp_change_state(const rp_change *change)
{
    return change->observed && change->observed->state ? change->observed->state : change->object->state;
}

/* A member that differs. */
typedef struct rp_difference {
    const char *name;
    const rp_json *before, *after; /* NULL: not there; hidden values as they are kept */
} rp_difference;

typedef int rp_each_difference(void *context, const rp_difference *one);

/* Calls `each` for each member of the wanted record (with hidden values replaced) that what is there does not
   have; non-zero ends it. `record` is what the object was made from. */
int rp_differences(const rp_type *type, const rp_json *state, const rp_json *record, const rp_json *desired,
                   rp_each_difference *each, void *context);

/* The same for a change, read from its texts. */
int rp_change_differences(const rp_change *change, const char *salt, rp_each_difference *each, void *context,
                          rp_error **error);

/* Calls `each` for each member that somebody else has changed: those of records only, unless `all`. */
int rp_drift(const rp_type *type, const char *before, const char *after, bool all, rp_each_difference *each,
             void *context, rp_error **error);

/* The record of a wanted object as it is kept. NULL when out of memory. */
char *rp_desired_hidden(const rp_desired *desired, const char *salt, rp_error **error);

void rp_observed_free(rp_observed *observed, size_t count);

#endif
