/*
 * Threads that share the records of a run among them.
 */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include "raw.h"
#include "way.h"

/* Does something for one record; `client` is the thread's own, or NULL if the way needs none. */
typedef int crowd_task(run *one, raw *client, unsigned record, rp_error **error);

/* So many threads each take the next record until there is none left, or one has failed. */
int crowd_run(run *one, unsigned threads, unsigned count, crowd_task *task, rp_error **error);

#endif
