#include "driver_parts.h"

#include "event.h"

#include <string.h>

/* How long anybody sleeps before looking whether the call was cancelled. */
#define SLICE_MS 100

/* How long a call that has its results waits for the listener's protocol. */
#define PROTOCOL_MS 1000

int64_t driver_now_ms(const driver *d)
{
    return rp_now_ms(d->clock);
}

/* --- what ledgers ask for -------------------------------------------------------- */

static void queue_event(call *c, event *made)
{
    if (!made)
        return;
    STAILQ_INSERT_TAIL(&c->events, made, link);
}

static bool listens(const call *c)
{
    return c->host && RP_HAS(rp_call, c->host, on_event) && c->host->on_event;
}

static void tell_progress(call *c, const char *message)
{
    if (listens(c))
        queue_event(c, event_progress(c->total - c->remaining, c->total, message));
    pthread_cond_signal(&c->turn);
}

static void tell_result(want *finished)
{
    errand *one = finished->owner;
    call *c = one->call;

    c->remaining--;
    if (c->remaining == 0 || c->remaining % 100 == 0)
        tell_progress(c, "");
}

static void tell_accepted(want *waiting)
{
    errand *one = waiting->owner;

    if (!listens(one->call) || !one->call->write_state)
        return;
    queue_event(one->call, event_state(one, one->call->write_state));
    pthread_cond_signal(&one->call->turn);
}

/* Once for each look, whatever number of records it was for. */
static void tell_unresolved(want *waiting)
{
    errand *one = waiting->owner;

    if (one->call->told_unresolved)
        return;
    one->call->told_unresolved = true;
    tell_progress(one->call, "an answer was lost: looking what became of the request");
}

static void carry_out(driver *d, channel *at, const ledger_action *action)
{
    switch (action->kind) {
    case ACTION_RESULT:
        tell_result(action->want);
        break;
    case ACTION_ACCEPTED:
        tell_accepted(action->want);
        break;
    case ACTION_UNRESOLVED:
        tell_unresolved(action->want);
        break;
    case ACTION_LIST:
        ask_for_list(d, at, action);
        break;
    case ACTION_LISTENER:
        ask_for_listener(d, at);
        break;
    case ACTION_SEND:
        ask_for_send(d, at, action->transfer);
        break;
    case ACTION_POLL:
        ask_for_poll(d, at, action->job);
        break;
    }
}

/* Requests that wait for their next attempt take no place: those of one listener may go on failing for long.
 */
static bool has_room(const driver *d)
{
    int64_t now = driver_now_ms(d);
    unsigned under_way = 0;
    const ask *one;

    TAILQ_FOREACH (one, &d->asks, link)
        under_way += one->paused_until <= now;
    return under_way < d->options.max_parallel;
}

/* One round over all listeners; each gets a turn before any gets a second. */
static bool carry_out_round(driver *d)
{
    bool did_something = false;
    channel *at;

    TAILQ_FOREACH (at, &d->channels, link) {
        int64_t now = driver_now_ms(d);
        ledger_action action;
        if (!ledger_next(at->ledger, now, has_room(d), now >= d->send_from, &action))
            continue;
        carry_out(d, at, &action);
        did_something = true;
    }
    return did_something;
}

static void carry_out_all(driver *d)
{
    call *c;

    while (carry_out_round(d))
        continue;
    TAILQ_FOREACH (c, &d->calls, link)
        c->told_unresolved = false;
}

/* --- waiting ----------------------------------------------------------------------- */

void driver_log(driver *d, const rp_http_request *request, const rp_http_reply *reply, const rp_error *error,
                int64_t pause_ms)
{
    _cleanup_(rp_freep) char *line = NULL;
    call *to = d->leader;

    if (!to || !listens(to))
        TAILQ_FOREACH (to, &d->calls, link)
            if (listens(to))
                break;
    if (!to)
        return;
    line = rp_http_describe(request, reply, error);
    if (line)
        queue_event(to, event_log("debug", line, pause_ms));
}

/* Another call that still waits drives from here on, if there is one. */
static void hand_over(driver *d, const call *leader)
{
    call *next;

    d->leader = NULL;
    TAILQ_FOREACH (next, &d->calls, link)
        if (next != leader && next->remaining > 0)
            break;
    if (next)
        pthread_cond_signal(&next->turn);
}

/* Tells the host what is queued, without the lock. However long it takes: the others go on meanwhile. */
static void deliver(driver *d, call *c)
{
    event *one;

    if (d->leader == c && !STAILQ_EMPTY(&c->events))
        hand_over(d, c);
    while ((one = STAILQ_FIRST(&c->events))) {
        STAILQ_REMOVE_HEAD(&c->events, link);
        pthread_mutex_unlock(&d->lock);
        c->host->on_event(c->host->context, one->text, one->len);
        free(one);
        pthread_mutex_lock(&d->lock);
    }
}

/* RP_CANCELLED, RP_DEADLINE_EXCEEDED, or RP_OK while the call may go on. */
static int must_leave(const driver *d, const call *c)
{
    if (c->host && RP_HAS(rp_call, c->host, cancel) && c->host->cancel &&
        __atomic_load_n(c->host->cancel, __ATOMIC_ACQUIRE))
        return RP_CANCELLED;
    return driver_now_ms(d) >= c->deadline ? RP_DEADLINE_EXCEEDED : RP_OK;
}

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* How long the leader may sleep. */
static int64_t sleep_ms(driver *d, const call *c)
{
    int64_t now = driver_now_ms(d), until = least(now + SLICE_MS, c->deadline);
    channel *at;

    /* With no room for more, only an answer brings something to do. */
    if (has_room(d))
        TAILQ_FOREACH (at, &d->channels, link)
            until = least(until, ledger_wake_at(at->ledger, d->send_from, now));
    return until > now ? until - now : 0;
}

/* Drives for everybody: does what is to be done, sleeps until there is more, takes the answers. */
static void drive(driver *d, const call *c)
{
    int64_t ms;

    carry_out_all(d);
    if (c->remaining == 0 && !c->wants_protocol)
        return;
    ms = sleep_ms(d, c);
    pthread_mutex_unlock(&d->lock);
    rp_transport_wait(d->transport, ms);
    pthread_mutex_lock(&d->lock);
    rp_transport_step(d->transport);
    carry_out_all(d);
}

/* Waits until something was told to this call, for a slice at most. */
static void follow(driver *d, call *c)
{
    struct timespec until;
    int64_t ms = least(driver_now_ms(d) + SLICE_MS, c->deadline) - driver_now_ms(d);

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (ms > 0 ? ms : 0) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&c->turn, &d->lock, &until);
}

static void leave(driver *d, errand *errands, size_t count, int status)
{
    for (size_t i = 0; i < count; i++)
        ledger_leave(errands[i].channel->ledger, &errands[i].want, status, driver_now_ms(d));
    carry_out_all(d);
    ask_drop_unwanted(d);
    carry_out_all(d);
}

static void begin(call *c, size_t total)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->turn, &monotonic);
    pthread_condattr_destroy(&monotonic);
    STAILQ_INIT(&c->events);
    c->total = c->remaining = total;
}

/* Drives if nobody else does, else waits for news; then tells them. */
static void take_part(driver *d, call *c)
{
    if (d->leader && d->leader != c) {
        follow(d, c);
    } else {
        d->leader = c;
        drive(d, c);
    }
    deliver(d, c);
}

/* The listener's protocol is still asked for. */
static bool asks_for_protocol(const driver *d, const errand *errands, size_t count)
{
    const ask *one;

    TAILQ_FOREACH (one, &d->asks, link)
        for (size_t i = 0; one->kind == ASK_LISTENER && i < count; i++)
            if (errands[i].channel == one->channel)
                return true;
    return false;
}

/* All results are there; the protocol, for a warning, is worth a short wait and no more. */
static void wait_for_protocol(driver *d, call *c, const errand *errands, size_t count)
{
    int64_t until = driver_now_ms(d) + PROTOCOL_MS;

    while (asks_for_protocol(d, errands, count) && driver_now_ms(d) < until && must_leave(d, c) == RP_OK)
        take_part(d, c);
}

/* Waits for the call's end, driving if nobody else does. Returns the status with which it must leave, or
 * RP_OK. */
static int wait_for_end(driver *d, call *c)
{
    int status = RP_OK;

    while (c->remaining > 0 && (status = must_leave(d, c)) == RP_OK) {
        take_part(d, c);
    }
    return c->remaining > 0 ? status : RP_OK;
}

static void end(driver *d, call *c)
{
    TAILQ_REMOVE(&d->calls, c, link);
    /* What was dropped is hung up now: nobody else will come by and do it. */
    if (TAILQ_EMPTY(&d->calls))
        rp_transport_step(d->transport);
    if (d->leader == c)
        hand_over(d, c);
    deliver(d, c);
    pthread_mutex_unlock(&d->lock);
    pthread_cond_destroy(&c->turn);
}

static channel *find_channel(driver *d, const char *listener_id)
{
    channel *at;

    TAILQ_FOREACH (at, &d->channels, link)
        if (!strcmp(at->listener_id, listener_id))
            return at;
    return NULL;
}

static channel *get_channel(driver *d, const char *listener_id)
{
    channel *at = find_channel(d, listener_id);

    if (at)
        return at;
    at = calloc(1, sizeof(*at));
    if (!at)
        return NULL;
    at->listener_id = strdup(listener_id);
    at->ledger = ledger_new(&d->options.ledger);
    if (!at->listener_id || !at->ledger) {
        ledger_free(at->ledger);
        free(at->listener_id);
        free(at);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&d->channels, at, link);
    return at;
}

static bool find_channels(driver *d, errand *errands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && !strcmp(errands[i].listener_id, errands[i - 1].listener_id);
        errands[i].channel = same ? errands[i - 1].channel : get_channel(d, errands[i].listener_id);
        if (!errands[i].channel)
            return false;
    }
    return true;
}

/* All arrive, or none: those who did leave again before anything was asked for them. */
static bool arrive(driver *d, call *c, errand *errands, size_t count)
{
    int64_t now = driver_now_ms(d);
    size_t i;

    for (i = 0; i < count; i++) {
        errands[i].call = c;
        errands[i].want.owner = &errands[i];
        errands[i].want.caller = c;
        if (ledger_arrive(errands[i].channel->ledger, &errands[i].want, now) < 0)
            break;
    }
    if (i == count)
        return true;
    leave(d, errands, i, RP_CANCELLED);
    return false;
}

int driver_run(driver *d, call *c, errand *errands, size_t count, rp_error **error)
{
    bool began;

    begin(c, count);
    pthread_mutex_lock(&d->lock);
    TAILQ_INSERT_TAIL(&d->calls, c, link);
    began = find_channels(d, errands, count) && arrive(d, c, errands, count);
    if (began) {
        int status;
        rp_transport_wake(d->transport);
        status = wait_for_end(d, c);
        if (status != RP_OK)
            leave(d, errands, count, status);
        else if (c->wants_protocol)
            wait_for_protocol(d, c, errands, count);
    }
    end(d, c);
    return began ? 0 : rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
}

void driver_protocol(driver *d, const char *listener_id, char protocol[16])
{
    channel *at;

    pthread_mutex_lock(&d->lock);
    at = find_channel(d, listener_id);
    strcpy(protocol, at ? at->protocol : "");
    pthread_mutex_unlock(&d->lock);
}

void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, failure **why,
                 int *status)
{
    struct answer answer = {.call = c};

    begin(c, 1);
    pthread_mutex_lock(&d->lock);
    TAILQ_INSERT_TAIL(&d->calls, c, link);
    *status = RP_NO_MEMORY;
    if (ask_for_members(d, &answer, listener_id, marker)) {
        rp_transport_wake(d->transport);
        *status = wait_for_end(d, c);
        c->remaining = 0;
        ask_drop_unwanted(d);
    }
    end(d, c);
    *out = answer.page;
    *why = answer.why;
}

driver *driver_new(rp_transport *transport, const driver_options *options, const rp_clock *clock,
                   rp_error **error)
{
    driver *made = calloc(1, sizeof(*made));

    if (!made) {
        rp_transport_free(transport);
        rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&made->lock, NULL);
    made->transport = transport;
    made->options = *options;
    made->options.ledger.pace = &made->pace;
    made->clock = clock;
    TAILQ_INIT(&made->channels);
    TAILQ_INIT(&made->calls);
    TAILQ_INIT(&made->asks);
    return made;
}

void driver_free(driver *d)
{
    channel *at;
    ask *one;

    if (!d)
        return;
    rp_transport_free(d->transport);
    while ((one = TAILQ_FIRST(&d->asks)))
        ask_free(one);
    while ((at = TAILQ_FIRST(&d->channels))) {
        TAILQ_REMOVE(&d->channels, at, link);
        ledger_free(at->ledger);
        free(at->listener_id);
        free(at);
    }
    pthread_mutex_destroy(&d->lock);
    free(d);
}
