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
typedef struct listener listener; /* with its ledger and protocol */
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
    bool wants_protocol; /* waits a short time for the listeners' protocol after all results */

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

/* One page of a listener's members. Sets exactly one of *out and *why; neither when out of memory, cancelled or
   out of time: then *status says which. */
void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, failure **why,
                 int *status);

/* Page size of member lists. */
#define DRIVER_PAGE_MEMBERS 500

/* Whether another page must be asked for after one with so many members. A page shorter than asked for is the
   last, unless its length is round: a server that caps pages caps them at a round number. */
static inline bool driver_page_may_go_on(size_t count)
{
    return count > 0 && (count >= DRIVER_PAGE_MEMBERS || count % 10 == 0);
}

#endif
