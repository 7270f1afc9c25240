#include "driver_events.h"
#include "driver_parts.h"

#include <string.h>

/* Longest sleep between two checks of the cancel word. */
#define SLICE_MS 100

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
    case ACTION_SEND:
        request_send(d, at, action->transfer);
        break;
    case ACTION_POLL:
        request_poll(d, at, action->job);
        break;
    }
}

static bool start_page(driver *d, listener *at)
{
    page_call *first = TAILQ_FIRST(&at->page_calls);

    if (!first)
        return false;
    TAILQ_REMOVE(&at->page_calls, first, link);
    first->waits = false;
    request_page(d, first);
    return true;
}

/* Nobody waits for the listener's protocol: it takes what place is left. */
static bool start_protocol(driver *d, listener *at)
{
    if (at->protocol_asked || !at->creators || !has_spare_room(d))
        return false;
    at->protocol_asked = true;
    request_listener(d, at);
    return true;
}

/* Does one thing for the listener. A request sends it to the end of the line; list calls and the ledger take
   turns. False if there is nothing to do. */
static bool take_turn(driver *d, listener *at)
{
    bool room = has_room(d), requests = true;
    int64_t now = now_ms(d);
    ledger_action action;

    if (room && at->pages_first && start_page(d, at)) {
        at->pages_first = false;
    } else if (ledger_next(at->ledger, now, room, now >= d->send_from, &action)) {
        carry_out(d, at, &action);
        requests = action.kind == ACTION_LIST || action.kind == ACTION_SEND || action.kind == ACTION_POLL;
        at->pages_first |= requests;
    } else if (!(room && start_page(d, at)) && !start_protocol(d, at)) {
        return false;
    }
    if (requests)
        listeners_to_end_of_line(&d->listeners, at);
    return true;
}

/* One round over all listeners in the line; each gets a turn before any gets a second. */
static bool carry_out_round(driver *d)
{
    bool did_something = false;
    listener *at = TAILQ_FIRST(&d->listeners.line), *next;

    for (size_t left = d->listeners.line_len; left; left--, at = next) {
        next = TAILQ_NEXT(at, link);
        did_something |= take_turn(d, at);
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
        TAILQ_FOREACH (at, &d->listeners.line, link)
            until = least(until, ledger_wake_at(at->ledger, d->send_from, now));
    return until > now ? until - now : 0;
}

/* Drives for all calls: carries out actions, sleeps until there are more, handles replies. */
static void drive(driver *d, const call *c)
{
    int64_t ms;

    carry_out_all(d);
    if (c->remaining == 0)
        return;
    ms = sleep_ms(d, c);
    pthread_mutex_unlock(&d->lock);
    rp_transport_wait(d->transport, ms);
    pthread_mutex_lock(&d->lock);
    rp_transport_step(d->transport);
    if (d->has_outdated)
        drop_unwanted_requests(d);
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

/* The server asked for a pause that is not over: whoever has waited for its end is told so. */
static void tell_pause(driver *d, record_task *tasks, size_t count)
{
    const listener *last = NULL;

    if (!d->throttled || d->send_from <= now_ms(d))
        return;
    for (size_t i = 0; i < count; i++) {
        if (task_is_run(&tasks[i]) && tasks[i].listener != last)
            ledger_paused(tasks[i].listener->ledger, d->throttled);
        last = tasks[i].listener;
    }
}

static void leave(driver *d, call *c, record_task *tasks, size_t count, int status)
{
    take_back_unsent(d, c);
    tell_pause(d, tasks, count);
    for (size_t i = 0; i < count; i++)
        if (task_is_run(&tasks[i]))
            ledger_leave(tasks[i].listener->ledger, &tasks[i].want, status, now_ms(d));
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

/* Waits for the end of the call, driving if no other call does. Returns RP_OK, or the status with which it
 * must leave. */
static int wait_for_end(driver *d, call *c)
{
    int status = RP_OK;

    while (c->remaining > 0 && (status = must_leave(d, c)) == RP_OK) {
        take_part(d, c);
    }
    return c->remaining > 0 ? status : RP_OK;
}

/* What nobody waits for any more is dropped, whichever way the call ends: it must not tell those who come
 * later. */
static void end(driver *d, call *c)
{
    TAILQ_REMOVE(&d->calls, c, link);
    drop_unwanted_requests(d);
    carry_out_all(d);
    /* What was dropped is hung up now: nobody else will come by and do it. */
    if (TAILQ_EMPTY(&d->calls))
        rp_transport_step(d->transport);
    listeners_trim(&d->listeners, now_ms(d));
    if (d->leader == c)
        hand_over(d, c);
}

static void release_listeners(driver *d, record_task *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        record_task *one = &tasks[i];
        if (!one->listener)
            continue;
        one->listener->creators -= one->want.kind == WANT_CREATE;
        listeners_release(&d->listeners, one->listener);
        one->listener = NULL;
    }
}

/* Tells the host what is left to tell. */
static void finish(driver *d, call *c)
{
    deliver(d, c);
    pthread_mutex_unlock(&d->lock);
    pthread_cond_destroy(&c->turn);
}

static bool use_listeners(driver *d, record_task *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        record_task *one = &tasks[i];
        if (!task_is_run(one))
            continue;
        one->listener = listeners_use(&d->listeners, one->record.listener_id, &d->options.ledger);
        if (!one->listener)
            return false;
        one->listener->creators += one->want.kind == WANT_CREATE;
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
    leave(d, c, tasks, i, RP_CANCELLED);
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
    began = use_listeners(d, tasks, count) && arrive(d, c, tasks, count);
    if (began) {
        int status;
        rp_transport_wake(d->transport);
        status = wait_for_end(d, c);
        if (status != RP_OK)
            leave(d, c, tasks, count, status);
    }
    release_listeners(d, tasks, count);
    end(d, c);
    finish(d, c);
    return began ? 0 : rp_error_no_memory(error);
}

void driver_protocol(driver *d, const char *listener_id, char protocol[16])
{
    const listener *at;

    pthread_mutex_lock(&d->lock);
    at = listeners_find(&d->listeners, listener_id);
    strcpy(protocol, at ? at->protocol : "");
    pthread_mutex_unlock(&d->lock);
}

static void wait_for_page(driver *d, page_call *waiting, int *status)
{
    TAILQ_INSERT_TAIL(&waiting->listener->page_calls, waiting, link);
    waiting->waits = true;
    rp_transport_wake(d->transport);
    *status = wait_for_end(d, waiting->call);
    waiting->call->remaining = 0;
    if (waiting->waits)
        TAILQ_REMOVE(&waiting->listener->page_calls, waiting, link);
    if (!waiting->page && !waiting->why && d->send_from > now_ms(d))
        waiting->why = failure_ref(d->throttled);
}

void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, bool *is_last,
                 failure **why, int *status)
{
    page_call waiting = {.call = c, .marker = marker};

    begin(c, 1);
    pthread_mutex_lock(&d->lock);
    TAILQ_INSERT_TAIL(&d->calls, c, link);
    *status = RP_NO_MEMORY;
    waiting.listener = listeners_use(&d->listeners, listener_id, &d->options.ledger);
    if (waiting.listener)
        wait_for_page(d, &waiting, status);
    if (waiting.listener)
        listeners_release(&d->listeners, waiting.listener);
    end(d, c);
    finish(d, c);
    *out = waiting.page;
    *is_last = waiting.is_last;
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
    listeners_init(&made->listeners);
    TAILQ_INIT(&made->calls);
    TAILQ_INIT(&made->requests);
    return made;
}

void driver_free(driver *d)
{
    api_request *one;

    if (!d)
        return;
    rp_transport_free(d->transport);
    while ((one = TAILQ_FIRST(&d->requests)))
        api_request_free(one);
    listeners_done(&d->listeners);
    failure_unref(d->throttled);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
