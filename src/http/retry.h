/*
 * Retries, as a wrapper of the transport interface. A request is repeated until an
 * attempt is final or the request is dropped: the owner of the request decides
 * how long to wait in all.
 */
#ifndef RP_HTTP_RETRY_H
#define RP_HTTP_RETRY_H

#include "base/clock.h"
#include "http/transport.h"

typedef enum rp_verdict {
    RP_VERDICT_FINAL,     /* an answer, good or bad */
    RP_VERDICT_TRANSIENT, /* the server failed and may have acted: again only if the request is repeatable */
    RP_VERDICT_MALFORMED, /* no answer one can read: the same, but three attempts at most */
    RP_VERDICT_NOT_THE_SERVER, /* somebody on the way there answered: the same, but five attempts at most,
                                  unless the request insists */
    RP_VERDICT_THROTTLED  /* the server did nothing and asks to wait: again, after a pause of all requests */
} rp_verdict;

/* No pause is longer, whatever Retry-After says. */
#define RP_RETRY_AFTER_MAX_MS 60000

typedef struct rp_retry_options {
    rp_verdict (*judge)(
        const rp_http_reply *reply); /* NULL: 429 is throttled, 5xx transient, all else final */
    int64_t first_pause_ms;          /* doubles, with jitter, … */
    int64_t longest_pause_ms;        /* … up to here; Retry-After may ask for more */
    int64_t unreached_ms; /* gives up on a server that no attempt has reached for so long, unless the request
                             insists; the last attempt falls on the end of that time */
} rp_retry_options;

/* Owns the inner transport from here on, also when it fails (NULL). RP_E_LOST is repeated only if the request
   is repeatable; RP_E_UNREACHED, RP_E_THROTTLED and RP_E_UNAVAILABLE always, for nothing was sent; other
   errors are final. When a pause of all requests ends, they start one after the other, 20 ms apart. */
rp_transport *rp_retry_new(rp_transport *inner, const rp_retry_options *options, const rp_clock *clock,
                           rp_error **error);

/* Until when all requests of this (retrying) transport wait, after a throttled reply; in the past if they do
   not. */
int64_t rp_retry_paused_until_ms(const rp_transport *transport);

/* How long a reply asks to wait (Retry-After, in seconds or as a date), however long; 0 if it does not say.
 */
int64_t rp_retry_after_ms(const rp_http_reply *reply, const rp_clock *clock);

#endif
