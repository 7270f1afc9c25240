/*
 * Shared by the parts of the session: session.c, session_exchange.c,
 * session_blocks.c and session_iam.c.
 */
#ifndef RP_OTC_SESSION_PARTS_H
#define RP_OTC_SESSION_PARTS_H

#include "otc/auth_state.h"
#include "otc/session.h"

#include <sys/queue.h>

#define RENEWAL_PAUSE_MS 60000 /* between renewals that did not help */

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
    /* Of each attempt at the service. */
    void (*attempt_done)(void *context, const rp_http_reply *reply, const rp_error *error);
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

static inline int64_t now_ms(const session *self)
{
    return rp_now_ms(self->clock);
}

static inline int64_t wall_s(const session *self)
{
    return self->clock->wall_s(self->clock->context);
}

static inline otc_need needs(const session *self)
{
    return otc_auth_state_needs(&self->auth, wall_s(self));
}

/* session_exchange.c: exchanges, in the lists of their states, and how they are sent. */
void session_move(session_exchange *mine, enum state state);
void session_forget(session_exchange *mine);
void session_finish(session_exchange *mine, const rp_http_reply *reply, const rp_error *error);
void session_fail_later_for(session_exchange *mine, const rp_error *error);
void session_fail_waiting(session *self, const rp_error *error);
int session_send_now(session_exchange *mine, rp_error **error);
bool session_may_begin(const session_exchange *mine);
void session_send_waiting(session *self);
session_exchange *session_exchange_new(session *self, const rp_http_request *request);

/* session_blocks.c: why nothing may be sent: refused credentials, a wrong clock, a pause. */
const char *session_refusal(const session *self);
char *session_describe_credentials(session *self, const rp_http_reply *reply);
void session_remember_refusal(session *self, const char *words);
void session_remember_refused_signature(session *self, const rp_http_reply *reply, const char *words);
void session_note_accepted(proof *of, uint64_t generation);
void session_note_refused(session *self, proof *of, uint64_t generation);
bool session_is_refused(session *self, otc_need need);
void session_begin_pause(session *self, rp_error *failure, int64_t pause_ms);
void session_end_pause(session *self);
bool session_is_paused(const session *self);
int session_pause_error(const session *self, rp_error **error);

/* session_iam.c: requests to the IAM, for all exchanges that wait. */
int session_advance(session *self, rp_error **error);
void session_advance_or_fail(session *self);
void session_renew_in_advance(session *self);
int session_check_may_ask(session *self, otc_need need, rp_error **error);
void session_drop_iam_request(session *self);

#endif
