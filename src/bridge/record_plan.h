/*
 * What is planned for one record: pure, from its configuration and what is there.
 */
#ifndef RP_BRIDGE_RECORD_PLAN_H
#define RP_BRIDGE_RECORD_PLAN_H

#include "bridge/private_state.h"

typedef struct record_plan {
    const value *planned; /* an object of the members */
    names replace;        /* members whose change needs another object */
    bool updates;         /* something is to be changed in place */
} record_plan;

/* `prior` is null where there is no object yet. `kept` is its entry of the private state, or NULL. */
record_plan record_plan_make(arena *in, const resource_type *of, const value *config, const value *prior,
                             const private_entry *kept);

/* How far an object is as configured, for the plans to come. */
typedef enum record_remembered {
    REMEMBER_SENT,   /* what is configured was sent, and done */
    REMEMBER_FOUND,  /* nothing was to be sent: it is as configured */
    REMEMBER_BEFORE, /* nothing was done: it is as before */
    REMEMBER_EITHER  /* it is as configured or as before */
} record_remembered;

/* Writes to the entry which optional members were configured, and the fingerprints of what is write-only. */
void record_remember(arena *in, const resource_type *of, record_remembered how, const value *config,
                     const value *prior, const private_entry *before, private_entry *to);

/* The key as JSON text, the parent's part left out. NULL if a part of it is not known or null. */
const char *record_key(arena *in, const resource_type *of, const value *record);

/* The record to ask for: as configured, and as planned where the configuration leaves the choice. */
const value *record_wanted(arena *in, const attributes *members, const value *config, const value *planned);

/* A copy with null where it has unknown values. */
const value *record_known(arena *in, const value *from);

/* Writes the members that belong to a record, or to a state. */
void record_write(const attributes *members, const value *record, rp_json_writer *writer);
void record_write_state(const attributes *members, const value *state, rp_json_writer *writer);

#endif
