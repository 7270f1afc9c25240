/*
 * One world: a ledger, the callers that want something of it, and a server that
 * keeps the truth. Time is simulated. After each step the rules are checked.
 *
 *     world.c     the callers, the clock, what happens next
 *     server.c    what the server does, and what it answers
 *     check.c     the rules
 *
 * A step is an event fed to the ledger, or an action that it gave out. Steps
 * order what happens within one millisecond.
 */
#ifndef EXPLORER_WORLD_H
#define EXPLORER_WORLD_H

#include "chance.h"
#include "elb_member/ledger.h"

enum {
    MAX_KEYS = 40,
    MAX_CALLERS = 96,
    MAX_MEMBERS = 512,
    MAX_OPS = 2048,
    MAX_SENDS = 1024,
    MAX_EVENTS = 512,
    MAX_POLLS = 64,
    MAX_CHANGES = 64,
    MAX_STEPS = 20000
};

/* What the server answers when it does not do as asked. */
typedef enum failure_kind {
    FAILURE_RECORD,
    FAILURE_WHOLE,
    FAILURE_SERVER,
    FAILURE_LOST,
    FAILURE_CONFLICT,
    FAILURE_THROTTLED,
    FAILURE_PARENT_GONE,
    FAILURE_MEMBER_GONE,
    FAILURE_JOB_RECORD,
    FAILURE_JOB_WHOLE,
    FAILURE_DENIED,
    FAILURE_POLL,
    FAILURE_KINDS
} failure_kind;

typedef enum shape {
    SHAPE_ANY,    /* many callers, all faults */
    SHAPE_ADD,    /* one call to a quiet server, some records guilty: requests are counted */
    SHAPE_REMOVE, /* the same with removes, one member gone meanwhile */
    SHAPE_SMALL   /* two records, one loss, one caller leaving: for all paths */
} shape;

/* What a world is like; chances are in percent. */
typedef struct traits {
    shape shape;
    int64_t settle_ms, poll_min_ms, poll_max_ms;
    uint32_t max_batch, max_bisect;
    uint32_t keys, callers, page_limit;
    uint32_t latency_ms, spread_ms;
    uint32_t lose, fail_server, refuse, throttle, fail_job, fail_list, fail_poll, overlong, leave, foreign,
        gate, no_memory;
    bool listed_at_end, lags, forgets_jobs, false_success, conflicts, denies_gone, denies_jobs, parent_goes,
        jitter;
    uint64_t guilty, job_guilty; /* keys, as bits */
} traits;

typedef enum event_kind {
    EVENT_ARRIVE,
    EVENT_ARRIVE_ALL, /* the records of one call */
    EVENT_LEAVE,
    EVENT_PAGE_READ,
    EVENT_PAGE_ANSWERED,
    EVENT_ACT,
    EVENT_ANSWER,
    EVENT_SHOW,
    EVENT_JOB_END,
    EVENT_POLL_READ,
    EVENT_POLL_ANSWERED,
    EVENT_FOREIGN,
    EVENT_PARENT_GOES,
    EVENT_GATE,
    EVENT_HEALTHY,
    EVENT_SETTLED, /* time passes to here */
    EVENT_NOTHING
} event_kind;

typedef struct event {
    event_kind kind;
    int on; /* the number of a caller, send, op, poll, member */
    int64_t at;
    int send; /* whose lost effect it is: it happens before the send's deadline; or -1 */
} event;

typedef struct caller {
    want want;
    int key; /* -1: a member that never was */
    bool by_id, names_job, arrived, left, finished, audit;
    uint64_t arrived_step;
    char member_id[16], job_id[16];
} caller;

/* A member on the server. */
typedef struct truth {
    int key;
    int op; /* that made it, or -1 */
    bool visible, healthy, rolled_back;
    uint32_t listed; /* the last list that showed it */
    uint64_t shown_step, hidden_step;
    char id[16];
} truth;

/* What one send is to do for one key. */
typedef struct op {
    int key, send, caller, member;
    enum {
        OP_PENDING, /* may come true */
        OP_DONE,
        OP_DEAD
    } state;
    uint64_t touch_before;
    bool settled; /* nobody waited for its job any more, and a list showed the effect */
} op;

typedef struct sent {
    want_kind kind;
    transfer *transfer; /* until it is answered */
    int first_op, ops;
    enum {
        FATE_ACCEPT,
        FATE_LOST,
        FATE_SERVER,
        FATE_REFUSE,
        FATE_THROTTLE
    } fate;
    bool acts;
    int verdict; /* a failure_kind, or -1 */
    int64_t deadline, lost_at;
    uint64_t accepted_step;
    int64_t accepted_at;
    int64_t effect_by; /* what it does shows by then, whether its job has ended or not */
    enum {
        SEND_RUNNING,
        SEND_ACCEPTED,
        SEND_NOTHING, /* refused, not sent: it did nothing */
        SEND_LOST
    } known;
    /* Its job has its number. */
    bool job_runs, job_known_ended, overlong, forgets, forgotten, rolls_back, answered_gone;
    int job_end, told_end;
    int told_unknown; /* times in a row: one is not believed */
    enum {
        FORM_SUCCESS,
        FORM_FALSE_SUCCESS,
        FORM_NOTHING,
        FORM_PARTLY,
        FORM_DONE
    } form;
    failure_kind job_failure;
    int64_t ended_at;  /* when the end of its job was learned */
    int64_t polled_at; /* or -1 */
} sent;

typedef struct poll {
    job *of;
    int send; /* -1: no such job */
    int end;
} poll;

typedef struct listing {
    bool running, complete;
    uint64_t requested_step, answered_step;
    int64_t requested_at;
    uint64_t shown; /* keys, as bits */
    uint32_t salt;
    uint64_t marker;
    int members[MAX_MEMBERS];
    bool healthy[MAX_MEMBERS];
    uint32_t count;
    bool last_page;
} listing;

/* What the ledger was told last: where a result's evidence must be. */
typedef enum source {
    SOURCE_NONE,
    SOURCE_LISTED,
    SOURCE_LIST_FAILED,
    SOURCE_ACCEPTED,
    SOURCE_REFUSED,
    SOURCE_LOST,
    SOURCE_POLLED,
    SOURCE_POLL_FAILED,
    SOURCE_LEFT
} source;

typedef struct key_truth {
    char name[24];
    bool disturbed;      /* somebody else changes it too */
    uint64_t touch;      /* the last step in which a request of ours may have changed it */
    want_kind lost_kind; /* of that request, if it was lost at: */
    int64_t lost_at;
    int lost_member;
    uint64_t absent_step; /* when the last whole list that did not show it was requested */
    int64_t absent_at;
} key_truth;

typedef struct world {
    chance *chance;
    bool loud;
    const char *broken; /* the rule, or NULL */

    traits traits;
    pace learned; /* of jobs, by the ledger */
    ledger *ledger;
    int64_t now;
    uint64_t step;
    bool calm; /* no more faults */
    bool parent_gone, may_request;
    int64_t send_from;
    source source;

    key_truth keys[MAX_KEYS];
    caller callers[MAX_CALLERS];
    truth members[MAX_MEMBERS];
    op ops[MAX_OPS];
    sent sends[MAX_SENDS];
    event events[MAX_EVENTS];
    poll polls[MAX_POLLS];
    int caller_count, member_count, op_count, send_count, event_count;
    int polls_running, unfinished, losses;

    uint64_t changes[MAX_CHANGES]; /* in which steps members came and went; the first ones */
    int change_count;
    bool just_changed;

    listing list;
    int sending; /* the send that runs, or -1 */

    /* For the checks. */
    uint64_t delayed_step,
        delayed_request_step; /* when a list was last said to be late; when it was requested */
    uint64_t news_step;       /* the last step that may be a reason to list again */
    int64_t next_send_at;
    int64_t listed_at; /* when the last list that was answered was requested */
    bool conflicted;
    int64_t conflicted_at;
    int64_t behind_until; /* after a conflict: the end of a job that somebody waits for, or this */
    uint32_t lists, adds, removes;
} world;

void world_run(world *w, chance *from, shape of, bool loud);

uint32_t world_pick(world *w, uint32_t of);
bool world_happens(world *w, uint32_t percent);
event *world_schedule(world *w, event_kind kind, int on, int64_t at);
bool world_event_is_pending(const world *w, event_kind kind);
int64_t world_soon(world *w); /* now, or a latency later */
void world_tell(const world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_break(world *w, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* server.c */
int server_add_member(world *w, int key, int made_by);
void server_show(world *w, int member);
void server_hide(world *w, int member);
void server_start_list(world *w);
void server_start_send(world *w, transfer *asked);
void server_start_poll(world *w, job *asked);
void server_lose_unwanted(world *w);
bool server_send_is_settled(const world *w, int number);
bool server_knows_awaited_job(const world *w);
void server_event(world *w, const event *what);

/* check.c */
void check_list(world *w);
void check_send(world *w, int number);
void check_poll(world *w, const job *asked);
void check_result(world *w, caller *one);
void check_states(world *w);
void check_quiet(world *w);
void check_end(world *w);

#endif
