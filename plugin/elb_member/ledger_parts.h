/*
 * Shared by the parts of the ledger: slot.c, result.c, adds.c, listing.c, evidence.c,
 * poll.c, batch.c and ledger.c. Otherwise included only by the explorer.
 */
#ifndef ELB_MEMBER_LEDGER_PARTS_H
#define ELB_MEMBER_LEDGER_PARTS_H

#include "ledger.h"

/* Pause between lists for an unresolved key: grows from the first to the longest. */
#define LIST_FIRST_MS   1000
#define LIST_LONGEST_MS 10000

TAILQ_HEAD(want_queue, want);
TAILQ_HEAD(slot_queue, slot);
TAILQ_HEAD(job_queue, job);

/* The budget of a refused batch that is being halved. */
struct bisection {
    unsigned references;
    uint32_t sends_left;
    failure *why; /* the last refusal */
};

struct slot {
    char *key;

    enum slot_flight {
        FLIGHT_NONE,
        FLIGHT_SENDING,    /* on its way to the server */
        FLIGHT_ACCEPTED,   /* its job runs */
        FLIGHT_UNRESOLVED, /* may take effect until settle_at, or its job succeeded */
        FLIGHT_FAILED      /* its job failed; a list will show the key's state */
    } flight;
    want_kind doing; /* of the flight */
    char member_id[72];
    job *job;         /* of the flight, or NULL */
    failure *failure; /* why it is unresolved or failed, or NULL */
    int64_t settle_at, list_at, pause_ms;
    bool deferred;        /* list_at is deferred because the same caller has other jobs */
    uint64_t fresh_after; /* lists up to this one are no evidence for the key */

    want *acting;               /* the want that acts on the key */
    struct want_queue queue;    /* creates and deletes that wait for it */
    struct want_queue watchers; /* reads, and wants that wait for health */

    uint64_t group;              /* slots sent together, or to be sent together */
    size_t group_size;           /* when they were sent */
    struct bisection *bisection; /* of a batch that is being halved: sent with its group only */
    bool ready, refused;         /* in the queue of that name */

    uint64_t seen_list; /* the last list that showed the key */
    page *seen_page;
    const member *seen;
    bool seen_own; /* that list showed the member_id of the flight */

    TAILQ_ENTRY(slot) link, ready_link; /* ready_link also for the divided */
};

/* The role of a want at its slot, its phase, and the flights that are legal then. The explorer asserts this after
 * each step. */
static const struct {
    enum {
        ROLE_ACTING,  /* slot.acting */
        ROLE_QUEUED,  /* in slot.queue */
        ROLE_WATCHING /* in slot.watchers */
    } role;
    enum want_phase phase;
    unsigned flights; /* bits */
} legal_states[] = {
#define BIT(flight) (1u << FLIGHT_##flight)
#define IN_FLIGHT   (BIT(SENDING) | BIT(ACCEPTED) | BIT(UNRESOLVED) | BIT(FAILED))
    {ROLE_ACTING, PHASE_LIST, BIT(NONE)},
    {ROLE_ACTING, PHASE_READY, BIT(NONE)},
    {ROLE_ACTING, PHASE_JOB, BIT(NONE)},
    {ROLE_ACTING, PHASE_SENT, IN_FLIGHT},
    {ROLE_QUEUED, PHASE_QUEUED, BIT(NONE) | IN_FLIGHT},
    {ROLE_WATCHING, PHASE_LIST, BIT(NONE) | IN_FLIGHT},
    {ROLE_WATCHING, PHASE_JOB, BIT(NONE) | IN_FLIGHT},
    {ROLE_WATCHING, PHASE_HEALTH, BIT(NONE) | IN_FLIGHT},
#undef IN_FLIGHT
#undef BIT
};

struct ledger {
    ledger_options options;
    void *tree; /* slots by key */
    struct slot_queue slots, ready;
    struct slot_queue refused; /* to be divided, before the call returns */
    struct want_queue keyless; /* looking for a member by its id */
    struct want_queue notes;   /* to be reported, results in the order of their end */
    struct job_queue jobs;
    struct job_queue adds; /* whose members may still appear, by add_link */
    uint64_t add_ends;
    uint64_t job_counts;    /* of whom jobs are waited for, so far */
    int64_t deferred_until; /* held looks wait until then: some job of ours began or ended shortly before */

    int64_t expire_at; /* when the first flight that nobody waits for may be settled, or sooner */

    uint64_t lists; /* started so far: the number of the last one */
    bool listing, list_has_pages;
    failure *list_delay;  /* why the running list is late, or NULL */
    bool list_is_partial; /* it ended before its last page, since all that is waited for was seen */
    uint64_t fresh_floor; /* fresh_after of a key that was forgotten */

    /* The last answer about all slots, until something changes: there may be ten thousand slots. */
    bool list_known, list_blocked, poll_known;
    int64_t list_at, poll_at;

    transfer *sending;
    int64_t send_at, send_pause_ms;
    /* After a conflict sends wait for the end of this job, but not beyond blocked_until, and not before
     * resume_at. */
    job *blocking_job;
    int64_t blocked_until, resume_at;
    uint64_t groups;
};

/* slot.c: slots in their tree, the queue of each key, reference counts. */
job *job_new(void);
struct bisection *bisection_ref(struct bisection *one);
void bisection_unref(struct bisection *one);
void transfer_free(transfer *one);
void replace_failure(failure **at, failure *by);
void replace_job(job **at, job *by);
int64_t ledger_jittered(const ledger *l, int64_t ms);

/* Something has changed: due lists and polls must be computed again. */
static inline void ledger_changed(ledger *l)
{
    l->list_known = l->poll_known = false;
}

slot *ledger_find_slot(const ledger *l, const char *key);
void ledger_free_slots(ledger *l);
slot *ledger_make_slot(ledger *l, const char *key);
bool slot_is_wanted(const slot *one);
void slot_drop_page(slot *one);
bool slot_is_open(const slot *one);
bool job_flies(const ledger *l, const job *one); /* it is of the flight of some slot */
void slot_forget_if_idle(ledger *l, slot *one);
void slot_set_ready(ledger *l, slot *one);
void slot_unset_ready(ledger *l, slot *one);
void slot_leave_group(slot *one);
void slot_end_flight(slot *one);
void slot_needs_new_list(const ledger *l, slot *one);
void slot_next_in_queue(ledger *l, slot *one);
void slot_enter(ledger *l, slot *at, want *one);
void slot_queue_refused(ledger *l, slot *one);

/* result.c: how a want ends, and reports to callers before that. */
void want_note(ledger *l, want *one, int what);
void want_finish(ledger *l, want *one, want_result result);
void want_finish_failed(ledger *l, want *one, failure *why, outcome ended);
void want_finish_open(ledger *l, want *one, int status, failure *why);
void want_finish_gone(ledger *l, want *one, bool existed);
void slot_fail_queue(ledger *l, slot *at, failure *why);
bool member_is_healthy(const member *one);
void want_finish_present(ledger *l, want *one, const slot *at, bool made);
void want_found(ledger *l, slot *at, bool made, int64_t now);
bool ledger_take_note(ledger *l, ledger_action *action);

/* adds.c: add requests whose members may still appear. */
void adds_begin(ledger *l, const transfer *sent);
void adds_refused(ledger *l, const transfer *sent);           /* or not sent: it adds nothing */
void adds_sent(ledger *l, const transfer *sent, int64_t now); /* accepted, or its answer was lost */
void adds_ended(ledger *l, const job *ended);
void adds_free(ledger *l);

/* listing.c: lists: when one is needed, what its pages show, when it is complete enough. */
bool ledger_is_blocked(const ledger *l, int64_t now);
bool want_waits_out_conflict(const ledger *l, const want *one, int64_t now);
int64_t ledger_unblocked_at(const ledger *l);
int64_t ledger_next_list_at(ledger *l, int64_t now);
bool list_covers_flight(const ledger *l, const slot *one);
bool list_covers_want(const ledger *l, const want *one);
bool slot_is_seen(const ledger *l, const slot *one);
bool ledger_take_list(ledger *l, int64_t now, ledger_action *action);

/* poll.c: jobs: when they are polled, and what the reply means for wants. */
void ledger_link_job(ledger *l, job *one, bool ours, int64_t now);
void ledger_unlink_job(ledger *l, job *one);
bool want_ask_job(ledger *l, want *one, int64_t now);
int64_t ledger_next_poll_at(ledger *l);
job *ledger_awaited_job(ledger *l);
void ledger_drop_unused_jobs(ledger *l);
bool ledger_take_poll(ledger *l, int64_t now, ledger_action *action);

/* batch.c: adds and removes: batches are closed, answered, put back, or halved until the bad records are found. */
void ledger_bisect_refused(ledger *l);
bool ledger_take_send(ledger *l, int64_t now, ledger_action *action);

#endif
