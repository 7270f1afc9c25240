#include "otc/session.h"

#include "base/text.h"
#include "http/url.h"

#include <string.h>
#include <sys/queue.h>

#define MAX_TOKEN_REPLY_BYTES (1u << 20) /* the catalog is in it */
#define MIN_TOKEN_BYTES       16
#define RENEW_AHEAD_S         600
#define PATIENCE_WITH_IAM_S   60

typedef struct session session;

enum state {
    WAITING, /* for a token */
    SENT,
    FAILED, /* told so in the next step, for no callback runs in start */
    STATES
};

typedef struct authenticated {
    TAILQ_ENTRY(authenticated) link;
    session *owner;
    enum state state;
    const rp_http_request *request;
    rp_http_request attempt; /* the same with a token, and answers come to us */
    rp_secret *token;        /* its own copy: the session's may be renewed meanwhile */
    uint64_t generation;     /* of that token */
    bool renewed;            /* it was sent again with a new token */
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

    rp_secret *token; /* NULL: none, or no longer valid */
    uint64_t generation;
    int64_t expires_at_s;
    int64_t renew_at_s;

    rp_secret *login_body; /* NULL: the token was given, and cannot be renewed */
    rp_secret *password;   /* to keep it out of what the server says */
    char *login_url;
    rp_http_request login_request;
    rp_exchange *login; /* under way, or NULL */
    bool refused;       /* no second login is made */
    char *refusal;      /* in these words; NULL if there was no memory for them */
};

static bool is_status_401(const rp_http_reply *reply)
{
    return reply->status == 401;
}

static int64_t wall_s(const session *self)
{
    return self->clock->wall_s(self->clock->context);
}

/* ---- the life of an exchange ---- */

static void move(authenticated *mine, enum state state)
{
    session *self = mine->owner;

    TAILQ_REMOVE(&self->lists[mine->state], mine, link);
    mine->state = state;
    TAILQ_INSERT_TAIL(&self->lists[state], mine, link);
}

static void forget(authenticated *mine)
{
    TAILQ_REMOVE(&mine->owner->lists[mine->state], mine, link);
    rp_secret_free(mine->token);
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

static bool has_token(const session *self)
{
    return self->token && (!self->login_body || wall_s(self) < self->renew_at_s);
}

/* With the token as it is now. Leaves it where it is on failure. */
static int send_now(authenticated *mine, rp_error **error)
{
    session *self = mine->owner;
    int result;

    rp_secret_free(mine->token);
    mine->token = rp_secret_copy(self->token);
    if (!mine->token)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    mine->generation = self->generation;
    mine->attempt.auth_token = mine->token;
    result = rp_transport_start(self->inner, &mine->attempt, &mine->inner, error);
    if (result == 0)
        move(mine, SENT);
    return result;
}

static void send_waiting(session *self)
{
    authenticated *each;

    while ((each = TAILQ_FIRST(&self->lists[WAITING]))) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        if (send_now(each, &error) < 0)
            fail_later(each, error->code, error->message);
    }
}

/* ---- the login ---- */

/* A token of an hour is renewed a quarter of an hour before its end, one of a day ten minutes. */
static void take_token(session *self, rp_secret *token, int64_t expires_at_s)
{
    int64_t now = wall_s(self);
    int64_t quarter = (expires_at_s - now) / 4;

    rp_secret_free(self->token);
    self->token = token;
    self->generation++;
    self->expires_at_s = expires_at_s;
    self->renew_at_s = expires_at_s - (quarter < RENEW_AHEAD_S ? quarter : RENEW_AHEAD_S);
}

/* The old token serves on while it lasts; the login is tried again in a while. */
static bool make_do(session *self)
{
    int64_t now = wall_s(self);

    if (!self->token || now >= self->expires_at_s)
        return false;
    self->renew_at_s = now + PATIENCE_WITH_IAM_S;
    if (self->renew_at_s > self->expires_at_s)
        self->renew_at_s = self->expires_at_s;
    send_waiting(self);
    return true;
}

static void login_failed(session *self, int code, const char *why)
{
    _cleanup_(rp_freep) char *words = rp_format("cannot log in at %s: %s", self->login_url, why);

    if (!make_do(self))
        fail_waiting(self, words ? code : RP_E_NO_MEMORY, words ? words : "out of memory");
}

static const char *refusal_of(const session *self)
{
    return self->refusal ? self->refusal : "the login was refused";
}

static void login_refused(session *self, const char *why)
{
    self->refused = true;
    self->refusal = rp_format("the login at %s was refused: %s", self->login_url, why);
    fail_waiting(self, RP_E_DENIED, refusal_of(self));
}

static void login_granted(session *self, const rp_http_reply *reply)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_secret *token;
    int64_t expires_at_s;
    int result = otc_token_reply(reply, &expires_at_s, &error);

    if (result < 0) {
        login_failed(self, result == RP_E_LOST ? RP_E_UNREACHED : result, error->message);
        return;
    }
    token = rp_secret_copy(reply->subject_token);
    if (!token) {
        login_failed(self, RP_E_NO_MEMORY, "out of memory");
        return;
    }
    take_token(self, token, expires_at_s);
    send_waiting(self);
}

static bool is_refusal(int status)
{
    return status == 400 || status == 401 || status == 403 || status == 404;
}

static void login_answered(session *self, const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *words = NULL;

    if (reply->status == 201) {
        login_granted(self, reply);
        return;
    }
    words = otc_token_refusal(reply, self->password);
    if (!words)
        login_failed(self, RP_E_NO_MEMORY, "out of memory");
    else if (is_refusal(reply->status))
        login_refused(self, words);
    else
        login_failed(self, RP_E_UNREACHED, words);
}

/* Whether the login was lost or never left: none of the requests that wait for it was sent. */
static void login_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    session *self = context;

    self->login = NULL;
    if (reply)
        login_answered(self, reply);
    else
        login_failed(self, error->code == RP_E_LOST ? RP_E_UNREACHED : error->code, error->message);
}

static int log_in(session *self, rp_error **error)
{
    if (self->login)
        return 0;
    if (rp_transport_start(self->inner, &self->login_request, &self->login, error) < 0)
        return rp_error_add(error, "cannot log in at %s", self->login_url);
    return 0;
}

/* Sends it, or has it wait. It is in `waiting`, and stays there on failure. */
static int send_or_wait(authenticated *mine, rp_error **error)
{
    session *self = mine->owner;

    if (has_token(self))
        return send_now(mine, error);
    if (!self->refused)
        return log_in(self, error);
    fail_later(mine, RP_E_DENIED, refusal_of(self));
    rp_transport_wake(self->inner);
    return 0;
}

/* ---- answers ---- */

static bool may_renew(const authenticated *mine, const rp_http_reply *reply)
{
    return mine->owner->login_body && !mine->renewed && mine->owner->is_unauthenticated(reply);
}

/* Many may be told so of one token: only the first of them ends it. */
static void renew(authenticated *mine)
{
    session *self = mine->owner;
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (mine->generation == self->generation)
        rp_secret_free(rp_take(self->token));
    mine->renewed = true;
    mine->inner = NULL;
    move(mine, WAITING);
    if (send_or_wait(mine, &error) < 0)
        fail_later(mine, error->code, error->message);
}

/* A copy of the body in which the token is stars. */
static char *body_without(const rp_http_reply *reply, const rp_secret *token)
{
    size_t len = rp_secret_len(token);
    char *copy = malloc(reply->body_len + 1), *end, *found;

    if (!copy)
        return NULL;
    end = copy + reply->body_len;
    memcpy(copy, reply->body, reply->body_len);
    *end = '\0';
    for (char *at = copy; (found = memmem(at, (size_t)(end - at), rp_secret_reveal(token), len));
         at = found + len)
        memset(found, '*', len);
    return copy;
}

/* What is shorter than any real token might stand in an answer by chance. */
static bool repeats_token(const authenticated *mine, const rp_http_reply *reply)
{
    size_t len = rp_secret_len(mine->token);

    return len >= MIN_TOKEN_BYTES && memmem(reply->body, reply->body_len, rp_secret_reveal(mine->token), len);
}

/* Servers and gateways may repeat what they got, and their words end in logs. */
static void finish_without_token(authenticated *mine, const rp_http_reply *reply)
{
    static const rp_error no_memory = {.code = RP_E_LOST, .message = (char *)"out of memory for the reply"};
    _cleanup_(rp_freep) char *body = body_without(reply, mine->token);
    rp_http_reply silent = *reply;

    silent.body = body;
    finish(mine, body ? &silent : NULL, body ? NULL : &no_memory);
}

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    authenticated *mine = context;

    if (reply && may_renew(mine, reply))
        renew(mine);
    else if (reply && repeats_token(mine, reply))
        finish_without_token(mine, reply);
    else
        finish(mine, reply, error);
}

static authenticated *authenticated_new(session *self, const rp_http_request *request)
{
    authenticated *mine = calloc(1, sizeof(*mine));

    if (!mine)
        return NULL;
    mine->owner = self;
    mine->request = request;
    mine->attempt = *request;
    mine->attempt.done = attempt_done;
    mine->attempt.again = NULL;
    mine->attempt.context = mine;
    mine->state = WAITING;
    TAILQ_INSERT_TAIL(&self->lists[WAITING], mine, link);
    return mine;
}

/* ---- the transport ---- */

static int session_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                         rp_error **error)
{
    session *self = (session *)transport;
    authenticated *mine = authenticated_new(self, request);
    int result;

    if (!mine)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
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

    if (mine->state == SENT)
        rp_transport_drop(self->inner, mine->inner);
    forget(mine);
    if (TAILQ_EMPTY(&self->lists[WAITING]))
        rp_transport_drop(self->inner, rp_take(self->login));
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
    rp_secret_free(self->token);
    rp_secret_free(self->login_body);
    rp_secret_free(self->password);
    free(self->login_url);
    free(self->refusal);
    free(self);
}

static const rp_transport_ops session_ops = {session_start, session_drop, session_wait,
                                             session_step,  session_wake, session_free};

/* ---- making one ---- */

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && !strcmp(text + len - end_len, end);
}

static int make_login_url(session *self, const char *auth_url, rp_error **error)
{
    static const char *const segments[] = {"v3", "auth", "tokens", NULL};
    _cleanup_(rp_url_clear) rp_url url = {0};

    if (rp_url_parse(auth_url ? auth_url : "", &url, error) < 0)
        return rp_error_add(error, "auth_url");
    self->login_url = rp_url_join(&url, segments + (ends_in(url.path, "/v3") ? 1 : 0));
    if (!self->login_url)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    return 0;
}

/* X-Language: errors in a language the user of this program reads. */
static void make_login_request(session *self)
{
    self->login_request = (rp_http_request){
        .method = "POST",
        .url = self->login_url,
        .headers = {{"Content-Type", "application/json"},
                    {"Accept", "application/json"},
                    {"X-Language", "en-us"}},
        .body = rp_secret_reveal(self->login_body),
        .body_len = rp_secret_len(self->login_body),
        .max_reply_bytes = MAX_TOKEN_REPLY_BYTES,
        .done = login_done,
        .context = self,
    };
}

static int copy_login(session *self, const otc_credentials *credentials, rp_error **error)
{
    int result = make_login_url(self, credentials->auth_url, error);

    if (result < 0)
        return result;
    self->login_body = otc_token_request(&credentials->login);
    if (credentials->login.password)
        self->password = rp_secret_copy(credentials->login.password);
    if (!self->login_body || (credentials->login.password && !self->password))
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    make_login_request(self);
    return 0;
}

static int copy_credentials(session *self, const otc_credentials *credentials, rp_error **error)
{
    if (!credentials->token)
        return copy_login(self, credentials, error);
    self->token = rp_secret_copy(credentials->token);
    if (!self->token)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    return 0;
}

rp_transport *otc_session_new(rp_transport *inner, const otc_credentials *credentials,
                              otc_is_unauthenticated *is_unauthenticated, const rp_clock *clock,
                              rp_error **error)
{
    session *self = calloc(1, sizeof(*self));

    if (!self) {
        rp_transport_free(inner);
        rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
        return NULL;
    }
    self->base.ops = &session_ops;
    self->inner = inner;
    self->clock = clock;
    self->is_unauthenticated = is_unauthenticated ? is_unauthenticated : is_status_401;
    for (size_t state = 0; state < STATES; state++)
        TAILQ_INIT(&self->lists[state]);
    if (copy_credentials(self, credentials, error) < 0) {
        session_free(&self->base);
        return NULL;
    }
    return &self->base;
}
