/*
 * What the two parts of the driver share: driver.c, where callers wait and one
 * of them drives, and ask.c, the requests under way. Nobody else includes this.
 */
#ifndef ELB_MEMBER_DRIVER_PARTS_H
#define ELB_MEMBER_DRIVER_PARTS_H

#include "driver.h"

struct channel {
    char *listener_id;
    ledger *ledger;
    char protocol[16];
    TAILQ_ENTRY(channel) link;
};

/* A request under way, and what its answer is for. */
typedef struct ask {
    driver *driver;
    channel *channel;
    enum {
        ASK_LIST,
        ASK_LISTENER,
        ASK_SEND,
        ASK_POLL,
        ASK_PAGE
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

    struct answer *answer; /* PAGE */
    int64_t paused_until;  /* an attempt failed; the next is made then */
    TAILQ_ENTRY(ask) link;
} ask;

/* What driver_list waits for. */
struct answer {
    call *call;
    page *page;
    failure *why;
};

struct driver {
    pthread_mutex_t lock;
    rp_transport *transport;
    driver_options options;
    const rp_clock *clock;
    TAILQ_HEAD(, channel) channels;
    TAILQ_HEAD(, call) calls;
    TAILQ_HEAD(, ask) asks;
    call *leader; /* whose thread drives */
    pace pace;
    int64_t send_from; /* adds and removes wait until then: the server asked for patience */
};

/* ask.c. Whoever asked is told of a failure to ask just as of one that comes later. */
void ask_for_list(driver *d, channel *at, const ledger_action *action);
void ask_for_listener(driver *d, channel *at);
void ask_for_send(driver *d, channel *at, transfer *sent);
void ask_for_poll(driver *d, channel *at, job *polled);
bool ask_for_members(driver *d, struct answer *answer, const char *listener_id, const char *marker);
void ask_drop_unwanted(driver *d);
void ask_free(ask *one);

/* driver.c. One line of the log for each attempt; pause_ms: until the next, or 0. */
void driver_log(driver *d, const rp_http_request *request, const rp_http_reply *reply, const rp_error *error,
                int64_t pause_ms);

#endif
