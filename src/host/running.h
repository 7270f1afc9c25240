/*
 * The calls that run in plugins. Each has a place that is never freed, only used
 * again: so an event that comes from another thread, or after the hook has
 * returned, is told and does no harm.
 */
#ifndef RP_HOST_RUNNING_H
#define RP_HOST_RUNNING_H

#include "host/fault.h"

#include <resource_plugin.h>
#include <stdint.h>

typedef struct rp_running rp_running;

/* Where a thread is, for whoever asks when the process ends. NULL, NULL: in no plugin. The names are borrowed
   until the next call. */
void rp_running_enter(const char *plugin, const char *function);

/* What the call is for, and whom events go to. `owner` tells a watchdog which calls are its own. */
typedef struct rp_running_how {
    const void *owner;
    const rp_plugin *plugin;
    const char *hook;
    const rp_call *call; /* the host's; NULL is one of zeros */
    size_t records;
} rp_running_how;

/* NULL: no memory. */
rp_running *rp_running_begin(const rp_running_how *how);

/* What to call the hook with: events come through here first. */
const rp_call *rp_running_call(rp_running *running);

/* Passes on the events that came from other threads, and adds what was wrong with events to `faults`. */
void rp_running_end(rp_running *running, rp_faults *faults);

/* Tells of each call of the owner that has not returned 1 s after its time or 2 s after it was cancelled,
   once each, until it is stopped. NULL: no memory, or no thread. */
typedef struct rp_watchdog rp_watchdog;
rp_watchdog *rp_watchdog_start(const void *owner, void (*on_overdue)(void *context, const char *text),
                               void *context);
void rp_watchdog_stop(rp_watchdog *watchdog);

#endif
