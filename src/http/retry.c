#include "http/retry.h"

#include "base/cleanup.h"
#include "base/number.h"
#include "http/date.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#define NEVER              INT64_MAX
#define MALFORMED_ATTEMPTS 3
#define ASTRAY_ATTEMPTS    5
#define SPREAD_MS          20   /* between two starts after a pause of all requests … */
#define SPREAD_FOR_MS      1000 /* … for so long, and until none of them waits */

typedef struct retry retry;

/* One exchange for the caller, which may take many exchanges of the inner transport. */
typedef struct attempts {
    TAILQ_ENTRY(attempts) link;
    retry *owner;
    const rp_http_request *request;
    rp_http_request attempt; /* the same, but answers come to us */
    rp_exchange *inner;      /* the attempt under way, or NULL: it waits for due_ms */
    int64_t due_ms;
    int64_t started_ms;
    int64_t unreached_since_ms; /* when the first attempt of an unbroken run of unreached ones started */
    bool unreached;
    unsigned failures;
    unsigned malformed;
    unsigned astray; /* answered by others */
    bool held;     /* by a pause that it has not been told of yet */
    bool delayed;  /* its owner was told that it waits, and has to let it begin */
    bool has_sent; /* an attempt that ended may have had an effect */
    bool withheld; /* its owner does not let it begin in this step */
    bool stopped;  /* it waited below, for a login, and a pause does not let it begin */
} attempts;

TAILQ_HEAD(attempts_list, attempts);

struct retry {
    rp_transport base;
    rp_transport *inner;
    rp_retry_options options;
    const rp_clock *clock;
    struct attempts_list waiting, under_way;
    int64_t paused_until_ms;     /* nothing starts before */
    bool spreading;              /* a pause has ended not long ago: starts are SPREAD_MS apart */
    int64_t next_start_ms;       /* while spreading */
    _Atomic int64_t next_due_ms; /* for wait, which may overlap a start of another thread */
};

static rp_verdict judge_by_status(const rp_http_reply *reply)
{
    if (reply->status == 429)
        return RP_VERDICT_THROTTLED;
    return reply->status >= 500 ? RP_VERDICT_TRANSIENT : RP_VERDICT_FINAL;
}

/* ---- Retry-After (RFC 9110, 10.2.3) ---- */

static bool parse_seconds(const char *text, int64_t *seconds)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9 || text[digits])
        return false;
    *seconds = strtol(text, NULL, 10);
    return true;
}

/* The date is by the server's clock, so it is compared with the Date header if there is one. */
int64_t rp_retry_after_ms(const rp_http_reply *reply, const rp_clock *clock)
{
    int64_t seconds, until, now;

    if (!reply->retry_after)
        return 0;
    if (!parse_seconds(reply->retry_after, &seconds)) {
        if (!rp_http_parse_date(reply->retry_after, &until))
            return 0;
        if (!reply->date || !rp_http_parse_date(reply->date, &now))
            now = clock->wall_s(clock->context);
        seconds = rp_max(until - now, 0);
    }
    return rp_min(seconds, INT32_MAX) * 1000;
}

static int64_t capped(int64_t asked_ms)
{
    return rp_min(asked_ms, RP_RETRY_AFTER_MAX_MS);
}

int64_t rp_retry_paused_until_ms(const rp_transport *transport)
{
    return ((const retry *)transport)->paused_until_ms;
}

/* ---- the life of an exchange ---- */

static int64_t due_ms(const retry *self, const attempts *mine)
{
    return rp_max(mine->due_ms, self->paused_until_ms);
}

static attempts *first_stopped(const retry *self)
{
    attempts *each;

    TAILQ_FOREACH (each, &self->under_way, link)
        if (each->stopped)
            return each;
    return NULL;
}

static void note_next_due(retry *self)
{
    int64_t next = NEVER;
    attempts *each;

    TAILQ_FOREACH (each, &self->waiting, link)
        if (!each->withheld)
            next = rp_min(next, due_ms(self, each));
    if (first_stopped(self))
        next = rp_min(next, self->paused_until_ms);
    if (self->spreading && next != NEVER)
        next = rp_max(next, self->next_start_ms);
    atomic_store(&self->next_due_ms, next);
}

static void forget(attempts *mine)
{
    TAILQ_REMOVE(mine->inner ? &mine->owner->under_way : &mine->owner->waiting, mine, link);
    free(mine);
}

/* Frees the exchange before the callback, in which the owner may start and drop others. */
static void finish(attempts *mine, const rp_http_reply *reply, const rp_error *error)
{
    const rp_http_request *request = mine->request;

    forget(mine);
    request->done(request->context, reply, error);
}

static attempts *first_due(const retry *self)
{
    int64_t now = rp_now_ms(self->clock);
    attempts *each;

    TAILQ_FOREACH (each, &self->waiting, link)
        if (!each->withheld && due_ms(self, each) <= now)
            return each;
    return NULL;
}

/* ---- a pause of all requests, and the spread after it ---- */

/* All requests together would be throttled again. */
static void pause_all(retry *self, int64_t pause_ms)
{
    self->paused_until_ms = rp_max(self->paused_until_ms, rp_now_ms(self->clock) + pause_ms);
    self->next_start_ms = self->paused_until_ms;
    self->spreading = true;
}

static bool may_start(const retry *self)
{
    int64_t now = rp_now_ms(self->clock);

    return now >= self->paused_until_ms && (!self->spreading || now >= self->next_start_ms);
}

static void note_start(retry *self)
{
    if (self->spreading)
        self->next_start_ms = rp_now_ms(self->clock) + SPREAD_MS;
}

static void end_spread(retry *self)
{
    if (rp_now_ms(self->clock) >= self->paused_until_ms + SPREAD_FOR_MS && !first_due(self) && !first_stopped(self))
        self->spreading = false;
}

/* What waited below, for a login, begins now. */
static bool may_attempt_begin(void *context)
{
    attempts *mine = context;
    const rp_http_request *request = mine->request;

    mine->stopped = !may_start(mine->owner);
    if (mine->stopped || (request->may_begin && !request->may_begin(request->context)))
        return false;
    note_start(mine->owner);
    return true;
}

/* ---- attempts ---- */

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error);

/* Expects it in `waiting`, and leaves it there on failure. */
static int begin(retry *self, attempts *mine, rp_error **error)
{
    int result = rp_transport_start(self->inner, &mine->attempt, &mine->inner, error);

    if (result < 0)
        return result;
    mine->started_ms = rp_now_ms(self->clock);
    note_start(self);
    TAILQ_REMOVE(&self->waiting, mine, link);
    TAILQ_INSERT_TAIL(&self->under_way, mine, link);
    return 0;
}

/* Doubles from first to longest. */
static int64_t backoff_ms(const retry *self, const attempts *mine)
{
    int64_t pause = self->options.first_pause_ms;

    for (unsigned i = 1; i < mine->failures && pause < self->options.longest_pause_ms; i++)
        pause *= 2;
    return rp_jitter_ms(self->clock, rp_min(pause, self->options.longest_pause_ms));
}

/* The owner may drop the exchange. */
static void tell_delay(attempts *mine, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms)
{
    const rp_http_request *request = mine->request;

    if (!request->again)
        return;
    mine->delayed = true;
    request->again(request->context, reply, error, pause_ms);
}

/* Telling comes last: it may drop this very exchange. */
static void pause_and_repeat(attempts *mine, int64_t pause_ms, const rp_http_reply *reply,
                             const rp_error *error)
{
    retry *self = mine->owner;
    int64_t now = rp_now_ms(self->clock);

    mine->due_ms = now + pause_ms;
    mine->inner = NULL;
    mine->stopped = false;
    TAILQ_REMOVE(&self->under_way, mine, link);
    TAILQ_INSERT_TAIL(&self->waiting, mine, link);
    tell_delay(mine, reply, error, due_ms(self, mine) - now);
}

/* How long is left to try to reach the server; 0: none. Counts from the start of the first attempt that
   failed to. */
static int64_t patience_ms(attempts *mine)
{
    retry *self = mine->owner;

    if (!mine->unreached) {
        mine->unreached = true;
        mine->unreached_since_ms = mine->started_ms;
    }
    if (mine->request->insist)
        return NEVER;
    return rp_max(mine->unreached_since_ms + self->options.unreached_ms - rp_now_ms(self->clock), 0);
}

/* Nothing was sent, for now. */
static bool is_unsent(const rp_error *error)
{
    return error->code == RP_E_UNREACHED || error->code == RP_E_THROTTLED || error->code == RP_E_UNAVAILABLE;
}

static bool may_repeat(const attempts *mine, const rp_error *error)
{
    if (mine->request->once)
        return false;
    return is_unsent(error) || (error->code == RP_E_LOST && mine->request->repeatable);
}

static void attempt_failed(attempts *mine, const rp_error *error)
{
    bool unreached = error->code == RP_E_UNREACHED;
    int64_t left = unreached ? patience_ms(mine) : NEVER, pause_ms;

    if (!unreached)
        mine->unreached = false;
    mine->has_sent |= error->code == RP_E_LOST;
    if (left == 0 || !may_repeat(mine, error)) {
        finish(mine, NULL, error);
        return;
    }
    mine->failures++;
    pause_ms = rp_max(backoff_ms(mine->owner, mine), capped(error->retry_after_ms));
    /* The last attempt falls on the end of the time to reach the server, not a pause later. */
    pause_and_repeat(mine, rp_min(pause_ms, left), NULL, error);
}

static bool is_worth_repeating(attempts *mine, rp_verdict verdict)
{
    if (mine->request->once)
        return false;
    switch (verdict) {
    case RP_VERDICT_THROTTLED:
        return true;
    case RP_VERDICT_TRANSIENT:
        return mine->request->repeatable;
    case RP_VERDICT_MALFORMED:
        return mine->request->repeatable && ++mine->malformed < MALFORMED_ATTEMPTS;
    case RP_VERDICT_NOT_THE_SERVER:
        return mine->request->repeatable && (mine->request->insist || ++mine->astray < ASTRAY_ATTEMPTS);
    case RP_VERDICT_FINAL:
        break;
    }
    return false;
}

static void attempt_answered(attempts *mine, const rp_http_reply *reply)
{
    retry *self = mine->owner;
    rp_verdict verdict = self->options.judge(reply);
    bool repeat = is_worth_repeating(mine, verdict);
    int64_t pause_ms;

    mine->unreached = false;
    mine->has_sent |= verdict != RP_VERDICT_THROTTLED;
    mine->failures++;
    pause_ms = rp_max(backoff_ms(self, mine), capped(rp_retry_after_ms(reply, self->clock)));
    if (verdict == RP_VERDICT_THROTTLED)
        pause_all(self, pause_ms);
    if (repeat)
        pause_and_repeat(mine, pause_ms, reply, NULL);
    else
        finish(mine, reply, NULL);
}

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    if (reply)
        attempt_answered(context, reply);
    else
        attempt_failed(context, error);
}

static attempts *attempts_new(retry *self, const rp_http_request *request)
{
    attempts *mine = calloc(1, sizeof(*mine));

    if (!mine)
        return NULL;
    mine->owner = self;
    mine->request = request;
    mine->attempt = *request;
    mine->attempt.done = attempt_done;
    mine->attempt.again = NULL;
    mine->attempt.may_begin = may_attempt_begin;
    mine->attempt.context = mine;
    return mine;
}

/* ---- the transport ---- */

static int retry_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                       rp_error **error)
{
    retry *self = (retry *)transport;
    attempts *mine = attempts_new(self, request);
    int result;

    if (!mine)
        return rp_error_no_memory(error);
    TAILQ_INSERT_TAIL(&self->waiting, mine, link);
    if (!may_start(self)) {
        mine->held = true;
        note_next_due(self);
        rp_transport_wake(self->inner);
    } else if ((result = begin(self, mine, error)) < 0) {
        forget(mine);
        return result;
    }
    *exchange = (rp_exchange *)mine;
    return 0;
}

static void retry_drop(rp_transport *transport, rp_exchange *exchange)
{
    retry *self = (retry *)transport;
    attempts *mine = (attempts *)exchange;

    rp_transport_drop(self->inner, mine->inner);
    forget(mine);
}

/* A refusal, or an attempt that did not reach the server, had no effect. */
static bool retry_has_sent(const rp_transport *transport, const rp_exchange *exchange)
{
    const attempts *mine = (const attempts *)exchange;

    return mine->has_sent ||
           (mine->inner && rp_transport_has_sent(((const retry *)transport)->inner, mine->inner));
}

static void retry_wait(rp_transport *transport, int64_t at_most_ms)
{
    retry *self = (retry *)transport;
    int64_t next = atomic_load(&self->next_due_ms);

    if (next != NEVER)
        at_most_ms = rp_max(rp_min(at_most_ms, next - rp_now_ms(self->clock)), 0);
    rp_transport_wait(self->inner, at_most_ms);
}

static bool is_let_begin(const attempts *mine)
{
    const rp_http_request *request = mine->request;

    return !mine->delayed || !request->may_begin || request->may_begin(request->context);
}

static void begin_due(retry *self)
{
    attempts *mine;

    TAILQ_FOREACH (mine, &self->waiting, link)
        mine->withheld = false;
    while (may_start(self) && (mine = first_due(self))) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        if (!is_let_begin(mine)) {
            mine->withheld = true;
            continue;
        }
        if (begin(self, mine, &error) < 0)
            finish(mine, NULL, error);
    }
}

static attempts *first_held(const retry *self)
{
    attempts *each;

    TAILQ_FOREACH (each, &self->waiting, link)
        if (each->held)
            return each;
    return NULL;
}

/* So that the owner knows why its request waits. It may drop that one, and any other. */
static void tell_held(retry *self)
{
    static const char words[] = "HTTP 429: the server asked for a pause before this request";
    attempts *mine;

    while ((mine = first_held(self))) {
        int64_t left_ms = self->paused_until_ms - rp_now_ms(self->clock);
        rp_error why = {.code = RP_E_THROTTLED, .message = (char *)words, .retry_after_ms = left_ms};
        mine->held = false;
        if (left_ms > 0)
            tell_delay(mine, NULL, &why, left_ms);
    }
}

static void retry_step(rp_transport *transport)
{
    retry *self = (retry *)transport;

    rp_transport_step(self->inner);
    tell_held(self);
    begin_due(self);
    end_spread(self);
    note_next_due(self);
}

static void retry_wake(rp_transport *transport)
{
    rp_transport_wake(((retry *)transport)->inner);
}

static void retry_free(rp_transport *transport)
{
    retry *self = (retry *)transport;
    attempts *each;

    rp_transport_free(self->inner);
    while ((each = TAILQ_FIRST(&self->waiting)))
        forget(each);
    while ((each = TAILQ_FIRST(&self->under_way)))
        forget(each);
    free(self);
}

static const rp_transport_ops retry_ops = {retry_start, retry_drop, retry_wait,    retry_step,
                                           retry_wake,  retry_free, retry_has_sent};

rp_transport *rp_retry_new(rp_transport *inner, const rp_retry_options *options, const rp_clock *clock,
                           rp_error **error)
{
    retry *self = calloc(1, sizeof(*self));

    if (!self) {
        rp_transport_free(inner);
        rp_error_no_memory(error);
        return NULL;
    }
    self->base.ops = &retry_ops;
    self->inner = inner;
    self->options = *options;
    if (!self->options.judge)
        self->options.judge = judge_by_status;
    self->clock = clock;
    self->paused_until_ms = INT64_MIN;
    atomic_init(&self->next_due_ms, NEVER);
    TAILQ_INIT(&self->waiting);
    TAILQ_INIT(&self->under_way);
    return &self->base;
}
