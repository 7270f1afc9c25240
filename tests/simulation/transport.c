/*
 * The transport below the session: in place of libcurl's. It holds its owner to
 * what transport.h asks of it: one thread waits, start, drop and step are kept
 * apart by a lock that wait is outside of.
 */
#include "world.h"

#include "http/curl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rp_exchange {
    int slot;
};

typedef struct simulated {
    rp_transport base;
    bool waiting, awake;
    int64_t attempt_ms; /* an attempt that brings no byte for so long is given up; 0: never */
} simulated;

static simulated transport;
static rp_exchange handles[MAX_EXCHANGES];

void *__real_malloc(size_t bytes);
void __real_free(void *old);
rp_transport *__wrap_rp_curl_new(const rp_curl_options *options, const rp_clock *clock, rp_error **error);

static void need_lock(const char *what)
{
    fiber *me = fiber_current();

    if (me && *fiber_locks(me) != 1)
        world_break(world_current(), "the transport is used as it asks", "%s with %d locks", what,
                    *fiber_locks(me));
}

/* --- exchanges ---------------------------------------------------------------------- */

static void forget(exchange *one)
{
    __real_free(one->reply);
    *one = (exchange){0};
}

static exchange *free_exchange(world *w)
{
    for (int i = 0; i < MAX_EXCHANGES; i++)
        if (!w->exchanges[i].used)
            return &w->exchanges[i];
    fprintf(stderr, "simulation: too many requests at once\n");
    abort();
}

void exchange_answer(world *w, exchange *one, int status, const char *content_type, const char *body,
                     size_t len)
{
    (void)w;
    one->status = status;
    one->content_type = content_type;
    one->reply = __real_malloc(len + 1);
    if (!one->reply)
        abort();
    memcpy(one->reply, body, len);
    one->reply[len] = '\0';
    one->reply_len = len;
}

/* The number that follows a prefix, as in "/jobs/j12". */
static int number_after(const char *text, const char *prefix)
{
    const char *found = strstr(text, prefix);

    return found ? atoi(found + strlen(prefix)) : -1;
}

static void read_marker(exchange *one, const char *url)
{
    const char *found = strstr(url, "marker=");

    if (found)
        snprintf(one->marker, sizeof(one->marker), "%.*s", (int)strcspn(found + 7, "&"), found + 7);
}

static void classify(exchange *one, const rp_http_request *request)
{
    const char *url = request->url;
    bool posts = !strcmp(request->method, "POST");

    one->kind = REQUEST_IS_UNKNOWN;
    one->listener = number_after(url, "/elbaas/listeners/l");
    one->job = number_after(url, "/jobs/j");
    if (strstr(url, "/v3/auth/tokens"))
        one->kind = posts ? REQUEST_IS_LOGIN : REQUEST_IS_UNKNOWN;
    else if (strstr(url, "/jobs/"))
        one->kind = REQUEST_IS_POLL;
    else if (strstr(url, "/members/action"))
        one->kind = REQUEST_IS_REMOVE;
    else if (strstr(url, "/members"))
        one->kind = posts ? REQUEST_IS_ADD : REQUEST_IS_LIST;
    else if (one->listener >= 0)
        one->kind = REQUEST_IS_LISTENER;
    read_marker(one, url);
}

static void copy_request(exchange *one, const rp_http_request *request)
{
    one->request = request;
    classify(one, request);
    if (request->auth_token)
        snprintf(one->token, sizeof(one->token), "%s", rp_secret_reveal(request->auth_token));
}

/* --- the transport -------------------------------------------------------------------- */

static void end_wait(void)
{
    transport.awake = true;
    if (transport.waiting)
        fiber_wake(&transport, false);
}

static int start(rp_transport *self, const rp_http_request *request, rp_exchange **handle, rp_error **error)
{
    world *w = world_current();
    exchange *one = free_exchange(w);

    (void)self;
    (void)error;
    need_lock("start");
    *one = (exchange){.used = true,
                      .number = ++w->exchange_number,
                      .started_at = world_now(),
                      .send = -1,
                      .listing = -1,
                      .silent_at = NEVER};
    copy_request(one, request);
    w->step++;
    w->requests++;
    if (transport.attempt_ms)
        one->silent_at = world_now() + transport.attempt_ms;
    world_tell(w, "#%d %s %s", one->number, request->method, request->url);
    check_started(w, one);
    cloud_started(w, one);
    handles[one - w->exchanges].slot = (int)(one - w->exchanges);
    *handle = &handles[one - w->exchanges];
    end_wait();
    return 0;
}

static void drop(rp_transport *self, rp_exchange *handle)
{
    world *w = world_current();
    exchange *one = &w->exchanges[handle->slot];

    (void)self;
    need_lock("drop");
    if (!one->used || !one->request)
        world_break(w, "the transport is used as it asks", "drop of what is over");
    world_tell(w, "#%d dropped", one->number);
    w->step++;
    cloud_dropped(w, one);
    forget(one);
    end_wait();
}

static bool something_ended(const world *w)
{
    for (int i = 0; i < MAX_EXCHANGES; i++)
        if (w->exchanges[i].used && w->exchanges[i].ended && w->exchanges[i].request)
            return true;
    return false;
}

static void wait(rp_transport *self, int64_t at_most_ms)
{
    world *w = world_current();
    fiber *me = fiber_current();

    (void)self;
    if (me && *fiber_locks(me))
        world_break(w, "the transport is used as it asks", "wait with a lock");
    if (transport.waiting)
        world_break(w, "the transport is used as it asks", "two threads wait");
    if (!transport.awake && !something_ended(w) && me) {
        transport.waiting = true;
        fiber_wait_spuriously(&transport, world_now() + at_most_ms);
        transport.waiting = false;
    }
    transport.awake = false;
}

static void tell_end(world *w, exchange *one)
{
    static const char *const words[] = {[FATE_UNREACHED] = "connection refused",
                                        [FATE_RESET] = "connection reset",
                                        [FATE_SILENT] = "no byte came for too long"};
    const rp_http_request *request = one->request;
    exchange ended = *one;
    rp_error error = {.code = ended.failure};
    char text[64];

    *one = (exchange){0};
    w->step++;
    if (ended.failure) {
        snprintf(text, sizeof(text), "%s", words[ended.fate] ? words[ended.fate] : "lost");
        error.message = text;
        world_tell(w, "#%d failed: %s", ended.number, text);
        cloud_answered(w, &ended, false);
        request->done(request->context, NULL, &error);
    } else {
        rp_secret *token = ended.new_token ? rp_secret_new(ended.new_token, strlen(ended.new_token)) : NULL;
        rp_http_reply reply = {.status = ended.status,
                               .body = ended.reply,
                               .body_len = ended.reply_len,
                               .content_type = ended.content_type,
                               .retry_after = ended.retry_after,
                               .request_id = "r",
                               .subject_token = token,
                               .elapsed_ms = world_now() - ended.started_at};
        world_tell(w, "#%d answered %d: %s", ended.number, ended.status, ended.reply);
        cloud_answered(w, &ended, true);
        request->done(request->context, &reply, NULL);
        rp_secret_free(token);
    }
    __real_free(ended.reply);
}

/* Those that have ended by now, in any order. Callbacks may start and drop others. */
static void step(rp_transport *self)
{
    world *w = world_current();
    exchange *next;

    (void)self;
    need_lock("step");
    do {
        uint32_t seen = 0;
        next = NULL;
        for (int i = 0; i < MAX_EXCHANGES; i++) {
            exchange *one = &w->exchanges[i];
            if (one->used && one->request && one->ended && world_pick(w, ++seen) == 0)
                next = one;
        }
        if (next)
            tell_end(w, next);
    } while (next && !w->broken);
}

static void wake(rp_transport *self)
{
    (void)self;
    end_wait();
}

static void transport_free(rp_transport *self)
{
    world *w = world_current();

    (void)self;
    for (int i = 0; i < MAX_EXCHANGES; i++)
        if (w->exchanges[i].used)
            forget(&w->exchanges[i]);
}

/* Of one that never reaches the server nothing was sent. */
static bool has_sent(const rp_transport *self, const rp_exchange *handle)
{
    const world *w = world_current();

    (void)self;
    return w->exchanges[handle->slot].fate != FATE_UNREACHED;
}

static const rp_transport_ops ops = {start, drop, wait, step, wake, transport_free, has_sent};

rp_transport *__wrap_rp_curl_new(const rp_curl_options *options, const rp_clock *clock, rp_error **error)
{
    (void)clock;
    (void)error;
    transport = (simulated){.base.ops = &ops, .attempt_ms = options->attempt_timeout_ms};
    return &transport.base;
}

/* --- what happens to exchanges ---------------------------------------------------------- */

/* The place may have another exchange by now. */
exchange *transport_exchange(world *w, int handle)
{
    exchange *one = &w->exchanges[handle & 0xff];

    return one->used && one->number == handle >> 8 ? one : NULL;
}

int transport_handle(const world *w, const exchange *one)
{
    return one->number << 8 | (int)(one - w->exchanges);
}

void transport_ended(world *w, exchange *one)
{
    (void)w;
    one->ended = true;
    if (transport.waiting)
        fiber_wake(&transport, false);
}
