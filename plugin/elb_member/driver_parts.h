/*
 * Shared by the parts of the driver only: driver.c (callers wait, one drives),
 * api_request.c (requests in flight) and driver_events.c (events for hosts).
 */
#ifndef ELB_MEMBER_DRIVER_PARTS_H
#define ELB_MEMBER_DRIVER_PARTS_H

#include "driver.h"
#include "listeners.h"
#include "paging.h"

/* A call of the list hook: it waits for one page. */
struct page_call {
    call *call;
    listener *listener;
    const char *marker; /* or NULL */
    whole_list list; /* if it begins with this page */
    page *page;
    bool is_last;
    failure *why;
    TAILQ_ENTRY(page_call) link; /* until its request is started */
    bool waits;                  /* for that */
};

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

    whole_list list; /* LIST */
    void *ids;       /* LIST: seen on earlier pages */
    page **pages;    /* LIST: which hold those ids */
    size_t page_count;

    page_call *page_call; /* PAGE */
    bool paused;          /* it waits for its next attempt */
    bool repeated;        /* an attempt has failed */
    TAILQ_ENTRY(api_request) link;
} api_request;

struct driver {
    pthread_mutex_t lock;
    rp_transport *transport;
    driver_options options;
    const rp_clock *clock;
    listeners listeners;
    TAILQ_HEAD(, call) calls;
    TAILQ_HEAD(, api_request) requests;
    call *leader; /* the call whose thread drives */
    pace pace;
    paging paging;
    int64_t send_from;  /* adds and removes wait until then, after a throttled reply: */
    failure *throttled; /* this one, or NULL */
    bool has_outdated;  /* a request must not be sent again as it is */
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
void request_page(driver *d, page_call *waiting);

/* Whether another request may start. The GET of a listener gives its place to any other. */
bool has_room(const driver *d);
bool has_spare_room(const driver *d);

/* Adds and removes with records of this call that have not been sent yet: they are put together anew. */
void take_back_unsent(driver *d, const call *c);

/* Requests that nobody waits for end as if they had failed. */
void drop_unwanted_requests(driver *d);
void api_request_free(api_request *one);

#endif
