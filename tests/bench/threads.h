/*
 * Threads that share the records of one run.
 */
#ifndef TESTS_BENCH_THREADS_H
#define TESTS_BENCH_THREADS_H

#include "raw_http.h"
#include "workload.h"

/* Does something for one record; `client` is the thread's own, or NULL if the workload needs none. */
typedef int thread_task(run *one, raw_http *client, unsigned record, rp_error **error);

/* So many threads each take the next record until there is none left, or one has failed. */
int threads_run(run *one, unsigned threads, unsigned count, thread_task *task, rp_error **error);

#endif
