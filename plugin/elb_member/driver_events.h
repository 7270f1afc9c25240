/*
 * Events of waiting calls: queued under the driver's lock, delivered on the thread of
 * their call.
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

/* Delivers the queued events of the call. Called without the lock. */
void deliver_events(driver *d, call *c);

#endif
