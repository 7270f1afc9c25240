/*
 * The rules, each with its name. What the ledger says and does is held against
 * what is true on the server, step by step.
 */
#include "memory.h"
#include "world.h"

#include "elb_member/ledger_parts.h"
#include "resource_plugin.h"

#include <string.h>

#define NEED(rule, condition, ...)                                                                           \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            world_break(w, rule, __VA_ARGS__);                                                               \
    } while (0)

/* --- what is true --------------------------------------------------------- */

static bool intersects(const truth *one, const listing *list)
{
    return one->shown_step && one->shown_step < list->answered_step &&
           (one->visible || one->hidden_step > list->requested_step);
}

/* A list can't have missed it. */
static bool spans(const truth *one, const listing *list)
{
    return one->shown_step && one->shown_step < list->requested_step &&
           (one->visible || one->hidden_step > list->answered_step);
}

static bool key_is_absent(const world *w, int key)
{
    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].key == key && spans(&w->members[i], &w->list))
            return false;
    return true;
}

static const truth *truth_of(const world *w, const char *id)
{
    for (int i = 0; i < w->member_count; i++)
        if (!strcmp(w->members[i].id, id))
            return &w->members[i];
    return NULL;
}

static int caller_number(const world *w, const caller *one)
{
    return (int)(one - w->callers);
}

static bool has_op(const world *w, const caller *one, int state)
{
    for (int i = 0; i < w->op_count; i++)
        if (w->ops[i].caller == caller_number(w, one) && (int)w->ops[i].state == state)
            return true;
    return false;
}

/* The last thing that was sent for a caller, or NULL. */
static const op *last_op(const world *w, const caller *one)
{
    for (int i = w->op_count; i > 0; i--)
        if (w->ops[i - 1].caller == caller_number(w, one))
            return &w->ops[i - 1];
    return NULL;
}

/* Something was sent for the caller of which it is not known that it did nothing. */
static bool has_open_op(const world *w, const caller *one)
{
    for (int i = 0; i < w->op_count; i++)
        if (w->ops[i].caller == caller_number(w, one) && w->sends[w->ops[i].send].known != SEND_NOTHING)
            return true;
    return false;
}

static bool is_disturbed(const world *w, const caller *one)
{
    return w->parent_gone || (one->key >= 0 && w->keys[one->key].disturbed);
}

/* --- requests --------------------------------------------------------------- */

static bool somebody_watches_health(const world *w)
{
    for (int i = 0; i < w->caller_count; i++)
        if (!w->callers[i].finished && w->callers[i].want.phase == PHASE_HEALTH)
            return true;
    return false;
}

static bool is_between(int64_t from, int64_t at, int64_t to)
{
    return from < at && at <= to;
}

/* A key has become settled since: that is worth a list. */
static bool settled_since(const world *w, int64_t since)
{
    for (int i = 0; i < w->send_count; i++) {
        const sent *one = &w->sends[i];
        if ((one->lost_at >= 0 && is_between(since, one->lost_at + w->traits.settle_ms, w->now)) ||
            (one->known == SEND_ACCEPTED &&
             is_between(since, one->accepted_at + w->traits.settle_ms, w->now)) ||
            (one->ended_at >= 0 && is_between(since, one->ended_at + w->traits.settle_ms, w->now)))
            return true;
    }
    return false;
}

static bool lists_too_often(const world *w)
{
    int64_t pause = 750;

    if (!w->lists || w->news_step > w->list.requested_step || settled_since(w, w->list.requested_at))
        return false;
    if (somebody_watches_health(w) && w->traits.poll_min_ms * 3 / 4 < pause)
        pause = w->traits.poll_min_ms * 3 / 4;
    return w->now - w->list.requested_at < pause;
}

void check_list(world *w)
{
    NEED("one list at a time", !w->list.running, "a list is running");
    NEED("no request when nobody waits", w->unfinished, "list");
    NEED("pause of lists", !lists_too_often(w), "%d ms after the last, and no news",
         (int)(w->now - w->list.requested_at));
}

static bool job_is_wanted(const world *w, const job *asked, int send)
{
    const sent *of = &w->sends[send];

    for (int i = 0; i < w->caller_count; i++) {
        const caller *one = &w->callers[i];
        if (one->arrived && !one->finished && !strcmp(one->job_id, asked->id))
            return true;
        for (int j = 0; one->arrived && !one->finished && one->want.kind != WANT_READ && j < of->ops; j++)
            if (w->ops[of->first_op + j].key == one->key)
                return true;
    }
    return w->conflicted;
}

void check_poll(world *w, const job *asked)
{
    int number = asked->id[0] == 'j' ? atoi(asked->id + 1) : -1;
    sent *of = &w->sends[number < 0 ? 0 : number];

    NEED("no request when nobody waits", w->unfinished, "poll of %s", asked->id);
    if (number < 0 || number >= w->send_count)
        return;
    NEED("no request when nobody waits", job_is_wanted(w, asked, number), "poll of %s", asked->id);
    if (of->known != SEND_ACCEPTED || of->job_known_ended || server_send_is_settled(w, number))
        return;
    NEED("pace of polls", of->polled_at < 0 || w->now - of->polled_at >= w->traits.poll_min_ms * 3 / 4,
         "%d ms after the last", (int)(w->now - of->polled_at));
    of->polled_at = w->now;
}

/* To remove what is gone is no change. */
static bool may_come_true(const world *w, const op *one)
{
    return one->state == OP_PENDING &&
           (w->sends[one->send].kind == WANT_CREATE || w->members[one->member].visible);
}

/* A key has one request in flight; of what we made there is one at most. Somebody else's member can't be told
   from ours: with it a lost add looks settled. */
static void check_alone(world *w, const sent *by, const op *one)
{
    if (w->keys[one->key].disturbed)
        return;
    for (int i = 0; i < w->op_count; i++) {
        const op *other = &w->ops[i];
        NEED("one request a key", other == one || other->key != one->key || !may_come_true(w, other),
             "j%d may still come true", other->send);
    }
    for (int i = 0; by->kind == WANT_CREATE && i < w->member_count; i++) {
        const truth *made = &w->members[i];
        NEED("never twice", made->key != one->key || !made->visible || made->op < 0, "%s is there", made->id);
    }
}

static void check_add_evidence(world *w, const op *one)
{
    const key_truth *key = &w->keys[one->key];

    NEED("a fresh look before each add", key->absent_step > key->touch, "key %d was not seen to be absent",
         one->key);
    if (key->lost_at < 0 || key->lost_kind != WANT_CREATE || key->disturbed)
        return;
    NEED("a lost request is settled first", key->absent_at >= key->lost_at + w->traits.settle_ms,
         "key %d is added %d ms after an add was lost", one->key, (int)(w->now - key->lost_at));
}

static void check_remove_evidence(world *w, const op *one)
{
    const key_truth *key = &w->keys[one->key];

    NEED("removes name the key's member", one->member >= 0 && w->members[one->member].key == one->key,
         "key %d", one->key);
    if (key->lost_at < 0 || key->lost_kind != WANT_DELETE || key->lost_member != one->member)
        return;
    NEED("a lost request is settled first", w->listed_at >= key->lost_at + w->traits.settle_ms,
         "key %d is removed %d ms after a remove was lost", one->key, (int)(w->now - key->lost_at));
}

/* A job that succeeded has made its member, even if no list shows it: that is told, not tried again. */
static bool has_succeeded(const world *w, const caller *of)
{
    for (int i = 0; i < w->op_count; i++) {
        const op *other = &w->ops[i];
        if (other->caller == caller_number(w, of) && w->sends[other->send].told_end == JOB_SUCCEEDED)
            return true;
    }
    return false;
}

static void check_op(world *w, const sent *by, op *one)
{
    const caller *of = &w->callers[one->caller < 0 ? 0 : one->caller];

    NEED("nothing is sent for who left", one->caller >= 0 && !of->finished && !of->left, "key %d", one->key);
    NEED("sent as wanted", one->key >= 0 && of->want.kind == by->kind, "key %d", one->key);
    if (w->broken)
        return;
    check_alone(w, by, one);
    NEED("a success is not tried again", by->kind != WANT_CREATE || !has_succeeded(w, of), "key %d",
         one->key);
    if (by->kind == WANT_CREATE)
        check_add_evidence(w, one);
    else
        check_remove_evidence(w, one);
    one->touch_before = w->keys[one->key].touch;
    w->keys[one->key].touch = w->step;
    w->keys[one->key].lost_at = -1;
}

void check_send(world *w, int number)
{
    const sent *one = &w->sends[number];

    NEED("one transfer at a time", w->sending < 0, "j%d is on its way", w->sending);
    NEED("size of batches", one->ops >= 1 && one->ops <= (int)w->traits.max_batch, "%d records", one->ops);
    NEED("sends wait when told to", w->now >= w->behind_until || !server_knows_awaited_job(w),
         "the job that conflicts runs");
    NEED("sends wait when told to", w->now >= w->next_send_at, "the pause is not over");
    w->conflicted = false;
    w->adds += one->kind == WANT_CREATE;
    w->removes += one->kind == WANT_DELETE;
    for (int i = 0; !w->broken && i < one->ops; i++)
        check_op(w, one, &w->ops[one->first_op + i]);
}

/* --- results ---------------------------------------------------------------- */

/* The member that a result shows was there while the list was made. */
static void check_member(world *w, const caller *one, bool by_id)
{
    const want_result *r = &one->want.result;
    const truth *shows = r->member ? truth_of(w, r->member->id) : NULL;

    NEED("states are true", shows && r->page && r->with_state, "no member");
    if (!shows)
        return;
    NEED("states are true", w->source == SOURCE_LISTED && intersects(shows, &w->list), "%s was not listed",
         shows->id);
    NEED("states are true", by_id ? !strcmp(shows->id, one->member_id) : shows->key == one->key,
         "%s is another's", shows->id);
}

/* What is told of a key comes from a list that was requested after the last request for it. */
static void check_fresh(world *w, const caller *one)
{
    NEED("no result before its evidence",
         w->source == SOURCE_LISTED && (one->key < 0 || w->list.requested_step > w->keys[one->key].touch),
         "the list is older than the key's last request");
}

/* What is told of a key that nothing was sent for comes from a list that was requested after the record
 * arrived. */
static void check_later(world *w, const caller *one)
{
    NEED("no result before its evidence", w->list.requested_step > one->arrived_step,
         "the list was requested before the record arrived");
}

static void check_none(world *w, const caller *one)
{
    NEED("none means nothing", is_disturbed(w, one) || !has_op(w, one, OP_PENDING), "it may still happen");
    NEED("none means nothing", is_disturbed(w, one) || !has_op(w, one, OP_DONE), "it has happened");
}

/* A create whose end is open tells the job, if there is one: a read finds out with it. */
static void check_open(world *w, const caller *one)
{
    const want_result *r = &one->want.result;
    const op *last = last_op(w, one);
    bool accepted = last && w->sends[last->send].known == SEND_ACCEPTED;

    NEED("unknown only if something was sent", one->want.removed || has_open_op(w, one),
         "nothing of it can have happened");
    NEED("an open create tells its job", r->with_state == (one->want.kind == WANT_CREATE), "no state");
    if (!last || one->want.kind != WANT_CREATE)
        return;
    NEED("an open create tells its job",
         accepted ? r->job && atoi(r->job->id + 1) == last->send : !r->job || r->job->id[0] != 'j',
         "j%d is not told", last->send);
}

static bool blames_late_list(const caller *one)
{
    const want_result *r = &one->want.result;

    return one->left && r->outcome == OUTCOME_NONE && r->failure && !strcmp(r->failure->code, "server");
}

/* A list was late, and has not been answered since; for a read it is the one that runs: it answers the read, or
   comes before the list that does. */
static bool is_late_for(const world *w, const caller *one)
{
    return w->delayed_step > w->list.answered_step &&
           (one->want.kind != WANT_READ || w->delayed_request_step == w->list.requested_step);
}

/* The server refused it alone, or its job failed alone. */
static bool was_blamed(const world *w, const caller *one)
{
    for (int i = 0; i < w->op_count; i++) {
        const sent *by = &w->sends[w->ops[i].send];
        if (w->ops[i].caller == caller_number(w, one) && by->ops == 1 &&
            (by->verdict >= 0 || by->told_end == JOB_FAILED))
            return true;
    }
    return false;
}

/* Sends that the server takes a decision on. */
static uint32_t decided_sends(const world *w)
{
    uint32_t count = 0;

    for (int i = 0; i < w->send_count; i++) {
        const sent *one = &w->sends[i];
        bool conflicted = one->known == SEND_NOTHING && one->verdict == FAILURE_CONFLICT;
        count += !conflicted && one->fate != FATE_THROTTLE;
    }
    return count;
}

static void check_blame(world *w, const caller *one)
{
    const failure *why = one->want.result.failure;

    if (!why || why->status != one->want.result.status || one->want.result.outcome != OUTCOME_NONE)
        return;
    NEED("nobody is blamed for others", why->blame != BLAME_RECORD || was_blamed(w, one), "%s", why->code);
    NEED("the budget is for attempts",
         strcmp(why->code, "elb.not_tried_alone") != 0 || decided_sends(w) > w->traits.max_bisect, "%u sends",
         decided_sends(w));
}

static void check_failed(world *w, const caller *one)
{
    const want_result *r = &one->want.result;
    bool of_health = one->want.kind == WANT_CREATE && one->want.wait == WAIT_HEALTHY;

    if (r->outcome == OUTCOME_NONE)
        check_none(w, one);
    else if (r->outcome == OUTCOME_UNKNOWN)
        check_open(w, one);
    else
        NEED("done means done", of_health && (is_disturbed(w, one) || has_op(w, one, OP_DONE)), "it failed");
    check_blame(w, one);
    NEED("a failure has a cause", one->left || r->failure, "status %d", r->status);
    NEED("a cause is told while it lasts", !blames_late_list(one) || is_late_for(w, one),
         "it does not wait for a late list");
}

static void check_created(world *w, const caller *one)
{
    const want_result *r = &one->want.result;
    bool made = r->outcome == OUTCOME_DONE;
    bool asks_health = one->want.wait == WAIT_HEALTHY && (made || one->want.adopt);

    NEED("done means done", r->outcome != OUTCOME_UNKNOWN, "unknown, but there");
    NEED("done means done", !made || is_disturbed(w, one) || has_op(w, one, OP_DONE), "not made by it");
    NEED("done means done", made || (r->status == RP_OK) == one->want.adopt, "adopted without being asked");
    check_member(w, one, false);
    if (!made)
        check_none(w, one);
    if (!made && !asks_health)
        check_later(w, one);
    if (!asks_health)
        check_fresh(w, one);
    else
        NEED("done means done", r->member && !strcmp(r->member->health_status, "NORMAL"), "not healthy");
}

/* Refused, or failed, because the member is gone. */
static bool was_told_gone(const world *w, const caller *one)
{
    const op *last = last_op(w, one);
    const sent *by = last ? &w->sends[last->send] : NULL;

    return by && (by->answered_gone || (by->job_known_ended && by->job_failure == FAILURE_MEMBER_GONE));
}

static bool id_is_absent(const world *w, const caller *one)
{
    const truth *of = truth_of(w, one->member_id);

    return !of || !spans(of, &w->list);
}

static void check_absent(world *w, const caller *one)
{
    bool absent = one->by_id ? id_is_absent(w, one) : key_is_absent(w, one->key);

    NEED("absent means absent", absent, "it was there all the while");
}

/* A job undid its add while a delete was on its way: both are right. */
static bool was_rolled_back(const world *w, int key)
{
    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].key == key && w->members[i].rolled_back)
            return true;
    return false;
}

static void check_deleted(world *w, const caller *one)
{
    const want_result *r = &one->want.result;

    NEED("done means done", r->outcome == OUTCOME_DONE, "gone, but not done");
    if (w->parent_gone)
        return;
    if (w->source == SOURCE_LISTED) {
        check_absent(w, one);
        check_later(w, one);
        if (!one->by_id || last_op(w, one))
            check_fresh(w, one);
    } else {
        NEED("no result before its evidence", was_told_gone(w, one), "nothing told that it is gone");
    }
    NEED("existed is true",
         is_disturbed(w, one) || was_rolled_back(w, one->key) || r->existed == has_op(w, one, OP_DONE),
         "existed %d", r->existed);
}

static void check_read(world *w, const caller *one)
{
    const want_result *r = &one->want.result;

    if (r->status == RP_IN_PROGRESS) {
        NEED("no result before its evidence", w->source == SOURCE_POLLED, "no job was asked");
        return;
    }
    if (r->status == RP_NOT_FOUND && w->parent_gone)
        return;
    NEED("no result before its evidence",
         w->source == SOURCE_LISTED && w->list.requested_step > one->arrived_step, "an old list");
    if (r->status == RP_OK)
        check_member(w, one, one->by_id);
    else
        check_absent(w, one);
}

static bool is_good(const caller *one)
{
    int status = one->want.result.status;

    return status < RP_INVALID_ARGUMENT || (one->want.kind == WANT_CREATE && status == RP_ALREADY_EXISTS) ||
           (one->want.kind == WANT_READ && status == RP_NOT_FOUND);
}

static void check_answer(world *w, const caller *one)
{
    const want_result *r = &one->want.result;
    bool in_progress = r->status == RP_IN_PROGRESS;

    if (one->left || !is_good(one)) {
        NEED("who leaves is told so", !one->left || !is_good(one), "status %d", r->status);
        check_failed(w, one);
    } else if (one->want.kind == WANT_READ) {
        check_read(w, one);
    } else if (in_progress) {
        NEED("no result before its evidence", one->want.wait == WAIT_NONE && w->source == SOURCE_ACCEPTED,
             "in progress");
        NEED("none means nothing", r->outcome == OUTCOME_UNKNOWN, "in progress");
        check_open(w, one);
    } else if (one->want.kind == WANT_CREATE) {
        check_created(w, one);
    } else {
        check_deleted(w, one);
    }
}

void check_result(world *w, caller *one)
{
    NEED("nothing is told that was freed", !memory_was_freed(one->want.result.failure), "caller %d",
         caller_number(w, one));
    if (w->broken)
        return;
    NEED("one result a want", one->arrived && !one->finished, "caller %d", caller_number(w, one));
    check_answer(w, one);
    NEED("a second call succeeds", !one->audit || one->want.result.status == RP_OK || w->parent_gone,
         "status %d", one->want.result.status);
    one->finished = true;
    w->unfinished--;
    w->news_step = w->step;
}

/* --- states ------------------------------------------------------------------ */

static void check_state(world *w, const slot *at, const want *one, int role)
{
    for (size_t i = 0; i < rp_count_of(legal_states); i++)
        if ((int)legal_states[i].role == role && legal_states[i].phase == one->phase &&
            legal_states[i].flights >> at->flight & 1)
            return;
    world_break(w, "phase and flight go together", "key %s: role %d, phase %d, flight %d", at->key, role,
                (int)one->phase, (int)at->flight);
}

void check_states(world *w)
{
    const slot *at;
    const want *one;

    TAILQ_FOREACH (at, &w->ledger->slots, link) {
        if (at->acting)
            check_state(w, at, at->acting, ROLE_ACTING);
        TAILQ_FOREACH (one, &at->queue, link)
            check_state(w, at, one, ROLE_QUEUED);
        TAILQ_FOREACH (one, &at->watchers, link)
            check_state(w, at, one, ROLE_WATCHING);
        NEED("phase and flight go together",
             at->acting || at->flight != FLIGHT_NONE ||
                 (TAILQ_EMPTY(&at->queue) && !TAILQ_EMPTY(&at->watchers)),
             "key %s: nobody acts, and nothing is in flight", at->key);
        NEED("phase and flight go together", !at->refused, "key %s is still to be bisected", at->key);
    }
}

/* --- at rest ------------------------------------------------------------------ */

static void check_left(world *w)
{
    for (int i = 0; i < w->caller_count; i++)
        NEED("who leaves has a result at once", !w->callers[i].left || w->callers[i].finished, "caller %d",
             i);
}

/* Acts on its key, and waits for nothing but the end of a conflict. */
static bool waits_out_conflict(const caller *one)
{
    const want *of = &one->want;

    return one->arrived && !one->finished && of->slot && of->slot->acting == of &&
           (of->phase == PHASE_READY || of->phase == PHASE_LIST) && of->cause &&
           of->cause->meaning == MEANS_CONFLICT;
}

/* Whatever runs on the server, a conflict keeps other keys waiting for seconds only. */
static void check_conflict(world *w)
{
    if (!w->conflicted || w->list.running || w->sending >= 0 || !w->may_request || w->now < w->send_from)
        return;
    for (int i = 0; i < w->caller_count; i++)
        NEED("a conflict passes", !waits_out_conflict(&w->callers[i]) || w->now - w->conflicted_at < 6300,
             "caller %d has waited for %d ms", i, (int)(w->now - w->conflicted_at));
}

void check_quiet(world *w)
{
    int64_t wake_at = ledger_wake_at(w->ledger, w->send_from, w->now);
    bool waits = w->list.running || w->sending >= 0 || w->polls_running || !w->may_request;

    check_left(w);
    check_conflict(w);
    NEED("no busy loop", !w->may_request || wake_at > w->now, "wakes at %d without need", (int)wake_at);
    NEED("nobody hangs", !w->unfinished || waits || wake_at < LEDGER_NEVER, "%d callers", w->unfinished);
}

static void check_duplicates(world *w)
{
    int made[MAX_KEYS] = {0};

    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].visible && w->members[i].op >= 0)
            made[w->members[i].key]++;
    for (uint32_t i = 0; i < w->traits.keys; i++)
        NEED("never twice", made[i] < 2 || w->keys[i].disturbed, "%d members of key %d at the end", made[i],
             (int)i);
}

static uint32_t log2_up(uint32_t n)
{
    uint32_t log = 0;

    while ((1u << log) < n)
        log++;
    return log;
}

static uint32_t batches_of(const world *w)
{
    return (w->traits.callers + w->traits.max_batch - 1) / w->traits.max_batch;
}

static void check_innocents(world *w)
{
    uint64_t guilty = w->traits.guilty | w->traits.job_guilty;

    for (int i = 0; i < w->caller_count; i++) {
        const caller *one = &w->callers[i];
        bool failed = one->want.result.status >= RP_INVALID_ARGUMENT;
        NEED("the guilty stand alone", failed == (guilty >> one->key & 1), "key %d: status %d", one->key,
             one->want.result.status);
    }
}

/* One call to a server that does as asked, but for what the records are guilty of. */
static void check_adds(world *w)
{
    uint32_t guilty = (uint32_t)__builtin_popcountll(w->traits.guilty | w->traits.job_guilty);
    uint32_t n = w->traits.callers, halvings = 2 * log2_up(n);

    if (!guilty) {
        NEED("number of requests", w->adds == batches_of(w) && w->lists <= 1 + w->adds, "%u adds, %u lists",
             w->adds, w->lists);
        return;
    }
    if (n > w->traits.max_batch)
        return;
    NEED("number of adds after a refusal", w->adds <= 1 + w->traits.max_bisect, "%u adds", w->adds);
    if (guilty == 1)
        NEED("number of adds after a refusal", w->adds <= 1 + halvings, "%u adds for %u records", w->adds, n);
    if (guilty * halvings <= w->traits.max_bisect)
        check_innocents(w);
}

static void check_removes(world *w)
{
    uint32_t extra = w->traits.foreign ? 1 : 0;

    NEED("number of requests", w->removes <= batches_of(w) + extra && w->lists <= 1 + w->removes + extra,
         "%u removes, %u lists", w->removes, w->lists);
}

void check_end(world *w)
{
    for (int i = 0; i < w->caller_count; i++)
        NEED("nobody hangs", w->callers[i].finished, "caller %d has no result", i);
    check_duplicates(w);
    if (!w->list.running && w->sending < 0 && !w->polls_running)
        NEED("a quiet ledger forgets its keys", ledger_is_idle(w->ledger, w->now + w->traits.settle_ms),
             "settle_ms after the last result");
    if (w->traits.shape == SHAPE_ADD)
        check_adds(w);
    if (w->traits.shape == SHAPE_REMOVE)
        check_removes(w);
}
