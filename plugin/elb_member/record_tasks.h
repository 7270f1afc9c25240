/*
 * The records of one call, as tasks for the driver, and their results.
 */
#ifndef ELB_MEMBER_RECORD_TASKS_H
#define ELB_MEMBER_RECORD_TASKS_H

#include "instance.h"

typedef struct record_tasks {
    record_task *each;
    size_t count;
    size_t run_count; /* of those that the driver runs */
    want_kind kind;
    call_options options;
} record_tasks;

/* Makes a task of each record of the call; all texts are borrowed from it. `kind` is set. RP_E_NO_MEMORY. To
   be cleared in any case. */
int record_tasks_make(record_tasks *all, const rpkit_call *asked, const config *defaults);
void record_tasks_clear(record_tasks *all);

/* The state of a task whose request was accepted, for the event. */
void record_task_write_accepted(const record_task *one, rp_json_writer *writer);

/* Writes all results, in order. */
void record_tasks_write_results(const record_tasks *all, elb_instance *on, rpkit_call *asked);

/* A refusal of the request as a whole, in the server's words. */
void refuse_by(const failure *why, rpkit_call *asked);

#endif
