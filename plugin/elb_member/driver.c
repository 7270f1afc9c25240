#include "driver_events.h"
#include "driver_parts.h"

#include <string.h>

/* Longest sleep between two checks of the cancel word. */
#define SLICE_MS 100

/* How long a call that has its results waits for the listener's protocol. */
#define PROTOCOL_MS 1000

int64_t driver_now_ms(const driver *d)
{
    return rp_now_ms(d->clock);
}

/* --- actions of the ledgers -------------------------------------------------------- */

static void carry_out(driver *d, listener *at, const ledger_action *action)
{
    switch (action->kind) {
    case ACTION_RESULT:
        notify_result(action->want);
        break;
    case ACTION_ACCEPTED:
        notify_accepted(action->want);
        break;
    case ACTION_UNRESOLVED:
        notify_unresolved(action->want);
        break;
    case ACTION_LIST:
        request_list(d, at, action);
        break;
    case ACTION_LISTENER:
        request_listener(d, at);
        break;
    case ACTION_SEND:
        request_send(d, at, action->transfer);
        break;
    case ACTION_POLL:
        request_poll(d, at, action->job);
        break;
    }
}

/* Requests that wait for their next attempt take no place: those of one listener may go on failing for long.
 */
static bool has_room(const driver *d)
{
    int64_t now = now_ms(d);
    unsigned under_way = 0;
    const api_request *one;

    TAILQ_FOREACH (one, &d->requests, link)
        under_way += one->paused_until <= now;
    return under_way < d->options.max_parallel;
}

/* One round over all listeners: each gets one turn. */
static bool carry_out_round(driver *d)
{
    bool did_something = false;
    listener *at;

    TAILQ_FOREACH (at, &d->listeners, link) {
        int64_t now = now_ms(d);
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

/* Hands driving over to another call that still waits, if there is one. */
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

/* The host may be slow in its callback, so another call drives meanwhile. */
static void deliver(driver *d, call *c)
{
    if (d->leader == c && !STAILQ_EMPTY(&c->events))
        hand_over(d, c);
    deliver_events(d, c);
}

/* RP_CANCELLED or RP_DEADLINE_EXCEEDED, or RP_OK if the call may go on. */
static int must_leave(const driver *d, const call *c)
{
    if (c->host && RP_HAS(rp_call, c->host, cancel) && c->host->cancel &&
        __atomic_load_n(c->host->cancel, __ATOMIC_ACQUIRE))
        return RP_CANCELLED;
    return now_ms(d) >= c->deadline ? RP_DEADLINE_EXCEEDED : RP_OK;
}

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* How long the driving thread may sleep. */
static int64_t sleep_ms(driver *d, const call *c)
{
    int64_t now = now_ms(d), until = least(now + SLICE_MS, c->deadline);
    listener *at;

    /* At max_parallel only a reply can lead to an action. */
    if (has_room(d))
        TAILQ_FOREACH (at, &d->listeners, link)
            until = least(until, ledger_wake_at(at->ledger, d->send_from, now));
    return until > now ? until - now : 0;
}

/* Drives for all calls: carries out actions, sleeps until there are more, handles replies. */
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

/* Waits for an event or result of this call, for one slice at most. */
static void follow(driver *d, call *c)
{
    struct timespec until;
    int64_t ms = least(now_ms(d) + SLICE_MS, c->deadline) - now_ms(d);

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (ms > 0 ? ms : 0) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&c->turn, &d->lock, &until);
}

static void leave(driver *d, record_task *tasks, size_t count, int status)
{
    for (size_t i = 0; i < count; i++)
        if (task_is_run(&tasks[i]))
            ledger_leave(tasks[i].listener->ledger, &tasks[i].want, status, now_ms(d));
    carry_out_all(d);
    drop_unwanted_requests(d);
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

/* Drives if no other call does, else waits; then delivers this call's events. */
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

/* Whether the listener's protocol is still being requested. */
static bool protocol_is_requested(const driver *d, const record_task *tasks, size_t count)
{
    const api_request *one;

    TAILQ_FOREACH (one, &d->requests, link)
        for (size_t i = 0; one->kind == REQUEST_LISTENER && i < count; i++)
            if (tasks[i].listener == one->listener)
                return true;
    return false;
}

/* After the results, a short wait for the protocol, which is needed for a warning only. */
static void wait_for_protocol(driver *d, call *c, const record_task *tasks, size_t count)
{
    int64_t until = now_ms(d) + PROTOCOL_MS;

    while (protocol_is_requested(d, tasks, count) && now_ms(d) < until && must_leave(d, c) == RP_OK)
        take_part(d, c);
}

/* Waits for the end of the call, driving if no other call does. Returns RP_OK, or the status with which it must
 * leave. */
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

static listener *find_listener(driver *d, const char *listener_id)
{
    listener *at;

    TAILQ_FOREACH (at, &d->listeners, link)
        if (!strcmp(at->id, listener_id))
            return at;
    return NULL;
}

static listener *get_listener(driver *d, const char *listener_id)
{
    listener *at = find_listener(d, listener_id);

    if (at)
        return at;
    at = calloc(1, sizeof(*at));
    if (!at)
        return NULL;
    at->id = strdup(listener_id);
    at->ledger = ledger_new(&d->options.ledger);
    if (!at->id || !at->ledger) {
        ledger_free(at->ledger);
        free(at->id);
        free(at);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&d->listeners, at, link);
    return at;
}

static bool find_listeners(driver *d, record_task *tasks, size_t count)
{
    const record_task *last = NULL;

    for (size_t i = 0; i < count; i++) {
        record_task *one = &tasks[i];
        if (!task_is_run(one))
            continue;
        one->listener = last && !strcmp(one->record.listener_id, last->record.listener_id)
                            ? last->listener
                            : get_listener(d, one->record.listener_id);
        if (!one->listener)
            return false;
        last = one;
    }
    return true;
}

/* All arrive, or none: those who did leave again before anything was asked for them. */
static bool arrive(driver *d, call *c, record_task *tasks, size_t count)
{
    int64_t now = now_ms(d);
    size_t i;

    for (i = 0; i < count; i++) {
        record_task *one = &tasks[i];
        if (!task_is_run(one))
            continue;
        one->call = c;
        one->want.owner = one;
        one->want.caller = c;
        if (ledger_arrive(one->listener->ledger, &one->want, now) < 0)
            break;
    }
    if (i == count)
        return true;
    leave(d, tasks, i, RP_CANCELLED);
    return false;
}

static size_t count_run(const record_task *tasks, size_t count)
{
    size_t run = 0;

    for (size_t i = 0; i < count; i++)
        run += task_is_run(&tasks[i]);
    return run;
}

int driver_run(driver *d, call *c, record_task *tasks, size_t count, rp_error **error)
{
    bool began;

    c->tasks = tasks;
    begin(c, count_run(tasks, count));
    pthread_mutex_lock(&d->lock);
    TAILQ_INSERT_TAIL(&d->calls, c, link);
    began = find_listeners(d, tasks, count) && arrive(d, c, tasks, count);
    if (began) {
        int status;
        rp_transport_wake(d->transport);
        status = wait_for_end(d, c);
        if (status != RP_OK)
            leave(d, tasks, count, status);
        else if (c->wants_protocol)
            wait_for_protocol(d, c, tasks, count);
    }
    end(d, c);
    return began ? 0 : rp_error_no_memory(error);
}

void driver_protocol(driver *d, const char *listener_id, char protocol[16])
{
    listener *at;

    pthread_mutex_lock(&d->lock);
    at = find_listener(d, listener_id);
    strcpy(protocol, at ? at->protocol : "");
    pthread_mutex_unlock(&d->lock);
}

void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, failure **why,
                 int *status)
{
    page_call waiting = {.call = c};

    begin(c, 1);
    pthread_mutex_lock(&d->lock);
    TAILQ_INSERT_TAIL(&d->calls, c, link);
    *status = RP_NO_MEMORY;
    if (request_page(d, &waiting, listener_id, marker)) {
        rp_transport_wake(d->transport);
        *status = wait_for_end(d, c);
        c->remaining = 0;
        drop_unwanted_requests(d);
    }
    end(d, c);
    *out = waiting.page;
    *why = waiting.why;
}

driver *driver_new(rp_transport *transport, const driver_options *options, const rp_clock *clock,
                   rp_error **error)
{
    driver *made = calloc(1, sizeof(*made));

    if (!made) {
        rp_transport_free(transport);
        rp_error_no_memory(error);
        return NULL;
    }
    pthread_mutex_init(&made->lock, NULL);
    made->transport = transport;
    made->options = *options;
    made->options.ledger.pace = &made->pace;
    made->clock = clock;
    TAILQ_INIT(&made->listeners);
    TAILQ_INIT(&made->calls);
    TAILQ_INIT(&made->requests);
    return made;
}

void driver_free(driver *d)
{
    listener *at;
    api_request *one;

    if (!d)
        return;
    rp_transport_free(d->transport);
    while ((one = TAILQ_FIRST(&d->requests)))
        api_request_free(one);
    while ((at = TAILQ_FIRST(&d->listeners))) {
        TAILQ_REMOVE(&d->listeners, at, link);
        ledger_free(at->ledger);
        free(at->id);
        free(at);
    }
    pthread_mutex_destroy(&d->lock);
    free(d);
}
