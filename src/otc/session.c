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
#include "otc/session.h"

#include "base/number.h"
#include "base/text.h"
#include "http/date.h"
#include "http/retry.h"
#include "otc/auth_state.h"
#include "otc/redact.h"
#include "otc/token.h"

#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>

#define MOST_SKEW_S             900    /* signatures further off are refused */
#define FIRST_PAUSE_MS          200    /* after an IAM request that failed; doubles … */
#define LONGEST_PAUSE_MS        5000   /* … up to here */
#define SETTINGS_PAUSE_MS       5000   /* before what a setting names is looked up again */
#define CLOCK_PAUSE_MS          10000  /* before another login while the clock is wrong */
#define RENEWAL_PAUSE_MS        60000  /* between renewals that did not help */
#define RENEWAL_PAUSE_S         60     /* between attempts to renew a token that lives */

typedef struct session session;

enum state {
    WAITING, /* for what the session needs first, or, when that took a while, until it may begin */
    SENT,
    FAILED, /* reported in the next step, because no callback runs in start */
    STATES
};

typedef struct session_exchange {
    TAILQ_ENTRY(session_exchange) link;
    session *owner;
    enum state state;
    const rp_http_request *request;
    rp_http_request attempt; /* the same with credentials, and answers come to the session */
    char *url;
    otc_request_auth auth;
    uint64_t generation; /* of the token, or of the temporary keys */
    bool renewed;        /* it was sent again with a new token */
    rp_exchange *inner;
    rp_error *failure;
} session_exchange;

TAILQ_HEAD(exchange_list, session_exchange);

/* What became of credentials that are renewed, by their generation. */
typedef struct proof {
    uint64_t accepted; /* the last that was accepted */
    uint64_t doubted;  /* the last that was refused before it was accepted; 0: none since one was accepted */
} proof;

struct session {
    rp_transport base;
    rp_transport *inner;
    const rp_clock *clock;
    otc_is_unauthenticated *is_unauthenticated;
    struct exchange_list lists[STATES];
    otc_auth_state auth;

    otc_iam_request iam_request;
    rp_exchange *asked;   /* the IAM request under way, or NULL */
    bool renewing;        /* renews a credential that is still valid: no exchange waits for it */
    bool logged_in_again; /* since the IAM refused a token of the user's */

    rp_error *failure; /* of the last IAM request; NULL: it succeeded */
    unsigned failures; /* in a row */
    int64_t paused_until_ms;
    int64_t asked_until_ms; /* the pause that the IAM asked for may be longer */

    bool refused;  /* the credentials are not sent again */
    char *refusal; /* why; NULL if there was no memory for it */

    int64_t no_renewal_before_ms; /* the service refused a new token: another would not help */
    proof of_token, of_keys;      /* of temporary keys */

    /* Keys only. */
    bool keys_accepted;      /* at least once */
    session_exchange *probe; /* the one request that finds out */
    char *refused_key;       /* the access key of temporary keys that were refused */
    bool clock_refused;      /* a signature was refused because of this machine's clock, when … */
    int64_t server_ahead_s;  /* … the server's clock was so far ahead of the monotonic one */
};

/* What a need is called in messages. */
static const struct {
    const char *cannot;
    const char *refused;
} words_for[] = {
    [OTC_NEEDS_KEYS] = {"cannot get temporary keys", "the request for temporary keys"},
    [OTC_NEEDS_LOGIN] = {"cannot log in", "the login"},
    [OTC_NEEDS_AGENCY] = {"cannot assume the agency", "the agency"},
    [OTC_NEEDS_DOMAIN] = {"cannot look up the domain", "the look-up of the domain"},
    [OTC_NEEDS_PROJECT] = {"cannot look up the project", "the look-up of the project"},
    [OTC_NEEDS_CATALOG] = {"cannot get the catalog", "the request for the catalog"},
};

static bool is_status_401(const rp_http_reply *reply)
{
    return reply->status == 401;
}

static int64_t now_ms(const session *self)
{
    return rp_now_ms(self->clock);
}

static int64_t wall_s(const session *self)
{
    return self->clock->wall_s(self->clock->context);
}

static otc_need needs(const session *self)
{
    return otc_auth_state_needs(&self->auth, wall_s(self));
}

/* ---- exchanges ---- */

static void move(session_exchange *mine, enum state state)
{
    session *self = mine->owner;

    TAILQ_REMOVE(&self->lists[mine->state], mine, link);
    mine->state = state;
    TAILQ_INSERT_TAIL(&self->lists[state], mine, link);
}

static void forget_attempt(session_exchange *mine)
{
    if (mine->owner->probe == mine)
        mine->owner->probe = NULL;
    otc_request_auth_done(&mine->auth);
    free(rp_take(mine->url));
}

static void forget(session_exchange *mine)
{
    TAILQ_REMOVE(&mine->owner->lists[mine->state], mine, link);
    forget_attempt(mine);
    rp_error_free(mine->failure);
    free(mine);
}

/* Frees the exchange before the callback, in which the owner may start and drop others. */
static void finish(session_exchange *mine, const rp_http_reply *reply, const rp_error *error)
{
    const rp_http_request *request = mine->request;

    forget(mine);
    request->done(request->context, reply, error);
}

static void fail_later(session_exchange *mine, int code, const char *words, int64_t retry_after_ms)
{
    rp_error_free(rp_take(mine->failure));
    rp_error_set(&mine->failure, code, "%s", words);
    rp_error_set_retry_after(&mine->failure, retry_after_ms);
    move(mine, FAILED);
}

static void fail_later_for(session_exchange *mine, const rp_error *error)
{
    fail_later(mine, error ? error->code : RP_E_NO_MEMORY, error ? error->message : "out of memory",
               error ? error->retry_after_ms : 0);
}

static void fail_waiting(session *self, const rp_error *error)
{
    session_exchange *each;

    while ((each = TAILQ_FIRST(&self->lists[WAITING])))
        fail_later_for(each, error);
}

static void attempt_done(void *context, const rp_http_reply *reply, const rp_error *error);

static int prepare_attempt(session_exchange *mine, rp_error **error)
{
    session *self = mine->owner;

    forget_attempt(mine);
    mine->attempt = *mine->request;
    mine->attempt.done = attempt_done;
    mine->attempt.again = NULL;
    mine->attempt.context = mine;
    mine->generation = otc_auth_state_generation(&self->auth);
    mine->url = otc_auth_state_url(&self->auth, mine->request->url);
    if (!mine->url)
        return rp_error_no_memory(error);
    mine->attempt.url = mine->url;
    return otc_auth_state_authenticate(&self->auth, &mine->auth, wall_s(self), &mine->attempt, error);
}

/* With the credentials of this moment. On failure the exchange stays in its list. */
static int send_now(session_exchange *mine, rp_error **error)
{
    session *self = mine->owner;
    int result = prepare_attempt(mine, error);

    if (result == 0)
        result = rp_transport_start(self->inner, &mine->attempt, &mine->inner, error);
    if (result < 0)
        return result;
    move(mine, SENT);
    if (otc_auth_state_signs(&self->auth) && !self->keys_accepted)
        self->probe = mine;
    return 0;
}

/* A pause of all requests may have begun meanwhile. */
static bool may_begin(const session_exchange *mine)
{
    return !mine->request->may_begin || mine->request->may_begin(mine->request->context);
}

static void send_waiting(session *self)
{
    session_exchange *each;

    while (!self->probe && (each = TAILQ_FIRST(&self->lists[WAITING])) && may_begin(each)) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        if (send_now(each, &error) < 0)
            fail_later_for(each, error);
    }
}

/* ---- the clock ---- */

static bool is_skewed(int64_t behind_s)
{
    return behind_s > MOST_SKEW_S || behind_s < -MOST_SKEW_S;
}

/* How far this machine's clock is behind the server's, if a signature may be refused for that; else 0. */
static int64_t skew_s(const session *self, const rp_http_reply *reply)
{
    int64_t server_s, behind_s;

    if (!otc_identity_signs(self->auth.identity) || !reply->date ||
        !rp_http_parse_date(reply->date, &server_s))
        return 0;
    behind_s = server_s - wall_s(self);
    return is_skewed(behind_s) ? behind_s : 0;
}

/* To the nearest minute: Date has one-second resolution and the reply may already be seconds old. */
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

/* ---- refusals ---- */

static const char *refusal_of(const session *self)
{
    return self->refusal ? self->refusal : "the credentials were refused";
}

/* Which credentials a refused request had. */
static char *describe_credentials(session *self, const rp_http_reply *reply)
{
    static const char *const by[] = {[OTC_METHOD_TOKEN] = "it carried",
                                     [OTC_METHOD_PASSWORD] = "the login was by",
                                     [OTC_METHOD_KEYS] = "signed by",
                                     [OTC_METHOD_METADATA] = "signed by temporary keys,"};
    const otc_identity *identity = self->auth.identity;
    _cleanup_(rp_freep) char *origins = otc_auth_state_origins(&self->auth, OTC_NEEDS_NOTHING);
    _cleanup_(rp_freep) char *skew = skew_words(skew_s(self, reply));

    if (!origins || !skew)
        return NULL;
    return rp_format("%s %s%s%s", by[identity->method], origins,
                     identity->method == OTC_METHOD_TOKEN ? ": a given token cannot be renewed" : "", skew);
}

static void remember_refusal(session *self, const char *words)
{
    rp_error refusal = {.code = RP_E_DENIED};

    self->refused = true;
    free(self->refusal);
    self->refusal = words ? strdup(words) : NULL;
    refusal.message = (char *)refusal_of(self);
    if (needs(self) != OTC_NEEDS_NOTHING || otc_auth_state_signs(&self->auth))
        fail_waiting(self, &refusal);
}

static void note_accepted(proof *of, uint64_t generation)
{
    *of = (proof){.accepted = generation};
}

/*
 * A token, or temporary keys, refused before they were accepted once are renewed once. If the next ones are
 * refused likewise, others would not help, whichever exchanges saw it: those that renewed may have been dropped
 * meanwhile.
 */
static void note_refused(session *self, proof *of, uint64_t generation)
{
    if (generation == of->accepted)
        return;
    if (of->doubted && of->doubted != generation)
        self->no_renewal_before_ms = now_ms(self) + RENEWAL_PAUSE_MS;
    of->doubted = generation;
}

static void begin_pause(session *self, rp_error *failure, int64_t pause_ms);

/* Temporary keys may be replaced by others, unless those would be refused, too; these are not sent again. */
static void remember_refused_key(session *self, const char *words)
{
    const char *key = otc_auth_state_access_key(&self->auth);
    rp_error *failure = NULL;

    if (!key)
        return; /* already reported to another exchange */
    note_refused(self, &self->of_keys, otc_auth_state_keys_generation(&self->auth));
    free(self->refused_key);
    self->refused_key = strdup(key);
    otc_auth_state_forget_keys(&self->auth);
    if (now_ms(self) >= self->no_renewal_before_ms)
        return;
    rp_error_set(&failure, RP_E_DENIED, "%s", words ? words : "the signature by temporary keys was refused");
    begin_pause(self, failure, self->no_renewal_before_ms - now_ms(self));
}

/*
 * Five bad signatures lock an account: keys that were refused once are not sent
 * again. If the clock was why, they may be, but not before it was set.
 */
static void remember_refused_signature(session *self, const rp_http_reply *reply, const char *words)
{
    int64_t behind_s = skew_s(self, reply);

    self->keys_accepted = false;
    if (behind_s) {
        self->clock_refused = true;
        self->server_ahead_s = wall_s(self) + behind_s - now_ms(self) / 1000;
        free(self->refusal);
        self->refusal = words ? strdup(words) : NULL;
        fail_waiting(self, &(rp_error){.code = RP_E_DENIED, .message = (char *)refusal_of(self)});
        return;
    }
    if (self->auth.identity->method == OTC_METHOD_METADATA)
        remember_refused_key(self, words);
    else
        remember_refusal(self, words);
}

/* True if a signature would be refused: the clock has not been set since one was. */
static bool is_clock_still_wrong(session *self)
{
    if (self->clock_refused &&
        !is_skewed(self->server_ahead_s + now_ms(self) / 1000 - wall_s(self)))
        self->clock_refused = false;
    return self->clock_refused;
}

static bool would_sign(const session *self, otc_need need)
{
    if (need == OTC_NEEDS_NOTHING)
        return otc_auth_state_signs(&self->auth);
    if (!otc_identity_signs(self->auth.identity) || need == OTC_NEEDS_KEYS)
        return false;
    return need == OTC_NEEDS_AGENCY || !self->auth.agency_token.secret;
}

/* True if what this need takes was refused before. */
static bool is_refused(session *self, otc_need need)
{
    if (need == OTC_NEEDS_NOTHING && !otc_auth_state_signs(&self->auth))
        return false;
    return self->refused || (would_sign(self, need) && is_clock_still_wrong(self));
}

/* ---- a pause after an IAM request that failed ---- */

static bool is_worth_waiting(int code)
{
    return code == RP_E_UNREACHED || code == RP_E_THROTTLED || code == RP_E_UNAVAILABLE;
}

static int64_t backoff_ms(const session *self)
{
    int64_t pause = FIRST_PAUSE_MS;

    for (unsigned i = 1; i < self->failures && pause < LONGEST_PAUSE_MS; i++)
        pause *= 2;
    return rp_jitter_ms(self->clock, rp_min(pause, LONGEST_PAUSE_MS));
}

static void end_pause(session *self)
{
    rp_error_free(rp_take(self->failure));
    self->failures = 0;
    self->paused_until_ms = INT64_MIN;
}

static bool is_paused(const session *self)
{
    return self->failure && now_ms(self) < self->paused_until_ms;
}

/* The error of the pause, with what is left of it, or of what the IAM asked for. */
static int pause_error(const session *self, rp_error **error)
{
    rp_error_set(error, self->failure->code, "%s", self->failure->message);
    if (is_worth_waiting(self->failure->code))
        rp_error_set_retry_after(error, rp_max(self->paused_until_ms, self->asked_until_ms) - now_ms(self));
    return self->failure->code;
}

/* Takes the error. All exchanges that need the IAM share one pause. */
static void begin_pause(session *self, rp_error *failure, int64_t pause_ms)
{
    rp_error_free(self->failure);
    self->failure = failure;
    self->failures++;
    if (failure->code == RP_E_NO_MEMORY)
        pause_ms = 0;
    else
        pause_ms = rp_max(pause_ms, backoff_ms(self));
    self->asked_until_ms = now_ms(self) + pause_ms;
    self->paused_until_ms = now_ms(self) + rp_min(pause_ms, RP_RETRY_AFTER_MAX_MS);
}

static void fail_waiting_for_pause(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    pause_error(self, &error);
    fail_waiting(self, error);
}

/* ---- requests to the IAM ---- */

static int advance(session *self, rp_error **error);

static void advance_or_fail(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (advance(self, &error) < 0)
        fail_waiting(self, error);
}

static bool is_for_token(otc_need need)
{
    return need == OTC_NEEDS_LOGIN || need == OTC_NEEDS_AGENCY;
}

static bool is_for_credentials(otc_need need)
{
    return is_for_token(need) || need == OTC_NEEDS_KEYS;
}

/* What a setting names does not exist, or must not be used: such words need no more context. */
static bool is_of_settings(int code)
{
    return code == RP_E_NOT_FOUND || code == RP_E_INVALID;
}

/* Nothing of the waiting exchanges was sent, whatever became of the IAM request. */
static int as_unsent(int code)
{
    return code == RP_E_LOST ? RP_E_UNAVAILABLE : code;
}

/* The credentials in use live on: renewal is put off, and no exchange waits for it. */
static bool keep_credentials(session *self, otc_need need, int64_t pause_ms)
{
    if (!is_for_credentials(need) || needs(self) == need)
        return false;
    otc_auth_state_put_off_renewal(&self->auth,
                                   wall_s(self) + rp_max(RENEWAL_PAUSE_S, (pause_ms + 999) / 1000));
    return true;
}

static void iam_failed(session *self, const otc_iam_request *asked, int code, const char *why,
                       int64_t pause_ms)
{
    rp_error *failure = NULL;

    if (is_of_settings(code))
        rp_error_set(&failure, code, "%s", why);
    else
        rp_error_set(&failure, code, "%s at %s: %s", words_for[asked->need].cannot, asked->url, why);
    begin_pause(self, failure, is_of_settings(code) ? SETTINGS_PAUSE_MS : pause_ms);
    if (keep_credentials(self, asked->need, pause_ms))
        advance_or_fail(self);
    else
        fail_waiting_for_pause(self);
}

static void renew_in_advance(session *self);

/* Temporary keys that were refused do not get better by being fetched again. */
static bool is_refused_key(const session *self)
{
    const char *key = otc_auth_state_access_key(&self->auth);

    return self->refused_key && key && !strcmp(self->refused_key, key);
}

static void iam_succeeded(session *self, const otc_iam_request *asked, const rp_http_reply *reply)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int result = otc_auth_state_take(&self->auth, asked->need, reply, asked->made_at_s, &error);

    if (asked->need != OTC_NEEDS_LOGIN && asked->need != OTC_NEEDS_KEYS) {
        self->keys_accepted = true;
        self->logged_in_again = false;
        if (asked->auth.authorization)
            note_accepted(&self->of_keys, otc_auth_state_keys_generation(&self->auth));
    }
    if (result < 0) {
        iam_failed(self, asked, as_unsent(error ? error->code : RP_E_NO_MEMORY),
                   error ? error->message : "out of memory", result == RP_E_DENIED ? CLOCK_PAUSE_MS : 0);
        return;
    }
    if (asked->need == OTC_NEEDS_KEYS && is_refused_key(self)) {
        otc_auth_state_forget_keys(&self->auth);
        iam_failed(self, asked, RP_E_DENIED, "it has no other keys than those that were refused",
                   RENEWAL_PAUSE_MS);
        return;
    }
    end_pause(self);
    advance_or_fail(self);
    renew_in_advance(self);
}

/* The secret that was sent, to redact it in the server's text. */
static const rp_secret *sent_secret(const session *self, const otc_iam_request *asked)
{
    if (asked->need == OTC_NEEDS_LOGIN)
        return self->auth.identity->chosen.values[OTC_PASSWORD].text;
    return asked->auth.token ? asked->auth.token : asked->auth.security_token;
}

static char *refusal_words(session *self, const otc_iam_request *asked, const char *why,
                           const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *origins = otc_auth_state_origins(&self->auth, asked->need);
    _cleanup_(rp_freep) char *credentials =
        asked->need == OTC_NEEDS_LOGIN ? strdup("") : describe_credentials(self, reply);

    if (!origins || !credentials)
        return NULL;
    return rp_format("%s at %s was refused: %s (%s%s%s)", words_for[asked->need].refused, asked->url, why,
                     origins, *origins && *credentials ? "; " : "", credentials);
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

static void iam_refused(session *self, const otc_iam_request *asked, const char *why,
                        const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *words = NULL;

    if (may_log_in_again(self, asked->need, reply)) {
        log_in_again(self);
        return;
    }
    words = refusal_words(self, asked, why, reply);
    if (reply->status == 401 && asked->auth.authorization) {
        remember_refused_signature(self, reply, words);
        advance_or_fail(self);
    } else if (is_for_token(asked->need) || reply->status == 401) {
        remember_refusal(self, words);
    } else {
        rp_error *failure = NULL;
        rp_error_set(&failure, RP_E_DENIED, "%s", words ? words : "the request to the IAM was refused");
        begin_pause(self, failure, SETTINGS_PAUSE_MS);
        fail_waiting_for_pause(self);
    }
}

/* A proxy's page says nothing of the credentials, a 401 aside. */
static bool is_refusal(const otc_iam_request *asked, const rp_http_reply *reply)
{
    if (asked->need == OTC_NEEDS_KEYS)
        return false;
    if (reply->status == 401)
        return true;
    return (reply->status == 400 || reply->status == 403 || reply->status == 404) && otc_is_own_refusal(reply);
}

/* Some accounts must not read the catalog: then the documented host of the region has to do. */
static bool can_do_without(const otc_iam_request *asked, const rp_http_reply *reply)
{
    return asked->need == OTC_NEEDS_CATALOG && reply->status != 401 && is_refusal(asked, reply);
}

static void go_on_without_catalog(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    end_pause(self);
    if (otc_auth_state_without_catalog(&self->auth, &error) < 0)
        fail_waiting(self, error);
    else
        advance_or_fail(self);
}

static void iam_answered(session *self, const otc_iam_request *asked, const rp_http_reply *reply)
{
    _cleanup_(rp_freep) char *why = NULL;

    if (reply->status == (is_for_token(asked->need) ? 201 : 200)) {
        iam_succeeded(self, asked, reply);
        return;
    }
    if (can_do_without(asked, reply)) {
        go_on_without_catalog(self);
        return;
    }
    why = otc_token_refusal(reply, sent_secret(self, asked));
    if (!why)
        iam_failed(self, asked, RP_E_NO_MEMORY, "out of memory", 0);
    else if (is_refusal(asked, reply))
        iam_refused(self, asked, why, reply);
    else
        iam_failed(self, asked, reply->status == 429 ? RP_E_THROTTLED : RP_E_UNAVAILABLE, why,
                   rp_retry_after_ms(reply, self->clock));
}

/* The next IAM request may begin while the texts of this one are in use. */
static void iam_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    session *self = context;
    _cleanup_(otc_iam_request_done) otc_iam_request asked = self->iam_request;

    self->iam_request = (otc_iam_request){0};
    self->asked = NULL;
    self->renewing = false;
    if (reply)
        iam_answered(self, &asked, reply);
    else
        iam_failed(self, &asked, as_unsent(error->code), error->message, 0);
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
    self->renewing = false;
}

/* While the token is valid: an IAM that does not answer blocks no request. */
static void renew_in_advance(session *self)
{
    otc_need need = otc_auth_state_renews(&self->auth, wall_s(self));

    if (need == OTC_NEEDS_NOTHING || self->asked || needs(self) != OTC_NEEDS_NOTHING ||
        is_refused(self, need) || is_paused(self))
        return;
    self->renewing = begin_iam_request(self, need, NULL) == 0;
    if (!self->renewing)
        otc_auth_state_put_off_renewal(&self->auth, wall_s(self) + RENEWAL_PAUSE_S);
}

/* Why the IAM cannot be asked now; 0 if it can. */
static int check_may_ask(session *self, otc_need need, rp_error **error)
{
    if (is_refused(self, need))
        return rp_error_set(error, RP_E_DENIED, "%s", refusal_of(self));
    if (need == OTC_NEEDS_NOTHING)
        return 0;
    if (need == OTC_NEEDS_ENDPOINT)
        return otc_auth_state_no_endpoint(&self->auth, error);
    return is_paused(self) ? pause_error(self, error) : 0;
}

/* Does the next thing for the waiting exchanges: asks the IAM, or sends them. On failure they stay where they
   are. */
static int advance(session *self, rp_error **error)
{
    otc_need need = needs(self);
    int result;

    if (TAILQ_EMPTY(&self->lists[WAITING]) || (self->asked && need != OTC_NEEDS_NOTHING))
        return 0;
    result = check_may_ask(self, need, error);
    if (result < 0)
        return result;
    if (need != OTC_NEEDS_NOTHING)
        return begin_iam_request(self, need, error);
    send_waiting(self);
    return 0;
}

/* A refusal is reported in the next step, an immediate error at once. */
static int send_or_wait(session_exchange *mine, rp_error **error)
{
    session *self = mine->owner;
    otc_need need = needs(self);
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    int result;

    if ((need == OTC_NEEDS_NOTHING || !self->asked) && check_may_ask(self, need, &why) < 0) {
        fail_later_for(mine, why);
        rp_transport_wake(self->inner);
        return 0;
    }
    if (need != OTC_NEEDS_NOTHING)
        return advance(self, error);
    result = self->probe || (mine->renewed && !may_begin(mine)) ? 0 : send_now(mine, error);
    renew_in_advance(self);
    return result;
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
    move(mine, WAITING);
    if (mine->generation == otc_auth_state_generation(&self->auth)) {
        if (otc_auth_state_signs(&self->auth))
            remember_refused_signature(self, reply, "the signature by temporary keys was refused");
        else
            otc_auth_state_forget(&self->auth);
    }
    if (mine->state == WAITING && send_or_wait(mine, &error) < 0)
        fail_later_for(mine, error);
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
    finish(mine, reply, NULL);
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
            finish(mine, NULL, &no_memory);
            return;
        }
    }
    finish_with(mine, &clean);
}

static void note_refused_signature(const session_exchange *mine, const rp_http_reply *reply, const char *note)
{
    _cleanup_(rp_freep) char *why = otc_token_refusal(reply, mine->auth.security_token);
    _cleanup_(rp_freep) char *words = why ? rp_format("the signature was refused: %s (%s)", why, note) : NULL;

    remember_refused_signature(mine->owner, reply, words ? words : "the signature was refused");
}

static void finish_refused(session_exchange *mine, const rp_http_reply *reply)
{
    session *self = mine->owner;
    _cleanup_(rp_freep) char *note = describe_credentials(self, reply);
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
        fail_waiting(self, &(rp_error){.code = RP_E_THROTTLED,
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
        note_refused(self, of, mine->generation);
    else if (accepts_credentials(reply))
        note_accepted(of, mine->generation);
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
        finish(mine, NULL, error);
    if (was_probe)
        advance_or_fail(self);
}

static session_exchange *session_exchange_new(session *self, const rp_http_request *request)
{
    session_exchange *mine = calloc(1, sizeof(*mine));

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
    session_exchange *mine;
    int result;

    if (*request->url != '/')
        return rp_error_set(error, RP_E_INVALID, "a session sends to paths of its project only, not to URLs");
    mine = session_exchange_new(self, request);
    if (!mine)
        return rp_error_no_memory(error);
    if ((result = send_or_wait(mine, error)) < 0) {
        forget(mine);
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
    forget(mine);
    if (TAILQ_EMPTY(&self->lists[WAITING]) && !self->renewing)
        drop_iam_request(self);
    else if (was_probe)
        advance_or_fail(self);
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
        finish(each, NULL, error);
    }
}

static void session_step(rp_transport *transport)
{
    session *self = (session *)transport;

    rp_transport_step(self->inner);
    advance_or_fail(self);
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
            forget(each);
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
    self->no_renewal_before_ms = INT64_MIN;
    for (size_t state = 0; state < STATES; state++)
        TAILQ_INIT(&self->lists[state]);
    if (otc_auth_state_init(&self->auth, identity, error) < 0) {
        session_free(&self->base);
        return NULL;
    }
    return &self->base;
}
