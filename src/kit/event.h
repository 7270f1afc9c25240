/*
 * The documents that on_event gets.
 */
#ifndef RP_KIT_EVENT_H
#define RP_KIT_EVENT_H

#include "kit/rpkit.h"

#include "json/writer.h"

#define RP_EVENT_MAX_BYTES 65536

/* An event whose state is still to be written, and "}" after it. */
rp_json_writer rp_event_begin_state(rp_buffer *text, size_t record);

/* Each appends one document; the buffer tells whether it fit: an event is a courtesy. */
void rp_event_state(rp_buffer *text, const rpkit_resource *resource, size_t record, const void *state);
void rp_event_progress(rp_buffer *text, size_t done, size_t total, const char *message);
void rp_event_log(rp_buffer *text, const char *level, const char *message);

/* Whether the host takes events. */
bool rp_event_wanted(const rp_call *host);

/* Hands the document to the host, on the thread of the call, and frees it. */
void rp_event_deliver(const rp_call *host, rp_buffer *text);

#endif
