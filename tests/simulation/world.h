/*
 * One world: an instance of the plugin, callers on threads of their own, and a
 * cloud that keeps the truth. The plugin is whole, from its hooks down to the
 * seam where libcurl would carry requests; locks, clocks and chance are
 * simulated. After each step the rules are checked.
 *
 *     world.c       what a world is like, and what happens next
 *     caller.c      callers: what they ask of the hooks, and what they are told
 *     transport.c   carries requests to the cloud, and answers back
 *     cloud.c       the load balancer service: members, jobs, faults
 *     iam.c         logins
 *     check.c       the rules
 *     fiber.c       threads; replace.c: what is replaced for them
 *
 * Steps number what happens, so that two things within a millisecond have an order.
 */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "chance.h"
#include "fiber.h"
#include "resource_plugin.h"

#include "base/secret.h"
#include "http/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAX_LISTENERS = 8,
    MAX_KEYS = 48,
    MAX_CALLERS = 24,
    MAX_CALLS = 64,
    MAX_RECORDS = 16, /* of a call */
    MAX_MEMBERS = 2048,
    MAX_OPS = 4096,
    MAX_SENDS = 1024,
    MAX_LISTINGS = 4096,
    MAX_EVENTS = 2048,
    MAX_EXCHANGES = 256,
    MAX_LOGINS = 64,
    MAX_STEPS = 200000
};

#define NEVER INT64_MAX

/* A server, wherever it stands. */
typedef enum login_kind {
    LOGIN_GIVEN_TOKEN,
    LOGIN_PASSWORD,
    LOGIN_KEYS
} login_kind;

/* What a world is like. Chances are in thousandths. */
typedef struct traits {
    uint32_t listeners, keys, fillers; /* keys and fillers: of each listener */
    uint32_t callers, calls;
    int64_t settle_ms, attempt_ms, poll_min_ms, poll_max_ms, connect_ms;
    uint32_t max_batch, max_bisect, max_parallel;
    uint32_t page_cap; /* members a page at most, whatever the limit; 0: as asked for */
    uint32_t latency_ms, spread_ms;

    /* Of requests that look, of requests that act, of requests to the IAM. */
    struct faults {
        uint32_t unreached, reset, silent, late, truncated, page, failing, throttled, unauthenticated, denied;
    } get, post, login;
    uint32_t fail_job, leave, foreign, hunger, hiccups;
    bool conflicts, forgets_jobs, endless_jobs, false_success, lags, listed_at_end, denies_gone, parent_goes;
    bool retry_after, slow_hosts, refuses_login, clock_is_wrong, rejects_tokens;
    uint32_t token_s; /* tokens live so long, and up to twice as long */
    bool mild;       /* few faults, and time enough: every call has to succeed */
    uint64_t guilty; /* keys, as bits */
    login_kind login_by;
} traits;

typedef enum event_kind {
    EVENT_ACT,    /* an exchange: the server reads it */
    EVENT_ANSWER, /* an exchange: its end reaches the client */
    EVENT_SHOW,   /* an op */
    EVENT_JOB_END,
    EVENT_HEALTHY,
    EVENT_FOREIGN,
    EVENT_PARENT_GOES,
    EVENT_REVOKE, /* the token that is valid now */
    EVENT_CANCEL,
    EVENT_SPURIOUS, /* a thread wakes for nothing */
    EVENT_CALM
} event_kind;

typedef struct event {
    event_kind kind;
    int on;
    int send; /* whose effect it is, which a lost send has within its time; or -1 */
    int64_t at;
} event;

typedef struct member_key {
    int listener, number;
    char server_id[16], address[32];
    bool disturbed; /* somebody else changes it too */
    uint64_t touch; /* the last step in which a request of ours may have changed it */
    int last_lost;  /* the op of it whose answer was lost last, with no other sent since; or -1 */
} member_key;

typedef struct member {
    int listener, key; /* key -1: nobody asks for it */
    int op;            /* that made it, or -1 */
    bool visible, healthy;
    uint64_t shown_step, hidden_step;
    char id[24];
} member;

/* What one send is to do for one key. */
typedef struct op {
    int key, send, member; /* member: to remove, or made; or -1 */
    enum {
        OP_PENDING, /* may come true */
        OP_DONE,
        OP_DEAD
    } state;
    uint64_t sent_step, touch_before;
    uint64_t candidates, returned; /* calls, as bits, for one of which it was sent */
    bool claimed;                  /* one of them was told that it was, or may have been, done */
} op;

typedef struct sent {
    bool removes;
    int listener, first_op, ops, exchange; /* exchange: its handle */
    bool acts;
    enum {
        SEND_RUNNING,
        SEND_ACCEPTED,
        SEND_NOTHING, /* refused, not sent: it did nothing */
        SEND_LOST
    } known;
    int64_t nothing_at;        /* when the client learned that it did nothing */
    int64_t lost_at, deadline; /* deadline: all effects come true before */
    bool refused;              /* with blame on a record, or on the whole */
    bool job_runs, job_endless, job_stands, job_forgotten, forgets, rolls_back, job_fails, end_known;
    enum {
        FORM_ALL,
        FORM_NOTHING,
        FORM_PART,
        FORM_FALSE_SUCCESS
    } form;
    int64_t acted_at, accepted_at;
    uint64_t accepted_step;
    int unknown_told;  /* how often the client was told that there is no such job */
    int64_t polled_at; /* when the server last told of the job; */
    int last_poll;     /*    and what: 'R', 'S', 'F', '?'; or 0 */
} sent;

/* A list, of several pages. */
typedef struct listing {
    int listener;
    uint64_t requested_step, answered_step; /* answered: the last page */
    int64_t requested_at;
    uint64_t shown; /* keys, as bits */
    char last_id[24];
    bool complete; /* the server has no more */
    bool orphan;   /* there was a moment when no call was left that waited for the listener */
} listing;

typedef enum request_kind {
    REQUEST_IS_LIST,
    REQUEST_IS_LISTENER,
    REQUEST_IS_ADD,
    REQUEST_IS_REMOVE,
    REQUEST_IS_POLL,
    REQUEST_IS_LOGIN,
    REQUEST_IS_UNKNOWN
} request_kind;

typedef enum fate {
    FATE_ANSWERED,
    FATE_UNREACHED,
    FATE_RESET,
    FATE_SILENT,
    FATE_TRUNCATED,
    FATE_PAGE, /* a proxy's */
    FATE_FAILING,
    FATE_THROTTLED,
    FATE_UNAUTHENTICATED,
    FATE_DENIED
} fate;

typedef struct exchange {
    bool used;
    int number;
    const rp_http_request *request; /* NULL: dropped */
    request_kind kind;
    int listener, send, job, listing;
    char marker[24], token[40];
    fate fate;
    bool late;
    int64_t started_at, silent_at; /* silent_at: the client gives up, or never */
    bool ended;                    /* its end has reached the client, and is to be told in step */

    /* The answer; or a failure. */
    int status, failure;
    const char *content_type, *retry_after;
    char *reply; /* as long as it is, so that a sanitizer sees what reads past it */
    size_t reply_len;
    const char *new_token;

    /* Of a list: what its page shows, as `listing` has it once the page has come. */
    uint64_t page_shown;
    char page_last_id[24];
    bool page_complete;
} exchange;

typedef enum call_kind {
    CALL_CREATE,
    CALL_READ,
    CALL_DELETE,
    CALL_LIST
} call_kind;

typedef struct told {
    int status, outcome; /* outcome: -1 where none was told */
    bool has_state, existed, retryable;
    int64_t retry_after_ms;
    char member_id[24], job_id[24], code[48];
} told;

typedef struct call {
    call_kind kind;
    int count, keys[MAX_RECORDS];
    char member_ids[MAX_RECORDS][24]; /* asked for by these; "" where by key */
    char job_ids[MAX_RECORDS][24];
    const char *wait;        /* NULL: as usual */
    bool adopt, by_id, deaf; /* deaf: to events */
    bool audit;              /* the last ones, when all is quiet: they have to succeed */
    uint32_t timeout_ms;
    int64_t pause_ms, cancel_after_ms;

    uint32_t cancel;
    bool arrived, returned;
    int64_t arrived_at, deadline, cancelled_at, returned_at, host_ms;
    uint64_t arrived_step, returned_step;
    int64_t excuse_ms; /* how long faults may have kept it */
    int status, told_count;
    told told[MAX_RECORDS];
    char refused_code[48];
} call;

typedef struct world {
    chance *chance;
    unsigned with;
    bool loud;
    const char *broken; /* the rule, or NULL */
    char words[512];

    traits traits;
    uint64_t step;
    bool calm; /* no more faults */
    rp_instance *instance;

    bool parent_gone[MAX_LISTENERS];
    member_key keys[MAX_KEYS];
    member members[MAX_MEMBERS];
    op ops[MAX_OPS];
    sent sends[MAX_SENDS];
    listing listings[MAX_LISTINGS];
    event events[MAX_EVENTS];
    exchange exchanges[MAX_EXCHANGES];
    call calls[MAX_CALLS];
    int key_count, member_count, op_count, send_count, listing_count, event_count, call_count;
    int caller_calls[MAX_CALLERS][4], caller_count;
    int exchange_number;
    int64_t next_event_at;

    /* Of the cloud. */
    int64_t throttled_until; /* no request comes before */
    int64_t asked_until;     /* the same, where the server named a time, … */
    int64_t asked_at;        /* … at this one */
    int64_t started_at;      /* the last request since */
    int tokens, revoked;     /* how many were given out, and how many of them are not valid any more */
    char token[40];
    int64_t token_expires_s;
    bool login_refused;
    int64_t login_paused_until;
    int64_t login_times[MAX_LOGINS]; /* when tokens came; the latest ones */
    uint32_t login_count, refused_tokens;

    /* For the checks. */
    int64_t memory_at_open;
    int active_calls[MAX_LISTENERS], active;
    uint64_t requests;
    int listener_gets[MAX_LISTENERS];
} world;

/* What a world has only if it is asked for: it shows faults that are known and not yet mended. */
enum {
    WITH_HUNGER = 1 << 0 /* allocations fail */
};

/* Plays one world. What is broken, if a rule is, stands in w->broken. */
void world_run(world *w, chance *from, unsigned with, bool loud);

uint32_t world_pick(world *w, uint32_t of);
bool world_happens(world *w, uint32_t thousandths);
int64_t world_soon(world *w); /* now, or a latency later */
event *world_schedule(world *w, event_kind kind, int on, int64_t at);
bool world_event_is_pending(const world *w, event_kind kind, int on);
void world_tell(const world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_break(world *w, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline int64_t world_now(void)
{
    return fiber_now_ms();
}

/* The world that is played: for what is called without one. */
world *world_current(void);

/* caller.c */
bool caller_open(world *w);
void caller_close(world *w);
void caller_run(void *number); /* the calls of one caller, on a fiber */
void caller_make_call(world *w, int number);

/* transport.c */
exchange *transport_exchange(world *w, int handle); /* NULL: it is over */
int transport_handle(const world *w, const exchange *one);
void transport_ended(world *w, exchange *one); /* its end has reached this machine */
void exchange_answer(world *w, exchange *one, int status, const char *content_type, const char *body,
                     size_t len);

/* cloud.c */
void cloud_begin(world *w);
void cloud_started(world *w, exchange *one);                   /* draws its fate */
void cloud_answered(world *w, exchange *one, bool with_reply); /* its end has reached the client */
void cloud_dropped(world *w, exchange *one);
void cloud_event(world *w, const event *what);
const char *fate_name(fate one);

/* iam.c */
void iam_act(world *w, exchange *one);
void iam_revoke(world *w);
void iam_answered(world *w, const exchange *one, bool with_reply);
bool iam_knows_token(const world *w, const char *token);

/* check.c */
void check_started(world *w, const exchange *one);
void check_send(world *w, int number);
void check_returned(world *w, int number);
void check_quiet(world *w); /* all is settled, and the last calls have returned */
void check_end(world *w);

/* replace.c */
void hunger_set(uint32_t thousandths, chance *from);
int64_t memory_in_use(void); /* bytes that the plugin has allocated */

#endif
