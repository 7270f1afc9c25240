/*
 * Shared by the parts of the driver only: driver.c (callers wait, one drives),
 * api_request.c (requests in flight) and driver_events.c (events for hosts).
 */
#ifndef ELB_MEMBER_DRIVER_PARTS_H
#define ELB_MEMBER_DRIVER_PARTS_H

#include "driver.h"

struct listener {
    char *id;
    ledger *ledger;
    char protocol[16];
    TAILQ_ENTRY(listener) link;
};

/* A call of the list hook: it waits for one page. */
typedef struct page_call {
    call *call;
    page *page;
    failure *why;
} page_call;

/* A request in flight, and the purpose of its reply. */
typedef struct api_request {
    driver *driver;
    listener *listener;
    enum {
        REQUEST_LIST,
        REQUEST_LISTENER,
        REQUEST_SEND,
        REQUEST_POLL,
        REQUEST_PAGE
    } kind;
    rp_http_request request;
    char *url;
    elb_body body;
    rp_exchange *exchange;

    transfer *transfer; /* SEND */
    job *job;           /* POLL */

    int64_t requested_at; /* LIST: the first page */
    void *ids;            /* LIST: seen on earlier pages */
    page **pages;         /* LIST: which hold those ids */
    size_t page_count;

    page_call *page_call; /* PAGE */
    int64_t paused_until; /* an attempt failed; the next is made then */
    TAILQ_ENTRY(api_request) link;
} api_request;

struct driver {
    pthread_mutex_t lock;
    rp_transport *transport;
    driver_options options;
    const rp_clock *clock;
    TAILQ_HEAD(, listener) listeners;
    TAILQ_HEAD(, call) calls;
    TAILQ_HEAD(, api_request) requests;
    call *leader; /* the call whose thread drives */
    pace pace;
    int64_t send_from; /* adds and removes wait until then, after a throttled reply */
};

static inline int64_t now_ms(const driver *d)
{
    return rp_now_ms(d->clock);
}

/* api_request.c. A request that cannot be started is reported like one with a failed reply. */
void request_list(driver *d, listener *at, const ledger_action *action);
void request_listener(driver *d, listener *at);
void request_send(driver *d, listener *at, transfer *sent);
void request_poll(driver *d, listener *at, job *polled);
bool request_page(driver *d, page_call *waiting, const char *listener_id, const char *marker);
void drop_unwanted_requests(driver *d);
void api_request_free(api_request *one);

#endif
