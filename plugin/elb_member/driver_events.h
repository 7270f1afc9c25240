/*
 * What the hosts are told while their calls wait: each event is queued under the
 * driver's lock, and delivered on the thread of its call.
 */
#ifndef ELB_MEMBER_DRIVER_EVENTS_H
#define ELB_MEMBER_DRIVER_EVENTS_H

#include "driver_parts.h"

void notify_result(want *finished);
void notify_accepted(want *waiting);   /* its request was accepted: the host gets the state */
void notify_unresolved(want *waiting); /* the answer to its request was lost */

/* One line of the log for each attempt; pause_ms: until the next one, or 0. */
void log_attempt(driver *d, const rp_http_request *request, const rp_http_reply *reply, const rp_error *error,
                 int64_t pause_ms);

/* Hands the host the queued events of its call, without the lock. */
void deliver_events(driver *d, call *c);

#endif
