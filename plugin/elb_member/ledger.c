#include "ledger_parts.h"

#include "resource_plugin.h"

/* Nobody waits for the flight, and what it did shows by now: the next list tells. */
static bool is_expired(const slot *one, int64_t now)
{
    return slot_is_open(one) && !slot_is_wanted(one) && one->settle_at <= now;
}

static void expire(ledger *l, int64_t now)
{
    slot *one, *next;

    if (now < l->expire_at)
        return;
    ledger_changed(l);
    l->expire_at = LEDGER_NEVER;
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (is_expired(one, now)) {
            slot_needs_new_list(l, one);
            slot_end_flight(one);
        }
        slot_next_in_queue(l, one);
    }
    ledger_drop_unused_jobs(l);
}

bool ledger_is_idle(ledger *l, int64_t now)
{
    expire(l, now);
    ledger_drop_unused_jobs(l);
    return TAILQ_EMPTY(&l->slots) && TAILQ_EMPTY(&l->keyless) && TAILQ_EMPTY(&l->notes) &&
           TAILQ_EMPTY(&l->jobs) && !l->listing && !l->sending;
}

int ledger_arrive(ledger *l, want *one, int64_t now)
{
    slot *at = NULL;

    expire(l, now);
    ledger_changed(l);
    if (one->key) {
        at = ledger_find_slot(l, one->key);
        if (!at)
            at = ledger_make_slot(l, one->key);
        if (!at)
            return RP_E_NO_MEMORY;
    }
    /* A read wants a list that is requested from here on. So does a delete by the member's id, whose key it
     * tells. */
    one->need_list = one->arrived_list = l->lists;
    if (at) {
        if (one->kind != WANT_READ && slot_is_open(at) && at->list_at > now)
            at->list_at = now;
        slot_enter(l, at, one);
    } else {
        one->slot = NULL;
        one->phase = PHASE_LIST;
        TAILQ_INSERT_TAIL(&l->keyless, one, link);
    }
    return 0;
}

/* Out of time because of something that was being retried: that is what to tell. */
static int status_of_leaving(int status, const failure *cause)
{
    return status == RP_DEADLINE_EXCEEDED && cause ? cause->status : status;
}

/* Also who needs the next list waits for the end of the running one. */
static failure *cause_of(const ledger *l, const want *one)
{
    return one->cause || one->phase != PHASE_LIST ? one->cause : l->list_delay;
}

static void leave_before_sending(ledger *l, want *one, int status)
{
    _cleanup_(failure_unrefp) failure *cause = failure_ref(cause_of(l, one));
    bool tells = status == RP_DEADLINE_EXCEEDED && cause;

    want_finish(l, one,
                (want_result){.status = status_of_leaving(status, cause),
                              .outcome = OUTCOME_NONE,
                              .failure = tells ? cause : NULL});
}

static void leave_in_flight(ledger *l, want *one, int status)
{
    const slot *at = one->slot;
    bool lost = at->flight == FLIGHT_UNRESOLVED && at->failure;

    want_finish_open(l, one, lost ? status_of_leaving(status, at->failure) : status,
                     lost && status == RP_DEADLINE_EXCEEDED ? at->failure : NULL);
}

static void leave_health(ledger *l, want *one, int status)
{
    const slot *at = one->slot;

    want_finish(l, one,
                (want_result){.status = status,
                              .outcome = one->made ? OUTCOME_DONE : OUTCOME_NONE,
                              .with_state = true,
                              .page = at->seen_page,
                              .member = at->seen,
                              .job = one->job});
}

static void leave_job(ledger *l, want *one, int status)
{
    _cleanup_(failure_unrefp) failure *cause = failure_ref(one->cause);
    bool tells = status == RP_DEADLINE_EXCEEDED && cause;

    want_finish(l, one,
                (want_result){.status = status_of_leaving(status, cause),
                              .outcome = OUTCOME_NONE,
                              .with_state = one->kind == WANT_READ,
                              .failure = tells ? cause : NULL});
}

void ledger_leave(ledger *l, want *one, int status, int64_t now)
{
    slot *at = one->slot;

    ledger_changed(l);
    (void)now;
    switch (one->phase) {
    case PHASE_FINISHED:
        return;
    case PHASE_SENT:
        leave_in_flight(l, one, status);
        break;
    case PHASE_HEALTH:
        leave_health(l, one, status);
        break;
    case PHASE_JOB:
        leave_job(l, one, status);
        break;
    case PHASE_QUEUED:
    case PHASE_LIST:
    case PHASE_READY:
        leave_before_sending(l, one, status);
        break;
    }
    if (at)
        slot_next_in_queue(l, at);
}

bool ledger_next(ledger *l, int64_t now, bool may_request, bool may_send, ledger_action *action)
{
    expire(l, now);
    if (ledger_take_note(l, action))
        return true;
    if (!may_request)
        return false;
    return ledger_take_list(l, now, action) || (may_send && ledger_take_send(l, now, action)) ||
           ledger_take_poll(l, now, action);
}

static int64_t sooner(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

int64_t ledger_wake_at(ledger *l, int64_t send_from, int64_t now)
{
    int64_t at = l->listing ? LEDGER_NEVER : ledger_next_list_at(l, now);
    int64_t unblocked_at;

    if (!TAILQ_EMPTY(&l->notes))
        return now;
    unblocked_at = ledger_unblocked_at(l);
    if (!l->sending && ledger_has_waiters(l) && (!TAILQ_EMPTY(&l->ready) || unblocked_at > now))
        at = sooner(at, unblocked_at > send_from ? unblocked_at : send_from);
    return sooner(at, ledger_next_poll_at(l));
}

ledger *ledger_new(const ledger_options *options)
{
    ledger *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->options = *options;
    made->expire_at = LEDGER_NEVER;
    TAILQ_INIT(&made->slots);
    TAILQ_INIT(&made->ready);
    TAILQ_INIT(&made->refused);
    TAILQ_INIT(&made->keyless);
    TAILQ_INIT(&made->notes);
    TAILQ_INIT(&made->jobs);
    TAILQ_INIT(&made->adds);
    return made;
}

void ledger_free(ledger *l)
{
    job *left;

    if (!l)
        return;
    ledger_free_slots(l);
    while ((left = TAILQ_FIRST(&l->jobs)))
        ledger_unlink_job(l, left);
    adds_free(l);
    failure_unref(l->list_delay);
    replace_job(&l->blocking_job, NULL);
    transfer_free(l->sending);
    free(l);
}
