#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static world *playing;

world *world_current(void)
{
    return playing;
}

uint32_t world_pick(world *w, uint32_t of)
{
    return chance_pick(w->chance, of);
}

bool world_happens(world *w, uint32_t thousandths)
{
    return thousandths && world_pick(w, 1000) < thousandths;
}

int64_t world_soon(world *w)
{
    return world_now() + w->traits.latency_ms + world_pick(w, w->traits.spread_ms + 1);
}

void world_tell(const world *w, const char *format, ...)
{
    va_list arguments;

    if (!w->loud)
        return;
    printf("%7.3f  ", (double)(world_now() - 1000000) / 1000);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void world_break(world *w, const char *rule, const char *format, ...)
{
    va_list arguments;

    if (w->broken)
        return;
    w->broken = rule;
    va_start(arguments, format);
    vsnprintf(w->words, sizeof(w->words), format, arguments);
    va_end(arguments);
    world_tell(w, "BROKEN: %s: %s", rule, w->words);
}

event *world_schedule(world *w, event_kind kind, int on, int64_t at)
{
    event *made = &w->events[w->event_count++];

    if (w->event_count == MAX_EVENTS)
        abort();
    *made = (event){.kind = kind, .on = on, .send = -1, .at = at};
    return made;
}

/* --- what a world is like --------------------------------------------------------------- */

static uint32_t one_of(world *w, const uint32_t *values, uint32_t count)
{
    return values[world_pick(w, count)];
}

#define ONE_OF(w, ...)                                                                                       \
    one_of(w, (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void draw_faults(world *w, struct faults *into)
{
    uint32_t much = ONE_OF(w, 0, 10, 40, 100);

    *into = (struct faults){.unreached = world_pick(w, much + 1),
                            .reset = world_pick(w, much + 1),
                            .silent = world_pick(w, much + 1) / 2,
                            .late = world_pick(w, much + 1),
                            .truncated = world_pick(w, much + 1) / 2,
                            .page = world_pick(w, much + 1) / 2,
                            .failing = world_pick(w, much + 1),
                            .throttled = world_pick(w, much + 1) / 2,
                            .unauthenticated = world_pick(w, much + 1) / 4,
                            .denied = world_pick(w, much + 1) / 8};
}

static void draw_size(world *w, traits *of)
{
    of->listeners = ONE_OF(w, 1, 1, 2, 4, 8);
    of->keys = of->listeners > 2 ? 1 + world_pick(w, 4) : 1 + world_pick(w, 12);
    of->fillers = ONE_OF(w, 0, 0, 0, 0, 1, 3, 10);
    of->callers = 1 + world_pick(w, ONE_OF(w, 2, 4, 12));
    of->max_batch = ONE_OF(w, 1, 2, 5, 100);
    of->max_bisect = ONE_OF(w, 0, 1, 3, 32);
    of->max_parallel = 1 + world_pick(w, 8);
    of->page_cap = ONE_OF(w, 0, 0, 1, 2, 3, 7, 10, 64);
}

static void draw_time(world *w, traits *of)
{
    of->settle_ms = ONE_OF(w, 1000, 3000, 8000);
    of->attempt_ms = ONE_OF(w, 500, 1500, 4000);
    of->connect_ms = ONE_OF(w, 300, 1000, 3000);
    of->poll_min_ms = ONE_OF(w, 20, 100, 300);
    of->poll_max_ms = of->poll_min_ms * ONE_OF(w, 1, 4, 10);
    of->latency_ms = ONE_OF(w, 0, 1, 10, 60);
    of->spread_ms = ONE_OF(w, 0, 5, 100);
}

static void draw_trouble(world *w, traits *of)
{
    draw_faults(w, &of->get);
    if (!world_pick(w, 10))
        of->get.page = 300; /* a proxy that knows nothing of jobs */
    draw_faults(w, &of->post);
    draw_faults(w, &of->login);
    of->login.unauthenticated = of->login.denied = 0; /* refuses_login says so */
    of->fail_job = ONE_OF(w, 0, 0, 100, 300);
    of->leave = ONE_OF(w, 0, 100, 400);
    of->foreign = ONE_OF(w, 0, 0, 0, 300);
    of->conflicts = !world_pick(w, 4);
    of->forgets_jobs = !world_pick(w, 4);
    of->endless_jobs = !world_pick(w, 5);
    of->false_success = !world_pick(w, 6);
    of->lags = !world_pick(w, 4);
    of->listed_at_end = !world_pick(w, 2);
    of->denies_gone = !world_pick(w, 3);
    of->parent_goes = !world_pick(w, 12);
    of->retry_after = !world_pick(w, 2);
    of->slow_hosts = !world_pick(w, 4);
    of->hiccups = !world_pick(w, 4) ? 5 : 0;
    of->login_by = world_pick(w, 2) ? LOGIN_GIVEN_TOKEN : world_pick(w, 5) ? LOGIN_PASSWORD : LOGIN_KEYS;
    of->token_s = ONE_OF(w, 4, 20, 43200, 43200);
    of->refuses_login = !world_pick(w, 20);
    of->clock_is_wrong = !world_pick(w, 20);
    of->rejects_tokens = !world_pick(w, 6);
    of->hunger = ONE_OF(w, 0, 0, 0, 0, 0, 1, 5, 20);
    if (!world_pick(w, 3))
        of->guilty =
            1ull << world_pick(w, of->keys * of->listeners) | 1ull << world_pick(w, of->keys * of->listeners);
}

/* A server as good as servers are: it answers nearly always, and callers have time. */
static void draw_mild(world *w, traits *of)
{
    of->mild = true;
    of->token_s = 43200;
    of->connect_ms = 10000;
    of->get = (struct faults){.reset = ONE_OF(w, 0, 20), .silent = ONE_OF(w, 0, 5, 20)};
    of->login = of->get;
    of->login_by = world_pick(w, 2) ? LOGIN_GIVEN_TOKEN : LOGIN_PASSWORD;
    of->listed_at_end = !world_pick(w, 2);
}

/* Draws nothing, so that a seed has the same world but for this. */
static void leave_out(traits *of, unsigned with)
{
    if (!(with & WITH_HUNGER))
        of->hunger = 0;
}

static void draw_traits(world *w)
{
    traits *of = &w->traits;

    draw_size(w, of);
    draw_time(w, of);
    if (world_pick(w, 4))
        draw_trouble(w, of);
    else
        draw_mild(w, of);
    leave_out(of, w->with);
}

/* --- who calls --------------------------------------------------------------------------------- */

static void draw_keys(world *w)
{
    for (uint32_t l = 0; l < w->traits.listeners; l++)
        for (uint32_t i = 0; i < w->traits.keys && w->key_count < MAX_KEYS; i++) {
            member_key *one = &w->keys[w->key_count++];
            *one = (member_key){.listener = (int)l, .number = (int)i, .last_lost = -1};
            /* Some servers have two addresses. */
            snprintf(one->server_id, sizeof(one->server_id), "s%u", i - i % 3 / 2);
            snprintf(one->address, sizeof(one->address), "10.0.%u.%u", l, i + 1);
        }
}

static bool has_key(const call *one, int key)
{
    for (int i = 0; i < one->count; i++)
        if (one->keys[i] == key)
            return true;
    return false;
}

static void draw_records(world *w, call *one)
{
    uint32_t wanted = 1 + world_pick(w, ONE_OF(w, 1, 3, MAX_RECORDS));
    bool one_listener = world_pick(w, 3);
    int first = (int)world_pick(w, (uint32_t)w->key_count);

    for (uint32_t i = 0; i < wanted; i++) {
        int key = i ? (int)world_pick(w, (uint32_t)w->key_count) : first;
        if (has_key(one, key) || (one_listener && w->keys[key].listener != w->keys[first].listener))
            continue;
        one->keys[one->count++] = key;
    }
    if (one->kind == CALL_LIST)
        one->count = 1;
}

static void draw_call(world *w, call *one)
{
    static const char *const waits[] = {NULL, NULL, "job", "none", "healthy"};
    static const call_kind kinds[] = {CALL_CREATE, CALL_CREATE, CALL_CREATE, CALL_READ,
                                      CALL_READ,   CALL_DELETE, CALL_DELETE, CALL_LIST};

    *one = (call){.kind = kinds[world_pick(w, 8)],
                  .wait = waits[world_pick(w, 5)],
                  .adopt = world_pick(w, 2),
                  .deaf = !world_pick(w, 3),
                  .timeout_ms = ONE_OF(w, 50, 1000, 5000, 20000),
                  .pause_ms = world_pick(w, ONE_OF(w, 1, 50, 1000, 5000)),
                  .cancel_after_ms = -1};
    draw_records(w, one);
    if (w->traits.mild)
        one->timeout_ms = 60000;
    if (one->kind == CALL_READ || one->kind == CALL_DELETE)
        one->by_id = !world_pick(w, 3);
    if (world_happens(w, w->traits.leave))
        one->cancel_after_ms = world_pick(w, 1500);
}

static void draw_callers(world *w)
{
    for (uint32_t c = 0; c < w->traits.callers; c++) {
        uint32_t calls = 1 + world_pick(w, 3);
        for (uint32_t i = 0; i < 4; i++) {
            w->caller_calls[c][i] = -1;
            if (i >= calls || w->call_count == MAX_CALLS - 2)
                continue;
            w->caller_calls[c][i] = w->call_count;
            draw_call(w, &w->calls[w->call_count++]);
        }
        w->caller_count++;
    }
    for (int c = 0; c < w->caller_count; c++)
        fiber_start(caller_run, (void *)(intptr_t)c);
}

/* Instances that have no credentials, or no chance to get some. */
static bool may_never_succeed(const traits *of)
{
    return of->login_by == LOGIN_PASSWORD ? of->refuses_login || of->clock_is_wrong || of->rejects_tokens
                                          : of->login_by == LOGIN_KEYS;
}

/* When all others have returned, and all that they began has settled, the server is as it should be: then a
   create and a read have to succeed. */
static void audit(void *unused)
{
    world *w = world_current();

    (void)unused;
    while (fibers_alive() > 1)
        fiber_wait(NULL, world_now() + 500);
    w->calm = true;
    world_tell(w, "all is calm");
    fiber_wait(NULL, world_now() + w->traits.settle_ms * 2 + 10000);
    for (int i = 0; i < 2 && !w->broken; i++) {
        call *one = &w->calls[w->call_count++];
        *one = (call){.kind = i ? CALL_READ : CALL_CREATE,
                      .count = 1,
                      .keys = {(int)world_pick(w, (uint32_t)w->key_count)},
                      .adopt = true,
                      .audit = true,
                      .timeout_ms = 200000, /* longer than any pause */
                      .cancel_after_ms = -1};
        w->traits.guilty &= ~(1ull << one->keys[0]);
        caller_make_call(w, w->call_count - 1);
    }
    if (!w->broken)
        check_quiet(w);
}

static void draw_events(world *w)
{
    for (int i = 0; i < 3; i++)
        if (world_happens(w, w->traits.foreign))
            world_schedule(w, EVENT_FOREIGN, 0, world_now() + world_pick(w, 5000));
    if (w->traits.login_by == LOGIN_PASSWORD && !world_pick(w, 3))
        world_schedule(w, EVENT_REVOKE, 0, world_now() + world_pick(w, 5000));
    if (w->traits.parent_goes)
        world_schedule(w, EVENT_PARENT_GOES, (int)world_pick(w, w->traits.listeners),
                       world_now() + world_pick(w, 5000));
}

/* --- what happens next ---------------------------------------------------------------------------- */

static int pick_due(world *w)
{
    int found = -1;
    uint32_t seen = 0;

    for (int i = 0; i < w->event_count; i++)
        if (w->events[i].at <= world_now() && world_pick(w, ++seen) == 0)
            found = i;
    return found;
}

static int64_t next_at(const world *w)
{
    int64_t at = fibers_wake_at();

    for (int i = 0; i < w->event_count; i++)
        if (w->events[i].at < at)
            at = w->events[i].at;
    return at;
}

static void happen(world *w, int number)
{
    event what = w->events[number];

    w->events[number] = w->events[--w->event_count];
    if (what.kind != EVENT_CANCEL) {
        cloud_event(w, &what);
        return;
    }
    if (w->calls[what.on].returned)
        return;
    world_tell(w, "call %d is cancelled", what.on);
    w->calls[what.on].cancel = 1;
    w->calls[what.on].cancelled_at = world_now();
}

/* Callers, and what is due, in any order; then time goes on. */
static void play(world *w)
{
    int64_t at;
    int due;

    for (int steps = 0; fibers_alive() && !w->broken; steps++) {
        bool ready = fibers_are_ready();
        if (steps == MAX_STEPS)
            world_break(w, "no busy loop", "%d steps, and no end", steps);
        due = pick_due(w);
        if (due >= 0 && (!ready || world_pick(w, 2))) {
            happen(w, due);
        } else if (ready) {
            fibers_run_one();
        } else {
            at = next_at(w);
            if (at == NEVER)
                world_break(w, "nobody hangs", "%d callers wait for nothing", fibers_alive());
            else
                fiber_set_now_ms(at);
        }
        if (w->traits.hiccups && world_happens(w, w->traits.hiccups))
            world_pick(w, 2) ? fiber_set_now_ms(world_now() + world_pick(w, 20)) : fiber_wake_for_nothing();
    }
}

void world_run(world *w, chance *from, unsigned with, bool loud)
{
    int64_t memory = memory_in_use();

    memset(w, 0, sizeof(*w));
    w->chance = from;
    w->with = with;
    w->loud = loud;
    playing = w;
    fibers_reset(from);
    draw_traits(w);
    draw_keys(w);
    cloud_begin(w);
    draw_callers(w);
    draw_events(w);
    if (!may_never_succeed(&w->traits))
        fiber_start(audit, NULL);
    if (!caller_open(w))
        return;
    w->memory_at_open = memory_in_use();
    hunger_set(w->traits.hunger, from);
    play(w);
    hunger_set(0, NULL);
    if (w->broken)
        return;
    check_end(w);
    caller_close(w);
    if (memory_in_use() != memory)
        world_break(w, "nothing leaks", "%lld bytes", (long long)(memory_in_use() - memory));
}
