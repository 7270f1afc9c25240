#include "crowd.h"

#include <pthread.h>
#include <stdio.h>

#define MAX_THREADS 64

struct crowd {
    run *run;
    crowd_task *task;
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

static int work_on(struct crowd *crowd, raw *client, rp_error **error)
{
    run *one = crowd->run;
    unsigned i;
    int result = 0;

    while (result == 0 && !__atomic_load_n(&one->failed, __ATOMIC_ACQUIRE) &&
           (i = __atomic_fetch_add(&one->next, 1, __ATOMIC_RELAXED)) < crowd->count)
        result = crowd->task(one, client, i, error);
    return result;
}

static void *work(void *context)
{
    struct crowd *crowd = context;
    rp_error *error = NULL;
    bool needs_client = !crowd->run->host;
    _cleanup_(raw_freep) raw *client = needs_client ? raw_new(crowd->run->server->url, &error) : NULL;

    if ((needs_client && !client) || work_on(crowd, client, &error) < 0)
        fail(crowd->run, error);
    return NULL;
}

static unsigned start_threads(struct crowd *crowd, unsigned threads, pthread_t *ids)
{
    unsigned started = 0;

    while (started < threads && pthread_create(&ids[started], NULL, work, crowd) == 0)
        started++;
    return started;
}

int crowd_run(run *one, unsigned threads, unsigned count, crowd_task *task, rp_error **error)
{
    struct crowd crowd = {.run = one, .task = task, .count = count};
    pthread_t ids[MAX_THREADS];
    unsigned wanted = threads < MAX_THREADS ? threads : MAX_THREADS, started;

    one->next = 0;
    started = start_threads(&crowd, wanted, ids);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    if (one->failed) {
        *error = rp_take(one->error);
        return RP_E_SYSTEM;
    }
    return started == wanted ? 0 : rp_error_set(error, RP_E_SYSTEM, "no more threads");
}
