/*
 * Retries, as a wrapper of the transport seam. It goes on until an attempt is
 * final or the request is dropped: how long to wait at all is the affair of
 * whoever waits.
 */
#ifndef RP_HTTP_RETRY_H
#define RP_HTTP_RETRY_H

#include "base/clock.h"
#include "http/transport.h"

typedef enum rp_verdict {
    RP_VERDICT_FINAL,     /* an answer, good or bad */
    RP_VERDICT_TRANSIENT, /* the server failed and may have acted: again only if the request is repeatable */
    RP_VERDICT_MALFORMED, /* no answer one can read: the same, but three attempts at most */
    RP_VERDICT_THROTTLED /* it did nothing and asks for patience: again, and all requests of the instance wait
                          */
} rp_verdict;

typedef struct rp_retry_options {
    rp_verdict (*judge)(
        const rp_http_reply *reply); /* NULL: 429 is throttled, 5xx transient, all else final */
    int64_t first_pause_ms;          /* doubles, with jitter, … */
    int64_t longest_pause_ms;        /* … up to here; a Retry-After is honoured up to ten times this */
    int64_t unreached_ms; /* gives up on a server that no attempt has reached for so long, unless the request
                             insists; the last attempt falls on the end of that time */
} rp_retry_options;

/* Owns the inner transport from here on, also when it fails (NULL). Lost attempts are repeated only if the
   request is repeatable; RP_E_UNREACHED always; other errors are final. */
rp_transport *rp_retry_new(rp_transport *inner, const rp_retry_options *options, const rp_clock *clock,
                           rp_error **error);

/* Until when a throttled reply makes all requests of this (retrying) transport wait; in the past if none
 * does. */
int64_t rp_retry_paused_until_ms(const rp_transport *transport);

/* How long a reply asks to be left alone (Retry-After, in seconds or as a date); 0 if it does not say. */
int64_t rp_retry_after_ms(const rp_http_reply *reply, const rp_clock *clock);

#endif
