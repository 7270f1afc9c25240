/*
 * The documents that on_event gets.
 */
#ifndef ELB_MEMBER_EVENT_H
#define ELB_MEMBER_EVENT_H

#include "driver.h"

/* NULL when out of memory: an event is a courtesy. */
event *event_state(const record_task *one,
                   void (*write_state)(const record_task *one, rp_json_writer *writer));
event *event_progress(size_t done, size_t total, const char *message);
/* pause_ms: when the matter will be tried again; 0: it won't. */
event *event_log(const char *level, const char *message, int64_t pause_ms);

#endif
