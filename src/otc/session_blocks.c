/* What keeps a session from sending: refused credentials, a wrong clock, a pause after an IAM request that
 * failed. */
#include "otc/session_parts.h"

#include "base/number.h"
#include "base/text.h"
#include "http/date.h"
#include "http/retry.h"

#include <inttypes.h>
#include <string.h>

#define MOST_SKEW_S      900  /* signatures further off are refused */
#define FIRST_PAUSE_MS   200  /* after an IAM request that failed; doubles … */
#define LONGEST_PAUSE_MS 5000 /* … up to here */

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

const char *session_refusal(const session *self)
{
    return self->refusal ? self->refusal : "the credentials were refused";
}

/* Which credentials a refused request had. */
char *session_describe_credentials(session *self, const rp_http_reply *reply)
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

void session_remember_refusal(session *self, const char *words)
{
    rp_error refusal = {.code = RP_E_DENIED};

    self->refused = true;
    free(self->refusal);
    self->refusal = words ? strdup(words) : NULL;
    refusal.message = (char *)session_refusal(self);
    if (needs(self) != OTC_NEEDS_NOTHING || otc_auth_state_signs(&self->auth))
        session_fail_waiting(self, &refusal);
}

void session_note_accepted(proof *of, uint64_t generation)
{
    *of = (proof){.accepted = generation};
}

/*
 * A token, or temporary keys, refused before they were accepted once are renewed once. If the next ones are
 * refused likewise, others would not help, whichever exchanges saw it: those that renewed may have been
 * dropped meanwhile.
 */
void session_note_refused(session *self, proof *of, uint64_t generation)
{
    if (generation == of->accepted)
        return;
    if (of->doubted && of->doubted != generation)
        self->no_renewal_before_ms = now_ms(self) + RENEWAL_PAUSE_MS;
    of->doubted = generation;
}

/* Temporary keys may be replaced by others, unless those would be refused, too; these are not sent again. */
static void remember_refused_key(session *self, const char *words)
{
    const char *key = otc_auth_state_access_key(&self->auth);
    rp_error *failure = NULL;

    if (!key)
        return; /* already reported to another exchange */
    session_note_refused(self, &self->of_keys, otc_auth_state_keys_generation(&self->auth));
    free(self->refused_key);
    self->refused_key = strdup(key);
    otc_auth_state_forget_keys(&self->auth);
    if (now_ms(self) >= self->no_renewal_before_ms)
        return;
    rp_error_set(&failure, RP_E_DENIED, "%s", words ? words : "the signature by temporary keys was refused");
    session_begin_pause(self, failure, self->no_renewal_before_ms - now_ms(self));
}

/*
 * Five bad signatures lock an account: keys that were refused once are not sent
 * again. If the clock was why, they may be, but not before it was set.
 */
void session_remember_refused_signature(session *self, const rp_http_reply *reply, const char *words)
{
    int64_t behind_s = skew_s(self, reply);

    self->keys_accepted = false;
    if (behind_s) {
        self->clock_refused = true;
        self->server_ahead_s = wall_s(self) + behind_s - now_ms(self) / 1000;
        free(self->refusal);
        self->refusal = words ? strdup(words) : NULL;
        session_fail_waiting(self,
                             &(rp_error){.code = RP_E_DENIED, .message = (char *)session_refusal(self)});
        return;
    }
    if (self->auth.identity->method == OTC_METHOD_METADATA)
        remember_refused_key(self, words);
    else
        session_remember_refusal(self, words);
}

/* True if a signature would be refused: the clock has not been set since one was. */
static bool is_clock_still_wrong(session *self)
{
    if (self->clock_refused && !is_skewed(self->server_ahead_s + now_ms(self) / 1000 - wall_s(self)))
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
bool session_is_refused(session *self, otc_need need)
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

void session_end_pause(session *self)
{
    rp_error_free(rp_take(self->failure));
    self->failures = 0;
    self->paused_until_ms = INT64_MIN;
}

bool session_is_paused(const session *self)
{
    return self->failure && now_ms(self) < self->paused_until_ms;
}

/* The error of the pause, with what is left of it, or of what the IAM asked for. */
int session_pause_error(const session *self, rp_error **error)
{
    rp_error_set(error, self->failure->code, "%s", self->failure->message);
    if (is_worth_waiting(self->failure->code))
        rp_error_set_retry_after(error, rp_max(self->paused_until_ms, self->asked_until_ms) - now_ms(self));
    return self->failure->code;
}

/* Takes the error. All exchanges that need the IAM share one pause. */
void session_begin_pause(session *self, rp_error *failure, int64_t pause_ms)
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
