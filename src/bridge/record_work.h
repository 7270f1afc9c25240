/*
 * Records on their way through the plugin: one call for many, and what came of each. The thread that ends the
 * process may read them at any time under the call's lock.
 */
#ifndef RP_BRIDGE_RECORD_WORK_H
#define RP_BRIDGE_RECORD_WORK_H

#include "bridge/call.h"
#include "bridge/private_state.h"

typedef enum record_phase {
    RECORD_WAITING, /* nothing was sent */
    RECORD_SENT,    /* the plugin has it */
    RECORD_FINISHED
} record_phase;

typedef struct record_entry {
    const char *name;    /* the user's, in a set; else NULL */
    const value *config; /* objects of the members; NULL where there is none */
    const value *planned;
    const value *prior;
    record_phase phase;
    int32_t status;
    outcome outcome;
    const value *state;         /* as the plugin gave it, or NULL */
    const rp_json *diagnostics; /* borrowed from the call's answers */
    const char *why;            /* why it failed, where the plugin was not asked; or NULL */
    bool refused;               /* the request as a whole was: the diagnostics are of all its records */
    char *event;                /* JSON: the latest state event while it was sent; from malloc */
    size_t event_len;
} record_entry;

typedef struct record_list {
    size_t count;
    record_entry **items;
} record_list;

/*
 * Calls "create", "update", "delete" or "read" for all of them, with as many calls as the plugin's
 * max_records makes necessary. The entries are finished afterwards, whatever happened.
 */
void record_call(call *one, const resource_type *of, const char *hook, const record_list *list,
                 const value *block, uint32_t timeout_ms);
void record_list_done(record_list *list);

/* Tells what the plugin said of the entry; errors as warnings if asked for. False if it said nothing. */
bool record_report(call *one, const resource_type *of, const record_entry *entry, bool as_warnings);

/* The first thing it said, in a line; for the failure of an entry. */
const char *record_reason(arena *in, const record_entry *entry);

/*
 * The state of an entry: what the plugin told, where it told nothing what was planned, or there before.
 * Nothing in it is unknown. From the latest event if the call is not finished.
 */
const value *record_state(arena *in, const resource_type *of, const record_entry *entry);

/* The state of a finished entry with what the user wrote spelt as written. That the plugin says otherwise is
   told, at that place. */
const value *record_as_planned(call *one, const resource_type *of, const record_entry *entry,
                               const place *within);

/*
 * Finds out what became of records whose outcome was not known: reads them, by `prior`, until each is seen or
 * its time is over, or this takes too long. Entries end with RP_OK and a state, with RP_NOT_FOUND, or with
 * any other status: then that cannot be said yet, and `why` has the reason. until[i] is the i-th entry's.
 */
void record_settle(call *one, const resource_type *of, const record_list *list, const int64_t *until,
                   uint32_t timeout_ms);

int64_t record_wall_ms(void);

#endif
