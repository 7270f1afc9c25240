/*
 * What the plugin reports while it works, as it comes: on standard error with
 * -events or RP_LOG=debug, or at the end of the file that RP_LOG names. Plugins
 * keep secrets out of their events.
 */
#ifndef RP_CLI_ENGINE_EVENT_LOG_H
#define RP_CLI_ENGINE_EVENT_LOG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts the log of this process, as the option and the environment say. RP_E_SYSTEM: the file cannot be
 * written. */
int rp_event_log_start(bool events, rp_error **error);

bool rp_event_log_is_on(void);

/* An event, as JSON; and that a hook was called. */
void rp_event_log_event(const char *event, size_t len);
void rp_event_log_call(const char *hook, const char *type, size_t records, const char *status,
                       int64_t took_ms);

#endif
