/* How a want ends, and reports to callers before that. */
#include "ledger_parts.h"

#include "resource_plugin.h"

#include <string.h>

void want_note(ledger *l, want *one, int what)
{
    if (one->note == NOTE_NONE)
        TAILQ_INSERT_TAIL(&l->notes, one, note_link);
    one->note = what;
}

/* Removes the want from its slot and queues. */
static void detach(ledger *l, want *one)
{
    slot *at = one->slot;

    if (!at) {
        TAILQ_REMOVE(&l->keyless, one, link);
    } else if (at->acting == one) {
        slot_unset_ready(l, at);
        slot_leave_group(at);
        at->acting = NULL;
    } else if (one->phase == PHASE_QUEUED) {
        TAILQ_REMOVE(&at->queue, one, link);
    } else {
        TAILQ_REMOVE(&at->watchers, one, link);
    }
    one->slot = NULL;
}

/* The one place where a want ends. Takes nothing: pages, jobs and failures are counted anew. The caller goes
   on with the slot (next_in_queue). */
void want_finish(ledger *l, want *one, want_result result)
{
    if (one->removed && result.outcome == OUTCOME_NONE)
        result.outcome = OUTCOME_UNKNOWN;
    result.existed |= one->removed;
    one->result = result;
    page_ref(result.page);
    job_ref(result.job);
    one->result.failure = failure_ref(result.failure ? result.failure : one->warning);
    detach(l, one); /* after the references are taken: it may free what the caller lent */
    replace_failure(&one->cause, NULL);
    replace_failure(&one->warning, NULL);
    replace_job(&one->job, NULL);
    page_unref(one->key_page);
    one->key_page = NULL;
    one->phase = PHASE_FINISHED;
    want_note(l, one, NOTE_RESULT);
}

void want_finish_failed(ledger *l, want *one, failure *why, outcome ended)
{
    want_finish(l, one, (want_result){.status = why->status, .outcome = ended, .failure = why});
}

/* The request was refused; a list will show which records are to blame. */
static bool was_refused(const slot *one)
{
    return one->flight == FLIGHT_FAILED && !one->job;
}

/* Fails with outcome unknown. A create has a state, so that a read can find the result. */
void want_finish_open(ledger *l, want *one, int status, failure *why)
{
    bool open = !was_refused(one->slot);

    want_finish(l, one,
                (want_result){.status = status,
                              .outcome = open ? OUTCOME_UNKNOWN : OUTCOME_NONE,
                              .failure = why,
                              .with_state = open && one->kind == WANT_CREATE,
                              .job = one->slot->job});
}

void want_finish_gone(ledger *l, want *one, bool existed)
{
    want_finish(l, one, (want_result){.status = RP_OK, .outcome = OUTCOME_DONE, .existed = existed});
}

/* Fails the wants queued behind a request whose result cannot be learned. They have not sent anything. */
void slot_fail_queue(ledger *l, slot *at, failure *why)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&at->queue); one; one = next) {
        next = TAILQ_NEXT(one, link);
        want_finish_failed(l, one, why, OUTCOME_NONE);
    }
}

bool member_is_healthy(const member *one)
{
    return one->health_status && !strcmp(one->health_status, "NORMAL");
}

/* A read by the member's id gets that member, even if others share its key. */
void want_finish_present(ledger *l, want *one, const slot *at, bool made)
{
    bool exists = one->kind == WANT_CREATE && !made && !one->adopt;

    want_finish(l, one,
                (want_result){.status = exists ? RP_ALREADY_EXISTS : RP_OK,
                              .outcome = one->kind == WANT_CREATE && !made ? OUTCOME_NONE : OUTCOME_DONE,
                              .with_state = true,
                              .page = one->key_page ? one->key_page : at->seen_page,
                              .member = one->key_page ? one->key_member : at->seen,
                              .job = made ? at->job : NULL});
}

/* The member exists. A want that waits for health stops acting and watches it. */
void want_found(ledger *l, slot *at, bool made, int64_t now)
{
    want *one = at->acting;
    bool watches = one->wait == WAIT_HEALTHY && (made || one->adopt) && !member_is_healthy(at->seen);

    if (!watches) {
        want_finish_present(l, one, at, made);
        return;
    }
    slot_leave_group(at);
    at->acting = NULL;
    replace_job(&one->job, made ? at->job : NULL);
    one->phase = PHASE_HEALTH;
    one->made = made;
    one->pause_ms = l->options.poll_min_ms;
    one->list_at = now + ledger_jittered(l, one->pause_ms);
    TAILQ_INSERT_TAIL(&at->watchers, one, link);
}

bool ledger_take_note(ledger *l, ledger_action *action)
{
    static const int kinds[] = {[NOTE_ACCEPTED] = ACTION_ACCEPTED,
                                [NOTE_UNRESOLVED] = ACTION_UNRESOLVED,
                                [NOTE_RESULT] = ACTION_RESULT};
    want *one = TAILQ_FIRST(&l->notes);

    if (!one)
        return false;
    TAILQ_REMOVE(&l->notes, one, note_link);
    *action = (ledger_action){.kind = kinds[one->note], .want = one};
    one->note = NOTE_NONE;
    return true;
}
