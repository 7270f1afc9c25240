/*
 * Does what the ledgers ask: carries their requests over the transport, feeds the
 * answers back, and gives each caller its results. There is no thread of its own:
 * of the threads that wait in a call, one drives for all, and hands over when its
 * own call ends.
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
typedef struct listener listener; /* its ledger, and what is known of it */
typedef struct call call;

/* One record of a call: what it names, what is wanted, and the result. */
typedef struct record_task {
    record record;
    rp_error *refused;         /* what is wrong with the record, or NULL */
    struct record_task *first; /* an earlier record of the call that names the same member, or NULL */
    want want;

    /* The driver's own. */
    call *call;
    listener *listener;
} record_task;

/* The others have no want of their own. */
static inline bool task_is_run(const record_task *one)
{
    return !one->refused && !one->first;
}

/* Something to tell the host, on its own thread. */
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
    bool wants_protocol; /* the listeners' protocol is worth a short wait when all results are there */

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

/* Owns the transport from here on, also when it fails (NULL). */
driver *driver_new(rp_transport *transport, const driver_options *options, const rp_clock *clock,
                   rp_error **error);

/* Frees all, dropping what is under way. No call runs. */
void driver_free(driver *d);

int64_t driver_now_ms(const driver *d);

/* Runs the tasks until each has its result (want.result), or the call is cancelled or out of time; then the
   result says so. The caller clears the results. RP_E_NO_MEMORY: nothing was begun. */
int driver_run(driver *d, call *c, record_task *tasks, size_t count, rp_error **error);

/* What a listener is ("TCP", "UDP" …), "" while that is not known. */
void driver_protocol(driver *d, const char *listener_id, char protocol[16]);

/* One page of a listener's members. Exactly one of *out and *why is set, or neither when memory fails or the
   call was cancelled or ran out of time, which *status then says. */
void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, failure **why,
                 int *status);

/* Members asked for in one page. */
#define DRIVER_PAGE_MEMBERS 500

/* Whether another page must be asked for after one with so many members. A page shorter than asked for is the
   last, unless its length is round: a server that caps pages caps them at a round number. */
static inline bool driver_page_may_go_on(size_t count)
{
    return count > 0 && (count >= DRIVER_PAGE_MEMBERS || count % 10 == 0);
}

#endif
