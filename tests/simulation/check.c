/*
 * The rules, each with its name: what the plugin sends and says is held against
 * what is true in the cloud.
 */
#include "world.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

#define NEED(rule, condition, ...)                                                                           \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            world_break(w, rule, __VA_ARGS__);                                                               \
    } while (0)

enum {
    NONE,
    DONE,
    UNKNOWN
};

/* --- what is true ------------------------------------------------------------------ */

static bool is_there(const world *w, int key, uint64_t step)
{
    for (int i = 0; i < w->member_count; i++) {
        const member *one = &w->members[i];
        if (one->key == key && one->shown_step && one->shown_step <= step &&
            (one->visible || one->hidden_step > step))
            return true;
    }
    return false;
}

/* At some moment from that step to now the key had no member. */
static bool was_absent(const world *w, int key, uint64_t since)
{
    if (!is_there(w, key, since))
        return true;
    for (int i = 0; i < w->member_count; i++) {
        const member *one = &w->members[i];
        if (one->key == key && one->hidden_step > since && !one->visible &&
            !is_there(w, key, one->hidden_step))
            return true;
    }
    return false;
}

static bool was_visible(const world *w, const member *one, uint64_t since)
{
    return one->shown_step && (one->visible || one->hidden_step > since) && one->shown_step <= w->step;
}

static const member *member_of(const world *w, const char *id)
{
    for (int i = 0; *id && i < w->member_count; i++)
        if (!strcmp(w->members[i].id, id))
            return &w->members[i];
    return NULL;
}

static bool is_disturbed(const world *w, int key)
{
    return w->keys[key].disturbed || w->parent_gone[w->keys[key].listener];
}

static bool is_of(const op *one, int number)
{
    return one->candidates >> number & 1;
}

/* --- lists as evidence ----------------------------------------------------------------- */

/* A call may use a list that was requested after it arrived; a create or delete also one that was on its way
   then, and that somebody had waited for all the while. */
static bool may_use(const call *one, const listing *list)
{
    if (list->requested_step > one->arrived_step)
        return true;
    return one->kind != CALL_READ && list->answered_step > one->arrived_step &&
           !list->orphan;
}

/* Since when what the call was told may have been true. */
static uint64_t told_since(const world *w, const call *one, int listener)
{
    uint64_t since = one->arrived_step;

    for (int i = 0; i < w->listing_count; i++)
        if (w->listings[i].listener == listener && may_use(one, &w->listings[i]) &&
            w->listings[i].requested_step < since)
            since = w->listings[i].requested_step;
    return since;
}

static bool has_absent_list(const world *w, const call *one, int key, uint64_t after)
{
    for (int i = w->listing_count - 1; i >= 0; i--) {
        const listing *list = &w->listings[i];
        if (list->listener == w->keys[key].listener && list->answered_step && list->complete &&
            !(list->shown >> key & 1) && list->requested_step > after && may_use(one, list))
            return true;
    }
    return false;
}

/* When the last whole list without the key was requested. */
static int64_t absent_at(const world *w, int key)
{
    int64_t latest = -1;

    for (int i = 0; i < w->listing_count; i++) {
        const listing *list = &w->listings[i];
        if (list->listener == w->keys[key].listener && list->answered_step && list->complete &&
            !(list->shown >> key & 1) && list->requested_at > latest)
            latest = list->requested_at;
    }
    return latest;
}

static int64_t listed_at(const world *w, int listener)
{
    int64_t latest = -1;

    for (int i = 0; i < w->listing_count; i++)
        if (w->listings[i].listener == listener && w->listings[i].answered_step &&
            w->listings[i].requested_at > latest)
            latest = w->listings[i].requested_at;
    return latest;
}

/* --- requests ------------------------------------------------------------------------------ */

static bool wants_key(const world *w, const call *one, int key, call_kind kind)
{
    (void)w;
    if (!one->arrived || one->returned || one->kind != kind)
        return false;
    for (int i = 0; i < one->count; i++)
        if (one->keys[i] == key)
            return true;
    return false;
}

static bool somebody_creates(const world *w, int listener)
{
    for (int i = 0; i < w->call_count; i++) {
        const call *one = &w->calls[i];
        for (int r = 0; one->arrived && !one->returned && one->kind == CALL_CREATE && r < one->count; r++)
            if (w->keys[one->keys[r]].listener == listener)
                return true;
    }
    return false;
}

static int under_way(const world *w, int listener, int kind)
{
    int count = 0;

    for (int i = 0; i < MAX_EXCHANGES; i++) {
        const exchange *one = &w->exchanges[i];
        count += one->used && one->request && (listener < 0 || one->listener == listener) &&
                 (kind < 0 || (int)one->kind == kind);
    }
    return count;
}

static void check_place(world *w, const exchange *one)
{
    int logins = under_way(w, -1, REQUEST_IS_LOGIN);

    NEED("requests at a time", under_way(w, -1, -1) - logins <= (int)w->traits.max_parallel, "%d under way",
         under_way(w, -1, -1) - logins);
    NEED("one login at a time", logins <= 1, "%d under way", logins);
    if (one->kind == REQUEST_IS_ADD || one->kind == REQUEST_IS_REMOVE)
        NEED("one transfer at a time",
             under_way(w, one->listener, REQUEST_IS_ADD) + under_way(w, one->listener, REQUEST_IS_REMOVE) ==
                 1,
             "of listener l%d", one->listener);
}

/* Tokens that came within so long. */
static uint32_t tokens_since(const world *w, int64_t at)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < w->login_count && i < MAX_LOGINS; i++)
        count += w->login_times[i] >= at;
    return count;
}

/* A token is renewed when a quarter of its life is left, and one that is refused while it is fresh is not
   replaced each time. */
static void check_login(world *w)
{
    uint32_t most = 50 * 4 / (w->traits.token_s * 3) + 3 + w->refused_tokens;

    NEED("refused credentials are not sent again", w->traits.hunger || !w->login_refused, "login %u", w->login_count);
    NEED("pace of logins", w->traits.hunger || world_now() >= w->login_paused_until, "%d ms too early",
         (int)(w->login_paused_until - world_now()));
    NEED("number of logins", w->traits.hunger || tokens_since(w, world_now() - 50000) < most,
         "%u tokens in 50 s", most);
}

/* Once, but for a token that was refused. */
static void check_listener_get(world *w, const exchange *one)
{
    NEED("a listener is asked for once", w->listener_gets[one->listener]++ == 0, "l%d", one->listener);
    NEED("a listener is asked for by who creates", somebody_creates(w, one->listener), "l%d", one->listener);
}

/* Each read that names a job asks for it. */
static bool is_named(const world *w, int job)
{
    for (int i = 0; i < w->call_count; i++)
        for (int r = 0; w->calls[i].arrived && r < w->calls[i].count; r++)
            if (w->calls[i].job_ids[r][0] == 'j' && atoi(w->calls[i].job_ids[r] + 1) == job)
                return true;
    return false;
}

static void check_poll(world *w, const exchange *one)
{
    const sent *of = one->job >= 0 && one->job < w->send_count ? &w->sends[one->job] : NULL;

    /* An answer that could not be read for want of memory is asked for again. */
    if (of && of->known == SEND_ACCEPTED && of->last_poll == 'R' && of->polled_at >= 0 && !w->traits.hunger &&
        !is_named(w, one->job))
        NEED("pace of polls", world_now() - of->polled_at >= w->traits.poll_min_ms * 3 / 4,
             "j%d %d ms after the last", one->job, (int)(world_now() - of->polled_at));
    if (of)
        NEED("no request that nobody waits for", w->active_calls[of->listener], "poll of j%d", one->job);
}

/* After a pause of all requests they start one by one. */
static void check_patience(world *w)
{
    int64_t now = world_now();

    NEED("patience when throttled", now >= w->throttled_until, "%d ms too early",
         (int)(w->throttled_until - now));
    if (w->throttled_until && now < w->throttled_until + 1000)
        NEED("starts are spread after a pause", now >= w->started_at + 20, "%d ms after the last",
             (int)(now - w->started_at));
    w->started_at = now;
}

void check_started(world *w, const exchange *one)
{
    NEED("no request that nobody waits for", w->active, "%s %s", one->request->method, one->request->url);
    NEED("requests are what they should be", one->kind != REQUEST_IS_UNKNOWN, "%s", one->request->url);
    if (one->listener >= 0)
        NEED("no request that nobody waits for", w->active_calls[one->listener], "%s %s",
             one->request->method, one->request->url);
    check_place(w, one);
    if (one->kind == REQUEST_IS_LOGIN)
        check_login(w);
    if (one->kind == REQUEST_IS_LISTENER)
        check_listener_get(w, one);
    if (one->kind == REQUEST_IS_POLL)
        check_poll(w, one);
    if (one->kind != REQUEST_IS_LOGIN)
        check_patience(w);
}

/* A removal of what is gone already does nothing, whenever it comes. */
static bool is_void(const world *w, const op *one)
{
    return w->sends[one->send].removes && !w->members[one->member].visible;
}

/* A key has one request in flight; of what we made there is one at most. Somebody else's member can't be told
   from ours: with it a lost add looks settled. */
static void check_alone(world *w, const sent *by, const op *one)
{
    if (w->keys[one->key].disturbed)
        return;
    for (int i = 0; i < w->op_count; i++) {
        const op *other = &w->ops[i];
        NEED("never twice",
             other == one || other->key != one->key || other->state != OP_PENDING || is_void(w, other),
             "j%d may still come true for key %d", other->send, one->key);
    }
    for (int i = 0; !by->removes && i < w->member_count; i++) {
        const member *made = &w->members[i];
        NEED("never twice", made->key != one->key || !made->visible || made->op < 0, "%s of key %d is there",
             made->id, one->key);
    }
}

static void check_add_evidence(world *w, const op *one)
{
    const member_key *of = &w->keys[one->key];
    const op *lost = of->last_lost < 0 ? NULL : &w->ops[of->last_lost];
    bool found = false;

    for (int i = 0; i < w->call_count; i++)
        if (is_of(one, i) && has_absent_list(w, &w->calls[i], one->key, of->touch))
            found = true;
    NEED("a fresh look before each add", found, "key %d was not seen to be absent", one->key);
    if (lost && !w->sends[lost->send].removes && !of->disturbed)
        NEED("what was lost is settled first",
             absent_at(w, one->key) >= w->sends[lost->send].lost_at + w->traits.settle_ms,
             "key %d is added %d ms after an add was lost", one->key,
             (int)(world_now() - w->sends[lost->send].lost_at));
}

static void check_remove_evidence(world *w, const op *one)
{
    const op *lost = w->keys[one->key].last_lost < 0 ? NULL : &w->ops[w->keys[one->key].last_lost];

    if (lost && w->sends[lost->send].removes && lost->member == one->member)
        NEED("what was lost is settled first",
             listed_at(w, w->keys[one->key].listener) >= w->sends[lost->send].lost_at + w->traits.settle_ms,
             "key %d is removed %d ms after a remove was lost", one->key,
             (int)(world_now() - w->sends[lost->send].lost_at));
}

static void check_op(world *w, const sent *by, op *one)
{
    NEED("requests are what they should be", one->key >= 0 && w->keys[one->key].listener == by->listener,
         "a key that nobody knows");
    if (w->broken)
        return;
    for (int i = 0; i < w->call_count; i++)
        if (wants_key(w, &w->calls[i], one->key, by->removes ? CALL_DELETE : CALL_CREATE))
            one->candidates |= 1ull << i;
    check_alone(w, by, one);
    NEED("nothing is sent for who left", one->candidates, "key %d", one->key);
    by->removes ? check_remove_evidence(w, one) : check_add_evidence(w, one);
    one->touch_before = w->keys[one->key].touch;
    w->keys[one->key].touch = w->step;
    w->keys[one->key].last_lost = -1;
}

void check_send(world *w, int number)
{
    const sent *one = &w->sends[number];

    NEED("size of batches", one->ops >= 1 && one->ops <= (int)w->traits.max_batch, "%d records", one->ops);
    for (int i = 0; !w->broken && i < one->ops; i++) {
        world_tell(w, "    j%d %s key %d", number, one->removes ? "removes" : "adds",
                   w->ops[one->first_op + i].key);
        check_op(w, one, &w->ops[one->first_op + i]);
    }
}

/* --- results ---------------------------------------------------------------------------------- */

/* An op of the key that was sent for the call. */
static const op *own_op(const world *w, int number, int key, int state)
{
    for (int i = w->op_count - 1; i >= 0; i--)
        if (is_of(&w->ops[i], number) && w->ops[i].key == key && (state < 0 || (int)w->ops[i].state == state))
            return &w->ops[i];
    return NULL;
}

/* When a call had to end: what it is told was decided then, if not before. */
static int64_t end_of(const call *one)
{
    return one->cancel && one->cancelled_at < one->deadline ? one->cancelled_at : one->deadline;
}

/* Of a want that may be open: something was sent of which it was not known, when the call had to end, that it
   did nothing. A refusal that cannot be read for want of memory says nothing. */
static bool has_open_op(const world *w, int number, int key)
{
    for (int i = 0; i < w->op_count; i++) {
        const sent *by = &w->sends[w->ops[i].send];
        if (is_of(&w->ops[i], number) && w->ops[i].key == key &&
            (by->known != SEND_NOTHING || w->traits.hunger || by->nothing_at >= end_of(&w->calls[number])))
            return true;
    }
    return false;
}

static void check_state(world *w, const call *one, int i, uint64_t since)
{
    const told *r = &one->told[i];
    const member *shows = member_of(w, r->member_id);

    NEED("states are true", r->has_state, "key %d has no state", one->keys[i]);
    /* Of a member that is gone again there is nothing to tell. */
    if (r->status != RP_OK && !r->member_id[0])
        return;
    NEED("states are true", shows && was_visible(w, shows, since), "%s was not there", r->member_id);
    if (shows)
        NEED("states are true",
             one->member_ids[i][0] ? !strcmp(shows->id, one->member_ids[i]) : shows->key == one->keys[i],
             "%s is another's", shows->id);
}

/* By a member's id: the member that is asked for. */
static bool target_was_absent(const world *w, const call *one, int i, uint64_t since)
{
    const member *of = member_of(w, one->member_ids[i]);

    if (one->member_ids[i][0])
        return !of || !of->shown_step || of->shown_step > since || !of->visible;
    return was_absent(w, one->keys[i], since);
}

/* A job that the record names ran all the while, and had not made the member. */
static bool is_under_way(const world *w, const call *one, int i)
{
    int number = one->job_ids[i][0] == 'j' ? atoi(one->job_ids[i] + 1) : -1;
    const sent *by = number >= 0 && number < w->send_count ? &w->sends[number] : NULL;

    return by && by->job_runs && !by->forgets && by->known == SEND_ACCEPTED &&
           by->accepted_step < one->arrived_step;
}

static void check_read(world *w, const call *one, int i)
{
    const told *r = &one->told[i];
    int listener = w->keys[one->keys[i]].listener;

    if (r->status == RP_OK) {
        check_state(w, one, i, one->arrived_step);
    } else if (r->status == RP_NOT_FOUND && !w->parent_gone[listener]) {
        NEED("what a job makes is in progress while it runs", !is_under_way(w, one, i), "key %d, %s",
             one->keys[i], one->job_ids[i]);
        NEED("absent means absent",
             target_was_absent(w, one, i, one->arrived_step), "key %d was there all the while", one->keys[i]);
        NEED("no result before its evidence",
             one->member_ids[i][0] || has_absent_list(w, one, one->keys[i], one->arrived_step),
             "no list was without key %d", one->keys[i]);
    }
}

/* An open create tells its job, as far as it was accepted before the call had to end. */
static void check_job(world *w, int number, int key, const told *r)
{
    const call *one = &w->calls[number];
    const op *last = own_op(w, number, key, -1);
    const sent *by = last ? &w->sends[last->send] : NULL;

    if (r->job_id[0] == 'j')
        NEED("an open create tells its job", last && w->sends[atoi(r->job_id + 1)].known == SEND_ACCEPTED,
             "%s", r->job_id);
    else
        NEED("an open create tells its job",
             w->traits.hunger || !by || by->known != SEND_ACCEPTED || last->candidates != 1ull << number ||
                 by->accepted_at >= end_of(one),
             "j%d is not told", last ? last->send : -1);
}

static void check_create(world *w, int number, int i)
{
    const call *one = &w->calls[number];
    const told *r = &one->told[i];
    int key = one->keys[i];

    if (r->outcome == DONE) {
        NEED("done means done", own_op(w, number, key, OP_DONE) || is_disturbed(w, key),
             "key %d was not made", key);
        /* Made, and removed by others before it was healthy: there is no state to tell. */
        if (r->has_state || r->status != RP_NOT_FOUND)
            check_state(w, one, i, one->arrived_step);
    } else if (r->status == RP_OK || r->status == RP_ALREADY_EXISTS) {
        NEED("done means done", (r->status == RP_OK) == one->adopt, "adopted without being asked");
        check_state(w, one, i, told_since(w, one, w->keys[key].listener));
    } else if (r->outcome == UNKNOWN) {
        NEED("unknown only if something was sent", has_open_op(w, number, key), "key %d", key);
        NEED("an open create tells its job", r->has_state, "no state");
        check_job(w, number, key, r);
    }
}

static void check_delete(world *w, int number, int i)
{
    const call *one = &w->calls[number];
    const told *r = &one->told[i];
    int key = one->keys[i];

    NEED("a delete has no state", !r->has_state, "key %d", key);
    if (r->status == RP_OK) {
        NEED("done means done", r->outcome == DONE || (!r->existed && r->outcome == NONE), "outcome %d",
             r->outcome);
        NEED("absent means absent",
             target_was_absent(w, one, i, told_since(w, one, w->keys[key].listener)) || is_disturbed(w, key),
             "key %d was there all the while", key);
        if (r->existed)
            NEED("existed is true", own_op(w, number, key, -1) || is_disturbed(w, key),
                 "key %d was not removed", key);
    } else if (r->outcome == UNKNOWN) {
        NEED("unknown only if something was sent", has_open_op(w, number, key), "key %d", key);
    }
}

/* What the server refused together may be the fault of any. */
static void check_blame(world *w, int number, int i)
{
    const call *one = &w->calls[number];
    int key = one->keys[i];

    if (one->told[i].status != RP_INVALID_ARGUMENT)
        return;
    for (int o = 0; o < w->op_count; o++) {
        const sent *by = &w->sends[w->ops[o].send];
        if (w->ops[o].key == key && is_of(&w->ops[o], number) && by->ops == 1 && by->refused)
            return;
    }
    NEED("who is blamed was refused alone", false, "key %d: %s", key, one->told[i].code);
}

/* What was sent for several calls is one's own doing; that one has to be told so. */
static void check_claims(world *w, int number)
{
    const call *one = &w->calls[number];

    for (int o = 0; o < w->op_count; o++) {
        op *of = &w->ops[o];
        if (!is_of(of, number))
            continue;
        for (int i = 0; i < one->told_count; i++)
            if (one->keys[i] == of->key && one->told[i].outcome != NONE)
                of->claimed = true;
        of->returned |= 1ull << number;
        if (of->returned == of->candidates && !of->claimed && !is_disturbed(w, of->key))
            NEED("none means nothing", of->state == OP_DEAD, "j%d %s for key %d", of->send,
                 of->state == OP_DONE ? "was done" : "may come true", of->key);
    }
}

static void check_time(world *w, int number)
{
    const call *one = &w->calls[number];
    int64_t late = world_now() - one->deadline - one->host_ms;

    NEED("back in time", late <= 500, "call %d is %d ms late", number, (int)late);
    if (one->cancel)
        NEED("back when cancelled", world_now() - one->cancelled_at - one->host_ms <= 1000,
             "call %d returns %d ms after", number, (int)(world_now() - one->cancelled_at));
}

static bool is_out_of_time(int status)
{
    return status == RP_DEADLINE_EXCEEDED || status == RP_UNAVAILABLE || status == RP_THROTTLED;
}

/* Who had time enough for all that went wrong meanwhile is not out of time. */
static void check_success(world *w, int number, int i)
{
    const call *one = &w->calls[number];
    const told *r = &one->told[i];
    int64_t enough = w->traits.settle_ms + 10000 + one->excuse_ms;

    if (one->cancel || !w->traits.mild)
        return;
    NEED("a token that is refused is renewed", r->status != RP_UNAUTHENTICATED, "call %d, key %d", number,
         one->keys[i]);
    NEED("every turn comes", !is_out_of_time(r->status) || one->timeout_ms < enough,
         "call %d, key %d: %s after %d ms of which %d are excused", number, one->keys[i],
         rp_status_name(r->status), (int)(world_now() - one->arrived_at), (int)one->excuse_ms);
}

/* Who is told of throttling by a server that named a time is told when to come again. */
static void check_throttled(world *w, int number, int i)
{
    const call *one = &w->calls[number];
    const told *r = &one->told[i];
    bool was_sent = own_op(w, number, one->keys[i], -1); /* and refused */
    int64_t left = w->asked_at < end_of(one) ? w->asked_until - world_now() : 0;

    if (r->status == RP_THROTTLED && left > 0)
        NEED("retry_after_ms is told", r->retry_after_ms >= left, "%d of %d ms", (int)r->retry_after_ms, (int)left);
    if (r->status == RP_DEADLINE_EXCEEDED && r->outcome == NONE && !r->has_state && !was_sent && !w->traits.hunger)
        NEED("who waits for the end of a pause is told so", left <= 0, "key %d, %d ms", one->keys[i], (int)left);
}

static void check_result(world *w, int number, int i)
{
    const call *one = &w->calls[number];
    const told *r = &one->told[i];

    NEED("results have a status", r->status >= 0, "key %d", one->keys[i]);
    NEED("no result is internal", r->status != RP_INTERNAL, "key %d: %s", one->keys[i], r->code);
    NEED("results have an outcome", one->kind == CALL_READ || r->outcome >= 0, "key %d", one->keys[i]);
    NEED("who is cancelled was cancelled", r->status != RP_CANCELLED || one->cancel, "key %d", one->keys[i]);
    NEED("out of time means out of time", r->status != RP_DEADLINE_EXCEEDED || world_now() >= one->deadline,
         "%d ms are left", (int)(one->deadline - world_now()));
    NEED("want of memory is real", r->status != RP_NO_MEMORY || w->traits.hunger, "key %d", one->keys[i]);
    if (one->kind == CALL_READ)
        check_read(w, one, i);
    else if (one->kind == CALL_CREATE)
        check_create(w, number, i);
    else
        check_delete(w, number, i);
    check_blame(w, number, i);
    check_throttled(w, number, i);
    check_success(w, number, i);
    if (one->audit && !(w->revoked && r->status == RP_UNAUTHENTICATED) && !w->parent_gone[w->keys[one->keys[i]].listener])
        NEED("a later call succeeds",
             r->status == RP_OK ||
                 (one->kind == CALL_READ && (r->status == RP_NOT_FOUND || r->status == RP_IN_PROGRESS)),
             "call %d, key %d: %s", number, one->keys[i], rp_status_name(r->status));
}

void check_returned(world *w, int number)
{
    const call *one = &w->calls[number];

    check_time(w, number);
    if (one->kind == CALL_LIST)
        return;
    if (one->told_count == 0)
        NEED("want of memory is real", w->traits.hunger && one->status == RP_NO_MEMORY, "call %d: %s", number,
             one->refused_code);
    else
        NEED("one result a record", one->told_count == one->count, "%d of %d", one->told_count, one->count);
    for (int i = 0; i < one->told_count && !w->broken; i++)
        check_result(w, number, i);
    check_claims(w, number);
}

/* --- at the end ---------------------------------------------------------------------------------- */

static void check_duplicates(world *w)
{
    int made[MAX_KEYS] = {0};

    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].visible && w->members[i].op >= 0)
            made[w->members[i].key]++;
    for (int i = 0; i < w->key_count; i++)
        NEED("never twice", made[i] < 2 || w->keys[i].disturbed, "%d members of key %d at the end", made[i],
             i);
}

void check_quiet(world *w)
{
    int64_t left = memory_in_use() - w->memory_at_open, most = 1200 + 600 * (int64_t)w->traits.listeners;

    /* What adds may bring bounds what the next list can show. */
    for (int i = 0; i < w->send_count; i++)
        most += !w->sends[i].removes && w->sends[i].known != SEND_NOTHING ? 500 : 0;
    NEED("what is idle is forgotten", left <= most, "%d bytes are left of %d at most", (int)left, (int)most);
}

void check_end(world *w)
{
    check_duplicates(w);
}
