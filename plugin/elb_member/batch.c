/* Adds and removes: batches are closed, answered, put back, or halved until the bad records are found. */
#include "ledger_parts.h"

#include "resource_plugin.h"

#include <stdio.h>

/* After a conflict, or a request that was not sent. */
#define PAUSE_FIRST_MS   200
#define PAUSE_LONGEST_MS 5000

/* As for the whole instance: RP_RETRY_AFTER_MAX_MS. */
#define PAUSE_ASKED_LONGEST_MS 60000

static struct bisection *bisection_of(const ledger *l, const slot *one, failure *why)
{
    struct bisection *bisection = bisection_ref(one->bisection);

    if (!bisection) {
        bisection = calloc(1, sizeof(*bisection));
        if (!bisection)
            return NULL;
        *bisection = (struct bisection){.references = 1, .sends_left = l->options.max_bisect};
    }
    replace_failure(&bisection->why, why);
    return bisection;
}

/* Sends these slots together, without others. */
static void send_group(ledger *l, struct bisection *bisection, slot **members, size_t count)
{
    uint64_t group = ++l->groups;

    for (size_t i = 0; i < count; i++) {
        slot *one = members[i];
        struct bisection *old = one->bisection;

        one->bisection = bisection_ref(bisection);
        bisection_unref(old);
        one->group = group;
        slot_end_flight(one);
        slot_set_ready(l, one);
    }
}

/* Sends these slots with any others that are ready. */
static void send_on(ledger *l, slot **members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        slot_leave_group(members[i]);
        slot_end_flight(members[i]);
        slot_set_ready(l, members[i]);
    }
}

/* Refused together with others and not sent alone: may not be to blame. */
static failure *not_tried_alone(const failure *refusal)
{
    failure *made =
        failure_new(RP_UNAVAILABLE, "elb.not_tried_alone", true, BLAME_WHOLE,
                    "refused together with other records, and not tried alone: %s", refusal->summary);

    if (!made)
        return failure_ref(&failure_no_memory);
    failure_copy_server_words(made, refusal);
    return made;
}

static void give_up(ledger *l, slot **members, size_t count, failure *why)
{
    for (size_t i = 0; i < count; i++) {
        slot *one = members[i];

        want_finish_failed(l, one->acting, why, OUTCOME_NONE);
        slot_end_flight(one);
        slot_next_in_queue(l, one);
    }
}

/* Nothing was done for these, and one of them, or one that was sent with them, is to blame. */
static void bisect(ledger *l, slot **members, size_t count, failure *why)
{
    size_t sent_with = members[0]->group_size, half = (count + 1) / 2;
    struct bisection *bisection;

    if (why->meaning == MEANS_MEMBER_GONE && count < sent_with) {
        send_on(l, members, count);
        return;
    }
    if (sent_with == 1 || why->blame != BLAME_RECORD) {
        give_up(l, members, count, why);
        return;
    }
    bisection = bisection_of(l, members[0], why);
    if (!bisection) {
        give_up(l, members, count, &failure_no_memory);
    } else if (!bisection->sends_left) {
        _cleanup_(failure_unrefp) failure *untried = not_tried_alone(why);
        give_up(l, members, count, untried);
    } else {
        send_group(l, bisection, members, half);
        if (count > half)
            send_group(l, bisection, members + half, count - half);
    }
    bisection_unref(bisection);
}

/* Takes the first refused slot and all of its group out of the queue. */
static size_t take_refused_group(ledger *l, slot **members)
{
    uint64_t group = TAILQ_FIRST(&l->refused)->group;
    size_t count = 0;
    slot *one, *next;

    for (one = TAILQ_FIRST(&l->refused); one; one = next) {
        next = TAILQ_NEXT(one, ready_link);
        if (one->group != group)
            continue;
        TAILQ_REMOVE(&l->refused, one, ready_link);
        one->refused = false;
        members[count++] = one;
    }
    return count;
}

void ledger_bisect_refused(ledger *l)
{
    slot *first;

    while ((first = TAILQ_FIRST(&l->refused))) {
        _cleanup_(failure_unrefp) failure *why = failure_ref(first->failure);
        _cleanup_(rp_freep) slot **members = calloc(first->group_size, sizeof(slot *));

        if (members) {
            size_t count = take_refused_group(l, members);
            bisect(l, members, count, why);
        } else {
            TAILQ_REMOVE(&l->refused, first, ready_link);
            first->refused = false;
            give_up(l, &first, 1, &failure_no_memory);
        }
    }
}

static void end_transfer(ledger *l, transfer *sent)
{
    l->sending = NULL;
    transfer_free(sent);
}

static void accept_slot(ledger *l, slot *one, job *accepted, int64_t now)
{
    want *acting = one->acting;

    one->flight = FLIGHT_ACCEPTED;
    replace_job(&one->job, accepted);
    slot_needs_new_list(l, one);
    one->settle_at = now + l->options.settle_ms;
    one->list_at = now;
    one->pause_ms = 0;
    if (acting && acting->wait == WAIT_NONE)
        want_finish_open(l, acting, RP_IN_PROGRESS, NULL);
    else if (acting && acting->kind == WANT_CREATE)
        want_note(l, acting, NOTE_ACCEPTED);
    slot_next_in_queue(l, one);
}

void ledger_accepted(ledger *l, transfer *sent, const char *job_id, const char *uri, int64_t now)
{
    job *accepted = sent->job;

    ledger_changed(l);
    snprintf(accepted->id, sizeof(accepted->id), "%s", job_id);
    snprintf(accepted->uri, sizeof(accepted->uri), "%s", uri ? uri : "");
    ledger_link_job(l, accepted, true, now);
    adds_sent(l, sent, now);
    l->send_pause_ms = 0;
    for (size_t i = 0; i < sent->count; i++)
        accept_slot(l, sent->slots[i], accepted, now);
    end_transfer(l, sent);
}

static void become_unresolved(ledger *l, slot *one, failure *why, int64_t now)
{
    one->flight = FLIGHT_UNRESOLVED;
    replace_failure(&one->failure, why);
    one->settle_at = now + l->options.settle_ms;
    one->list_at = now;
    one->pause_ms = 0;
    slot_needs_new_list(l, one);
    if (one->acting)
        want_note(l, one->acting, NOTE_UNRESOLVED);
    slot_next_in_queue(l, one);
}

void ledger_lost(ledger *l, transfer *sent, failure *why, int64_t now)
{
    ledger_changed(l);
    adds_sent(l, sent, now);
    for (size_t i = 0; i < sent->count; i++)
        become_unresolved(l, sent->slots[i], why, now);
    end_transfer(l, sent);
}

/* However long the server asks for. */
static void pause_sends(ledger *l, int64_t asked_ms, int64_t now)
{
    int64_t at_least_ms = asked_ms < PAUSE_ASKED_LONGEST_MS ? asked_ms : PAUSE_ASKED_LONGEST_MS;
    int64_t pause = l->send_pause_ms ? l->send_pause_ms * 2 : PAUSE_FIRST_MS;

    l->send_pause_ms = pause > PAUSE_LONGEST_MS ? PAUSE_LONGEST_MS : pause;
    pause = ledger_jittered(l, l->send_pause_ms);
    l->send_at = now + (pause > at_least_ms ? pause : at_least_ms);
}

/* The request did nothing. Whoever still waits is sent again, after a look if the members may have changed.
 */
static void put_back(ledger *l, transfer *sent, failure *why, bool look)
{
    adds_refused(l, sent);
    for (size_t i = 0; i < sent->count; i++) {
        slot *one = sent->slots[i];

        slot_end_flight(one);
        if (look)
            slot_needs_new_list(l, one);
        if (one->acting) {
            replace_failure(&one->acting->cause, why);
            one->acting->phase = PHASE_LIST;
            one->acting->need_list = one->fresh_after;
            if (!look)
                slot_set_ready(l, one);
        }
        slot_next_in_queue(l, one);
    }
    end_transfer(l, sent);
}

/* A request that did nothing is no attempt to find the guilty. */
static void refund(transfer *sent)
{
    if (sent->bisection)
        sent->bisection->sends_left++;
}

void ledger_not_sent(ledger *l, transfer *sent, failure *why, int64_t pause_ms, int64_t now)
{
    ledger_changed(l);
    refund(sent);
    pause_sends(l, pause_ms, now);
    put_back(l, sent, why, false);
}

void ledger_taken_back(ledger *l, transfer *sent)
{
    ledger_changed(l);
    refund(sent);
    put_back(l, sent, NULL, false);
}

static void conflicted(ledger *l, transfer *sent, failure *why, int64_t now)
{
    pause_sends(l, why->retry_after_ms, now);
    l->resume_at = l->send_at;
    replace_job(&l->blocking_job, NULL);
    replace_job(&l->blocking_job, ledger_awaited_job(l));
    l->blocked_until = now + PAUSE_LONGEST_MS;
    refund(sent);
    put_back(l, sent, why, true);
}

/* One removal of one member: the server says that there is nothing to remove. */
static bool means_gone(const transfer *sent, const failure *why)
{
    return sent->kind == WANT_DELETE && sent->count == 1 &&
           (why->meaning == MEANS_MEMBER_GONE || why->meaning == MEANS_PARENT_GONE);
}

static void refuse_slot(ledger *l, slot *one, transfer *sent, failure *why)
{
    if (!one->acting)
        return;
    if (means_gone(sent, why) || (sent->kind == WANT_DELETE && why->meaning == MEANS_PARENT_GONE))
        want_finish_gone(l, one->acting, false);
    else
        want_finish_failed(l, one->acting, why, OUTCOME_NONE);
}

/* A refused remove of several: some are gone. A look tells which; it is as after a failed job. */
static void list_who_is_gone(ledger *l, transfer *sent, failure *why, int64_t now)
{
    for (size_t i = 0; i < sent->count; i++) {
        slot *one = sent->slots[i];

        one->flight = FLIGHT_FAILED;
        replace_failure(&one->failure, why);
        one->list_at = now;
        slot_needs_new_list(l, one);
        if (!slot_is_wanted(one))
            slot_end_flight(one);
        slot_next_in_queue(l, one);
    }
}

static void refuse_all(ledger *l, transfer *sent, failure *why)
{
    bool divisible = why->blame == BLAME_RECORD && !means_gone(sent, why);

    adds_refused(l, sent);
    for (size_t i = 0; i < sent->count; i++) {
        slot *one = sent->slots[i];

        slot_needs_new_list(l, one);
        if (divisible) {
            replace_failure(&one->failure, why);
            slot_queue_refused(l, one);
        } else {
            refuse_slot(l, one, sent, why);
            slot_end_flight(one);
        }
        if (!one->refused)
            slot_next_in_queue(l, one);
    }
}

void ledger_refused(ledger *l, transfer *sent, failure *why, int64_t now)
{
    ledger_changed(l);
    if (why->blame == BLAME_SERVER) {
        ledger_lost(l, sent, why, now);
        return;
    }
    if (why->meaning == MEANS_CONFLICT) {
        conflicted(l, sent, why, now);
        return;
    }
    l->send_pause_ms = 0;
    if (why->meaning == MEANS_MEMBER_GONE && !means_gone(sent, why))
        list_who_is_gone(l, sent, why, now);
    else
        refuse_all(l, sent, why);
    end_transfer(l, sent);
    ledger_bisect_refused(l);
}

bool ledger_waits_for_transfer(const transfer *sent)
{
    for (size_t i = 0; i < sent->count; i++)
        if (slot_is_wanted(sent->slots[i]))
            return true;
    return false;
}

bool ledger_transfer_is_current(const transfer *sent)
{
    for (size_t i = 0; i < sent->count; i++)
        if (!sent->slots[i]->acting)
            return false;
    return true;
}

static bool goes_with(const slot *first, const slot *one)
{
    return one->acting->kind == first->acting->kind &&
           (first->bisection ? one->group == first->group && one->bisection : !one->bisection);
}

static size_t count_batch(const ledger *l, const slot *first)
{
    const slot *one;
    size_t count = 0;

    TAILQ_FOREACH (one, &l->ready, ready_link)
        if (goes_with(first, one) && count < l->options.max_batch)
            count++;
    return count;
}

static transfer *transfer_new(size_t room)
{
    transfer *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->slots = calloc(room, sizeof(slot *));
    made->job = job_new();
    if (!made->slots || !made->job) {
        transfer_free(made);
        return NULL;
    }
    return made;
}

static void add_to_transfer(ledger *l, slot *one, transfer *sent, uint64_t group, size_t count)
{
    slot_unset_ready(l, one);
    one->acting->phase = PHASE_SENT;
    one->flight = FLIGHT_SENDING;
    one->doing = sent->kind;
    one->group = group;
    one->group_size = count;
    if (sent->kind == WANT_CREATE)
        one->member_id[0] = '\0';
    else if (one->seen) /* or else it is sent again: the same member */
        snprintf(one->member_id, sizeof(one->member_id), "%s", one->seen->id);
    if (!l->listing)
        slot_drop_page(one);
    slot_needs_new_list(l, one);
    sent->slots[sent->count++] = one;
}

/* Closes a batch: the first that is ready, and all that may go with it. */
static transfer *close_batch(ledger *l, slot *first)
{
    size_t count = count_batch(l, first);
    uint64_t group = first->bisection ? first->group : ++l->groups;
    transfer *sent = transfer_new(count);
    slot *one, *next;

    if (!sent)
        return NULL;
    sent->kind = first->acting->kind;
    sent->bisection = bisection_ref(first->bisection);
    for (one = first; one && sent->count < count; one = next) {
        next = TAILQ_NEXT(one, ready_link);
        if (one == first || goes_with(sent->slots[0], one))
            add_to_transfer(l, one, sent, group, count);
    }
    return sent;
}

/* False if the first that is ready can't be sent; then it has its result. */
static bool may_be_sent(ledger *l, slot *first)
{
    _cleanup_(failure_unrefp) failure *untried = NULL;

    if (!first->bisection || first->bisection->sends_left)
        return true;
    untried = not_tried_alone(first->bisection->why);
    want_finish_failed(l, first->acting, untried, OUTCOME_NONE);
    slot_next_in_queue(l, first);
    return false;
}

bool ledger_take_send(ledger *l, int64_t now, ledger_action *action)
{
    slot *first = TAILQ_FIRST(&l->ready);

    if (!first || l->sending || ledger_is_blocked(l, now))
        return false;
    ledger_changed(l);
    if (!may_be_sent(l, first))
        return ledger_take_note(l, action);
    l->sending = close_batch(l, first);
    if (!l->sending) {
        want_finish_failed(l, first->acting, &failure_no_memory, OUTCOME_NONE);
        slot_next_in_queue(l, first);
        return ledger_take_note(l, action);
    }
    adds_begin(l, l->sending);
    replace_job(&l->blocking_job, NULL);
    if (l->sending->bisection)
        l->sending->bisection->sends_left--;
    *action = (ledger_action){.kind = ACTION_SEND, .transfer = l->sending};
    return true;
}
