/*
 * The records of one call, as tasks for the driver, and their results.
 */
#ifndef ELB_MEMBER_RECORD_TASKS_H
#define ELB_MEMBER_RECORD_TASKS_H

#include "config.h"
#include "driver.h"
#include "response.h"

typedef struct record_tasks {
    record_task *each;
    size_t count;
    size_t run_count; /* of those that the driver runs */
    want_kind kind;
    call_options options;
} record_tasks;

/* Reads the records; a wrong one keeps its error. RP_E_NO_MEMORY. To be cleared in any case. */
int record_tasks_read(record_tasks *all, want_kind kind, const rp_json *records, const call_options *options,
                      rp_error **error);
void record_tasks_clear(record_tasks *all);

/* The state of a task whose request was accepted, for the event. */
void record_task_write_accepted(const record_task *one, rp_json_writer *writer);

/* Writes all results, in order. */
void record_tasks_write_results(const record_tasks *all, driver *d, response *to);

#endif
