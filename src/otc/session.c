/*
 * One request to the service, as an exchange of the session:
 *
 *     start ──────────────► WAITING ──────────────► SENT ──────────────► done
 *                            │   ▲   credentials,    │    reply
 *                            │   │   project and     │
 *                            │   │   endpoint are    │
 *                            │   │   known           │
 *                            │   └───────────────────┘  401: with a new token, once
 *                            ▼
 *                          FAILED ──► done, in the next step
 *        the IAM refused or failed
 *
 * What the session itself does with the IAM; one IAM request at a time, for all
 * exchanges that wait:
 *
 *     IDLE ── something is needed, or due to be renewed ──► ASKING
 *      ▲                                                     │
 *      ├───────────────── it succeeded ──────────────────────┤
 *      ├── the pause ends ── PAUSED ◄── it failed, ──────────┤
 *      │                                or 429 / 503         │
 *      │                                                     ▼
 *      └── (never) ──────── REFUSED ◄── the credentials were refused
 *
 * PAUSED: failure and paused_until_ms; exchanges that need the IAM fail at once
 * with the error that began the pause. REFUSED: refused and refusal. Either way,
 * exchanges are sent for as long as the token they need lives.
 */
#include "otc/session_parts.h"

#include "base/text.h"
#include "http/retry.h"
#include "otc/redact.h"
#include "otc/token.h"

#include <string.h>

/* A refusal is reported in the next step, an immediate error at once. */
static int send_or_wait(session_exchange *mine, rp_error **error)
{
    session *self = mine->owner;
    otc_need need = needs(self);
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    int result;

    if ((need == OTC_NEEDS_NOTHING || !self->asked) && session_check_may_ask(self, need, &why) < 0) {
        session_fail_later_for(mine, why);
        rp_transport_wake(self->inner);
        return 0;
    }
    if (need != OTC_NEEDS_NOTHING)
        return session_advance(self, error);
    result =
        self->probe || (mine->renewed && !session_may_begin(mine)) ? 0 : session_send_now(mine, error);
    session_renew_in_advance(self);
    return result;
}

static bool is_status_401(const rp_http_reply *reply)
{
    return reply->status == 401;
}

/* ---- replies of the service ---- */

static bool may_renew(const session_exchange *mine)
{
    const session *self = mine->owner;
    const otc_identity *identity = self->auth.identity;
    bool renewable = identity->method == OTC_METHOD_PASSWORD || identity->method == OTC_METHOD_METADATA ||
                     otc_identity_has_agency(identity);

    if (!renewable || mine->renewed)
        return false;
    /* Another exchange has renewed it meanwhile. */
    if (mine->generation != otc_auth_state_generation(&self->auth))
        return true;
    return now_ms(self) >= self->no_renewal_before_ms;
}

/* Many replies may refuse the same token: the first one invalidates it. */
static void renew(session_exchange *mine, const rp_http_reply *reply)
{
    session *self = mine->owner;
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    mine->renewed = true;
    mine->inner = NULL;
    session_move(mine, WAITING);
    if (mine->generation == otc_auth_state_generation(&self->auth)) {
        if (otc_auth_state_signs(&self->auth))
            session_remember_refused_signature(self, reply, "the signature by temporary keys was refused");
        else
            otc_auth_state_forget(&self->auth);
    }
    if (mine->state == WAITING && send_or_wait(mine, &error) < 0)
        session_fail_later_for(mine, error);
}

/* Of an error's body, in which a server may repeat what it got. NULL when out of memory. */
static char *redacted_body(const rp_http_reply *reply, const rp_secret *secret)
{
    char *copy = malloc(reply->body_len + 1);

    if (!copy)
        return NULL;
    memcpy(copy, reply->body, reply->body_len);
    copy[reply->body_len] = '\0';
    otc_redact(copy, reply->body_len, secret);
    return copy;
}

static bool is_success(const rp_http_reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

/* The secret that the reply refers to must outlive the exchange. */
static void finish_with(session_exchange *mine, const rp_http_reply *reply)
{
    _cleanup_(otc_request_auth_done) otc_request_auth kept = mine->auth;

    mine->auth = (otc_request_auth){0};
    session_finish(mine, reply, NULL);
}

static void finish_redacted(session_exchange *mine, const rp_http_reply *reply)
{
    static const rp_error no_memory = {.code = RP_E_LOST, .message = (char *)"out of memory for the reply"};
    const rp_secret *secret = mine->auth.token ? mine->auth.token : mine->auth.security_token;
    _cleanup_(rp_freep) char *body = NULL;
    rp_http_reply clean = *reply;

    /* Messages are taken from a success too, so its reader redacts them: it may be large. */
    clean.sent_secret = secret;
    if (is_success(reply)) {
        finish_with(mine, &clean);
        return;
    }
    if (reply->request_id && otc_repeats(reply->request_id, strlen(reply->request_id), secret))
        clean.request_id = NULL;
    if (otc_repeats(reply->body, reply->body_len, secret)) {
        clean.body = body = redacted_body(reply, secret);
        if (!body) {
            session_finish(mine, NULL, &no_memory);
            return;
        }
    }
    finish_with(mine, &clean);
}

static void note_refused_signature(const session_exchange *mine, const rp_http_reply *reply, const char *note)
{
    _cleanup_(rp_freep) char *why = otc_token_refusal(reply, mine->auth.security_token);
    _cleanup_(rp_freep) char *words = why ? rp_format("the signature was refused: %s (%s)", why, note) : NULL;

    session_remember_refused_signature(mine->owner, reply, words ? words : "the signature was refused");
}

static void finish_refused(session_exchange *mine, const rp_http_reply *reply)
{
    session *self = mine->owner;
    _cleanup_(rp_freep) char *note = session_describe_credentials(self, reply);
    rp_http_reply noted = *reply;
    bool current = mine->generation == otc_auth_state_generation(&self->auth);

    noted.note = note;
    if (mine->renewed && current)
        self->no_renewal_before_ms = now_ms(self) + RENEWAL_PAUSE_MS;
    if (otc_auth_state_signs(&self->auth) && current)
        note_refused_signature(mine, reply, note ? note : "");
    finish_redacted(mine, &noted);
}

/* The page of a proxy, or nothing at all, says nothing of the credentials: the service's own words are JSON. */
static bool is_of_the_service(const rp_http_reply *reply)
{
    const char *begin = reply->body + strspn(reply->body, " \t\r\n");

    return *begin == '{' || *begin == '[';
}

/* True if it proves that the credentials were good. */
static bool accepts_credentials(const rp_http_reply *reply)
{
    return reply->status < 500 && reply->status != 429 && is_of_the_service(reply);
}

/* A server that asks the first request to wait asks those behind it, too. */
static void note_probe(session *self, const rp_http_reply *reply, bool refused)
{
    static const char words[] = "HTTP 429: the server asked the request before this one to wait";

    if (reply && !refused && accepts_credentials(reply))
        self->keys_accepted = true;
    if (reply && reply->status == 429)
        session_fail_waiting(self, &(rp_error){.code = RP_E_THROTTLED,
                                               .message = (char *)words,
                                               .retry_after_ms = rp_retry_after_ms(reply, self->clock)});
}

static void note_proof(const session_exchange *mine, const rp_http_reply *reply, bool refused)
{
    session *self = mine->owner;
    proof *of = otc_auth_state_signs(&self->auth) ? &self->of_keys : &self->of_token;

    if (mine->generation != otc_auth_state_generation(&self->auth))
        return;
    if (refused)
        session_note_refused(self, of, mine->generation);
    else if (accepts_credentials(reply))
        session_note_accepted(of, mine->generation);
}

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    session_exchange *mine = context;
    session *self = mine->owner;
    bool was_probe = self->probe == mine, refused = reply && self->is_unauthenticated(reply);

    if (was_probe) {
        self->probe = NULL;
        note_probe(self, reply, refused);
    }
    if (reply)
        note_proof(mine, reply, refused);
    if (refused && may_renew(mine)) {
        renew(mine, reply);
        return;
    }
    if (refused)
        finish_refused(mine, reply);
    else if (reply)
        finish_redacted(mine, reply);
    else
        session_finish(mine, NULL, error);
    if (was_probe)
        session_advance_or_fail(self);
}

/* ---- the transport ---- */

static int session_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                         rp_error **error)
{
    session *self = (session *)transport;
    session_exchange *mine;
    int result;

    if (*request->url != '/')
        return rp_error_set(error, RP_E_INVALID, "a session sends to paths of its project only, not to URLs");
    mine = session_exchange_new(self, request);
    if (!mine)
        return rp_error_no_memory(error);
    if ((result = send_or_wait(mine, error)) < 0) {
        session_forget(mine);
        return result;
    }
    *exchange = (rp_exchange *)mine;
    return 0;
}

/* A renewal goes on: the next exchange will need it. */
static void session_drop(rp_transport *transport, rp_exchange *exchange)
{
    session *self = (session *)transport;
    session_exchange *mine = (session_exchange *)exchange;
    bool was_probe = self->probe == mine;

    if (mine->state == SENT)
        rp_transport_drop(self->inner, mine->inner);
    session_forget(mine);
    if (TAILQ_EMPTY(&self->lists[WAITING]) && !self->renewing)
        session_drop_iam_request(self);
    else if (was_probe)
        session_advance_or_fail(self);
    if (was_probe)
        rp_transport_wake(self->inner);
}

/* What was refused for its credentials had no effect. */
static bool session_has_sent(const rp_transport *transport, const rp_exchange *exchange)
{
    const session_exchange *mine = (const session_exchange *)exchange;

    return mine->state == SENT && rp_transport_has_sent(((const session *)transport)->inner, mine->inner);
}

static void session_wait(rp_transport *transport, int64_t at_most_ms)
{
    rp_transport_wait(((session *)transport)->inner, at_most_ms);
}

static size_t count(const struct exchange_list *list)
{
    const session_exchange *each;
    size_t counted = 0;

    TAILQ_FOREACH(each, list, link)
        counted++;
    return counted;
}

/* Only those present now: one that is started in a callback and fails is reported in the next step. */
static void tell_failed(session *self)
{
    session_exchange *each;

    for (size_t left = count(&self->lists[FAILED]); left > 0; left--) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        each = TAILQ_FIRST(&self->lists[FAILED]);
        if (!each)
            return;
        error = rp_take(each->failure);
        session_finish(each, NULL, error);
    }
}

static void session_step(rp_transport *transport)
{
    session *self = (session *)transport;

    rp_transport_step(self->inner);
    session_advance_or_fail(self);
    tell_failed(self);
}

static void session_wake(rp_transport *transport)
{
    rp_transport_wake(((session *)transport)->inner);
}

static void session_free(rp_transport *transport)
{
    session *self = (session *)transport;
    session_exchange *each;

    rp_transport_free(self->inner);
    for (size_t state = 0; state < STATES; state++)
        while ((each = TAILQ_FIRST(&self->lists[state])))
            session_forget(each);
    otc_iam_request_done(&self->iam_request);
    otc_auth_state_done(&self->auth);
    rp_error_free(self->failure);
    free(self->refusal);
    free(self->refused_key);
    free(self);
}

static const rp_transport_ops session_ops = {session_start, session_drop, session_wait,    session_step,
                                             session_wake,  session_free, session_has_sent};

rp_transport *otc_session_new(rp_transport *inner, const otc_identity *identity,
                              otc_is_unauthenticated *is_unauthenticated, const rp_clock *clock,
                              rp_error **error)
{
    session *self = calloc(1, sizeof(*self));

    if (!self) {
        rp_transport_free(inner);
        rp_error_no_memory(error);
        return NULL;
    }
    self->base.ops = &session_ops;
    self->inner = inner;
    self->clock = clock;
    self->is_unauthenticated = is_unauthenticated ? is_unauthenticated : is_status_401;
    self->attempt_done = attempt_done;
    self->no_renewal_before_ms = INT64_MIN;
    for (size_t state = 0; state < STATES; state++)
        TAILQ_INIT(&self->lists[state]);
    if (otc_auth_state_init(&self->auth, identity, error) < 0) {
        session_free(&self->base);
        return NULL;
    }
    return &self->base;
}
