/* The exchanges of a session: each is in the list of its state. */
#include "otc/session_parts.h"

#include <string.h>

void session_move(session_exchange *mine, enum state state)
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

void session_forget(session_exchange *mine)
{
    TAILQ_REMOVE(&mine->owner->lists[mine->state], mine, link);
    forget_attempt(mine);
    rp_error_free(mine->failure);
    free(mine);
}

/* Frees the exchange before the callback, in which the owner may start and drop others. */
void session_finish(session_exchange *mine, const rp_http_reply *reply, const rp_error *error)
{
    const rp_http_request *request = mine->request;

    session_forget(mine);
    request->done(request->context, reply, error);
}

static void fail_later(session_exchange *mine, int code, const char *words, int64_t retry_after_ms)
{
    rp_error_free(rp_take(mine->failure));
    rp_error_set(&mine->failure, code, "%s", words);
    rp_error_set_retry_after(&mine->failure, retry_after_ms);
    session_move(mine, FAILED);
}

void session_fail_later_for(session_exchange *mine, const rp_error *error)
{
    fail_later(mine, error ? error->code : RP_E_NO_MEMORY, error ? error->message : "out of memory",
               error ? error->retry_after_ms : 0);
}

void session_fail_waiting(session *self, const rp_error *error)
{
    session_exchange *each;

    while ((each = TAILQ_FIRST(&self->lists[WAITING])))
        session_fail_later_for(each, error);
}

static int prepare_attempt(session_exchange *mine, rp_error **error)
{
    session *self = mine->owner;

    forget_attempt(mine);
    mine->attempt = *mine->request;
    mine->attempt.done = self->attempt_done;
    mine->attempt.again = NULL;
    mine->attempt.may_begin = NULL;
    mine->attempt.context = mine;
    mine->generation = otc_auth_state_generation(&self->auth);
    mine->url = otc_auth_state_url(&self->auth, mine->request->url);
    if (!mine->url)
        return rp_error_no_memory(error);
    mine->attempt.url = mine->url;
    return otc_auth_state_authenticate(&self->auth, &mine->auth, wall_s(self), &mine->attempt, error);
}

/* With the credentials of this moment. On failure the exchange stays in its list. */
int session_send_now(session_exchange *mine, rp_error **error)
{
    session *self = mine->owner;
    int result = prepare_attempt(mine, error);

    if (result == 0)
        result = rp_transport_start(self->inner, &mine->attempt, &mine->inner, error);
    if (result < 0)
        return result;
    session_move(mine, SENT);
    if (otc_auth_state_signs(&self->auth) && !self->keys_accepted)
        self->probe = mine;
    return 0;
}

/* A pause of all requests may have begun meanwhile. */
bool session_may_begin(const session_exchange *mine)
{
    return !mine->request->may_begin || mine->request->may_begin(mine->request->context);
}

void session_send_waiting(session *self)
{
    session_exchange *each;

    while (!self->probe && (each = TAILQ_FIRST(&self->lists[WAITING])) && session_may_begin(each)) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        if (session_send_now(each, &error) < 0)
            session_fail_later_for(each, error);
    }
}

session_exchange *session_exchange_new(session *self, const rp_http_request *request)
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
