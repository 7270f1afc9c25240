/* What a session asks the IAM for: one request at a time, for all exchanges that wait. */
#include "otc/session_parts.h"

#include "base/number.h"
#include "base/text.h"
#include "http/retry.h"
#include "otc/token.h"

#include <string.h>

#define SETTINGS_PAUSE_MS 5000  /* before what a setting names is looked up again */
#define CLOCK_PAUSE_MS    10000 /* before another login while the clock is wrong */
#define RENEWAL_PAUSE_S   60    /* between attempts to renew a token that lives */

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

static void fail_waiting_for_pause(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    session_pause_error(self, &error);
    session_fail_waiting(self, error);
}

/* ---- requests to the IAM ---- */

void session_advance_or_fail(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    if (session_advance(self, &error) < 0)
        session_fail_waiting(self, error);
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
    session_begin_pause(self, failure, is_of_settings(code) ? SETTINGS_PAUSE_MS : pause_ms);
    if (keep_credentials(self, asked->need, pause_ms))
        session_advance_or_fail(self);
    else
        fail_waiting_for_pause(self);
}

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
            session_note_accepted(&self->of_keys, otc_auth_state_keys_generation(&self->auth));
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
    session_end_pause(self);
    session_advance_or_fail(self);
    session_renew_in_advance(self);
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
        asked->need == OTC_NEEDS_LOGIN ? strdup("") : session_describe_credentials(self, reply);

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
    session_advance_or_fail(self);
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
        session_remember_refused_signature(self, reply, words);
        session_advance_or_fail(self);
    } else if (is_for_token(asked->need) || reply->status == 401) {
        session_remember_refusal(self, words);
    } else {
        rp_error *failure = NULL;
        rp_error_set(&failure, RP_E_DENIED, "%s", words ? words : "the request to the IAM was refused");
        session_begin_pause(self, failure, SETTINGS_PAUSE_MS);
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
    return (reply->status == 400 || reply->status == 403 || reply->status == 404) &&
           otc_is_own_refusal(reply);
}

/* Some accounts must not read the catalog: then the documented host of the region has to do. */
static bool can_do_without(const otc_iam_request *asked, const rp_http_reply *reply)
{
    return asked->need == OTC_NEEDS_CATALOG && reply->status != 401 && is_refusal(asked, reply);
}

static void go_on_without_catalog(session *self)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    session_end_pause(self);
    if (otc_auth_state_without_catalog(&self->auth, &error) < 0)
        session_fail_waiting(self, error);
    else
        session_advance_or_fail(self);
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

void session_drop_iam_request(session *self)
{
    rp_transport_drop(self->inner, rp_take(self->asked));
    otc_iam_request_done(&self->iam_request);
    self->renewing = false;
}

/* While the token is valid: an IAM that does not answer blocks no request. */
void session_renew_in_advance(session *self)
{
    otc_need need = otc_auth_state_renews(&self->auth, wall_s(self));

    if (need == OTC_NEEDS_NOTHING || self->asked || needs(self) != OTC_NEEDS_NOTHING ||
        session_is_refused(self, need) || session_is_paused(self))
        return;
    self->renewing = begin_iam_request(self, need, NULL) == 0;
    if (!self->renewing)
        otc_auth_state_put_off_renewal(&self->auth, wall_s(self) + RENEWAL_PAUSE_S);
}

/* Why the IAM cannot be asked now; 0 if it can. */
int session_check_may_ask(session *self, otc_need need, rp_error **error)
{
    if (session_is_refused(self, need))
        return rp_error_set(error, RP_E_DENIED, "%s", session_refusal(self));
    if (need == OTC_NEEDS_NOTHING)
        return 0;
    if (need == OTC_NEEDS_ENDPOINT)
        return otc_auth_state_no_endpoint(&self->auth, error);
    return session_is_paused(self) ? session_pause_error(self, error) : 0;
}

/* Does the next thing for the waiting exchanges: asks the IAM, or sends them. On failure they stay where they
   are. */
int session_advance(session *self, rp_error **error)
{
    otc_need need = needs(self);
    int result;

    if (TAILQ_EMPTY(&self->lists[WAITING]) || (self->asked && need != OTC_NEEDS_NOTHING))
        return 0;
    result = session_check_may_ask(self, need, error);
    if (result < 0)
        return result;
    if (need != OTC_NEEDS_NOTHING)
        return begin_iam_request(self, need, error);
    session_send_waiting(self);
    return 0;
}
