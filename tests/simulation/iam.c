#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GIVEN_TOKEN "token-that-was-given-0123456789"

static void answer(world *w, exchange *one, int status, const char *body)
{
    exchange_answer(w, one, status, "application/json", body, strlen(body));
}

bool iam_knows_token(const world *w, const char *token)
{
    if (w->traits.login_by == LOGIN_GIVEN_TOKEN)
        return !strcmp(token, GIVEN_TOKEN);
    if (w->traits.login_by == LOGIN_KEYS)
        return true;
    return !w->traits.rejects_tokens && w->tokens > w->revoked && !strcmp(token, w->token) &&
           time(NULL) < w->token_expires_s;
}

/* A clock that is wrong sees tokens that have expired already. */
static int64_t lifetime_s(world *w)
{
    if (w->traits.clock_is_wrong)
        return -3600;
    return w->traits.token_s + world_pick(w, w->traits.token_s);
}

void iam_act(world *w, exchange *one)
{
    char text[128], expires[40];
    time_t until = (time_t)(time(NULL) + lifetime_s(w));
    struct tm tm;

    if (w->traits.refuses_login) {
        answer(w, one, 401,
               "{\"error\":{\"code\":401,\"message\":\"wrong password\",\"title\":\"Unauthorized\"}}");
        return;
    }
    gmtime_r(&until, &tm);
    strftime(expires, sizeof(expires), "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
    snprintf(text, sizeof(text), "{\"token\":{\"expires_at\":\"%s\",\"project\":{\"id\":\"p\"}}}", expires);
    snprintf(w->token, sizeof(w->token), "token-that-was-made-%08d", ++w->tokens);
    w->token_expires_s = until;
    one->new_token = w->token;
    answer(w, one, 201, text);
    world_tell(w, "  cloud: %s, until %s", w->token, expires);
}

/* The token that is valid now is so no longer. */
void iam_revoke(world *w)
{
    world_tell(w, "  cloud: %s is revoked", w->token);
    w->revoked = w->tokens;
}

static int64_t pause_ms(const char *asked)
{
    int64_t ms = asked ? (int64_t)atoi(asked) * 1000 : 100;

    return ms < 60000 ? ms : 60000;
}

/* A failed attempt is followed by a pause, as long as the IAM asks for where it does, within limits. */
void iam_answered(world *w, const exchange *one, bool with_reply)
{
    if (with_reply && one->status == 201 && one->new_token)
        w->login_times[w->login_count++ % MAX_LOGINS] = world_now();
    else if (with_reply && one->fate == FATE_ANSWERED && w->traits.refuses_login)
        w->login_refused = true;
    else
        w->login_paused_until = world_now() + pause_ms(with_reply ? one->retry_after : NULL);
}
