/*
 * The documents passed to on_event.
 */
#ifndef ELB_MEMBER_EVENT_H
#define ELB_MEMBER_EVENT_H

#include "driver.h"

/* NULL when out of memory: then the event is dropped. */
event *event_state(const record_task *one,
                   void (*write_state)(const record_task *one, rp_json_writer *writer));
event *event_progress(size_t done, size_t total, const char *message);
/* pause_ms: time until the next attempt; 0: there is none. */
event *event_log(const char *level, const char *message, int64_t pause_ms);

#endif
