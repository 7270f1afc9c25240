#include "pace.h"

static int64_t within(int64_t ms, int64_t min_ms, int64_t max_ms)
{
    if (ms > max_ms)
        ms = max_ms;
    return ms < min_ms ? min_ms : ms;
}

/* An exponentially weighted mean of the last few jobs. */
void pace_learn(pace *p, int64_t took_ms)
{
    p->job_ms = p->job_ms ? p->job_ms + (took_ms - p->job_ms) / 4 : took_ms;
}

/* An estimate that agrees with the polls shrinks a little all the same: else it could never learn that jobs
   end before the first poll. */
void pace_learn_between(pace *p, int64_t least_ms, int64_t most_ms)
{
    if (p->job_ms <= least_ms)
        p->job_ms = least_ms + (most_ms - least_ms) / 2;
    else if (p->job_ms > most_ms)
        p->job_ms = most_ms;
    else
        p->job_ms -= (p->job_ms - least_ms) / 8;
}

int64_t pace_pause_ms(const pace *p, int64_t elapsed_ms, int64_t pause_ms, int64_t min_ms, int64_t max_ms)
{
    int64_t left = p && p->job_ms ? p->job_ms - elapsed_ms : 0;

    return within(left > min_ms / 2 ? left : pause_ms, min_ms, max_ms);
}
