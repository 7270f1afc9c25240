/*
 * Carries out the actions of the ledgers: sends their requests over the transport,
 * feeds the replies back, and gives each caller its results. It has no thread of its
 * own: one of the threads that wait in a call drives for all of them, and hands over
 * when its own call ends.
 */
#ifndef ELB_MEMBER_DRIVER_H
#define ELB_MEMBER_DRIVER_H

#include "elb_api.h"
#include "ledger.h"
#include "record.h"
#include "resource_plugin.h"

#include "base/clock.h"

#include <pthread.h>
#include <sys/queue.h>

typedef struct driver driver;
typedef struct listener listener; /* listeners.h */
typedef struct call call;

/* One record of a call, its want and its result. */
typedef struct record_task {
    record record;
    bool refused;              /* the record is invalid: the kit writes its result */
    struct record_task *first; /* an earlier record of the call that names the same member, or NULL */
    want want;

    /* The driver's own. */
    call *call;
    listener *listener;
} record_task;

/* False for invalid records and repeated ones, which have no want of their own. */
static inline bool task_is_run(const record_task *one)
{
    return !one->refused && !one->first;
}

/* An event for the host, delivered on the call's thread. */
typedef struct event {
    STAILQ_ENTRY(event) link;
    size_t len;
    char text[];
} event;

/* One call of a hook. */
struct call {
    const rp_call *host; /* or NULL */
    int64_t deadline;    /* of the driver's clock */
    /* Writes the state of a task whose request was accepted, for the event. */
    void (*write_state)(const record_task *one, rp_json_writer *writer);

    /* The driver's own. */
    const record_task *tasks;
    size_t total, remaining;
    pthread_cond_t turn;
    STAILQ_HEAD(, event) events;
    bool told_unresolved;
    TAILQ_ENTRY(call) link;
};

typedef struct driver_options {
    ledger_options ledger;
    unsigned max_parallel;
} driver_options;

/* Takes the transport, also on failure (NULL). */
driver *driver_new(rp_transport *transport, const driver_options *options, const rp_clock *clock,
                   rp_error **error);

/* Frees everything and drops requests in flight. No call may be running. */
void driver_free(driver *d);

int64_t driver_now_ms(const driver *d);

/* Runs the tasks until each has its result (want.result). After a cancellation or timeout the results say so.
   The caller clears the results. RP_E_NO_MEMORY: nothing was started. */
int driver_run(driver *d, call *c, record_task *tasks, size_t count, rp_error **error);

/* A listener's protocol ("TCP", "UDP" …); "" if not known yet. */
void driver_protocol(driver *d, const char *listener_id, char protocol[16]);

/* One page of a listener's members, after the marker (NULL: the first). Exactly one of *out and *why is set,
   or neither when memory fails or the call was cancelled or ran out of time, which *status then says.
   *is_last: no other page follows. */
void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, bool *is_last,
                 failure **why, int *status);

#endif
