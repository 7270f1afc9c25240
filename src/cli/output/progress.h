/*
 * Progress messages while a hook blocks. A thread updates one line on a terminal, and
 * prints a line every ten seconds elsewhere.
 */
#ifndef RP_CLI_OUTPUT_PROGRESS_H
#define RP_CLI_OUTPUT_PROGRESS_H

#include "cli/output/output.h"

#include <pthread.h>

/* The operation in progress. The caller fills it in up to `type`; borrowed until the end. */
typedef struct rp_progress {
    const rp_output *output;
    const char *doing;            /* "Creating" */
    const char *action;           /* "create"; NULL: no messages for objects */
    const char *const *addresses; /* of `count` objects */
    size_t count;
    const char *type;

    pthread_mutex_t lock;
    pthread_cond_t wakes;
    pthread_t thread;
    bool runs, ends, told_interrupt;
    int64_t begun_ms;
    size_t accepted, done;
    char message[256];
    unsigned turns;
} rp_progress;

/* Without a thread there are no messages. */
void rp_progress_begin(rp_progress *progress);
void rp_progress_end(rp_progress *progress);

/* Call from the thread that began it. An empty message keeps the last one. */
void rp_progress_accepted(rp_progress *progress);
void rp_progress_update(rp_progress *progress, size_t done, const char *message);

/* Between these the caller may print its own lines. */
void rp_progress_hold(rp_progress *progress);
void rp_progress_go_on(rp_progress *progress);

/* Seconds since it began. */
int64_t rp_progress_elapsed_s(const rp_progress *progress);

#endif
