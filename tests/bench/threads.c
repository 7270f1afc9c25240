#include "threads.h"

#include <pthread.h>
#include <stdio.h>

#define MAX_THREADS 64

struct shared_work {
    run *run;
    thread_task *task;
    unsigned count;
};

/* The first to fail says why. */
static void fail(run *one, rp_error *error)
{
    if (__atomic_exchange_n(&one->failed, true, __ATOMIC_ACQ_REL))
        rp_error_free(error);
    else
        one->error = error;
}

static int work_on(struct shared_work *shared, raw_http *client, rp_error **error)
{
    run *one = shared->run;
    unsigned i;
    int result = 0;

    while (result == 0 && !__atomic_load_n(&one->failed, __ATOMIC_ACQUIRE) &&
           (i = __atomic_fetch_add(&one->next, 1, __ATOMIC_RELAXED)) < shared->count)
        result = shared->task(one, client, i, error);
    return result;
}

static void *work(void *context)
{
    struct shared_work *shared = context;
    rp_error *error = NULL;
    bool needs_client = !shared->run->host;
    _cleanup_(raw_http_freep) raw_http *client =
        needs_client ? raw_http_new(shared->run->server->url, &error) : NULL;

    if ((needs_client && !client) || work_on(shared, client, &error) < 0)
        fail(shared->run, error);
    return NULL;
}

static unsigned start_threads(struct shared_work *shared, unsigned threads, pthread_t *ids)
{
    unsigned started = 0;

    while (started < threads && pthread_create(&ids[started], NULL, work, shared) == 0)
        started++;
    return started;
}

int threads_run(run *one, unsigned threads, unsigned count, thread_task *task, rp_error **error)
{
    struct shared_work shared = {.run = one, .task = task, .count = count};
    pthread_t ids[MAX_THREADS];
    unsigned wanted = threads < MAX_THREADS ? threads : MAX_THREADS, started;

    one->next = 0;
    started = start_threads(&shared, wanted, ids);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    if (one->failed) {
        *error = rp_take(one->error);
        return RP_E_SYSTEM;
    }
    return started == wanted ? 0 : rp_error_set(error, RP_E_SYSTEM, "no more threads");
}
