#include "cli/engine/event_log.h"

#include "base/text.h"
#include "cli/output/call_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *events_to; /* NULL: off. rp calls hooks from one thread */
static bool in_words, calls;

static FILE *open_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    return fd < 0 ? NULL : fdopen(fd, "a");
}

int rp_event_log_start(bool events, rp_error **error)
{
    const char *log = getenv("RP_LOG");
    bool debug = log && !strcmp(log, "debug");

    if (events_to)
        return 0;
    if (log && *log && !debug) {
        events_to = open_private(log);
        calls = true;
        if (!events_to)
            return rp_error_set(error, RP_E_SYSTEM, "the log file %s, named by RP_LOG, cannot be written: %s",
                                log, strerror(errno));
        setvbuf(events_to, NULL, _IOLBF, 0);
    } else if (debug || events) {
        events_to = stderr;
        in_words = isatty(STDERR_FILENO);
        calls = debug;
    }
    return 0;
}

bool rp_event_log_is_on(void)
{
    return events_to != NULL;
}

void rp_event_log_event(const char *event, size_t len)
{
    if (events_to)
        rp_report_event(event, len, in_words, events_to);
}

void rp_event_log_call(const char *hook, const char *type, size_t records, const char *status,
                       int64_t took_ms)
{
    _cleanup_(rp_freep) char *line = rp_format(
        "{\"kind\":\"log\",\"level\":\"debug\",\"message\":\"%s %s, %zu records: %s after %lld ms\"}", hook,
        type ? type : "", records, status, (long long)took_ms);

    if (calls && line)
        rp_event_log_event(line, strlen(line));
}
