/* Jobs: when they are polled, and what the reply means for wants. */
#include "ledger_parts.h"

#include "resource_plugin.h"

#include <string.h>

/* Longest deferral of a list for a busy caller. */
#define DEFER_LONGEST_MS 20000

static int64_t next_pause_ms(const ledger *l, const job *one, int64_t now)
{
    const ledger_options *o = &l->options;
    int64_t elapsed = now - one->accepted_at, pause;

    if (one->accepted_at == LEDGER_NEVER)
        return ledger_jittered(l, one->pause_ms);
    pause = elapsed / 3 > o->poll_min_ms ? elapsed / 3 : o->poll_min_ms;
    return pace_pause_ms(o->pace, elapsed, ledger_jittered(l, pause), o->poll_min_ms * 3 / 4, o->poll_max_ms);
}

/* A job of this instance is polled near its expected end, another one at once. */
void ledger_link_job(ledger *l, job *one, bool ours, int64_t now)
{
    one->pause_ms = l->options.poll_min_ms;
    one->accepted_at = one->seen_running_at = ours ? now : LEDGER_NEVER;
    one->poll_at = ours ? now + next_pause_ms(l, one, now) : now;
    one->linked = true;
    l->deferred_until = now + l->options.poll_max_ms;
    job_ref(one);
    TAILQ_INSERT_TAIL(&l->jobs, one, link);
}

void ledger_unlink_job(ledger *l, job *one)
{
    if (!one->linked)
        return;
    one->linked = false;
    TAILQ_REMOVE(&l->jobs, one, link);
    job_unref(one);
}

static job *find_job(const ledger *l, const char *id)
{
    job *one;

    TAILQ_FOREACH (one, &l->jobs, link)
        if (!strcmp(one->id, id))
            return one;
    return NULL;
}

/* The record names a job, and the member is not listed: the job tells whether it is still to come. False if
   that can't be asked (any more). */
bool want_ask_job(ledger *l, want *one, int64_t now)
{
    job *asked;

    if (!one->job_id || one->asked_job || strlen(one->job_id) >= sizeof(asked->id))
        return false;
    asked = find_job(l, one->job_id);
    if (!asked) {
        asked = job_new();
        if (!asked)
            return false;
        strcpy(asked->id, one->job_id);
        ledger_link_job(l, asked, false, now);
        job_unref(asked);
    }
    one->asked_job = true;
    replace_job(&one->job, asked);
    one->phase = PHASE_JOB;
    return true;
}

static bool blocked_by(const ledger *l, const job *one)
{
    return l->blocking_job && l->blocking_job == one;
}

bool ledger_waits_for_job(const ledger *l, const job *polled)
{
    const slot *one;
    const want *watcher;

    TAILQ_FOREACH (one, &l->slots, link) {
        if (slot_is_wanted(one) && (one->job == polled || blocked_by(l, polled)))
            return true;
        if (one->acting && one->acting->phase == PHASE_JOB && one->acting->job == polled)
            return true;
        TAILQ_FOREACH (watcher, &one->watchers, link)
            if (watcher->phase == PHASE_JOB && watcher->job == polled)
                return true;
    }
    return false;
}

static void end_slot(ledger *l, slot *one, const job *ended, int64_t now)
{
    bool failed = ended->end == JOB_FAILED;
    bool one_gone =
        failed && one->doing == WANT_DELETE && one->group_size == 1 &&
        (ended->failure->meaning == MEANS_MEMBER_GONE || ended->failure->meaning == MEANS_PARENT_GONE);

    slot_needs_new_list(l, one);
    one->deferred = true;
    one->list_at = now + DEFER_LONGEST_MS;
    one->pause_ms = 0;
    one->settle_at = now + l->options.settle_ms;
    one->flight = failed ? FLIGHT_FAILED : FLIGHT_UNRESOLVED;
    replace_failure(&one->failure, ended->failure);
    if (one_gone && one->acting)
        want_finish_gone(l, one->acting, false);
    if (one_gone || (failed && !slot_is_wanted(one)))
        slot_end_flight(one);
    slot_next_in_queue(l, one);
}

/* Applies the end of the job that the want's record names. */
static void answer_asker(ledger *l, want *one, const job *asked)
{
    if (asked->end == JOB_RUNNING) {
        if (one->kind == WANT_READ && one->wait != WAIT_JOB)
            want_finish(
                l, one,
                (want_result){.status = RP_IN_PROGRESS, .outcome = OUTCOME_UNKNOWN, .with_state = true});
        return;
    }
    replace_job(&one->job, NULL);
    if (asked->end == JOB_FAILED)
        replace_failure(&one->warning, asked->failure);
    one->phase = PHASE_LIST;
    one->need_list = l->lists;
}

static bool asks(const want *one, const job *asked)
{
    return one && one->phase == PHASE_JOB && one->job == asked;
}

static void answer_slot(ledger *l, slot *at, job *polled, int64_t now)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&at->watchers); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (asks(one, polled))
            answer_asker(l, one, polled);
    }
    if (asks(at->acting, polled)) {
        if (polled->end != JOB_RUNNING)
            slot_needs_new_list(l, at);
        answer_asker(l, at->acting, polled);
    }
    if (polled->end != JOB_RUNNING && at->flight == FLIGHT_ACCEPTED && at->job == polled)
        end_slot(l, at, polled, now);
    else
        slot_forget_if_idle(l, at);
}

/* Some request of this caller is still to be sent, or to be answered, or its job runs. */
static bool is_under_way(const ledger *l, const void *caller)
{
    const slot *one;

    TAILQ_FOREACH (one, &l->slots, link)
        if (one->acting && one->acting->caller == caller &&
            (one->ready || one->flight == FLIGHT_SENDING || one->flight == FLIGHT_ACCEPTED))
            return true;
    return false;
}

/* A caller with several jobs needs one list after the last of them, not one after each. It is not put off for
   long, nor if others wait for the same key. */
static void release_deferred(ledger *l, int64_t now)
{
    const void *caller = NULL;
    bool under_way = false;
    slot *one;

    TAILQ_FOREACH (one, &l->slots, link) {
        const void *of = one->acting ? one->acting->caller : NULL;
        if (!one->deferred)
            continue;
        if (of != caller)
            under_way = of && is_under_way(l, of);
        caller = of;
        if (of && under_way && TAILQ_EMPTY(&one->queue))
            continue;
        one->deferred = false;
        one->list_at = now;
    }
}

static void poll_again(const ledger *l, job *polled, int64_t now)
{
    polled->poll_at = now + next_pause_ms(l, polled, now);
    polled->pause_ms = polled->pause_ms * 3 / 2;
    if (polled->pause_ms > l->options.poll_max_ms)
        polled->pause_ms = l->options.poll_max_ms;
}

/* How long jobs take, of one that succeeded: those that fail often do so at once. */
static void learn(ledger *l, job *polled, int64_t now)
{
    if (!l->options.pace || polled->accepted_at == LEDGER_NEVER)
        return;
    if (polled->end == JOB_RUNNING)
        polled->seen_running_at = now;
    else if (polled->end == JOB_SUCCEEDED && polled->took_ms > 0)
        pace_learn(l->options.pace, polled->took_ms);
    else if (polled->end == JOB_SUCCEEDED)
        pace_learn_between(l->options.pace, polled->seen_running_at - polled->accepted_at,
                           now - polled->accepted_at);
}

/* The conflicting job has ended. */
static void resume_sends(ledger *l, int64_t now)
{
    replace_job(&l->blocking_job, NULL);
    if (l->send_at > now)
        l->send_at = l->resume_at > now ? l->resume_at : now;
}

/* One answer that the job is not known may be an error of the server's: two in a row are believed. */
static bool is_believed(job *polled, int end)
{
    polled->unheard_count = 0;
    polled->unknown_count = end == JOB_UNKNOWN ? polled->unknown_count + 1 : 0;
    return end != JOB_UNKNOWN || polled->unknown_count >= 2;
}

void ledger_polled(ledger *l, job *polled, int end, failure *why, int64_t now)
{
    slot *one, *next;

    ledger_changed(l);
    polled->polling = false;
    if (!is_believed(polled, end)) {
        poll_again(l, polled, now);
        return;
    }
    polled->end = end;
    learn(l, polled, now);
    replace_failure(&polled->failure, end == JOB_FAILED ? why : NULL);
    job_ref(polled);
    if (end == JOB_RUNNING) {
        poll_again(l, polled, now);
    } else {
        ledger_unlink_job(l, polled);
        if (end != JOB_UNKNOWN)
            adds_ended(l, polled);
        if (l->blocking_job == polled)
            resume_sends(l, now);
    }
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        answer_slot(l, one, polled, now);
    }
    if (end != JOB_RUNNING) {
        l->deferred_until = now + l->options.poll_max_ms;
        release_deferred(l, now);
    }
    job_unref(polled);
}

/* Polls are refused, so the job's end stays unknown. It stays in flight for later wants. */
static void fail_asker(ledger *l, want *one, failure *why)
{
    if (one->phase == PHASE_SENT)
        want_finish_open(l, one, why->status, why);
    else
        want_finish_failed(l, one, why, OUTCOME_NONE);
}

/* Nobody may ask for the job: nothing can wait for its end, and one that a record named is of no further use.
 */
static void give_up_job(ledger *l, job *one)
{
    if (l->blocking_job == one)
        replace_job(&l->blocking_job, NULL);
    if (!job_flies(l, one))
        ledger_unlink_job(l, one);
}

/* If time runs out before the job ends, the want reports the last failure. */
static void delay_askers(ledger *l, const job *polled, failure *why)
{
    slot *at;
    want *one;

    TAILQ_FOREACH (at, &l->slots, link) {
        if (asks(at->acting, polled))
            replace_failure(&at->acting->cause, why);
        TAILQ_FOREACH (one, &at->watchers, link)
            if (asks(one, polled))
                replace_failure(&one->cause, why);
    }
}

void ledger_poll_delayed(ledger *l, job *polled, failure *why)
{
    ledger_changed(l);
    if (why->meaning == MEANS_NOT_THE_SERVICE)
        polled->unheard_count++;
    delay_askers(l, polled, why);
}

void ledger_poll_failed(ledger *l, job *polled, failure *why, int64_t now)
{
    bool final = failure_is_final(why);
    slot *at, *next_slot;
    want *one, *next;

    polled->polling = false;
    poll_again(l, polled, now);
    job_ref(polled);
    ledger_poll_delayed(l, polled, why);
    if (final)
        give_up_job(l, polled);
    for (at = TAILQ_FIRST(&l->slots); at && final; at = next_slot) {
        next_slot = TAILQ_NEXT(at, link);
        for (one = TAILQ_FIRST(&at->watchers); one; one = next) {
            next = TAILQ_NEXT(one, link);
            if (asks(one, polled))
                fail_asker(l, one, why);
        }
        if (at->acting && (asks(at->acting, polled) || at->job == polled))
            fail_asker(l, at->acting, why);
        if (at->job == polled)
            slot_fail_queue(l, at, why);
        slot_next_in_queue(l, at);
    }
    job_unref(polled);
}

/* Finds out for all jobs at once which are waited for. */
static void count_waiters(ledger *l)
{
    uint64_t count = ++l->job_counts;
    slot *one;
    want *watcher;

    TAILQ_FOREACH (one, &l->slots, link) {
        if (slot_is_wanted(one) && one->job)
            one->job->waited_for = count;
        if (slot_is_wanted(one) && l->blocking_job)
            l->blocking_job->waited_for = count;
        if (one->acting && one->acting->phase == PHASE_JOB)
            one->acting->job->waited_for = count;
        TAILQ_FOREACH (watcher, &one->watchers, link)
            if (watcher->phase == PHASE_JOB)
                watcher->job->waited_for = count;
    }
}

/* A running job that a want waits for, or NULL. */
job *ledger_awaited_job(ledger *l)
{
    job *one;

    count_waiters(l);
    TAILQ_FOREACH (one, &l->jobs, link)
        if (one->end == JOB_RUNNING && one->waited_for == l->job_counts)
            return one;
    return NULL;
}

/* Of a job that no flight has and nobody asks for there is nothing to learn. */
void ledger_drop_unused_jobs(ledger *l)
{
    job *one, *next;
    slot *at;

    if (TAILQ_EMPTY(&l->jobs))
        return;
    count_waiters(l);
    TAILQ_FOREACH (at, &l->slots, link)
        if (at->job)
            at->job->flies = l->job_counts;
    for (one = TAILQ_FIRST(&l->jobs); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (one->polling || one->waited_for == l->job_counts || one->flies == l->job_counts)
            continue;
        if (l->blocking_job == one)
            replace_job(&l->blocking_job, NULL);
        ledger_unlink_job(l, one);
    }
}

/* When a job is polled next, whether a want waits for it or not. */
static int64_t next_due_at(const ledger *l)
{
    int64_t at = LEDGER_NEVER;
    const job *one;

    TAILQ_FOREACH (one, &l->jobs, link)
        if (!one->polling && one->poll_at < at)
            at = one->poll_at;
    return at;
}

static int64_t find_next_poll(ledger *l)
{
    int64_t at = LEDGER_NEVER;
    const job *one;

    if (next_due_at(l) == LEDGER_NEVER)
        return at;
    count_waiters(l);
    TAILQ_FOREACH (one, &l->jobs, link)
        if (!one->polling && one->waited_for == l->job_counts && one->poll_at < at)
            at = one->poll_at;
    return at;
}

int64_t ledger_next_poll_at(ledger *l)
{
    if (!l->poll_known)
        l->poll_at = find_next_poll(l);
    l->poll_known = true;
    return l->poll_at;
}

bool ledger_take_poll(ledger *l, int64_t now, ledger_action *action)
{
    job *one;

    if (ledger_next_poll_at(l) > now) /* which has counted who waits */
        return false;
    ledger_changed(l);
    TAILQ_FOREACH (one, &l->jobs, link) {
        if (one->polling || one->poll_at > now || one->waited_for != l->job_counts)
            continue;
        one->polling = true;
        *action = (ledger_action){.kind = ACTION_POLL, .job = one, .insist = true};
        return true;
    }
    return false;
}
