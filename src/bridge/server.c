#include "bridge/server.h"

#include "base/clock.h"
#include "bridge/connection.h"
#include "bridge/job.h"
#include "bridge/last_words.h"
#include "bridge/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVICE        "/tfplugin6.Provider/"
#define PARENT_LOOK_MS 2000
#define LEAVE_MS       1400 /* the parent kills us two seconds after its good-bye */
#define FLUSH_MS       100
#define MAX_SOCKETS    64u

typedef struct server {
    int listening;
    SSL_CTX *tls;
    provider *provider;
    jobs jobs;
    http2_events events;
    connection *connections;
    pid_t parent;
    bool leaving, rescued;
    int64_t leave_at, over_at;
} server;

static volatile sig_atomic_t asked_to_stop, wake = -1;

void server_stop(void)
{
    const uint64_t tick = 1;
    int before = errno;
    ssize_t written = 0;

    asked_to_stop = 1;
    if (wake >= 0) /* the signal may come between the look at the flag and the poll */
        written = write(wake, &tick, sizeof(tick));
    (void)written;
    errno = before;
}

static int64_t now(void)
{
    return rp_now_ms(&rp_clock_system);
}

static bool on_begin(void *context, const char *path)
{
    (void)context;
    return !strcmp(path, "/plugin.GRPCStdio/StreamStdio") || !strcmp(path, "/plugin.GRPCBroker/StartStream");
}

/* Wakes all calls; what they know by the end of the time is told. */
static void leave(server *one)
{
    if (one->leaving)
        return;
    one->leaving = true;
    one->leave_at = now() + LEAVE_MS;
    plugin_stop(&one->provider->plugin);
}

static void answer_at_once(server *one, http2_stream *stream, const rpc_method *method, const void *message,
                           size_t len)
{
    _cleanup_(rp_buffer_done) rp_buffer reply = RP_BUFFER(64u << 20);
    call made;

    call_start(&made, one->provider);
    if (rpc_answer(method, &made, message, len, &reply))
        http2_reply(stream, rp_buffer_text(&reply), reply.len);
    else
        http2_fail(stream, GRPC_INVALID_ARGUMENT, "the request cannot be read");
    call_done(&made);
}

static void on_method(server *one, http2_stream *stream, const char *name, const void *message, size_t len)
{
    const rpc_method *method = rpc_find(name);

    if (!method)
        http2_fail(stream, GRPC_UNIMPLEMENTED, "no such method");
    else if (method->at_once)
        answer_at_once(one, stream, method, message, len);
    else
        jobs_add(&one->jobs, stream, method, message, len);
}

static void on_request(void *context, http2_stream *stream, const char *path, const void *message, size_t len)
{
    static const char serving[] = {1 << 3, 1};
    server *one = context;

    if (!strncmp(path, SERVICE, strlen(SERVICE))) {
        on_method(one, stream, path + strlen(SERVICE), message, len);
    } else if (!strcmp(path, "/plugin.GRPCController/Shutdown")) {
        http2_reply(stream, NULL, 0);
        leave(one);
    } else if (!strcmp(path, "/grpc.health.v1.Health/Check")) {
        http2_reply(stream, serving, sizeof(serving));
    } else {
        http2_fail(stream, GRPC_UNIMPLEMENTED, "no such service");
    }
}

static void on_close(void *context, http2_stream *stream)
{
    server *one = context;

    jobs_forget(&one->jobs, stream);
}

static void send_rescued(http2_stream *stream, const rp_buffer *reply)
{
    http2_reply(stream, rp_buffer_text(reply), reply->len);
}

static void answer_finished(server *one)
{
    job *done;

    while ((done = jobs_take(&one->jobs))) {
        if (done->stream && done->understood)
            http2_reply(done->stream, rp_buffer_text(&done->reply), done->reply.len);
        else if (done->stream)
            http2_fail(done->stream, GRPC_INVALID_ARGUMENT, "the request cannot be read");
        job_free(done);
    }
}

static void accept_all(server *one)
{
    int socket;

    while ((socket = accept4(one->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        connection *made = connection_new(socket, one->tls, &one->events);

        if (!made)
            continue;
        made->next = one->connections;
        one->connections = made;
    }
}

static void serve_all(server *one)
{
    for (connection **link = &one->connections, *each; (each = *link);) {
        connection_serve(each);
        if (!each->broken) {
            link = &each->next;
            continue;
        }
        *link = each->next;
        connection_free(each);
    }
}

static bool has_to_write(const server *one)
{
    for (const connection *each = one->connections; each; each = each->next)
        if (each->left_len)
            return true;
    return false;
}

/* Once nothing runs, or its time is up, what is left is sent, and then all is over. */
static bool is_over(server *one)
{
    if (!one->leaving || (jobs_are_busy(&one->jobs) && !one->rescued && now() < one->leave_at))
        return false;
    if (!one->over_at) {
        jobs_rescue(&one->jobs, send_rescued);
        one->rescued = true;
        for (connection *each = one->connections; each; each = each->next)
            http2_goaway(each->http2);
        one->over_at = now() + FLUSH_MS;
        serve_all(one);
    }
    return !has_to_write(one) || now() >= one->over_at;
}

static int time_to_wait(const server *one)
{
    int64_t until = one->over_at   ? one->over_at
                    : one->leaving ? one->leave_at
                                   : now() + PARENT_LOOK_MS,
            left = until - now();

    return left < 0 ? 0 : (int)left;
}

static void wait_for_something(server *one)
{
    struct pollfd sockets[2 + MAX_SOCKETS] = {{one->listening, POLLIN, 0}, {one->jobs.wake, POLLIN, 0}};
    nfds_t count = 2;
    uint64_t ticks;

    for (const connection *each = one->connections; each && count < rp_count_of(sockets); each = each->next)
        sockets[count++] =
            (struct pollfd){each->socket, (short)(POLLIN | (each->wants_write ? POLLOUT : 0)), 0};
    poll(sockets, count, time_to_wait(one));
    if (sockets[1].revents && read(one->jobs.wake, &ticks, sizeof(ticks)) < 0)
        return;
}

void server_run(int listening, SSL_CTX *tls, provider *with)
{
    server one = {.listening = listening, .tls = tls, .provider = with, .parent = getppid()};

    one.events = (http2_events){on_begin, on_request, on_close, &one};
    if (jobs_start(&one.jobs, with) < 0)
        last_words_no_memory();
    wake = one.jobs.wake;
    for (;;) {
        if (asked_to_stop || getppid() != one.parent) /* whoever started us is gone without a good-bye */
            leave(&one);
        if (is_over(&one))
            break;
        wait_for_something(&one);
        accept_all(&one);
        answer_finished(&one);
        serve_all(&one);
    }
    while (one.connections) {
        connection *each = one.connections;

        one.connections = each->next;
        connection_free(each);
    }
}
