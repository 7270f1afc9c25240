#include "bridge/job.h"

#include "bridge/last_words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_RUNNING 256u
#define MAX_REPLY   (64u << 20)
#define STACK_BYTES (2u << 20)

int jobs_start(jobs *one, provider *with)
{
    *one = (jobs){.provider = with, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    one->waiting_end = &one->waiting;
    pthread_mutex_init(&one->lock, NULL);
    return one->wake;
}

static void *run(void *context)
{
    char stack[LAST_WORDS_STACK];
    job *one = context;
    jobs *of = one->of;
    const uint64_t tick = 1;
    ssize_t written;

    last_words_stack(stack);
    one->understood = rpc_answer(one->method, &one->call, one->request, one->request_len, &one->reply);
    pthread_mutex_lock(&of->lock);
    one->next = of->finished;
    of->finished = one;
    written = write(of->wake, &tick, sizeof(tick));
    pthread_mutex_unlock(&of->lock);
    (void)written;
    last_words_stack(NULL);
    return NULL;
}

static void start(jobs *of, job *one)
{
    pthread_attr_t detached;
    pthread_t thread;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, STACK_BYTES);
    if (pthread_create(&thread, &detached, run, one))
        last_words_no_memory();
    pthread_attr_destroy(&detached);
    of->running_count++;
}

static void start_waiting(jobs *of)
{
    while (of->waiting && of->running_count < MAX_RUNNING) {
        job *one = of->waiting;

        of->waiting = one->next;
        if (!of->waiting)
            of->waiting_end = &of->waiting;
        one->queue_next = of->running;
        of->running = one;
        start(of, one);
    }
}

void jobs_add(jobs *of, http2_stream *stream, const rpc_method *method, const void *request, size_t len)
{
    job *one = calloc(1, sizeof(*one));

    if (!one || !(one->request = malloc(len + 1)))
        last_words_no_memory();
    if (len)
        memcpy(one->request, request, len);
    one->request_len = len;
    one->stream = stream;
    one->method = method;
    one->reply = RP_BUFFER(MAX_REPLY);
    one->of = of;
    call_start(&one->call, of->provider);
    gather_note(&of->provider->gather);
    *of->waiting_end = one;
    of->waiting_end = &one->next;
    start_waiting(of);
}

static void leave_running(jobs *of, const job *one)
{
    for (job **link = &of->running; *link; link = &(*link)->queue_next) {
        if (*link != one)
            continue;
        *link = one->queue_next;
        of->running_count--;
        return;
    }
}

job *jobs_take(jobs *of)
{
    job *one;

    pthread_mutex_lock(&of->lock);
    one = of->finished;
    if (one)
        of->finished = one->next;
    pthread_mutex_unlock(&of->lock);
    if (one) {
        leave_running(of, one);
        start_waiting(of);
    }
    return one;
}

void job_free(job *one)
{
    call_done(&one->call);
    rp_buffer_done(&one->reply);
    free(one->request);
    free(one);
}

void jobs_forget(jobs *of, const http2_stream *stream)
{
    for (job *one = of->running; one; one = one->queue_next)
        if (one->stream == stream)
            one->stream = NULL;
    for (job *one = of->waiting; one; one = one->next)
        if (one->stream == stream)
            one->stream = NULL;
}

static void rescue(job *one, void (*send)(http2_stream *stream, const rp_buffer *reply))
{
    _cleanup_(rp_buffer_done) rp_buffer reply = RP_BUFFER(MAX_REPLY);
    arena memory = {0};

    pthread_mutex_lock(&one->call.lock);
    if (one->call.rescue && one->stream) {
        one->call.rescue(&one->call, one->call.rescue_context, &memory, &reply);
        send(one->stream, &reply);
        one->stream = NULL;
    }
    pthread_mutex_unlock(&one->call.lock);
    arena_done(&memory);
}

void jobs_rescue(jobs *of, void (*send)(http2_stream *stream, const rp_buffer *reply))
{
    for (job *one = of->running; one; one = one->queue_next)
        rescue(one, send);
}

bool jobs_are_busy(const jobs *of)
{
    return of->running || of->waiting;
}
