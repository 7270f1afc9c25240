/*
 * That something is under way, told while a hook blocks: a thread of its own
 * writes a line again and again on a terminal, and else one every ten seconds.
 */
#ifndef RP_CLI_OUTPUT_PROGRESS_H
#define RP_CLI_OUTPUT_PROGRESS_H

#include "cli/output/output.h"

#include <pthread.h>

/* What is under way. Filled in by the caller up to `type`; all borrowed until the end. */
typedef struct rp_progress {
    const rp_output *output;
    const char *doing;            /* "Creating" */
    const char *action;           /* "create", or NULL: then no object is told of */
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

/* Where no thread can be had, nothing is told. */
void rp_progress_begin(rp_progress *progress);
void rp_progress_end(rp_progress *progress);

/* From the thread that began it. An empty message leaves the last one. */
void rp_progress_accepted(rp_progress *progress);
void rp_progress_update(rp_progress *progress, size_t done, const char *message);

/* Between these the caller may write lines of its own. */
void rp_progress_hold(rp_progress *progress);
void rp_progress_go_on(rp_progress *progress);

/* Seconds since it began. */
int64_t rp_progress_elapsed_s(const rp_progress *progress);

#endif
