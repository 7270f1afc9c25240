/*
 * How long the jobs of this cloud take, learned from those that ended, so that a
 * job is asked near its end and not all the way there.
 */
#ifndef ELB_MEMBER_PACE_H
#define ELB_MEMBER_PACE_H

#include <stdint.h>

typedef struct pace {
    int64_t job_ms; /* 0: nothing is known yet */
} pace;

/* A job took so long, as the server tells. */
void pace_learn(pace *p, int64_t took_ms);

/* The server does not tell; a poll after `least_ms` found it running, one after `most_ms` ended. */
void pace_learn_between(pace *p, int64_t least_ms, int64_t most_ms);

/* How long to wait before the next poll of a job that has run for elapsed_ms: until its end is due, or else
   `pause_ms`. Never less than min_ms, nor more than max_ms. p may be NULL. */
int64_t pace_pause_ms(const pace *p, int64_t elapsed_ms, int64_t pause_ms, int64_t min_ms, int64_t max_ms);

#endif
