/* What a completed or failed list proves about each key. */
#include "ledger_parts.h"

#include "resource_plugin.h"

static void list_again(ledger *l, slot *one, int64_t now)
{
    int64_t next;

    one->pause_ms = one->pause_ms ? one->pause_ms * 3 / 2 : LIST_FIRST_MS;
    if (one->pause_ms > LIST_LONGEST_MS)
        one->pause_ms = LIST_LONGEST_MS;
    next = now + ledger_jittered(l, one->pause_ms);
    if (now < one->settle_at && next > one->settle_at)
        next = one->settle_at;
    one->deferred = false;
    one->list_at = next;
    if (one->acting)
        want_note(l, one->acting, NOTE_UNRESOLVED);
}

/* A job succeeded, but its effect was never listed. */
static failure *never_listed(const slot *one)
{
    return failure_new(RP_UNAVAILABLE, "elb.not_listed", true, BLAME_SERVER,
                       "job %s succeeded, but the list of members does not show its %s", one->job->id,
                       one->doing == WANT_CREATE ? "member" : "removal");
}

static void settle_unlisted(ledger *l, slot *one)
{
    _cleanup_(failure_unrefp) failure *why = never_listed(one);
    want *acting = one->acting;

    if (acting)
        want_finish_open(l, acting, RP_UNAVAILABLE, why ? why : &failure_no_memory);
    slot_end_flight(one);
}

/* It is proved that the request had no effect. */
static void settle_undone(ledger *l, slot *one)
{
    if (one->job && one->job->end == JOB_SUCCEEDED) {
        settle_unlisted(l, one);
        return;
    }
    slot_end_flight(one);
    if (!one->acting)
        return;
    replace_failure(&one->acting->cause, NULL);
    slot_set_ready(l, one);
}

/* An add or remove took effect. */
static void settle_done(ledger *l, slot *one, int64_t now)
{
    if (one->acting && one->doing == WANT_CREATE)
        want_found(l, one, true, now);
    else if (one->acting)
        want_finish(l, one->acting,
                    (want_result){.status = RP_OK,
                                  .outcome = OUTCOME_DONE,
                                  .existed = true,
                                  .by_whom_unknown = one->flight == FLIGHT_UNRESOLVED && !one->job});
    slot_end_flight(one);
}

/* A second member with the key of a removed one: to be removed as well. */
static void remove_other(ledger *l, slot *one)
{
    slot_end_flight(one);
    if (one->acting) {
        one->acting->removed = true;
        slot_leave_group(one);
        slot_set_ready(l, one);
    }
}

static void judge_flight(ledger *l, slot *one, int64_t requested_at, int64_t now)
{
    bool seen = slot_is_seen(l, one);
    bool shows_it = seen && (one->doing == WANT_CREATE || one->seen_own);
    bool undone = one->doing == WANT_CREATE ? !shows_it : shows_it;

    /* Further pages, which may show it, were not asked for, since nobody waits for this. */
    if (!shows_it && l->list_is_partial)
        return;
    if (!undone && one->doing == WANT_DELETE && seen)
        remove_other(l, one);
    else if (!undone)
        settle_done(l, one, now);
    else if (one->flight == FLIGHT_FAILED)
        slot_queue_refused(l, one);
    else if (requested_at >= one->settle_at)
        settle_undone(l, one);
    else
        list_again(l, one, now);
}

static void judge_absent(ledger *l, want *one, int64_t now)
{
    if (want_ask_job(l, one, now))
        return;
    if (one->kind == WANT_DELETE)
        want_finish_gone(l, one, false);
    else
        want_finish(l, one, (want_result){.status = RP_NOT_FOUND});
}

/* A list that was requested before the want arrived is reason enough to send something, for there the server
   decides; it is none to say what is there. */
static void judge_acting(ledger *l, slot *one, int64_t now)
{
    want *acting = one->acting;
    bool seen = slot_is_seen(l, one);

    if (!want_waits_out_conflict(l, acting, now))
        replace_failure(&acting->cause, NULL);
    if (seen != (acting->kind == WANT_CREATE))
        slot_set_ready(l, one);
    else if (l->lists <= acting->arrived_list)
        acting->need_list = acting->arrived_list;
    else if (seen)
        want_found(l, one, false, now);
    else
        judge_absent(l, acting, now);
}

/* It was there, but somebody has removed it. */
static void finish_vanished(ledger *l, want *one)
{
    _cleanup_(failure_unrefp) failure *why =
        failure_new(RP_NOT_FOUND, "elb.member_vanished", true, BLAME_WHOLE,
                    "the member was removed by somebody else before it became healthy");

    want_finish_failed(l, one, why ? why : &failure_no_memory, one->made ? OUTCOME_DONE : OUTCOME_NONE);
}

static void judge_health(ledger *l, slot *at, want *one, int64_t now)
{
    if (slot_is_seen(l, at) && member_is_healthy(at->seen)) {
        want_finish(l, one,
                    (want_result){.status = RP_OK,
                                  .outcome = one->made ? OUTCOME_DONE : OUTCOME_NONE,
                                  .with_state = true,
                                  .page = at->seen_page,
                                  .member = at->seen,
                                  .job = one->job});
        return;
    }
    if (!slot_is_seen(l, at)) {
        finish_vanished(l, one);
        return;
    }
    one->pause_ms = one->pause_ms * 3 / 2;
    if (one->pause_ms > l->options.poll_max_ms)
        one->pause_ms = l->options.poll_max_ms;
    one->list_at = now + ledger_jittered(l, one->pause_ms);
}

static void judge_watcher(ledger *l, slot *at, want *one, int64_t now)
{
    replace_failure(&one->cause, NULL);
    if (one->phase == PHASE_HEALTH)
        judge_health(l, at, one, now);
    else if (slot_is_seen(l, at))
        want_finish_present(l, one, at, false);
    else
        judge_absent(l, one, now);
}

/* All that the list says of one slot. Those in the queue learn from the same list what those before them did.
 */
static void judge(ledger *l, slot *one, int64_t requested_at, int64_t now)
{
    want *watcher, *next;

    for (watcher = TAILQ_FIRST(&one->watchers); watcher; watcher = next) {
        next = TAILQ_NEXT(watcher, link);
        if (list_covers_want(l, watcher))
            judge_watcher(l, one, watcher, now);
    }
    if (list_covers_flight(l, one))
        judge_flight(l, one, requested_at, now);
    while (one->flight == FLIGHT_NONE && !one->refused) {
        if (!one->acting && TAILQ_EMPTY(&one->queue))
            break;
        slot_next_in_queue(l, one);
        if (one->acting->phase != PHASE_LIST || !list_covers_want(l, one->acting))
            return;
        judge_acting(l, one, now);
        if (one->acting)
            return;
    }
    if (!one->refused)
        slot_next_in_queue(l, one);
}

/* A remove needs the id of the member that was seen, and who waits for its health is told the member. */
static bool needs_page(const slot *one)
{
    const want *watcher;

    if (one->acting && one->acting->phase == PHASE_READY)
        return true;
    TAILQ_FOREACH (watcher, &one->watchers, link)
        if (watcher->phase == PHASE_HEALTH)
            return true;
    return false;
}

static void drop_pages(ledger *l)
{
    slot *one;

    TAILQ_FOREACH (one, &l->slots, link)
        if (one->seen_page && !needs_page(one))
            slot_drop_page(one);
}

static void judge_keyless(ledger *l)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&l->keyless); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (l->lists <= one->need_list)
            continue;
        if (one->kind == WANT_DELETE)
            want_finish_gone(l, one, false);
        else
            want_finish(l, one, (want_result){.status = RP_NOT_FOUND});
    }
}

void ledger_listed(ledger *l, int64_t requested_at, int64_t now)
{
    slot *one, *next;

    ledger_changed(l);
    judge_keyless(l);
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        judge(l, one, requested_at, now);
    }
    l->listing = false;
    ledger_bisect_refused(l);
    drop_pages(l);
    ledger_drop_unused_jobs(l);
}

/* A list failed finally. */
static void fail_listing(ledger *l, want *one, failure *why)
{
    if (one->kind == WANT_DELETE && why->meaning == MEANS_PARENT_GONE)
        want_finish_gone(l, one, false);
    else
        want_finish_failed(l, one, why, OUTCOME_NONE);
}

static void fail_health(ledger *l, slot *at, want *one, failure *why)
{
    want_finish(l, one,
                (want_result){.status = why->status,
                              .outcome = one->made ? OUTCOME_DONE : OUTCOME_NONE,
                              .with_state = true,
                              .page = at->seen_page,
                              .member = at->seen,
                              .job = one->job,
                              .failure = why});
}

static void fail_watchers(ledger *l, slot *at, failure *why, int64_t now)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&at->watchers); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (!list_covers_want(l, one))
            continue;
        if (one->phase == PHASE_LIST)
            fail_listing(l, one, why);
        else if (!failure_is_final(why))
            one->list_at = now + ledger_jittered(l, LIST_FIRST_MS);
        else
            fail_health(l, at, one, why);
    }
}

/* The effect of a request cannot be seen: go on listing, unless lists are refused. */
static void fail_flight(ledger *l, slot *one, failure *why, int64_t now)
{
    if (why->meaning == MEANS_PARENT_GONE) {
        if (one->acting && one->doing == WANT_CREATE)
            want_finish_failed(l, one->acting, why, OUTCOME_NONE);
        else if (one->acting)
            want_finish_gone(l, one->acting, true);
        slot_end_flight(one);
        return;
    }
    if (failure_is_final(why)) {
        if (one->acting)
            want_finish_open(l, one->acting, why->status, why);
        slot_fail_queue(l, one, why);
    }
    list_again(l, one, now);
}

static void fail_slot(ledger *l, slot *one, failure *why, int64_t now)
{
    fail_watchers(l, one, why, now);
    if (list_covers_flight(l, one))
        fail_flight(l, one, why, now);
    while (one->flight == FLIGHT_NONE && slot_is_wanted(one)) {
        slot_next_in_queue(l, one);
        if (!list_covers_want(l, one->acting))
            return;
        fail_listing(l, one->acting, why);
    }
    slot_next_in_queue(l, one);
}

void ledger_list_failed(ledger *l, failure *why, int64_t now)
{
    slot *one, *next;
    want *keyless, *next_keyless;

    ledger_changed(l);
    for (keyless = TAILQ_FIRST(&l->keyless); keyless; keyless = next_keyless) {
        next_keyless = TAILQ_NEXT(keyless, link);
        if (l->lists > keyless->need_list)
            fail_listing(l, keyless, why);
    }
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        fail_slot(l, one, why, now);
    }
    l->listing = false;
    replace_failure(&l->list_delay, NULL);
    drop_pages(l);
}

/* A want that waits out a conflict keeps the conflict as its cause until the next list. */
static void delay_listing(const ledger *l, want *one, failure *why)
{
    bool conflicts = one->cause && one->cause->meaning == MEANS_CONFLICT;

    if (one->phase == PHASE_LIST && list_covers_want(l, one) && !conflicts)
        replace_failure(&one->cause, why);
}

/* Of a want that has sent nothing: why it waits, unless something else is, or asks for longer. */
static void note_pause(want *one, failure *why)
{
    const failure *known = one->cause;

    if (one->phase == PHASE_SENT || one->phase == PHASE_HEALTH || one->phase == PHASE_FINISHED)
        return;
    if (!known || (known->status == RP_THROTTLED && known->retry_after_ms < why->retry_after_ms))
        replace_failure(&one->cause, why);
}

void ledger_paused(ledger *l, failure *why)
{
    slot *one;
    want *waiting;

    TAILQ_FOREACH (waiting, &l->keyless, link)
        note_pause(waiting, why);
    TAILQ_FOREACH (one, &l->slots, link) {
        if (one->acting)
            note_pause(one->acting, why);
        TAILQ_FOREACH (waiting, &one->queue, link)
            note_pause(waiting, why);
        TAILQ_FOREACH (waiting, &one->watchers, link)
            note_pause(waiting, why);
    }
}

void ledger_list_delayed(ledger *l, failure *why)
{
    slot *one;
    want *waiting;

    ledger_changed(l);
    replace_failure(&l->list_delay, why);
    TAILQ_FOREACH (waiting, &l->keyless, link)
        delay_listing(l, waiting, why);
    TAILQ_FOREACH (one, &l->slots, link) {
        if (one->acting)
            delay_listing(l, one->acting, why);
        TAILQ_FOREACH (waiting, &one->watchers, link)
            delay_listing(l, waiting, why);
    }
}
