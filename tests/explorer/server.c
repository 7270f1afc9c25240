#include "world.h"

#include "elb_member/ledger_parts.h"

#include "resource_plugin.h"

#include <stdio.h>
#include <string.h>

/* --- failures ------------------------------------------------------------- */

static const struct {
    int status;
    const char *code;
    bool retryable;
    blame blame;
    meaning meaning;
} failure_kinds[FAILURE_KINDS] = {
    [FAILURE_RECORD] = {RP_INVALID_ARGUMENT, "record", false, BLAME_RECORD, MEANS_NOTHING_MORE},
    [FAILURE_WHOLE] = {RP_QUOTA_EXCEEDED, "whole", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    [FAILURE_SERVER] = {RP_UNAVAILABLE, "server", true, BLAME_SERVER, MEANS_NOTHING_MORE},
    [FAILURE_POLL] = {RP_UNAVAILABLE, "poll", true, BLAME_SERVER, MEANS_NOTHING_MORE},
    [FAILURE_LOST] = {RP_UNAVAILABLE, "lost", true, BLAME_SERVER, MEANS_NOTHING_MORE},
    [FAILURE_CONFLICT] = {RP_CONFLICT, "conflict", true, BLAME_WHOLE, MEANS_CONFLICT},
    [FAILURE_THROTTLED] = {RP_THROTTLED, "throttled", true, BLAME_WHOLE, MEANS_THROTTLED},
    [FAILURE_PARENT_GONE] = {RP_NOT_FOUND, "parent_gone", false, BLAME_WHOLE, MEANS_PARENT_GONE},
    [FAILURE_MEMBER_GONE] = {RP_NOT_FOUND, "member_gone", false, BLAME_RECORD, MEANS_MEMBER_GONE},
    [FAILURE_JOB_RECORD] = {RP_JOB_FAILED, "job_record", false, BLAME_RECORD, MEANS_NOTHING_MORE},
    [FAILURE_JOB_WHOLE] = {RP_JOB_FAILED, "job_whole", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    [FAILURE_DENIED] = {RP_PERMISSION_DENIED, "denied", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
};

/* A new one each time, so that one that is used after it was freed is found. The server itself has memory. */
static failure *make_failure(failure_kind kind)
{
    failure *made = NULL;

    while (!made)
        made =
            failure_new(failure_kinds[kind].status, failure_kinds[kind].code, failure_kinds[kind].retryable,
                        failure_kinds[kind].blame, "%s", failure_kinds[kind].code);
    made->meaning = failure_kinds[kind].meaning;
    return made;
}

/* --- members -------------------------------------------------------------- */

int server_add_member(world *w, int key, int made_by)
{
    int number = w->member_count++;
    truth *made = &w->members[number];

    *made = (truth){.key = key, .op = made_by, .healthy = true};
    snprintf(made->id, sizeof(made->id), "m%d", number);
    return number;
}

static void note_change(world *w)
{
    if (w->change_count < MAX_CHANGES)
        w->changes[w->change_count++] = w->step;
}

void server_show(world *w, int number)
{
    note_change(w);
    w->members[number].visible = true;
    w->members[number].shown_step = w->step;
    world_tell(w, "  server: %s of key %d is there", w->members[number].id, w->members[number].key);
}

void server_hide(world *w, int number)
{
    note_change(w);
    w->members[number].visible = false;
    w->members[number].hidden_step = w->step;
    world_tell(w, "  server: %s of key %d is gone", w->members[number].id, w->members[number].key);
}

/* Some members take a while to become healthy, and some never do. */
static void ail(world *w, int number)
{
    if (!world_happens(w, 40))
        return;
    w->members[number].healthy = false;
    if (world_happens(w, 70))
        world_schedule(w, EVENT_HEALTHY, number, w->now + world_pick(w, 3000));
}

static void come_true(world *w, op *one)
{
    if (w->parent_gone) {
        one->state = OP_DEAD;
    } else if (w->sends[one->send].kind == WANT_CREATE) {
        one->member = server_add_member(w, one->key, (int)(one - w->ops));
        ail(w, one->member);
        server_show(w, one->member);
        one->state = OP_DONE;
    } else if (w->members[one->member].visible) {
        server_hide(w, one->member);
        one->state = OP_DONE;
    } else {
        one->state = OP_DEAD;
    }
}

static void take_back(world *w, op *one)
{
    if (one->state == OP_DONE && w->members[one->member].visible) {
        w->members[one->member].rolled_back = true;
        server_hide(w, one->member);
    }
    one->state = OP_DEAD;
}

static void set_ops(world *w, const sent *one, int state)
{
    for (int i = 0; i < one->ops; i++)
        if (w->ops[one->first_op + i].state == OP_PENDING)
            w->ops[one->first_op + i].state = state;
}

static void parent_goes(world *w)
{
    w->parent_gone = true;
    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].visible)
            server_hide(w, i);
    for (int i = 0; i < w->op_count; i++)
        if (w->ops[i].state == OP_PENDING)
            w->ops[i].state = OP_DEAD;
}

/* Somebody else adds a member, or removes one that is there. */
static void foreign_change(world *w)
{
    int any = w->member_count ? (int)world_pick(w, (uint32_t)w->member_count) : 0;
    int key = (int)world_pick(w, w->traits.keys);

    if (w->calm || w->parent_gone || w->member_count >= MAX_MEMBERS / 2)
        return;
    if (w->member_count && w->members[any].visible && world_pick(w, 3)) {
        w->keys[w->members[any].key].disturbed = true;
        server_hide(w, any);
    } else {
        w->keys[key].disturbed = true;
        server_show(w, server_add_member(w, key, -1));
    }
}

/* --- jobs ----------------------------------------------------------------- */

static bool any_key_in(const world *w, const sent *one, uint64_t keys)
{
    for (int i = 0; i < one->ops; i++)
        if (keys >> w->ops[one->first_op + i].key & 1)
            return true;
    return false;
}

static bool any_target_gone(const world *w, const sent *one)
{
    for (int i = 0; i < one->ops; i++)
        if (!w->members[w->ops[one->first_op + i].member].visible)
            return true;
    return false;
}

static void choose_form(world *w, sent *one)
{
    one->form = FORM_SUCCESS;
    one->job_failure = world_happens(w, 50) ? FAILURE_JOB_RECORD : FAILURE_JOB_WHOLE;
    if (one->kind == WANT_CREATE && any_key_in(w, one, w->traits.job_guilty)) {
        one->form = FORM_NOTHING;
        one->job_failure = FAILURE_JOB_RECORD;
    } else if (world_happens(w, w->traits.fail_job)) {
        one->form = FORM_NOTHING + (int)world_pick(w, 3);
    } else if (w->traits.false_success && world_happens(w, 20)) {
        one->form = FORM_FALSE_SUCCESS;
    }
    /* Only a job that is asked until its end may undo what was to be seen before. */
    one->forgets = w->traits.forgets_jobs && world_happens(w, 30);
    one->rolls_back = one->form == FORM_NOTHING && one->fate == FATE_ACCEPT && !one->forgets &&
                      one->kind == WANT_CREATE && world_happens(w, 50);
}

static bool is_limited(const sent *one)
{
    return one->fate != FATE_ACCEPT || one->forgets;
}

/* How long what the job does may still take: within the settle time it shows. */
static int64_t longest_job(const world *w, const sent *one)
{
    int64_t left = (one->deadline < one->effect_by ? one->deadline : one->effect_by) - w->now;

    return left > 0 ? left : 0;
}

static int64_t choose_duration(world *w, const sent *one)
{
    int64_t longest = longest_job(w, one);
    int64_t shorter = w->traits.latency_ms * 4;

    if (w->traits.shape == SHAPE_SMALL || longest <= 0)
        return 0;
    if (world_pick(w, 3))
        longest = shorter < longest ? shorter : longest;
    return world_pick(w, (uint32_t)longest + 1);
}

static void end_op(world *w, sent *one, int number)
{
    op *of = &w->ops[number];
    int64_t longest = longest_job(w, one);
    bool guilty = w->traits.job_guilty >> of->key & 1 && one->kind == WANT_CREATE;

    if (one->rolls_back)
        take_back(w, of);
    if (of->state != OP_PENDING)
        return;
    if (one->form == FORM_NOTHING || one->form == FORM_FALSE_SUCCESS || guilty ||
        (one->form == FORM_PARTLY && world_pick(w, 2)))
        of->state = OP_DEAD;
    else if (one->form == FORM_SUCCESS && w->traits.lags && longest > 0 && !one->forgets)
        world_schedule(w, EVENT_SHOW, number, w->now + world_pick(w, (uint32_t)longest % 3000))->send =
            of->send;
    else
        come_true(w, of);
}

/* What it does shows at once, but the job runs on long after the settle time. */
static void show_effect_of_overlong(world *w, sent *one, int number)
{
    for (int i = 0; i < one->ops; i++)
        end_op(w, one, one->first_op + i);
    world_schedule(w, EVENT_JOB_END, number, w->now + w->traits.settle_ms * (1 + (int64_t)world_pick(w, 4)))
        ->send = number;
}

static void start_job(world *w, int number)
{
    sent *one = &w->sends[number];
    bool at_once;

    one->effect_by = w->now + w->traits.settle_ms - 1;
    choose_form(w, one);
    one->job_runs = true;
    at_once =
        !w->traits.listed_at_end && (one->form == FORM_SUCCESS || one->form == FORM_DONE || one->rolls_back);
    for (int i = 0; at_once && i < one->ops; i++)
        come_true(w, &w->ops[one->first_op + i]);
    /* Of all paths of a small world those with more than a few polls show nothing new. */
    if (w->traits.shape == SHAPE_SMALL && one->fate == FATE_ACCEPT)
        one->deadline = w->now + w->traits.settle_ms - 1;
    one->overlong = !is_limited(one) && !one->rolls_back && world_happens(w, w->traits.overlong);
    if (one->overlong)
        show_effect_of_overlong(w, one, number);
    else
        world_schedule(w, EVENT_JOB_END, number, w->now + choose_duration(w, one))->send = number;
}

static void end_job(world *w, int number)
{
    sent *one = &w->sends[number];

    if (!one->overlong && one->kind == WANT_DELETE && w->traits.denies_gone && one->form == FORM_SUCCESS &&
        one->fate == FATE_ACCEPT && w->traits.listed_at_end && any_target_gone(w, one)) {
        one->form = FORM_NOTHING;
        one->job_failure = FAILURE_MEMBER_GONE;
    }
    world_tell(w, "  server: job j%d ends", number);
    one->job_runs = false;
    one->job_end = one->form <= FORM_FALSE_SUCCESS ? JOB_SUCCEEDED : JOB_FAILED;
    for (int i = 0; i < one->ops; i++)
        end_op(w, one, one->first_op + i);
}

/* --- adds and removes ------------------------------------------------------- */

static bool another_job_runs(const world *w, const sent *than)
{
    for (int i = 0; i < w->send_count; i++)
        if (&w->sends[i] != than && w->sends[i].job_runs)
            return true;
    return false;
}

/* Whether the server refuses what arrives now; -1 if it does not. */
static int refusal(const world *w, const sent *one)
{
    if (w->parent_gone)
        return FAILURE_PARENT_GONE;
    if (w->traits.conflicts && another_job_runs(w, one))
        return FAILURE_CONFLICT;
    if (one->kind == WANT_CREATE && any_key_in(w, one, w->traits.guilty))
        return FAILURE_RECORD;
    if (one->kind == WANT_DELETE && w->traits.denies_gone && any_target_gone(w, one))
        return FAILURE_MEMBER_GONE;
    return -1;
}

static void act(world *w, int number)
{
    sent *one = &w->sends[number];

    one->verdict = refusal(w, one);
    if (one->verdict < 0)
        start_job(w, number);
    else
        set_ops(w, one, OP_DEAD);
    if (one->fate == FATE_ACCEPT && w->traits.shape != SHAPE_SMALL)
        world_schedule(w, EVENT_ANSWER, number, world_soon(w));
}

static int choose_fate(world *w)
{
    if (w->traits.shape == SHAPE_SMALL)
        return !w->calm && !w->losses && world_pick(w, 2) ? FATE_LOST : FATE_ACCEPT;
    if (world_happens(w, w->traits.lose))
        return FATE_LOST;
    if (world_happens(w, w->traits.fail_server))
        return FATE_SERVER;
    if (world_happens(w, w->traits.refuse))
        return FATE_REFUSE;
    return world_happens(w, w->traits.throttle) ? FATE_THROTTLE : FATE_ACCEPT;
}

static void schedule_send(world *w, int number)
{
    sent *one = &w->sends[number];
    int64_t answer_at = world_soon(w), act_at = world_soon(w);
    bool may_act = one->fate == FATE_LOST || one->fate == FATE_SERVER;

    one->acts = one->fate == FATE_ACCEPT || (may_act && world_pick(w, 2));
    one->verdict = one->fate == FATE_REFUSE ? (world_pick(w, 2) ? FAILURE_WHOLE : FAILURE_RECORD) : -1;
    one->deadline = LEDGER_NEVER;
    if (may_act && w->traits.shape != SHAPE_SMALL) {
        one->deadline = answer_at + w->traits.settle_ms - 1;
        if (!world_pick(w, 3))
            act_at = w->now + world_pick(w, (uint32_t)(one->deadline - w->now) + 1);
    }
    if (one->acts)
        world_schedule(w, EVENT_ACT, number, act_at)->send = number;
    else
        set_ops(w, one, OP_DEAD);
    if (one->fate != FATE_ACCEPT || w->traits.shape == SHAPE_SMALL)
        world_schedule(w, EVENT_ANSWER, number, answer_at);
}

/* Which caller the ledger sends this for; -1 if none. */
static int acting_caller(const world *w, const slot *at)
{
    for (int i = 0; i < w->caller_count; i++)
        if (w->callers[i].want.slot == at && w->callers[i].want.phase == PHASE_SENT)
            return i;
    return -1;
}

static int member_by_id(const world *w, const char *id)
{
    for (int i = 0; id && i < w->member_count; i++)
        if (!strcmp(w->members[i].id, id))
            return i;
    return -1;
}

static int key_of(const world *w, const slot *at)
{
    for (uint32_t i = 0; i < w->traits.keys; i++)
        if (!strcmp(w->keys[i].name, at->key))
            return (int)i;
    return -1;
}

static void take_slot(world *w, int number, const slot *at)
{
    op *made = &w->ops[w->op_count++];

    *made = (op){.key = key_of(w, at), .send = number, .caller = acting_caller(w, at), .member = -1};
    if (w->sends[number].kind == WANT_DELETE)
        made->member = member_by_id(w, slot_member_id(at));
    w->sends[number].ops++;
    world_tell(w, "    key %d for caller %d", made->key, made->caller);
}

void server_start_send(world *w, transfer *asked)
{
    int number = w->send_count++;
    sent *one = &w->sends[number];

    *one = (sent){.kind = asked->kind,
                  .transfer = asked,
                  .first_op = w->op_count,
                  .ended_at = -1,
                  .polled_at = -1,
                  .lost_at = -1};
    world_tell(w, "%s j%d", one->kind == WANT_CREATE ? "ADD" : "REMOVE", number);
    for (size_t i = 0; i < asked->count; i++)
        take_slot(w, number, asked->slots[i]);
    check_send(w, number);
    if (w->broken)
        return;
    w->sending = number;
    one->fate = choose_fate(w);
    w->losses += one->fate == FATE_LOST;
    schedule_send(w, number);
}

/* --- what the caller's side learns of a send ------------------------------------- */

/* Nobody waits for its job, and a list, or time, has told what it did. */
static bool is_settled(const world *w, const sent *one, const op *of)
{
    bool is_over = one->known == SEND_ACCEPTED && w->now >= one->accepted_at + w->traits.settle_ms;

    return of->settled || (is_over && w->callers[of->caller].finished);
}

/* Its job is of no more use to the ledger. */
bool server_send_is_settled(const world *w, int number)
{
    const sent *one = &w->sends[number];

    for (int i = 0; i < one->ops; i++)
        if (!is_settled(w, one, &w->ops[one->first_op + i]))
            return false;
    return true;
}

static void touch(world *w, const sent *one)
{
    for (int i = 0; i < one->ops; i++) {
        const op *of = &w->ops[one->first_op + i];
        if (!is_settled(w, one, of))
            w->keys[of->key].touch = w->step;
    }
}

/* A list shows the effect of what was accepted, and nobody waits for its job. */
static bool list_settles(const world *w, const op *one)
{
    const sent *by = &w->sends[one->send];
    const caller *of = &w->callers[one->caller];

    if (by->known != SEND_ACCEPTED || by->job_known_ended || !of->finished ||
        w->list.requested_step <= by->accepted_step)
        return false;
    if (by->kind == WANT_CREATE)
        return w->list.shown >> one->key & 1;
    return w->list.complete && w->members[one->member].listed != w->lists;
}

static void note_settled(world *w)
{
    for (int i = 0; i < w->op_count; i++)
        w->ops[i].settled |= list_settles(w, &w->ops[i]);
}

static void untouch(world *w, const sent *one)
{
    for (int i = 0; i < one->ops; i++) {
        const op *of = &w->ops[one->first_op + i];
        w->keys[of->key].touch = of->touch_before;
    }
}

static void note_loss(world *w, sent *one)
{
    one->known = SEND_LOST;
    one->lost_at = w->now;
    touch(w, one);
    for (int i = 0; i < one->ops; i++) {
        const op *of = &w->ops[one->first_op + i];
        key_truth *key = &w->keys[of->key];
        key->lost_kind = one->kind;
        key->lost_at = w->now;
        key->lost_member = of->member;
    }
    if (w->traits.shape != SHAPE_SMALL)
        return;
    one->deadline = w->now + w->traits.settle_ms - 1;
    world_schedule(w, EVENT_SETTLED, -1, w->now + w->traits.settle_ms);
}

/* A job runs, as far as is known, whose own caller waits for it. */
bool server_knows_awaited_job(const world *w)
{
    for (int i = 0; i < w->op_count; i++) {
        const sent *of = &w->sends[w->ops[i].send];
        const caller *by = &w->callers[w->ops[i].caller];
        if (of->known == SEND_ACCEPTED && !of->job_known_ended && by->arrived && !by->finished)
            return true;
    }
    return false;
}

static void answer_refused(world *w, sent *one, failure_kind why)
{
    _cleanup_(failure_unrefp) failure *told = make_failure(why);

    one->known = SEND_NOTHING;
    one->answered_gone = why == FAILURE_MEMBER_GONE;
    untouch(w, one);
    if (why == FAILURE_CONFLICT) {
        w->conflicted = true;
        w->conflicted_at = w->now;
        w->behind_until = server_knows_awaited_job(w) ? w->now + 5000 : 0;
        w->next_send_at = w->now + 150;
    }
    w->source = SOURCE_REFUSED;
    world_tell(w, "refused: %s", told->code);
    ledger_refused(w->ledger, one->transfer, told, w->now);
}

static void answer_accepted(world *w, sent *one, int number)
{
    char id[16];

    snprintf(id, sizeof(id), "j%d", number);
    one->known = SEND_ACCEPTED;
    one->accepted_step = w->step;
    one->accepted_at = w->now;
    touch(w, one);
    w->source = SOURCE_ACCEPTED;
    world_tell(w, "accepted");
    ledger_accepted(w->ledger, one->transfer, id, NULL, w->now);
}

static void answer_throttled(world *w, sent *one)
{
    _cleanup_(failure_unrefp) failure *told = make_failure(FAILURE_THROTTLED);
    int64_t pause = world_pick(w, 2000);

    one->known = SEND_NOTHING;
    untouch(w, one);
    w->next_send_at = w->now + pause;
    w->source = SOURCE_REFUSED;
    world_tell(w, "throttled for %d ms", (int)pause);
    ledger_not_sent(w->ledger, one->transfer, told, pause, w->now);
}

static void answer_lost(world *w, sent *one)
{
    bool server = one->fate == FATE_SERVER;
    _cleanup_(failure_unrefp) failure *told = make_failure(server ? FAILURE_SERVER : FAILURE_LOST);

    note_loss(w, one);
    w->source = SOURCE_LOST;
    world_tell(w, "%s", server ? "server failed" : "answer lost");
    if (server)
        ledger_refused(w->ledger, one->transfer, told, w->now);
    else
        ledger_lost(w->ledger, one->transfer, told, w->now);
}

static event *find_event(world *w, event_kind kind, int on)
{
    for (int i = 0; i < w->event_count; i++)
        if (w->events[i].kind == kind && w->events[i].on == on)
            return &w->events[i];
    return NULL;
}

/* Of all paths: the server acts at any moment before it answers. */
static void act_now(world *w, int number)
{
    event *pending = find_event(w, EVENT_ACT, number);

    if (!pending)
        return;
    *pending = w->events[--w->event_count];
    act(w, number);
}

static void answer(world *w, int number)
{
    sent *one = &w->sends[number];

    if (one->fate == FATE_ACCEPT)
        act_now(w, number);
    w->sending = -1;
    if (one->fate == FATE_LOST || one->fate == FATE_SERVER)
        answer_lost(w, one);
    else if (one->fate == FATE_THROTTLE)
        answer_throttled(w, one);
    else if (one->verdict >= 0)
        answer_refused(w, one, (failure_kind)one->verdict);
    else
        answer_accepted(w, one, number);
    one->transfer = NULL;
}

/* Whether all that the send may still do can be brought within the settle time from now. */
static bool may_lose_now(world *w, int number)
{
    sent *one = &w->sends[number];
    const event *end = find_event(w, EVENT_JOB_END, number);

    if (one->fate == FATE_REFUSE || one->fate == FATE_THROTTLE || one->rolls_back || w->traits.lags)
        return false;
    return !end || end->at < w->now + w->traits.settle_ms;
}

/* Nobody waits for the transfer any more: the driver may drop it, and never learn its answer. */
void server_lose_unwanted(world *w)
{
    int number = w->sending;
    event *pending;

    if (number < 0 || !may_lose_now(w, number) || ledger_waits_for_transfer(w->sends[number].transfer) ||
        !world_happens(w, 50))
        return;
    world_tell(w, "drop j%d", number);
    w->sends[number].fate = w->sends[number].fate == FATE_ACCEPT ? FATE_LOST : w->sends[number].fate;
    w->sends[number].deadline = w->now + w->traits.settle_ms - 1;
    pending = find_event(w, EVENT_ANSWER, number);
    if (pending)
        *pending = w->events[--w->event_count];
    pending = find_event(w, EVENT_ACT, number);
    if (pending && pending->at > w->sends[number].deadline)
        pending->at = w->sends[number].deadline;
    answer(w, number);
}

/* --- lists ------------------------------------------------------------------ */

/* Each list has an order of its own, and keeps it from page to page. */
static uint64_t order_of(const world *w, int number)
{
    uint32_t mixed = ((uint32_t)number + 1) * 2654435761u ^ w->list.salt;

    mixed = (mixed ^ mixed >> 15) * 2246822519u;
    return ((uint64_t)mixed << 16 | (uint32_t)number) + 1;
}

static void insert_sorted(listing *into, const world *w, int number)
{
    uint32_t at = into->count++;

    for (; at && order_of(w, into->members[at - 1]) > order_of(w, number); at--)
        into->members[at] = into->members[at - 1];
    into->members[at] = number;
}

/* Whether the member was there after what happened in that step. */
static bool was_visible(const truth *one, uint64_t step)
{
    return one->shown_step && one->shown_step <= step && (one->visible || one->hidden_step > step);
}

static void read_page(world *w, uint64_t step)
{
    listing *list = &w->list;

    list->count = 0;
    for (int i = 0; i < w->member_count; i++)
        if (was_visible(&w->members[i], step) && order_of(w, i) > list->marker)
            insert_sorted(list, w, i);
    list->last_page = list->count <= w->traits.page_limit;
    if (!list->last_page)
        list->count = w->traits.page_limit;
    for (uint32_t i = 0; i < list->count; i++)
        list->healthy[i] = w->members[list->members[i]].healthy;
    if (list->count)
        list->marker = order_of(w, list->members[list->count - 1]);
}

/* Of all paths: a list may have been made at any moment since it was requested. */
static uint64_t any_moment_since_request(world *w)
{
    uint32_t since = 0;

    while ((int)since < w->change_count &&
           w->changes[w->change_count - 1 - (int)since] > w->list.requested_step)
        since++;
    since = world_pick(w, since + 1);
    return since ? w->changes[w->change_count - (int)since] - 1 : w->step;
}

static page *make_page(world *w)
{
    page *made = page_new(w->list.count);

    for (uint32_t i = 0; made && i < w->list.count; i++) {
        const truth *shows = &w->members[w->list.members[i]];
        made->members[made->count++] = (member){.id = shows->id,
                                                .key = w->keys[shows->key].name,
                                                .health_status = w->list.healthy[i] ? "NORMAL" : "ABNORMAL"};
        w->list.shown |= (uint64_t)1 << shows->key;
        w->members[w->list.members[i]].listed = w->lists;
        world_tell(w, "    %s, key %d", shows->id, shows->key);
    }
    return made;
}

static void finish_list(world *w)
{
    listing *list = &w->list;

    list->running = false;
    list->complete = list->last_page;
    list->answered_step = w->step;
    for (uint32_t i = 0; list->complete && i < w->traits.keys; i++) {
        if (list->shown >> i & 1)
            continue;
        w->keys[i].absent_step = list->requested_step;
        w->keys[i].absent_at = list->requested_at;
    }
    w->listed_at = list->requested_at;
    note_settled(w);
    w->source = SOURCE_LISTED;
    ledger_listed(w->ledger, list->requested_at, w->now);
}

static void fail_list(world *w, failure_kind why)
{
    _cleanup_(failure_unrefp) failure *told = make_failure(why);

    w->list.running = false;
    w->source = SOURCE_LIST_FAILED;
    world_tell(w, "list failed: %s", told->code);
    ledger_list_failed(w->ledger, told, w->now);
}

static void delay_list(world *w)
{
    _cleanup_(failure_unrefp) failure *told = make_failure(FAILURE_SERVER);

    world_tell(w, "list is late");
    w->delayed_step = w->step;
    w->delayed_request_step = w->list.requested_step;
    ledger_list_delayed(w->ledger, told);
    world_schedule(w, EVENT_PAGE_ANSWERED, 0, world_soon(w));
}

static void answer_page(world *w, bool parent_was_gone)
{
    page *shown;
    bool more;

    if (parent_was_gone) {
        fail_list(w, FAILURE_PARENT_GONE);
        return;
    }
    if (world_happens(w, w->traits.fail_list)) {
        if (world_pick(w, 2))
            fail_list(w, world_pick(w, 3) ? FAILURE_SERVER : FAILURE_DENIED);
        else
            delay_list(w);
        return;
    }
    if (w->traits.shape == SHAPE_SMALL)
        read_page(w, w->just_changed ? w->step : any_moment_since_request(w));
    world_tell(w, "page of list answered:");
    shown = make_page(w);
    if (!shown) {
        fail_list(w, FAILURE_SERVER);
        return;
    }
    more = ledger_page(w->ledger, shown);
    page_unref(shown);
    if (more && !w->list.last_page)
        world_schedule(w, EVENT_PAGE_READ, -1, world_soon(w));
    else
        finish_list(w);
}

void server_start_list(world *w)
{
    world_tell(w, "LIST");
    check_list(w);
    w->list = (listing){.running = true,
                        .requested_step = w->step,
                        .requested_at = w->now,
                        .salt = w->traits.shape == SHAPE_SMALL ? 0 : world_pick(w, 65536)};
    w->lists++;
    world_schedule(w, w->traits.shape == SHAPE_SMALL ? EVENT_PAGE_ANSWERED : EVENT_PAGE_READ, 0,
                   world_soon(w));
}

/* --- polls ------------------------------------------------------------------ */

static int free_poll(const world *w)
{
    int number = 0;

    while (number < MAX_POLLS - 1 && w->polls[number].of)
        number++;
    return number;
}

void server_start_poll(world *w, job *asked)
{
    int number = free_poll(w), send = asked->id[0] == 'j' ? atoi(asked->id + 1) : -1;

    world_tell(w, "POLL %s", asked->id);
    check_poll(w, asked);
    w->polls[number] = (poll){.of = job_ref(asked), .send = send < w->send_count ? send : -1};
    w->polls_running++;
    world_schedule(w, w->traits.shape == SHAPE_SMALL ? EVENT_POLL_ANSWERED : EVENT_POLL_READ, number,
                   world_soon(w));
}

/* A job that the server has forgotten stays forgotten. */
static void read_job(world *w, int number)
{
    poll *one = &w->polls[number];
    sent *of = one->send < 0 ? NULL : &w->sends[one->send];

    if (of && of->forgets && world_happens(w, 30))
        of->forgotten = true;
    if (!of || of->forgotten)
        one->end = JOB_UNKNOWN;
    else
        one->end = of->job_runs ? JOB_RUNNING : of->job_end;
}

static void note_job_end(world *w, int number)
{
    w->behind_until = 0;
    if (w->sends[number].job_known_ended || w->sends[number].known != SEND_ACCEPTED)
        return;
    w->sends[number].job_known_ended = true;
    w->sends[number].ended_at = w->now;
    touch(w, &w->sends[number]);
}

static void note_told(world *w, int number, int end)
{
    sent *of = &w->sends[number];

    of->told_unknown = end == JOB_UNKNOWN ? of->told_unknown + 1 : 0;
    if (end == JOB_UNKNOWN && of->told_unknown < 2)
        return;
    if (end != JOB_RUNNING)
        note_job_end(w, number);
    of->told_end = end;
}

static void fail_poll(world *w, const poll *one, failure_kind why)
{
    _cleanup_(failure_unrefp) failure *told = make_failure(why);

    world_tell(w, "poll of %s failed: %s", one->of->id, told->code);
    if (why == FAILURE_DENIED)
        w->behind_until = 0;
    w->source = SOURCE_POLL_FAILED;
    ledger_poll_failed(w->ledger, one->of, told, w->now);
}

static void tell_job(world *w, const poll *one)
{
    static const char *const names[] = {"running", "success", "fail", "unknown"};
    _cleanup_(failure_unrefp) failure *why =
        one->end == JOB_FAILED ? make_failure(w->sends[one->send].job_failure) : NULL;

    world_tell(w, "job %s: %s", one->of->id, names[one->end]);
    if (one->send < 0)
        w->behind_until = 0;
    else
        note_told(w, one->send, one->end);
    w->source = SOURCE_POLLED;
    ledger_polled(w->ledger, one->of, one->end, why, w->now);
}

static void answer_poll(world *w, int number)
{
    poll one;

    if (w->traits.shape == SHAPE_SMALL)
        read_job(w, number);
    one = w->polls[number];
    w->polls[number].of = NULL;
    w->polls_running--;
    if (one.send < 0 && w->traits.denies_jobs)
        fail_poll(w, &one, FAILURE_DENIED);
    else if (world_happens(w, w->traits.fail_poll))
        fail_poll(w, &one, world_pick(w, 3) ? FAILURE_POLL : FAILURE_DENIED);
    else
        tell_job(w, &one);
    job_unref(one.of);
}

/* -------------------------------------------------------------------------- */

void server_event(world *w, const event *what)
{
    switch (what->kind) {
    case EVENT_PAGE_READ:
        read_page(w, w->step);
        world_schedule(w, EVENT_PAGE_ANSWERED, w->parent_gone, world_soon(w));
        break;
    case EVENT_PAGE_ANSWERED:
        answer_page(w, what->on);
        break;
    case EVENT_ACT:
        act(w, what->on);
        break;
    case EVENT_ANSWER:
        answer(w, what->on);
        break;
    case EVENT_SHOW:
        if (w->ops[what->on].state == OP_PENDING)
            come_true(w, &w->ops[what->on]);
        break;
    case EVENT_JOB_END:
        end_job(w, what->on);
        break;
    case EVENT_POLL_READ:
        read_job(w, what->on);
        world_schedule(w, EVENT_POLL_ANSWERED, what->on, world_soon(w));
        break;
    case EVENT_POLL_ANSWERED:
        answer_poll(w, what->on);
        break;
    case EVENT_FOREIGN:
        foreign_change(w);
        break;
    case EVENT_PARENT_GOES:
        parent_goes(w);
        break;
    case EVENT_HEALTHY:
        w->members[what->on].healthy = true;
        break;
    default:
        break;
    }
}
