/*
 * The transport interface: sends requests and delivers replies. It is implemented by
 * libcurl (curl.h) and by tests; wrappers of the same interface add retries (retry.h)
 * and credentials (otc/session.h).
 *
 * One thread at a time waits and steps; others may start and drop meanwhile, in
 * calls that the owner keeps apart (its lock around start, drop and step, none
 * around wait): a start or drop ends the wait. wake may be called by any thread.
 *
 *     start … start        requests begin
 *     loop: wait(ms)       sleeps until there is something to do; no callback runs
 *           step()         does it; callbacks run here, and may start and drop
 */
#ifndef RP_HTTP_TRANSPORT_H
#define RP_HTTP_TRANSPORT_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RP_HTTP_MAX_HEADERS 8

typedef struct rp_http_header {
    const char *name;
    const char *value;
} rp_http_header;

typedef struct rp_http_reply {
    int status;       /* 200 … 599 */
    const char *body; /* never NULL, followed by a NUL */
    size_t body_len;
    const char *content_type; /* the next four: NULL if there was none */
    const char *retry_after;
    const char *request_id; /* X-Request-Id */
    const char *date;
    const rp_secret *subject_token; /* X-Subject-Token, or NULL */
    int64_t elapsed_ms;
    const rp_secret
        *sent_secret; /* what a wrapper authenticated the request with, to keep it out of messages */
    const char *note; /* a wrapper's remark for the user; or NULL */
} rp_http_reply;

typedef struct rp_http_request rp_http_request;

/* One request. The owner keeps it unchanged until it is done or dropped. */
struct rp_http_request {
    const char *method;
    const char *url;                             /* absolute, built with url.h; or as a wrapper takes it */
    rp_http_header headers[RP_HTTP_MAX_HEADERS]; /* ended by a NULL name, or full */
    const rp_secret *auth_token;                 /* sent as X-Auth-Token, or NULL */
    const char *body;                            /* NULL: none */
    size_t body_len;
    size_t max_reply_bytes;
    bool repeatable; /* the same request twice does no harm: it may be retried whatever happened */
    bool once;       /* retry: one attempt; the owner decides about another */
    bool secret_reply; /* the reply holds secrets: its bytes are wiped when they are freed */
    bool direct;     /* through no proxy, whatever is configured */
    bool insist;     /* retry: do not give up because the server cannot be reached, or others answer for it */

    /* Runs once, in step, unless the request was dropped. Exactly one of reply and error is there; both are
       the transport's, until it returns. error: RP_E_LOST, or one of RP_E_UNREACHED, RP_E_BARRED,
       RP_E_DENIED, RP_E_NO_MEMORY, RP_E_SYSTEM, with which nothing was sent. */
    void (*done)(void *context, const rp_http_reply *reply, const rp_error *error);
    /* Or NULL: an attempt failed and will be made again after pause_ms; or, with RP_E_THROTTLED, the first one waits
       for the end of a pause of all requests. */
    void (*again)(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms);
    /* Or NULL: whether an attempt that had to wait, as `again` told or for a login, may begin now; asked again at each
       step until it may. */
    bool (*may_begin)(void *context);
    void *context;
};

typedef struct rp_transport rp_transport;
typedef struct rp_exchange rp_exchange; /* a request under way; gone once done has run or it was dropped */

typedef struct rp_transport_ops {
    int (*start)(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                 rp_error **error);
    void (*drop)(rp_transport *transport, rp_exchange *exchange);
    void (*wait)(rp_transport *transport, int64_t at_most_ms);
    void (*step)(rp_transport *transport);
    void (*wake)(rp_transport *transport);
    void (*free)(rp_transport *transport); /* drops requests in flight; a wrapper frees the wrapped transport */
    bool (*has_sent)(const rp_transport *transport, const rp_exchange *exchange);
} rp_transport_ops;

struct rp_transport {
    const rp_transport_ops *ops; /* first member of each implementation */
};

/* exchange may be NULL if the request will not be dropped. */
int rp_transport_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                       rp_error **error);
void rp_transport_drop(rp_transport *transport, rp_exchange *exchange); /* NULL: nothing */

/* False: nothing of the request was sent so far that the server may have acted upon; dropped now, it does
   nothing. The exchange is under way. */
bool rp_transport_has_sent(const rp_transport *transport, const rp_exchange *exchange);
void rp_transport_wait(rp_transport *transport, int64_t at_most_ms);
void rp_transport_step(rp_transport *transport);
void rp_transport_wake(rp_transport *transport);
void rp_transport_free(rp_transport *transport); /* NULL: nothing */

static inline void rp_transport_freep(rp_transport **transport)
{
    rp_transport_free(*transport);
}

/* "GET /v1.0/…: " + "HTTP 503" or the error's words; for the debug log: method, path, status, milliseconds.
   No header, no body, no query value. */
char *rp_http_describe(const rp_http_request *request, const rp_http_reply *reply, const rp_error *error);

#endif
