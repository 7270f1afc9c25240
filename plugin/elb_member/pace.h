/*
 * How long jobs take, learned from those that ended, so that a job is polled near its
 * end rather than all the time.
 */
#ifndef ELB_MEMBER_PACE_H
#define ELB_MEMBER_PACE_H

#include <stdint.h>

typedef struct pace {
    int64_t job_ms; /* 0: not known yet */
} pace;

/* A job's duration, as the server reports it. */
void pace_learn(pace *p, int64_t took_ms);

/* The server does not report it: a poll after `least_ms` found the job running, one after `most_ms` ended. */
void pace_learn_between(pace *p, int64_t least_ms, int64_t most_ms);

/* Time until the next poll of a job that has run for elapsed_ms: until its expected end, or else `pause_ms`;
   between min_ms and max_ms. p may be NULL. */
int64_t pace_pause_ms(const pace *p, int64_t elapsed_ms, int64_t pause_ms, int64_t min_ms, int64_t max_ms);

#endif
