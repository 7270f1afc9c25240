/*
 * The ledger of one listener: the state machine that decides which request to send
 * next. It knows neither sockets nor threads nor the clock: events go in with the
 * time they happened, actions come out.
 *
 *     ledger_arrive, ledger_leave            a record arrives, or its caller leaves
 *     ledger_page, ledger_listed, …          the reply to an action
 *     while (ledger_next(…, &action))        carry out the action
 *     ledger_wake_at                         when to call ledger_next again without an event
 *
 * A want is one record that waits for its result. Creates and deletes act on their
 * key, one at a time; reads watch it.
 *
 *     QUEUED ── the one before it is finished ───────────> LIST
 *     LIST ──── nothing to do ───────────────────────────> FINISHED, or HEALTH (until it is healthy)
 *     LIST ──── to be added or removed ──────────────────> READY
 *     LIST ──── not listed, and the record names a job ──> JOB ── the job has ended ──> LIST
 *     READY ─── a batch takes it ────────────────────────> SENT
 *     SENT ──── not sent, bisected, or without effect ───> READY
 *     SENT ──── conflict ────────────────────────────────> LIST
 *     SENT ──── a list proves the effect, or refused ────> FINISHED, or HEALTH
 *     any ───── the caller leaves ───────────────────────> FINISHED
 *
 * A slot has what the ledger knows about one key. Its flight is the request in flight
 * for the key, whether its caller still waits or not:
 *
 *     NONE ──────── sent ────────────────────────────────> SENDING
 *     SENDING ───── accepted ────────────────────────────> ACCEPTED
 *     SENDING ───── the answer is lost ──────────────────> UNRESOLVED
 *     SENDING ───── refused, or not sent ────────────────> NONE
 *     ACCEPTED ──── the job succeeded, or is forgotten ──> UNRESOLVED
 *     ACCEPTED ──── the job failed ──────────────────────> FAILED
 *     UNRESOLVED ── a list shows the effect, or one that
 *                   was requested after settle_ms does not > NONE
 *     FAILED ────── a list shows the key's state ────────> NONE
 *
 * The legal combinations of phase and flight: legal_states in ledger_parts.h.
 *
 * The rules of "nothing twice, nothing lost":
 *
 *  - A key (an opaque string that names a member) has at most one request in
 *    flight. It stays in flight, even if all callers leave, until its job has ended
 *    and a list agrees, or until it is settled.
 *  - A request whose answer was lost is unresolved: until settle_ms has passed
 *    the ledger only lists. A list requested later that does not show the effect
 *    proves that there is none.
 *  - Knowledge about a key comes only from lists requested after the last request
 *    for that key was sent, answered or ended.
 *  - A record whose caller left is never sent (again).
 *  - Every want gets exactly one result, and none before its evidence.
 *
 * One thread at a time.
 */
#ifndef ELB_MEMBER_LEDGER_H
#define ELB_MEMBER_LEDGER_H

#include "failure.h"
#include "member_set.h"
#include "pace.h"
#include "page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define LEDGER_NEVER INT64_MAX

typedef struct ledger ledger;
typedef struct slot slot; /* the state of one key */

typedef struct ledger_options {
    int64_t settle_ms;
    int64_t poll_min_ms, poll_max_ms;
    uint32_t max_batch;
    uint32_t max_bisect;
    pace *pace;                                      /* shared by the ledgers of an instance; or NULL */
    int64_t (*jitter_ms)(void *context, int64_t ms); /* or NULL */
    void *context;
} ledger_options;

typedef enum want_kind {
    WANT_CREATE,
    WANT_READ,
    WANT_DELETE
} want_kind;

typedef enum want_wait {
    WAIT_JOB,
    WAIT_NONE,
    WAIT_HEALTHY
} want_wait;

typedef enum outcome {
    OUTCOME_NONE,
    OUTCOME_DONE,
    OUTCOME_UNKNOWN
} outcome;

/* A job of the server. Reference-counted; immutable except for the ledger's polling state. */
typedef struct job {
    char id[72];
    char uri[256];
    unsigned references;
    enum {
        JOB_RUNNING,
        JOB_SUCCEEDED,
        JOB_FAILED,
        JOB_UNKNOWN /* the server does not know it */
    } end;
    bool polling;
    unsigned unknown_count; /* replies in a row that the job is unknown */
    unsigned unheard_count; /* polls in a row that something else than the service answered */
    int64_t poll_at, pause_ms;
    uint64_t waited_for;     /* the last count of jobs that found somebody waiting for it, */
    uint64_t flies;          /* and a flight that it is of */
    int64_t accepted_at;     /* LEDGER_NEVER: another client's job */
    int64_t seen_running_at; /* by the last poll; or accepted_at */
    int64_t took_ms;         /* as reported by the server at its end; 0: not reported */
    struct failure *failure; /* of JOB_FAILED */
    TAILQ_ENTRY(job) link;
    bool linked;

    /* Of an add whose members may still appear: */
    size_t added;     /* how many they are; 0: it is none, or not any more */
    int64_t added_by; /* when they have appeared, whatever becomes of the job; LEDGER_NEVER: not answered yet */
    uint64_t add_end; /* its end was the so-manieth that was seen; 0: not seen */
    TAILQ_ENTRY(job) add_link;
} job;

job *job_ref(job *one);
void job_unref(job *one);

typedef struct want_result {
    int status; /* RP_OK, RP_IN_PROGRESS, RP_ALREADY_EXISTS, or a failure's */
    outcome outcome;
    bool existed;         /* delete */
    bool by_whom_unknown; /* delete: gone, but the answer of the request was lost */
    bool with_state;      /* the result carries a state, of these: */
    page *page;           /*    the page `member` is on, or NULL */
    const member *member;
    job *job;         /*    whose id and uri the state shows, or NULL */
    failure *failure; /* the cause of a failure, or a warning with a good status; or NULL */
} want_result;

/* One record that waits for its result. The caller owns it and keeps it until then. */
typedef struct want {
    want_kind kind;
    want_wait wait;
    bool adopt;
    const char *key;       /* of the member; NULL if only its id is known (read, delete) */
    const char *member_id; /* or NULL */
    const char *job_id;    /* read, delete: the job to poll if the member is not listed; or NULL */
    void *owner;
    const void
        *caller; /* wants of one caller end together, so their lists may wait for each other; or NULL */

    want_result result; /* of a finished want; cleared with want_result_clear */

    /* The ledger's own. */
    slot *slot; /* NULL while the key is not known */
    enum want_phase {
        PHASE_QUEUED, /* behind another request for the same key */
        PHASE_LIST,   /* needs a list newer than need_list */
        PHASE_READY,  /* absent (present), to be added (removed) */
        PHASE_SENT,   /* its request is in flight: see the slot */
        PHASE_JOB,    /* polls the job that its record names */
        PHASE_HEALTH, /* exists; waits until it is healthy */
        PHASE_FINISHED
    } phase;
    uint64_t need_list;        /* what it does next needs a later list than this, */
    uint64_t arrived_list;     /* and what its result says of the key than this */
    int64_t list_at, pause_ms; /* HEALTH */
    job *job;                  /* JOB */
    bool asked_job;            /* do not poll it again */
    bool made;                 /* HEALTH: this want made the member */
    bool removed;              /* its request has removed one of several members of the key */
    failure *cause;            /* why it still waits: the last failure that is being retried */
    failure *warning;          /* for a good result */
    page *key_page;            /* the page that a key learned from a list points into, */
    const member *key_member;  /* and the member it was learned from */
    enum {
        NOTE_NONE,
        NOTE_ACCEPTED,
        NOTE_UNRESOLVED,
        NOTE_RESULT
    } note;
    TAILQ_ENTRY(want) link;
    TAILQ_ENTRY(want) note_link;
} want;

void want_result_clear(want_result *result);

/* An add or remove request in flight. */
typedef struct transfer {
    want_kind kind; /* WANT_CREATE: add; WANT_DELETE: remove */
    size_t count;
    slot **slots;
    job *job; /* to be filled in when it is accepted */
    struct bisection *bisection;
} transfer;

/* The job of a want whose request was accepted. */
const job *want_job(const want *one);

/* A slot's part of a transfer: the want to add, or the id of the member to remove. */
const want *slot_acting(const slot *one);
const char *slot_member_id(const slot *one);

typedef struct ledger_action {
    enum {
        ACTION_RESULT,     /* `want` has its result and has left the ledger */
        ACTION_ACCEPTED,   /* `want`: report the state with its job to the caller */
        ACTION_UNRESOLVED, /* `want`: report to the caller that its answer was lost */
        ACTION_LIST,       /* list the members; the pages' number is `list` */
        ACTION_SEND,       /* send `transfer` */
        ACTION_POLL        /* poll `job` */
    } kind;
    want *want;
    uint64_t list;
    bool insist; /* LIST, POLL: retry while the server cannot be reached: a request may be in flight */
    transfer *transfer;
    job *job;
} ledger_action;

ledger *ledger_new(const ledger_options *options); /* NULL when out of memory */
void ledger_free(ledger *l);                       /* wants must have their results */

/* Enters a want. RP_E_NO_MEMORY: nothing was entered. */
int ledger_arrive(ledger *l, want *one, int64_t now);

/* The caller leaves: its want gets its result at once. `status` is RP_DEADLINE_EXCEEDED or RP_CANCELLED. */
void ledger_leave(ledger *l, want *one, int status, int64_t now);

/* The next action; false if there is none. Requests only if may_request; adds and removes only if may_send,
   too. */
bool ledger_next(ledger *l, int64_t now, bool may_request, bool may_send, ledger_action *action);
/* When the next action is due without an event; adds and removes are allowed from send_from on. */
int64_t ledger_wake_at(ledger *l, int64_t send_from, int64_t now);

/* A page of the running list. True if another page is needed, when there is one. */
bool ledger_page(ledger *l, page *shown);
void ledger_listed(ledger *l, int64_t requested_at, int64_t now); /* the list has ended */
void ledger_list_failed(ledger *l, failure *why, int64_t now);
void ledger_list_delayed(ledger *l, failure *why); /* it is being tried again */

/* How many members add requests may bring that the last whole list need not have shown, */
size_t ledger_may_be_added(const ledger *l);
/* and those of them that the running list has shown. */
member_set ledger_shown_adds(const ledger *l);
/* Ends of add jobs seen so far: asked for when a list is requested, and told of it here when it was whole. */
uint64_t ledger_add_ends(const ledger *l);
void ledger_note_whole_list(ledger *l, uint64_t add_ends, int64_t requested_at);

void ledger_accepted(ledger *l, transfer *sent, const char *job_id, const char *uri, int64_t now);
void ledger_refused(ledger *l, transfer *sent, failure *why, int64_t now);
void ledger_lost(ledger *l, transfer *sent, failure *why, int64_t now);
/* The request had no effect (throttled, not connected): its records are sent again, with any that have joined,
 * after pause_ms. */
void ledger_not_sent(ledger *l, transfer *sent, failure *why, int64_t pause_ms, int64_t now);

void ledger_polled(ledger *l, job *polled, int end, failure *why, int64_t now); /* JOB_…; why of JOB_FAILED */
void ledger_poll_delayed(ledger *l, job *polled, failure *why);                 /* it is being tried again */
/* The poll failed. Unless `why` is final, the job is polled again later. */
void ledger_poll_failed(ledger *l, job *polled, failure *why, int64_t now);

/* It was dropped before it was sent: no trace of it is left. */
void ledger_taken_back(ledger *l, transfer *sent);

/* Whether a caller still waits for an action's reply; if not, the driver may drop it and report a failure. */
bool ledger_waits_for_transfer(const transfer *sent);
/* Whether all who want something of the transfer still wait: one that has not been sent yet is of no use
 * else. */
bool ledger_transfer_is_current(const transfer *sent);
bool ledger_waits_for_job(const ledger *l, const job *polled);
bool ledger_waits_for_list(const ledger *l);
/* All requests wait, and this is why: for who leaves meanwhile. */
void ledger_paused(ledger *l, failure *why);
/* Whether any want waits. */
bool ledger_has_waiters(const ledger *l);
/* No want waits and nothing is in flight: the ledger may be freed, and made again later. */
bool ledger_is_idle(ledger *l, int64_t now);

#endif
