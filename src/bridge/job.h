/*
 * Requests on threads of their own.
 */
#ifndef RP_BRIDGE_JOB_H
#define RP_BRIDGE_JOB_H

#include "bridge/http2.h"
#include "bridge/rpc.h"

typedef struct job job;
struct job {
    http2_stream *stream; /* NULL: nobody waits for the reply any more */
    const rpc_method *method;
    char *request;
    size_t request_len;
    call call;
    rp_buffer reply;
    bool understood; /* the request was a message */
    job *next;       /* finished or waiting */
    job *queue_next; /* running */
    struct jobs *of;
};

typedef struct jobs {
    provider *provider;
    int wake; /* an eventfd: some job is finished */
    pthread_mutex_t lock;
    job *finished;
    /* Only for the thread that serves: */
    job *running;
    job *waiting, **waiting_end;
    size_t running_count;
} jobs;

int jobs_start(jobs *one, provider *with);

/* Runs it now or when a thread is free. The request is copied. */
void jobs_add(jobs *one, http2_stream *stream, const rpc_method *method, const void *request, size_t len);

/* A finished job, or NULL. The caller frees it. */
job *jobs_take(jobs *one);
void job_free(job *one);

/* Nobody waits for this stream's reply any more. */
void jobs_forget(jobs *one, const http2_stream *stream);

/* The reply of each running job that can tell something, as `send` gets it; they are forgotten then. */
void jobs_rescue(jobs *one, void (*send)(http2_stream *stream, const rp_buffer *reply));

/* True if a request is running or waiting. */
bool jobs_are_busy(const jobs *one);

#endif
