#include "otc/session.h"

#include "base/text.h"
#include "http/date.h"
#include "otc/auth_state.h"
#include "otc/token.h"

#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>

#define MIN_TOKEN_BYTES     16
#define PATIENCE_WITH_IAM_S 60
#define MOST_SKEW_S         900 /* signatures further off are refused */

typedef struct session session;

enum state {
    WAITING, /* for what the session needs first */
    SENT,
    FAILED, /* told so in the next step, for no callback runs in start */
    STATES
};

typedef struct authenticated {
    TAILQ_ENTRY(authenticated) link;
    session *owner;
    enum state state;
    const rp_http_request *request;
    rp_http_request attempt; /* the same with credentials, and answers come to us */
    char *url;
    otc_request_auth auth;
    uint64_t generation; /* of the token */
    bool renewed;        /* it was sent again with a new token */
    rp_exchange *inner;
    rp_error *failure;
} authenticated;

TAILQ_HEAD(authenticated_list, authenticated);

struct session {
    rp_transport base;
    rp_transport *inner;
    const rp_clock *clock;
    otc_is_unauthenticated *is_unauthenticated;
    struct authenticated_list lists[STATES];
    otc_auth_state auth;

    otc_iam_request iam_request;
    rp_exchange *asked;   /* the IAM request under way, or NULL */
    bool logged_in_again; /* since the IAM refused a token of ours */

    bool refused;  /* the credentials are not sent again */
    char *refusal; /* in these words; NULL if there was no memory for them */

    bool keys_accepted;   /* the keys were taken once */
    authenticated *probe; /* the one request that finds out */
};

/* The words for what is needed. */
static const struct {
    const char *cannot;
    const char *refused;
} words_for[] = {
    [OTC_NEEDS_LOGIN] = {"cannot log in", "the login"},
    [OTC_NEEDS_AGENCY] = {"cannot take on the agency", "the agency"},
    [OTC_NEEDS_DOMAIN] = {"cannot look up the domain", "the look for the domain"},
    [OTC_NEEDS_PROJECT] = {"cannot look up the project", "the look for the project"},
    [OTC_NEEDS_CATALOG] = {"cannot get the catalog", "the look into the catalog"},
};

static bool is_status_401(const rp_http_reply *reply)
{
    return reply->status == 401;
}

static int64_t wall_s(const session *self)
{
    return self->clock->wall_s(self->clock->context);
}

static bool signs(session *self)
{
    return !otc_auth_state_token(&self->auth);
}

/* ---- the life of an exchange ---- */

static void move(authenticated *mine, enum state state)
{
    session *self = mine->owner;

    TAILQ_REMOVE(&self->lists[mine->state], mine, link);
    mine->state = state;
    TAILQ_INSERT_TAIL(&self->lists[state], mine, link);
}

static void forget_attempt(authenticated *mine)
{
    if (mine->owner->probe == mine)
        mine->owner->probe = NULL;
    otc_request_auth_done(&mine->auth);
    free(rp_take(mine->url));
}

static void forget(authenticated *mine)
{
    TAILQ_REMOVE(&mine->owner->lists[mine->state], mine, link);
    forget_attempt(mine);
    rp_error_free(mine->failure);
    free(mine);
}

/* The exchange is gone before its owner hears of it, who may start and drop what it likes. */
static void finish(authenticated *mine, const rp_http_reply *reply, const rp_error *error)
{
    const rp_http_request *request = mine->request;

    forget(mine);
    request->done(request->context, reply, error);
}

static void fail_later(authenticated *mine, int code, const char *words)
{
    rp_error_free(rp_take(mine->failure));
    rp_error_set(&mine->failure, code, "%s", words);
    move(mine, FAILED);
}

static void fail_waiting(session *self, int code, const char *words)
{
    authenticated *each;

    while ((each = TAILQ_FIRST(&self->lists[WAITING])))
        fail_later(each, code, words);
}

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error);

static int prepare_attempt(authenticated *mine, rp_error **error)
{
    session *self = mine->owner;
    const otc_token *token = otc_auth_state_token(&self->auth);

    forget_attempt(mine);
    mine->attempt = *mine->request;
    mine->attempt.done = attempt_done;
    mine->attempt.again = NULL;
    mine->attempt.context = mine;
    mine->generation = token ? token->generation : 0;
    mine->url = otc_auth_state_url(&self->auth, mine->request->url);
    if (!mine->url)
        return rp_error_no_memory(error);
    mine->attempt.url = mine->url;
    return otc_auth_state_authenticate(&self->auth, &mine->auth, wall_s(self), &mine->attempt, error);
}

/* With the credentials as they are now. Leaves it where it is on failure. */
static int send_now(authenticated *mine, rp_error **error)
{
    session *self = mine->owner;
    int result = prepare_attempt(mine, error);

    if (result == 0)
        result = rp_transport_start(self->inner, &mine->attempt, &mine->inner, error);
    if (result < 0)
        return result;
    move(mine, SENT);
    if (signs(self) && !self->keys_accepted)
        self->probe = mine;
    return 0;
}

static void send_waiting(session *self)
{
    authenticated *each;

    while (!self->probe && (each = TAILQ_FIRST(&self->lists[WAITING]))) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        if (send_now(each, &error) < 0)
            fail_later(each, error ? error->code : RP_E_NO_MEMORY, error ? error->message : "out of memory");
    }
}

/* ---- refusals ---- */

static const char *refusal_of(const session *self)
{
    return self->refusal ? self->refusal : "the credentials were refused";
}

/* How far this machine's clock is behind the server's, if that is why a signature was refused; else 0. */
static int64_t skew_s(session *self, const rp_http_reply *reply)
{
    int64_t server_s, behind;

    if (self->auth.identity->method != OTC_METHOD_KEYS || !reply->date ||
        !rp_http_parse_date(reply->date, &server_s))
        return 0;
    behind = server_s - wall_s(self);
    return behind > MOST_SKEW_S || behind < -MOST_SKEW_S ? behind : 0;
}

/* To the nearest minute: Date has whole seconds, and is some of them old. */
static char *skew_words(int64_t behind_s)
{
    int64_t minutes = ((behind_s < 0 ? -behind_s : behind_s) + 30) / 60;

    if (!behind_s)
        return strdup("");
    return rp_format("; this machine's clock is %" PRId64
                     " minutes %s the server's, and signatures more than "
                     "%d minutes off are refused: set the clock",
                     minutes, behind_s > 0 ? "behind" : "ahead of", MOST_SKEW_S / 60);
}

/* Which credentials a refused request had. */
static char *whose(session *self, const rp_http_reply *reply)
{
    static const char *const by[] = {[OTC_METHOD_TOKEN] = "it carried",
                                     [OTC_METHOD_PASSWORD] = "the login was by",
                                     [OTC_METHOD_KEYS] = "signed by"};
    const otc_identity *identity = self->auth.identity;
    _cleanup_(rp_freep) char *origins = otc_auth_state_origins(&self->auth, OTC_NEEDS_NOTHING);
    _cleanup_(rp_freep) char *skew = skew_words(skew_s(self, reply));

    if (!origins || !skew)
        return NULL;
    return rp_format("%s %s%s%s", by[identity->method], origins,
                     identity->method == OTC_METHOD_TOKEN ? ": a given token cannot be renewed" : "", skew);
}

/* A wrong clock can be set right; all else would be refused again, until the account is locked. */
static void remember_refusal(session *self, const rp_http_reply *reply, const char *words)
{
    if (skew_s(self, reply)) {
        fail_waiting(self, RP_E_DENIED, words);
        return;
    }
    self->refused = true;
    free(self->refusal);
    self->refusal = strdup(words);
    fail_waiting(self, RP_E_DENIED, refusal_of(self));
}

/* ---- requests to the IAM ---- */

static int advance(session *self, rp_error **error);

static void advance_or_fail(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int result = advance(self, &error);

    if (result < 0)
        fail_waiting(self, result, error ? error->message : "out of memory");
}

/* The old token serves on while it lasts; it is tried again in a while. */
static bool make_do(session *self)
{
    otc_token *token = otc_auth_state_token(&self->auth);
    int64_t now = wall_s(self);

    if (!token || !token->secret || now >= token->expires_at_s)
        return false;
    token->renew_at_s = now + PATIENCE_WITH_IAM_S;
    if (token->renew_at_s > token->expires_at_s)
        token->renew_at_s = token->expires_at_s;
    return true;
}

static bool is_for_token(otc_need need)
{
    return need == OTC_NEEDS_LOGIN || need == OTC_NEEDS_AGENCY;
}

/* What a setting names is not there, or must not be used: such words stand for themselves. */
static bool is_of_settings(int code)
{
    return code == RP_E_NOT_FOUND || code == RP_E_INVALID;
}

static void iam_failed(session *self, otc_need need, const char *url, int code, const char *why)
{
    _cleanup_(rp_freep) char *words = NULL;

    if (is_of_settings(code)) {
        fail_waiting(self, code, why);
        return;
    }
    if (is_for_token(need) && make_do(self)) {
        advance_or_fail(self);
        return;
    }
    words = rp_format("%s at %s: %s", words_for[need].cannot, url, why);
    fail_waiting(self, words ? code : RP_E_NO_MEMORY, words ? words : "out of memory");
}

/* Nothing that waits for it was sent, though the IAM request may be lost. */
static int as_unsent(int code)
{
    return code == RP_E_LOST ? RP_E_UNREACHED : code;
}

static void iam_succeeded(session *self, otc_need need, const char *url, const rp_http_reply *reply)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int result = otc_auth_state_take(&self->auth, need, reply, wall_s(self), &error);

    if (need != OTC_NEEDS_LOGIN) {
        self->keys_accepted = true;
        self->logged_in_again = false;
    }
    if (result == 0)
        advance_or_fail(self);
    else
        iam_failed(self, need, url, as_unsent(result), error ? error->message : "out of memory");
}

/* What was sent along, to keep it out of the server's words. */
static const rp_secret *sent_secret(const session *self, const otc_iam_request *asked)
{
    if (asked->need == OTC_NEEDS_LOGIN)
        return self->auth.identity->chosen.values[OTC_PASSWORD].text;
    return asked->auth.token ? asked->auth.token : asked->auth.security_token;
}

static char *refusal_words(session *self, otc_need need, const char *url, const char *why,
                           const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *origins = otc_auth_state_origins(&self->auth, need);
    _cleanup_(rp_freep) char *credentials = need == OTC_NEEDS_LOGIN ? strdup("") : whose(self, reply);

    if (!origins || !credentials)
        return NULL;
    return rp_format("%s at %s was refused: %s (%s%s%s)", words_for[need].refused, url, why, origins,
                     *origins && *credentials ? "; " : "", credentials);
}

/* A user's token may have been revoked before its time. */
static bool may_log_in_again(const session *self, otc_need need, const rp_http_reply *reply)
{
    return reply->status == 401 && need != OTC_NEEDS_LOGIN && !self->logged_in_again &&
           self->auth.identity->method == OTC_METHOD_PASSWORD;
}

static void log_in_again(session *self)
{
    self->logged_in_again = true;
    otc_token_forget(&self->auth.user_token);
    otc_token_forget(&self->auth.agency_token);
    advance_or_fail(self);
}

static void iam_refused(session *self, otc_need need, const char *url, const char *why,
                        const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *words = NULL;

    if (may_log_in_again(self, need, reply)) {
        log_in_again(self);
        return;
    }
    words = refusal_words(self, need, url, why, reply);
    if (is_for_token(need) || reply->status == 401)
        remember_refusal(self, reply, words ? words : "the credentials were refused");
    else
        fail_waiting(self, RP_E_DENIED, words ? words : "the request to the IAM was refused");
}

static bool is_refusal(int status)
{
    return status == 400 || status == 401 || status == 403 || status == 404;
}

/* Some accounts must not look into the catalog: then the region has to do. */
static bool can_do_without(otc_need need, int status)
{
    return need == OTC_NEEDS_CATALOG && is_refusal(status) && status != 401;
}

static void go_on_without_catalog(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int result = otc_auth_state_without_catalog(&self->auth, &error);

    if (result < 0)
        fail_waiting(self, result, error ? error->message : "out of memory");
    else
        advance_or_fail(self);
}

static void iam_answered(session *self, const otc_iam_request *asked, const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *why = NULL;

    if (reply->status == (is_for_token(asked->need) ? 201 : 200)) {
        iam_succeeded(self, asked->need, asked->url, reply);
        return;
    }
    if (can_do_without(asked->need, reply->status)) {
        go_on_without_catalog(self);
        return;
    }
    why = otc_token_refusal(reply, sent_secret(self, asked));
    if (!why)
        iam_failed(self, asked->need, asked->url, RP_E_NO_MEMORY, "out of memory");
    else if (is_refusal(reply->status))
        iam_refused(self, asked->need, asked->url, why, reply);
    else
        iam_failed(self, asked->need, asked->url, RP_E_UNREACHED, why);
}

/* The next IAM request may begin before this one's words are no longer needed. */
static void iam_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    session *self = context;
    _cleanup_(otc_iam_request_done) otc_iam_request asked = self->iam_request;

    self->iam_request = (otc_iam_request){0};
    self->asked = NULL;
    if (reply)
        iam_answered(self, &asked, reply);
    else
        iam_failed(self, asked.need, asked.url, as_unsent(error->code), error->message);
}

static int begin_iam_request(session *self, otc_need need, rp_error **error)
{
    int result = otc_iam_request_make(&self->iam_request, &self->auth, need, wall_s(self), error);

    if (result < 0)
        return result;
    self->iam_request.request.done = iam_done;
    self->iam_request.request.context = self;
    result = rp_transport_start(self->inner, &self->iam_request.request, &self->asked, error);
    if (result == 0)
        return 0;
    rp_error_add(error, "%s at %s", words_for[need].cannot, self->iam_request.url);
    otc_iam_request_done(&self->iam_request);
    return result;
}

static void drop_iam_request(session *self)
{
    rp_transport_drop(self->inner, rp_take(self->asked));
    otc_iam_request_done(&self->iam_request);
}

/* Does the next thing for those who wait: asks the IAM, or sends them. They stay where they are on failure.
 */
static int advance(session *self, rp_error **error)
{
    otc_need need = otc_auth_state_needs(&self->auth, wall_s(self));

    if (self->asked || TAILQ_EMPTY(&self->lists[WAITING]))
        return 0;
    if (need == OTC_NEEDS_NOTHING) {
        send_waiting(self);
        return 0;
    }
    if (need == OTC_NEEDS_ENDPOINT)
        return otc_auth_state_no_endpoint(&self->auth, error);
    return begin_iam_request(self, need, error);
}

/* One by one where an answer is awaited first; all at once where nothing is in the way. */
static int send_or_wait(authenticated *mine, rp_error **error)
{
    session *self = mine->owner;
    otc_need need = otc_auth_state_needs(&self->auth, wall_s(self));

    if (self->refused) {
        fail_later(mine, RP_E_DENIED, refusal_of(self));
        rp_transport_wake(self->inner);
        return 0;
    }
    if (need != OTC_NEEDS_NOTHING)
        return advance(self, error);
    return self->probe ? 0 : send_now(mine, error);
}

/* ---- answers ---- */

static bool may_renew(const authenticated *mine, const rp_http_reply *reply)
{
    const otc_identity *identity = mine->owner->auth.identity;
    bool renewable = identity->method == OTC_METHOD_PASSWORD || otc_identity_has_agency(identity);

    return renewable && !mine->renewed && mine->owner->is_unauthenticated(reply);
}

/* Many may be told so of one token: only the first of them ends it. */
static void renew(authenticated *mine)
{
    session *self = mine->owner;
    otc_token *token = otc_auth_state_token(&self->auth);
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (mine->generation == token->generation)
        otc_token_forget(token);
    mine->renewed = true;
    mine->inner = NULL;
    move(mine, WAITING);
    if (send_or_wait(mine, &error) < 0)
        fail_later(mine, error ? error->code : RP_E_NO_MEMORY, error ? error->message : "out of memory");
}

/* A copy of the body in which the secret is stars. */
static char *body_without(const rp_http_reply *reply, const rp_secret *secret)
{
    size_t len = rp_secret_len(secret);
    char *copy = malloc(reply->body_len + 1), *end, *found;

    if (!copy)
        return NULL;
    end = copy + reply->body_len;
    memcpy(copy, reply->body, reply->body_len);
    *end = '\0';
    for (char *at = copy; (found = memmem(at, (size_t)(end - at), rp_secret_reveal(secret), len));
         at = found + len)
        memset(found, '*', len);
    return copy;
}

/* What is shorter than any real token might stand in an answer by chance. */
static bool repeats(const rp_http_reply *reply, const rp_secret *secret)
{
    size_t len = secret ? rp_secret_len(secret) : 0;

    return len >= MIN_TOKEN_BYTES && memmem(reply->body, reply->body_len, rp_secret_reveal(secret), len);
}

/* Servers and gateways may repeat what they got, and their words end in logs. */
static void finish_silently(authenticated *mine, const rp_http_reply *reply)
{
    static const rp_error no_memory = {.code = RP_E_LOST, .message = (char *)"out of memory for the reply"};
    const rp_secret *secret = mine->auth.token ? mine->auth.token : mine->auth.security_token;
    _cleanup_(rp_freep) char *body = NULL;
    rp_http_reply silent = *reply;

    if (!repeats(reply, secret)) {
        finish(mine, reply, NULL);
        return;
    }
    silent.body = body = body_without(reply, secret);
    finish(mine, body ? &silent : NULL, body ? NULL : &no_memory);
}

/* The refused signature of keys that were never taken would be refused again. */
static void note_refusal(session *self, const rp_http_reply *reply, const char *note)
{
    _cleanup_(rp_freep) char *why = NULL, *words = NULL;

    if (!signs(self) || self->keys_accepted)
        return;
    why = otc_token_refusal(reply, self->auth.identity->chosen.values[OTC_SECURITY_TOKEN].text);
    words = why ? rp_format("the signature was refused: %s (%s)", why, note) : NULL;
    remember_refusal(self, reply, words ? words : "the signature was refused");
}

static void finish_refused(authenticated *mine, const rp_http_reply *reply)
{
    session *self = mine->owner;
    _cleanup_(rp_freep) char *note = whose(self, reply);
    rp_http_reply noted = *reply;

    noted.note = note;
    note_refusal(self, reply, note ? note : "");
    finish_silently(mine, &noted);
}

static bool accepts_keys(const rp_http_reply *reply)
{
    return reply->status < 500 && reply->status != 429;
}

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    authenticated *mine = context;
    session *self = mine->owner;
    bool was_probe = self->probe == mine, refused = reply && self->is_unauthenticated(reply);

    if (was_probe)
        self->probe = NULL;
    if (was_probe && reply && !refused && accepts_keys(reply))
        self->keys_accepted = true;
    if (refused && may_renew(mine, reply)) {
        renew(mine);
        return;
    }
    if (refused)
        finish_refused(mine, reply);
    else if (reply)
        finish_silently(mine, reply);
    else
        finish(mine, NULL, error);
    if (was_probe)
        advance_or_fail(self);
}

static authenticated *authenticated_new(session *self, const rp_http_request *request)
{
    authenticated *mine = calloc(1, sizeof(*mine));

    if (!mine)
        return NULL;
    mine->owner = self;
    mine->request = request;
    mine->state = WAITING;
    TAILQ_INSERT_TAIL(&self->lists[WAITING], mine, link);
    return mine;
}

/* ---- the transport ---- */

static int session_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                         rp_error **error)
{
    session *self = (session *)transport;
    authenticated *mine;
    int result;

    if (*request->url != '/')
        return rp_error_set(error, RP_E_INVALID, "a session sends below its project only, not to other URLs");
    mine = authenticated_new(self, request);
    if (!mine)
        return rp_error_no_memory(error);
    if ((result = send_or_wait(mine, error)) < 0) {
        forget(mine);
        return result;
    }
    *exchange = (rp_exchange *)mine;
    return 0;
}

static void session_drop(rp_transport *transport, rp_exchange *exchange)
{
    session *self = (session *)transport;
    authenticated *mine = (authenticated *)exchange;
    bool was_probe = self->probe == mine;

    if (mine->state == SENT)
        rp_transport_drop(self->inner, mine->inner);
    forget(mine);
    if (TAILQ_EMPTY(&self->lists[WAITING]))
        drop_iam_request(self);
    else if (was_probe)
        advance_or_fail(self);
    if (was_probe)
        rp_transport_wake(self->inner);
}

static void session_wait(rp_transport *transport, int64_t at_most_ms)
{
    rp_transport_wait(((session *)transport)->inner, at_most_ms);
}

static size_t count(const struct authenticated_list *list)
{
    const authenticated *each;
    size_t counted = 0;

    for (each = TAILQ_FIRST(list); each; each = TAILQ_NEXT(each, link))
        counted++;
    return counted;
}

/* As many as there are now: who starts again in a callback, and fails again, has the next step. */
static void tell_failed(session *self)
{
    authenticated *each;

    for (size_t left = count(&self->lists[FAILED]); left > 0; left--) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        each = TAILQ_FIRST(&self->lists[FAILED]);
        if (!each)
            return;
        error = rp_take(each->failure);
        finish(each, NULL, error);
    }
}

static void session_step(rp_transport *transport)
{
    session *self = (session *)transport;

    rp_transport_step(self->inner);
    tell_failed(self);
}

static void session_wake(rp_transport *transport)
{
    rp_transport_wake(((session *)transport)->inner);
}

static void session_free(rp_transport *transport)
{
    session *self = (session *)transport;
    authenticated *each;

    rp_transport_free(self->inner);
    for (size_t state = 0; state < STATES; state++)
        while ((each = TAILQ_FIRST(&self->lists[state])))
            forget(each);
    otc_iam_request_done(&self->iam_request);
    otc_auth_state_done(&self->auth);
    free(self->refusal);
    free(self);
}

static const rp_transport_ops session_ops = {session_start, session_drop, session_wait,
                                             session_step,  session_wake, session_free};

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
    for (size_t state = 0; state < STATES; state++)
        TAILQ_INIT(&self->lists[state]);
    if (otc_auth_state_init(&self->auth, identity, error) < 0) {
        session_free(&self->base);
        return NULL;
    }
    return &self->base;
}
