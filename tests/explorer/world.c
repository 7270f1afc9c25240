#include "world.h"
#include "memory.h"

#include "resource_plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- chance, time and the story --------------------------------------------- */

uint32_t world_pick(world *w, uint32_t of)
{
    return w->calm && w->chance->systematic ? 0 : chance_pick(w->chance, of);
}

/* Of all paths nothing is left to percents. */
bool world_happens(world *w, uint32_t percent)
{
    return percent && !w->calm && !w->chance->systematic && world_pick(w, 100) < percent;
}

int64_t world_soon(world *w)
{
    return w->now + world_pick(w, w->traits.latency_ms + 1);
}

static int64_t jitter(void *context, int64_t ms)
{
    return ms - ms / 4 + world_pick(context, (uint32_t)(ms / 2) + 1);
}

event *world_schedule(world *w, event_kind kind, int on, int64_t at)
{
    if (w->event_count == MAX_EVENTS)
        abort();
    w->events[w->event_count] = (event){.kind = kind, .on = on, .at = at, .send = -1};
    return &w->events[w->event_count++];
}

bool world_event_is_pending(const world *w, event_kind kind)
{
    for (int i = 0; i < w->event_count; i++)
        if (w->events[i].kind == kind)
            return true;
    return false;
}

static void tell_line(const world *w, const char *format, va_list arguments)
{
    printf("%7d ms  ", (int)w->now);
    vprintf(format, arguments);
    putchar('\n');
}

void world_tell(const world *w, const char *format, ...)
{
    va_list arguments;

    if (!w->loud)
        return;
    va_start(arguments, format);
    tell_line(w, format, arguments);
    va_end(arguments);
}

void world_break(world *w, const char *rule, const char *format, ...)
{
    va_list arguments;

    if (w->broken)
        return;
    w->broken = rule;
    if (!w->loud)
        return;
    va_start(arguments, format);
    printf("BROKEN: %s\n", rule);
    tell_line(w, format, arguments);
    va_end(arguments);
}

/* --- what the ledger wants ------------------------------------------------------ */

static const char *const kind_names[] = {"create", "read", "delete"};
static const char *const wait_names[] = {"job", "none", "healthy"};

static caller *caller_of(world *w, const want *one)
{
    return &w->callers[(caller *)one->owner - w->callers];
}

static void take_result(world *w, want *one)
{
    static const char *const outcomes[] = {"none", "done", "unknown"};
    caller *of = caller_of(w, one);

    world_tell(w, "RESULT of caller %d: status %d, %s", (int)(of - w->callers), one->result.status,
               outcomes[one->result.outcome]);
    check_result(w, of);
}

static void check_told(world *w, const want *one, bool accepted)
{
    if (caller_of(w, one)->finished)
        world_break(w, "one result a want", "an event after the result");
    if (accepted && !want_job(one))
        world_break(w, "an open create tells its job", "accepted without a job");
}

static void carry_out(world *w, const ledger_action *action)
{
    w->step++;
    switch (action->kind) {
    case ACTION_RESULT:
        take_result(w, action->want);
        break;
    case ACTION_ACCEPTED:
    case ACTION_UNRESOLVED:
        check_told(w, action->want, action->kind == ACTION_ACCEPTED);
        break;
    case ACTION_LIST:
        server_start_list(w);
        break;
    case ACTION_SEND:
        server_start_send(w, action->transfer);
        break;
    case ACTION_POLL:
        server_start_poll(w, action->job);
        break;
    }
}

static void drain(world *w)
{
    ledger_action action;
    int actions = 0;

    while (!w->broken && ledger_next(w->ledger, w->now, w->may_request, w->now >= w->send_from, &action)) {
        carry_out(w, &action);
        if (++actions > 1000)
            world_break(w, "no busy loop", "a thousand actions at once");
    }
}

/* --- callers ---------------------------------------------------------------------- */

static caller *add_caller(world *w, want_kind kind, int key)
{
    caller *one = &w->callers[w->caller_count++];

    memset(one, 0, sizeof(*one));
    one->key = key;
    one->want = (want){.kind = kind, .owner = one, .caller = key % 2 ? w : NULL};
    return one;
}

static void give_caller_key(world *w, caller *one)
{
    one->want.key = w->keys[one->key].name;
}

/* A job that was told before, or one that nobody knows. */
static void name_job(world *w, caller *one)
{
    int number = w->send_count ? (int)world_pick(w, (uint32_t)w->send_count) : 0;
    bool was_told = w->send_count && w->sends[number].known == SEND_ACCEPTED;

    snprintf(one->job_id, sizeof(one->job_id), "%c%d", was_told ? 'j' : 'x', number);
    one->want.job_id = one->job_id;
}

/* For want of memory; of that there is no trace. */
static void turn_away(world *w, caller *one)
{
    world_tell(w, "turned away");
    if (one->want.slot || one->want.phase != PHASE_QUEUED)
        world_break(w, "who is turned away leaves no trace", "status %d", one->want.result.status);
    one->finished = true;
    w->unfinished--;
}

static void arrive(world *w, int number)
{
    caller *one = &w->callers[number];

    if (one->names_job)
        name_job(w, one);
    world_tell(w, "caller %d: %s key %d%s%s%s%s%s, wait %s", number, kind_names[one->want.kind], one->key,
               one->by_id ? " by its id" : "", one->want.member_id ? ", member " : "", one->member_id,
               one->want.job_id ? ", job " : "", one->job_id, wait_names[one->want.wait]);
    one->arrived = true;
    one->arrived_step = w->step;
    w->unfinished++;
    if (ledger_arrive(w->ledger, &one->want, w->now) < 0) {
        turn_away(w, one);
        return;
    }
    if (one->want.wait == WAIT_HEALTHY)
        world_schedule(w, EVENT_LEAVE, number, w->now + world_pick(w, 8000));
    else if (w->traits.shape == SHAPE_ANY && world_happens(w, w->traits.leave))
        world_schedule(w, EVENT_LEAVE, number,
                       w->now + world_pick(w, world_pick(w, 2) ? (uint32_t)w->traits.settle_ms * 2
                                                               : w->traits.latency_ms * 6 + 1));
}

static void leave(world *w, int number)
{
    caller *one = &w->callers[number];
    int status = world_pick(w, 2) ? RP_CANCELLED : RP_DEADLINE_EXCEEDED;

    if (!one->arrived || one->finished)
        return;
    world_tell(w, "caller %d leaves", number);
    one->left = true;
    w->source = SOURCE_LEFT;
    ledger_leave(w->ledger, &one->want, status, w->now);
    drain(w);
    if (w->traits.shape == SHAPE_ANY)
        server_lose_unwanted(w);
}

static void name_by_id(world *w, caller *one)
{
    int number = (int)world_pick(w, (uint32_t)w->member_count + 1);
    bool exists = number < w->member_count;

    strcpy(one->member_id, exists ? w->members[number].id : "none");
    one->key = exists ? w->members[number].key : -1;
    one->want.member_id = one->member_id;
    one->by_id = true;
}

static void name_member(world *w, caller *one)
{
    if (w->member_count) {
        strcpy(one->member_id, w->members[world_pick(w, (uint32_t)w->member_count)].id);
        one->want.member_id = one->member_id;
    }
}

static void add_any_caller(world *w)
{
    static const want_kind kinds[] = {WANT_CREATE, WANT_CREATE, WANT_READ, WANT_DELETE};
    caller *one = add_caller(w, kinds[world_pick(w, 4)], (int)world_pick(w, w->traits.keys));
    int number = w->caller_count - 1;

    one->want.wait = (want_wait)world_pick(w, one->want.kind == WANT_CREATE ? 3 : 2);
    one->want.adopt = world_pick(w, 2);
    if (one->want.kind != WANT_CREATE && !world_pick(w, 4))
        name_by_id(w, one);
    else
        give_caller_key(w, one);
    if (one->want.kind != WANT_CREATE && !one->by_id && !world_pick(w, 4))
        name_member(w, one);
    one->names_job = one->want.kind != WANT_CREATE && !world_pick(w, 3);
    world_schedule(w, EVENT_ARRIVE, number, world_pick(w, w->traits.spread_ms + 1));
}

/* --- kinds of worlds ------------------------------------------------------------------ */

static uint32_t some(world *w, uint32_t at_most)
{
    return world_pick(w, 3) ? 0 : world_pick(w, at_most + 1);
}

static uint64_t some_keys(world *w, uint32_t count)
{
    uint64_t keys = 0;

    for (; count; count--)
        keys |= (uint64_t)1 << world_pick(w, w->traits.keys);
    return keys;
}

static void choose_faults(world *w)
{
    traits *t = &w->traits;

    t->lose = some(w, 60);
    t->fail_server = some(w, 30);
    t->refuse = some(w, 30);
    t->throttle = some(w, 40);
    t->fail_job = some(w, 50);
    t->fail_list = some(w, 30);
    t->fail_poll = some(w, 40);
    t->overlong = some(w, 40);
    t->leave = some(w, 80);
    t->foreign = world_pick(w, 4) ? 0 : 1 + world_pick(w, 4);
    t->gate = some(w, 4);
    t->no_memory = world_pick(w, 6) ? 0 : world_pick(w, 25);
    t->lags = !world_pick(w, 4);
    t->forgets_jobs = !world_pick(w, 4);
    t->false_success = !world_pick(w, 6);
    t->conflicts = !world_pick(w, 3);
    t->denies_jobs = !world_pick(w, 4);
    t->parent_goes = !world_pick(w, 12);
    t->guilty = some_keys(w, some(w, 2));
    t->job_guilty = some_keys(w, some(w, 2));
}

static void choose_pace(world *w)
{
    static const uint32_t latencies[] = {0, 40, 300, 900};
    static const uint32_t spreads[] = {0, 500, 5000, 40000};
    traits *t = &w->traits;

    t->settle_ms = 2000 + world_pick(w, 20000);
    t->poll_min_ms = 100 + world_pick(w, 400);
    t->poll_max_ms = t->poll_min_ms + world_pick(w, 3000);
    t->latency_ms = latencies[world_pick(w, 4)];
    t->spread_ms = spreads[world_pick(w, 4)];
    t->page_limit = 1 + world_pick(w, 6);
    t->listed_at_end = world_pick(w, 2);
    t->denies_gone = world_pick(w, 2);
    t->jitter = !world_pick(w, 4);
}

/* Few keys, many callers that soon leave, jobs that fail: a key is forgotten and asked for again at once. */
static void choose_haste(world *w)
{
    traits *t = &w->traits;

    t->keys = 1 + world_pick(w, 2);
    t->callers = 20;
    t->fail_job = 70;
    t->leave = 70;
    t->latency_ms = 900;
    t->spread_ms = 10000;
    t->conflicts = t->parent_goes = t->lags = false;
    t->fail_list = t->foreign = 0;
}

static void add_gates(world *w)
{
    for (uint32_t i = 0; i < w->traits.gate; i++)
        world_schedule(w, EVENT_GATE, -1, world_pick(w, w->traits.spread_ms + 2000));
}

static void set_any(world *w)
{
    traits *t = &w->traits;

    choose_pace(w);
    t->max_batch = 1 + world_pick(w, 5);
    t->max_bisect = world_pick(w, 3) ? 32 : world_pick(w, 6);
    t->keys = 1 + world_pick(w, 5);
    t->callers = 1 + world_pick(w, 10);
    choose_faults(w);
    if (!world_pick(w, 6))
        choose_haste(w);
    for (uint32_t i = 0; i < t->keys * 2; i++)
        if (!world_pick(w, i < t->keys ? 3 : 12))
            server_show(w, server_add_member(w, (int)(i % t->keys), -1));
    for (uint32_t i = 0; i < t->callers; i++)
        add_any_caller(w);
    for (uint32_t i = 0; i < t->foreign; i++)
        world_schedule(w, EVENT_FOREIGN, -1, world_pick(w, t->spread_ms + 2000));
    if (t->parent_goes)
        world_schedule(w, EVENT_PARENT_GOES, -1, world_pick(w, t->spread_ms + 2000));
    add_gates(w);
}

static void set_call(world *w, want_kind kind)
{
    traits *t = &w->traits;

    choose_pace(w);
    t->keys = t->callers = 1 + world_pick(w, 33);
    t->max_batch = world_pick(w, 2) ? 100 : 1 + world_pick(w, 20);
    t->max_bisect = world_pick(w, 2) ? 32 : world_pick(w, 12);
    t->page_limit = 1 + world_pick(w, 40);
    for (uint32_t i = 0; i < t->keys; i++) {
        give_caller_key(w, add_caller(w, kind, (int)i));
    }
    world_schedule(w, EVENT_ARRIVE_ALL, -1, 0);
}

static void set_add(world *w)
{
    static const uint32_t guilty[] = {0, 1, 1, 2, 5};
    uint64_t keys;

    set_call(w, WANT_CREATE);
    keys = some_keys(w, guilty[world_pick(w, 5)]);
    if (world_pick(w, 3))
        w->traits.guilty = keys;
    else
        w->traits.job_guilty = keys;
}

static void set_remove(world *w)
{
    set_call(w, WANT_DELETE);
    w->traits.denies_gone = true;
    for (uint32_t i = 0; i < w->traits.keys; i++)
        server_show(w, server_add_member(w, (int)i, -1));
    w->traits.foreign = world_pick(w, 2);
    if (w->traits.foreign)
        world_schedule(w, EVENT_FOREIGN, -1, world_pick(w, w->traits.latency_ms * 3 + 1));
    for (uint32_t leaves = world_pick(w, 3); leaves; leaves--)
        world_schedule(w, EVENT_LEAVE, (int)world_pick(w, w->traits.callers),
                       world_pick(w, w->traits.latency_ms * 6 + 1));
}

/* Two records of one add; or one, and a create, read or delete of the same key that comes at any moment. */
static void set_small(world *w)
{
    static const want_kind kinds[] = {WANT_CREATE, WANT_CREATE, WANT_DELETE, WANT_READ};
    traits *t = &w->traits;
    uint32_t second, leaves;

    t->settle_ms = 900; /* a second list is the last */
    t->poll_min_ms = t->poll_max_ms = 600;
    t->max_batch = t->keys = t->callers = 2;
    t->max_bisect = 32;
    t->page_limit = 10;
    t->listed_at_end = world_pick(w, 2);
    second = world_pick(w, rp_count_of(kinds));
    give_caller_key(w, add_caller(w, WANT_CREATE, 0));
    give_caller_key(w, add_caller(w, kinds[second], second ? 0 : 1));
    w->callers[0].want.wait = world_pick(w, 2) ? WAIT_NONE : WAIT_JOB;
    world_schedule(w, second ? EVENT_ARRIVE : EVENT_ARRIVE_ALL, 0, 0);
    if (second)
        world_schedule(w, EVENT_ARRIVE, 1, 0);
    leaves = world_pick(w, 3);
    if (leaves)
        world_schedule(w, EVENT_LEAVE, (int)leaves - 1, 0);
}

static bool may_run_short(void *context)
{
    world *w = context;

    return world_happens(w, w->traits.no_memory);
}

/* --- what happens next ------------------------------------------------------------------- */

static void gate(world *w)
{
    if (!w->may_request) {
        w->may_request = true;
    } else if (world_happens(w, 50)) {
        w->send_from = w->now + world_pick(w, 3000);
    } else if (!w->calm) {
        w->may_request = false;
        world_schedule(w, EVENT_GATE, -1, w->now + world_pick(w, 3000));
    }
}

static bool is_news(event_kind kind)
{
    return kind != EVENT_PAGE_READ && kind != EVENT_PAGE_ANSWERED && kind != EVENT_NOTHING;
}

static void happen(world *w, const event *what)
{
    w->step++;
    memory_is_short(may_run_short, w);
    w->source = SOURCE_NONE;
    if (is_news(what->kind))
        w->news_step = w->step;
    switch (what->kind) {
    case EVENT_ARRIVE:
        arrive(w, what->on);
        break;
    case EVENT_ARRIVE_ALL:
        for (int i = 0; i < w->caller_count; i++)
            arrive(w, i);
        break;
    case EVENT_LEAVE:
        leave(w, what->on);
        break;
    case EVENT_GATE:
        gate(w);
        break;
    default:
        server_event(w, what);
        break;
    }
}

/* Takes it out, without waiting for its time. */
static event take_event_early(world *w, int number)
{
    event taken = w->events[number];

    w->events[number] = w->events[--w->event_count];
    return taken;
}

static event take_event(world *w, int number)
{
    event taken = take_event_early(w, number);

    if (taken.at > w->now)
        w->now = taken.at;
    return taken;
}

/* By time; of several at one time, any. */
static event next_in_time(world *w, int64_t wake_at)
{
    int first = -1;
    uint32_t ties = 0;

    for (int i = 0; i < w->event_count; i++) {
        int64_t at = w->events[i].at;
        if (first >= 0 && at > w->events[first].at)
            continue;
        ties = first >= 0 && at == w->events[first].at ? ties + 1 : 1;
        if (ties == 1 || !world_pick(w, ties))
            first = i;
    }
    if (first < 0 || wake_at < w->events[first].at) {
        w->now = wake_at;
        return (event){.kind = EVENT_NOTHING};
    }
    return take_event(w, first);
}

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static bool changes_server(event_kind kind)
{
    return kind == EVENT_ACT || kind == EVENT_SHOW || kind == EVENT_JOB_END;
}

/* A change on the server that comes before its deadline, and before this time; -1 if there is none. */
static int due_change(const world *w, int64_t before)
{
    for (int i = 0; i < w->event_count; i++)
        if (changes_server(w->events[i].kind) && w->sends[w->events[i].send].deadline < before)
            return i;
    return -1;
}

static void change(world *w, int number)
{
    event what = take_event(w, number);

    w->step++;
    server_event(w, &what);
}

/* What the server does shows in answers only: so it is done just before one, some of it or none. */
static void change_some(world *w)
{
    int possible[MAX_EVENTS];

    w->just_changed = false;
    for (;;) {
        uint32_t count = 0, chosen;

        for (int i = 0; i < w->event_count; i++)
            if (changes_server(w->events[i].kind))
                possible[count++] = i;
        chosen = world_pick(w, count + 1);
        if (chosen == count)
            return;
        change(w, possible[chosen]);
        w->just_changed = true;
    }
}

/* A caller leaves after it has arrived. */
static bool may_happen(const world *w, const event *one)
{
    return !changes_server(one->kind) && (one->kind != EVENT_LEAVE || w->callers[one->on].arrived);
}

/* Time passes to where something was to happen first. */
static int64_t next_time(const world *w, int64_t wake_at)
{
    for (int i = 0; i < w->event_count; i++)
        if (may_happen(w, &w->events[i]) && w->events[i].at > w->now && w->events[i].at < wake_at)
            wake_at = w->events[i].at;
    return wake_at;
}

/* One of what may happen next, or -1 for the time that the ledger waits for; -2 if there is none. */
static int choose_event(world *w, int64_t wake_at)
{
    int possible[MAX_EVENTS + 1];
    uint32_t count = 0;
    int64_t next_at = next_time(w, wake_at);

    for (int i = 0; i < w->event_count; i++)
        if (may_happen(w, &w->events[i]) && w->events[i].at <= later(w->now, next_at))
            possible[count++] = i;
    if (wake_at < LEDGER_NEVER && wake_at == next_at)
        possible[count++] = -1;
    return count ? possible[world_pick(w, count)] : -2;
}

/* Whatever may happen next, in any order. */
static event next_of_any(world *w, int64_t wake_at)
{
    int chosen = choose_event(w, wake_at), due;
    event_kind kind = chosen >= 0 ? w->events[chosen].kind : EVENT_NOTHING;
    int64_t at = chosen >= 0 ? w->events[chosen].at : wake_at;
    event what;

    if (chosen == -2)
        return take_event(w, 0);
    what = chosen >= 0 ? take_event_early(w, chosen) : (event){.kind = EVENT_NOTHING};
    while ((due = due_change(w, at)) >= 0)
        change(w, due);
    w->now = later(w->now, at);
    if (kind == EVENT_PAGE_ANSWERED || kind == EVENT_POLL_ANSWERED)
        change_some(w);
    return what;
}

/* False if nothing will happen any more. */
static bool go_on(world *w)
{
    int64_t wake_at =
        w->may_request && w->unfinished ? ledger_wake_at(w->ledger, w->send_from, w->now) : LEDGER_NEVER;
    event what;

    if (!w->event_count && wake_at == LEDGER_NEVER)
        return false;
    what = w->traits.shape == SHAPE_SMALL ? next_of_any(w, wake_at) : next_in_time(w, wake_at);
    happen(w, &what);
    return true;
}

static bool all_are_done(const world *w)
{
    return !w->unfinished && !world_event_is_pending(w, EVENT_ARRIVE);
}

static void run_until(world *w, bool all_done)
{
    for (;;) {
        drain(w);
        if (w->broken)
            return;
        check_states(w);
        check_quiet(w);
        if (w->step > MAX_STEPS)
            world_break(w, "nobody hangs", "no end in sight");
        if (w->broken || (all_done && all_are_done(w)) || !go_on(w))
            return;
    }
}

/* Whatever went before: who asks a quiet server for each member again has it, and nothing twice. */
static void audit(world *w)
{
    uint64_t guilty = w->traits.guilty | w->traits.job_guilty;

    w->calm = true;
    for (uint32_t i = 0; !w->parent_gone && i < w->traits.keys; i++) {
        caller *one;

        if (guilty >> i & 1)
            continue;
        one = add_caller(w, WANT_CREATE, (int)i);
        one->want.adopt = true;
        one->audit = true;
        give_caller_key(w, one);
        arrive(w, w->caller_count - 1);
    }
    run_until(w, false);
}

/* --- a life ----------------------------------------------------------------------------------- */

static void set_keys(world *w)
{
    for (int i = 0; i < MAX_KEYS; i++) {
        key_truth *key = &w->keys[i];

        *key = (key_truth){.lost_at = -1};
        snprintf(key->name, sizeof(key->name), "s%d/10.0.0.%d", i / 2, (i + 1) / 2);
    }
}

static void clear(world *w)
{
    w->broken = NULL;
    w->now = 0;
    w->step = 1;
    w->calm = w->parent_gone = w->conflicted = false;
    w->may_request = true;
    w->send_from = w->next_send_at = w->behind_until = 0;
    w->listed_at = -1;
    w->source = SOURCE_NONE;
    w->caller_count = w->member_count = w->op_count = w->send_count = w->event_count = 0;
    w->polls_running = w->unfinished = w->losses = 0;
    w->sending = -1;
    w->change_count = 0;
    w->just_changed = false;
    w->news_step = w->delayed_step = w->delayed_request_step = 0;
    w->lists = w->adds = w->removes = 0;
    w->list = (listing){0};
    memset(w->polls, 0, sizeof(w->polls));
    set_keys(w);
}

static void begin(world *w, shape of)
{
    static void (*const setters[])(world *) = {
        [SHAPE_ANY] = set_any, [SHAPE_ADD] = set_add, [SHAPE_REMOVE] = set_remove, [SHAPE_SMALL] = set_small};

    w->traits = (traits){.shape = of};
    w->learned = (pace){0};
    setters[of](w);
    w->ledger = ledger_new(&(ledger_options){.settle_ms = w->traits.settle_ms,
                                             .poll_min_ms = w->traits.poll_min_ms,
                                             .poll_max_ms = w->traits.poll_max_ms,
                                             .pace = &w->learned,
                                             .max_batch = w->traits.max_batch,
                                             .max_bisect = w->traits.max_bisect,
                                             .jitter_ms = w->traits.jitter ? jitter : NULL,
                                             .context = w});
    if (!w->ledger)
        abort();
}

/* Of a broken world the rest is swept away, without looking at it. */
static void end(world *w)
{
    ledger_action action;

    memory_is_short(NULL, NULL);
    for (int i = 0; i < w->caller_count; i++)
        if (w->callers[i].arrived && !w->callers[i].finished)
            ledger_leave(w->ledger, &w->callers[i].want, RP_CANCELLED, w->now);
    while (ledger_next(w->ledger, w->now, false, false, &action))
        ;
    for (int i = 0; i < w->caller_count; i++)
        want_result_clear(&w->callers[i].want.result);
    for (int i = 0; i < MAX_POLLS; i++)
        job_unref(w->polls[i].of);
    ledger_free(w->ledger);
}

void world_run(world *w, chance *from, shape of, bool loud)
{
    w->chance = from;
    w->loud = loud;
    clear(w);
    begin(w, of);
    run_until(w, of == SHAPE_ANY && world_pick(w, 2));
    if (!w->broken && (of == SHAPE_ANY || of == SHAPE_SMALL))
        audit(w);
    if (!w->broken)
        check_end(w);
    end(w);
    if (!memory_sweep() && !w->broken)
        world_break(w, "nothing leaks", "the ledger did not free all it allocated");
}
