/*
 * Lines for TF_LOG, on standard error in the shape that Terraform takes apart. Any thread.
 */
#ifndef RP_BRIDGE_LOG_H
#define RP_BRIDGE_LOG_H

#include "json/value.h"

/* A text that no line may show from now on, such as a password; copied. Those under LOG_LEAST_SECRET bytes
   are not searched for: false positives. */
#define LOG_LEAST_SECRET 6
void log_hide(const char *secret, size_t len);

/* level: "trace", "debug", "info", "warn", "error". */
void log_line(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An event of the plugin: a log line at its level, progress at "info". Others are left out. */
void log_event(const char *plugin, const rp_json *event);

#endif
