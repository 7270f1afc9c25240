#include "driver.h"

#include "event.h"

#include "base/text.h"

#include <errno.h>
#include <search.h>
#include <string.h>

/* How long anybody sleeps before looking whether the call was cancelled. */
#define SLICE_MS 100

/* How long a call that has its results waits for the listener's protocol. */
#define PROTOCOL_MS 1000

/* A page of 500 members is about 250 KB. */
#define MAX_REPLY_BYTES (8u << 20)

struct channel {
    char *listener_id;
    driver *driver;
    ledger *ledger;
    char protocol[16];
    TAILQ_ENTRY(channel) link;
};

/* A request under way, and what its answer is for. */
typedef struct ask {
    driver *driver;
    channel *channel;
    enum {
        ASK_LIST,
        ASK_LISTENER,
        ASK_SEND,
        ASK_POLL,
        ASK_PAGE
    } kind;
    rp_http_request request;
    char *url;
    elb_body body;
    rp_exchange *exchange;

    transfer *transfer; /* SEND */
    job *job;           /* POLL */

    int64_t requested_at; /* LIST: the first page */
    void *ids;            /* LIST: seen on earlier pages */
    page **pages;         /* LIST: which hold those ids */
    size_t page_count;

    struct answer *answer; /* PAGE */
    int64_t paused_until;  /* an attempt failed; the next is made then */
    TAILQ_ENTRY(ask) link;
} ask;

/* What driver_list waits for. */
struct answer {
    call *call;
    page *page;
    failure *why;
};

struct driver {
    pthread_mutex_t lock;
    rp_transport *transport;
    driver_options options;
    const rp_clock *clock;
    TAILQ_HEAD(, channel) channels;
    TAILQ_HEAD(, call) calls;
    TAILQ_HEAD(, ask) asks;
    call *leader; /* whose thread drives */
    pace pace;
    int64_t send_from; /* adds and removes wait until then: the server asked for patience */
};

/* A failure that could not be allocated. */
static failure no_memory = {.status = RP_NO_MEMORY,
                            .code = "no_memory",
                            .retryable = true,
                            .blame = BLAME_SERVER,
                            .summary = (char *)"out of memory",
                            .references = 1};

int64_t driver_now_ms(const driver *d)
{
    return rp_now_ms(d->clock);
}

/* --- asks ------------------------------------------------------------------------ */

static int compare_ids(const void *one, const void *other)
{
    return strcmp(one, other);
}

static void keep_id(void *id)
{
    (void)id;
}

static void free_ask(ask *one)
{
    driver *d;

    if (!one)
        return;
    d = one->driver;
    TAILQ_REMOVE(&d->asks, one, link);
    tdestroy(one->ids, keep_id);
    for (size_t i = 0; i < one->page_count; i++)
        page_unref(one->pages[i]);
    free(one->pages);
    job_unref(one->job);
    free(one->url);
    rp_buffer_done(&one->body.text);
    free(one);
}

static void answered(void *context, const rp_http_reply *reply, const rp_error *error);
static void delayed(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms);

static ask *new_ask(driver *d, channel *at, int kind)
{
    ask *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->driver = d;
    made->channel = at;
    made->kind = kind;
    made->request = (rp_http_request){.method = "GET",
                                      .headers = {{"Accept", "application/json"}, {"X-Language", "en-us"}},
                                      .max_reply_bytes = MAX_REPLY_BYTES,
                                      .repeatable = true,
                                      .done = answered,
                                      .again = delayed,
                                      .context = made};
    TAILQ_INSERT_TAIL(&d->asks, made, link);
    return made;
}

/* Sends it off. Whoever asked is told of a failure just as of one that comes later. */
static int start(ask *one, rp_error **error)
{
    if (!one->url)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    one->request.url = one->url;
    return rp_transport_start(one->driver->transport, &one->request, &one->exchange, error);
}

static failure *failure_of(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    failure *made = reply ? elb_failure_of_reply(reply) : elb_failure_of_error(error);

    if (!made)
        return failure_ref(&no_memory);
    if (reply)
        made->retry_after_ms = rp_retry_after_ms(reply, one->driver->clock);
    return made;
}

static bool is_2xx(const rp_http_reply *reply)
{
    return reply && reply->status >= 200 && reply->status < 300;
}

/* --- answers to lists -------------------------------------------------------------- */

/* Drops members that earlier pages had. False if nothing is left of the page, or memory fails. */
static bool remember_page(ask *one, page *shown)
{
    size_t kept = 0;
    page **pages = realloc(one->pages, (one->page_count + 1) * sizeof(page *));

    if (!pages)
        return false;
    one->pages = pages;
    one->pages[one->page_count++] = page_ref(shown);
    for (size_t i = 0; i < shown->count; i++) {
        if (tfind(shown->members[i].id, &one->ids, compare_ids))
            continue;
        tsearch(shown->members[i].id, &one->ids, compare_ids);
        shown->members[kept++] = shown->members[i];
    }
    shown->count = kept;
    return kept > 0;
}

static void list_failed(ask *one, failure *why)
{
    ledger_list_failed(one->channel->ledger, why, driver_now_ms(one->driver));
    free_ask(one);
}

static void ask_for_page(ask *one, const char *marker)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;

    free(one->url);
    one->url = elb_members_path(one->channel->listener_id, DRIVER_PAGE_MEMBERS, marker);
    if (start(one, &error) == 0)
        return;
    why = failure_of(one, NULL, error);
    list_failed(one, why);
}

static void list_answered(ask *one, page *shown)
{
    ledger *l = one->channel->ledger;
    const char *marker = shown->count ? shown->members[shown->count - 1].id : NULL;
    bool more = driver_page_may_go_on(shown->count);
    bool brings_news = remember_page(one, shown);

    if (ledger_page(l, shown) && more && brings_news) {
        one->request.insist = true;
        ask_for_page(one, marker);
        return;
    }
    ledger_listed(l, one->requested_at, driver_now_ms(one->driver));
    free_ask(one);
}

/* Turns a body that could not be read, or a refusal, into a failure. NULL if there is a page. */
static failure *read_page(ask *one, const rp_http_reply *reply, const rp_error *error, page **out)
{
    _cleanup_(rp_error_freep) rp_error *unreadable = NULL;

    if (!is_2xx(reply))
        return failure_of(one, reply, error);
    if (elb_read_members(reply, out, &unreadable) == 0)
        return NULL;
    return failure_of(one, NULL, unreadable);
}

static void on_list(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    _cleanup_(failure_unrefp) failure *why = read_page(one, reply, error, &shown);

    if (why)
        list_failed(one, why);
    else
        list_answered(one, shown);
}

static void on_page(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    struct answer *answer = one->answer;

    /* If the call has left, why it had to wait for so long is all there is to tell. */
    if (answer->call->remaining > 0) {
        failure_unref(answer->why);
        answer->why = read_page(one, reply, error, &answer->page);
        answer->call->remaining = 0;
        pthread_cond_signal(&answer->call->turn);
    }
    free_ask(one);
}

/* --- answers to all else -------------------------------------------------------------- */

static void on_listener(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    (void)error;
    if (!is_2xx(reply) || elb_read_protocol(reply, one->channel->protocol, NULL) < 0)
        ledger_listener_failed(one->channel->ledger);
    free_ask(one);
}

static void accepted(ask *one, const rp_http_reply *reply, int64_t now)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    char job_id[ELB_ID_SIZE], uri[ELB_URI_SIZE];

    if (elb_read_accepted(reply, job_id, uri, &error) == 0) {
        ledger_accepted(one->channel->ledger, one->transfer, job_id, uri, now);
        return;
    }
    why = failure_of(one, NULL, error);
    ledger_lost(one->channel->ledger, one->transfer, why, now);
}

/* Everybody of the instance leaves the server alone for a while. */
static void be_patient(driver *d, const failure *why)
{
    if (why->meaning == MEANS_THROTTLED)
        d->send_from = rp_retry_paused_until_ms(d->transport);
}

static void on_send(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(failure_unrefp) failure *why = NULL;
    int64_t now = driver_now_ms(one->driver);
    ledger *l = one->channel->ledger;

    if (is_2xx(reply)) {
        accepted(one, reply, now);
        free_ask(one);
        return;
    }
    why = failure_of(one, reply, error);
    be_patient(one->driver, why);
    if (why->meaning == MEANS_THROTTLED || why->meaning == MEANS_NOT_SENT)
        ledger_not_sent(l, one->transfer, why, why->retry_after_ms, now);
    else
        ledger_refused(l, one->transfer, why, now);
    free_ask(one);
}

/* The server does not know the job (any more): 400 and 404 both were seen to mean that. */
static bool says_no_such_job(const failure *why)
{
    return (why->http_status == 400 || why->http_status == 404) && why->status != RP_UNAUTHENTICATED;
}

static void on_poll(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    static const int ends[] = {
        [ELB_JOB_RUNS] = JOB_RUNNING, [ELB_JOB_SUCCEEDED] = JOB_SUCCEEDED, [ELB_JOB_FAILED] = JOB_FAILED};
    _cleanup_(rp_error_freep) rp_error *unreadable = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    ledger *l = one->channel->ledger;
    int64_t now = driver_now_ms(one->driver);
    elb_job_end end;

    if (is_2xx(reply) && elb_read_job(reply, &end, &why, &one->job->took_ms, &unreadable) == 0) {
        ledger_polled(l, one->job, ends[end], why, now);
    } else {
        why = is_2xx(reply) ? failure_of(one, NULL, unreadable) : failure_of(one, reply, error);
        if (says_no_such_job(why))
            ledger_polled(l, one->job, JOB_UNKNOWN, NULL, now);
        else
            ledger_poll_failed(l, one->job, why, now);
    }
    free_ask(one);
}

static void log_exchange(driver *d, const rp_http_request *request, const rp_http_reply *reply,
                         const rp_error *error, int64_t pause_ms);

static void answered(void *context, const rp_http_reply *reply, const rp_error *error)
{
    static void (*const handlers[])(ask *, const rp_http_reply *,
                                    const rp_error *) = {[ASK_LIST] = on_list,
                                                         [ASK_LISTENER] = on_listener,
                                                         [ASK_SEND] = on_send,
                                                         [ASK_POLL] = on_poll,
                                                         [ASK_PAGE] = on_page};
    ask *one = context;

    one->exchange = NULL;
    log_exchange(one->driver, &one->request, reply, error, 0);
    handlers[one->kind](one, reply, error);
}

static void delayed(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms)
{
    ask *one = context;
    _cleanup_(failure_unrefp) failure *why = NULL;

    log_exchange(one->driver, &one->request, reply, error, pause_ms);
    one->paused_until = driver_now_ms(one->driver) + pause_ms;
    if (one->kind != ASK_LIST && one->kind != ASK_PAGE)
        return;
    why = failure_of(one, reply, error);
    if (one->kind == ASK_LIST) {
        ledger_list_delayed(one->channel->ledger, why);
        return;
    }
    failure_unref(one->answer->why);
    one->answer->why = failure_ref(why);
}

/* --- what ledgers ask for --------------------------------------------------------------- */

static void start_list(driver *d, channel *at, const ledger_action *action)
{
    ask *one = new_ask(d, at, ASK_LIST);

    if (!one) {
        ledger_list_failed(at->ledger, &no_memory, driver_now_ms(d));
        return;
    }
    one->requested_at = driver_now_ms(d);
    one->request.insist = action->insist;
    ask_for_page(one, NULL);
}

static void start_listener(driver *d, channel *at)
{
    ask *one = new_ask(d, at, ASK_LISTENER);

    if (!one) {
        ledger_listener_failed(at->ledger);
        return;
    }
    one->request.repeatable = false; /* a warning is not worth insisting */
    one->url = elb_listener_path(at->listener_id);
    if (start(one, NULL) < 0)
        on_listener(one, NULL, NULL);
}

static void write_transfer(elb_body *body, const transfer *sent)
{
    bool adds = sent->kind == WANT_CREATE;

    adds ? elb_add_begin(body) : elb_remove_begin(body);
    for (size_t i = 0; i < sent->count; i++) {
        const slot *one = sent->slots[i];
        if (adds)
            elb_add_member(body, slot_server_id(one), slot_address(one));
        else
            elb_remove_member(body, slot_member_id(one));
    }
    adds ? elb_add_end(body) : elb_remove_end(body);
}

static void start_send(driver *d, channel *at, transfer *sent)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    ask *one = new_ask(d, at, ASK_SEND);

    if (!one) {
        ledger_not_sent(at->ledger, sent, &no_memory, 0, driver_now_ms(d));
        return;
    }
    one->transfer = sent;
    write_transfer(&one->body, sent);
    one->url = sent->kind == WANT_CREATE ? elb_add_path(at->listener_id) : elb_remove_path(at->listener_id);
    one->request.method = "POST";
    one->request.headers[2] = (rp_http_header){"Content-Type", "application/json"};
    one->request.body = one->body.text.data;
    one->request.body_len = one->body.text.len;
    one->request.repeatable = false;
    one->request.once = true; /* who goes along is decided anew for each attempt */
    if (!rp_buffer_ok(&one->body.text))
        rp_error_set(&error, RP_E_NO_MEMORY, "out of memory");
    if (error || start(one, &error) < 0)
        on_send(one, NULL, error);
}

static void start_poll(driver *d, channel *at, job *polled)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    ask *one = new_ask(d, at, ASK_POLL);

    if (!one) {
        ledger_poll_failed(at->ledger, polled, &no_memory, driver_now_ms(d));
        return;
    }
    one->job = job_ref(polled);
    one->url = elb_job_path(polled->id);
    one->request.insist = true;
    if (start(one, &error) < 0)
        on_poll(one, NULL, error);
}

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
        start_list(d, at, action);
        break;
    case ACTION_LISTENER:
        start_listener(d, at);
        break;
    case ACTION_SEND:
        start_send(d, at, action->transfer);
        break;
    case ACTION_POLL:
        start_poll(d, at, action->job);
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

/* --- waiting ------------------------------------------------------------------------------- */

static void log_exchange(driver *d, const rp_http_request *request, const rp_http_reply *reply,
                         const rp_error *error, int64_t pause_ms)
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

/* Nobody waits any more for what these would bring: they end as if they had failed. */
static bool is_wanted(const ask *one)
{
    switch (one->kind) {
    case ASK_LIST:
    case ASK_LISTENER:
        return ledger_waits_for_list(one->channel->ledger);
    case ASK_SEND:
        return ledger_waits_for_transfer(one->transfer);
    case ASK_POLL:
        return ledger_waits_for_job(one->channel->ledger, one->job);
    case ASK_PAGE:
        return one->answer->call->remaining > 0;
    }
    return true;
}

static void drop_unwanted(driver *d)
{
    static const rp_error dropped = {
        .code = RP_E_LOST, .message = (char *)"dropped, since nobody waits for the answer any more"};
    ask *one, *next;

    for (one = TAILQ_FIRST(&d->asks); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (is_wanted(one))
            continue;
        rp_transport_drop(d->transport, one->exchange);
        answered(one, NULL, &dropped);
    }
}

static void leave(driver *d, errand *errands, size_t count, int status)
{
    for (size_t i = 0; i < count; i++)
        ledger_leave(errands[i].channel->ledger, &errands[i].want, status, driver_now_ms(d));
    carry_out_all(d);
    drop_unwanted(d);
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
    at->driver = d;
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

static bool start_page(driver *d, struct answer *answer, const char *listener_id, const char *marker)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    ask *one = new_ask(d, NULL, ASK_PAGE);

    if (!one)
        return false;
    one->answer = answer;
    one->url = elb_members_path(listener_id, DRIVER_PAGE_MEMBERS, marker);
    if (start(one, &error) < 0)
        on_page(one, NULL, error);
    return true;
}

void driver_list(driver *d, call *c, const char *listener_id, const char *marker, page **out, failure **why,
                 int *status)
{
    struct answer answer = {.call = c};

    begin(c, 1);
    pthread_mutex_lock(&d->lock);
    TAILQ_INSERT_TAIL(&d->calls, c, link);
    *status = RP_NO_MEMORY;
    if (start_page(d, &answer, listener_id, marker)) {
        rp_transport_wake(d->transport);
        *status = wait_for_end(d, c);
        c->remaining = 0;
        drop_unwanted(d);
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
        free_ask(one);
    while ((at = TAILQ_FIRST(&d->channels))) {
        TAILQ_REMOVE(&d->channels, at, link);
        ledger_free(at->ledger);
        free(at->listener_id);
        free(at);
    }
    pthread_mutex_destroy(&d->lock);
    free(d);
}
