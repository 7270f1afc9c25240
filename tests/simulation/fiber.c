#include "fiber.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES (1u << 20)
#else
#define STACK_BYTES (256u << 10)
#endif

struct fiber {
    ucontext_t context;
    char *stack;
    void *fake_stack; /* of the address sanitizer */
    void (*run)(void *context);
    void *argument;
    enum {
        FIBER_ENDED,
        FIBER_READY,
        FIBER_WAITS
    } state;
    const void *waits_on;
    int64_t wake_at;
    bool timed_out, spurious;
    int locks;
    bool hungers;
};

static struct {
    fiber fibers[MAX_FIBERS];
    int count, alive;
    fiber *current;
    ucontext_t main;
    void *main_fake_stack;
    const void *main_stack;
    size_t main_stack_bytes;
    int64_t now;
    chance *chance;
} all;

/* --- switching ---------------------------------------------------------------- */

static void begin_switch(void **save, const void *stack, size_t bytes)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(save, stack, bytes);
#else
    (void)save;
    (void)stack;
    (void)bytes;
#endif
}

static void end_switch(void *saved, const void **stack, size_t *bytes)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(saved, stack, bytes);
#else
    (void)saved;
    (void)stack;
    (void)bytes;
#endif
}

/* Back to the simulation. */
static void leave(fiber *one)
{
    begin_switch(one->state == FIBER_ENDED ? NULL : &one->fake_stack, all.main_stack, all.main_stack_bytes);
    swapcontext(&one->context, &all.main);
    end_switch(one->fake_stack, &all.main_stack, &all.main_stack_bytes);
}

static void enter(fiber *one)
{
    all.current = one;
    begin_switch(&all.main_fake_stack, one->stack, STACK_BYTES);
    swapcontext(&all.main, &one->context);
    end_switch(all.main_fake_stack, NULL, NULL);
    all.current = NULL;
}

static void first_entry(void)
{
    fiber *one = all.current;

    end_switch(NULL, &all.main_stack, &all.main_stack_bytes);
    one->run(one->argument);
    one->state = FIBER_ENDED;
    all.alive--;
    leave(one);
}

/* --- fibers ------------------------------------------------------------------- */

static char *new_stack(void)
{
    char *low = mmap(NULL, STACK_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    /* A page below that nobody may touch. */
    if (low == MAP_FAILED || mprotect(low, 4096, PROT_NONE) < 0) {
        fprintf(stderr, "simulation: no memory for a stack\n");
        abort();
    }
    return low + 4096;
}

void fibers_reset(chance *from)
{
    all.count = all.alive = 0;
    all.current = NULL;
    all.now = 1000000;
    all.chance = from;
}

fiber *fiber_start(void (*run)(void *context), void *context)
{
    fiber *one;
    char *stack;

    if (all.count == MAX_FIBERS)
        abort();
    one = &all.fibers[all.count++];
    stack = one->stack ? one->stack : new_stack();
    *one = (fiber){.stack = stack, .run = run, .argument = context, .state = FIBER_READY};
    getcontext(&one->context);
    one->context.uc_stack.ss_sp = stack;
    one->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&one->context, first_entry, 0);
    all.alive++;
    return one;
}

fiber *fiber_current(void)
{
    return all.current;
}

int fibers_alive(void)
{
    return all.alive;
}

bool fibers_are_ready(void)
{
    for (int i = 0; i < all.count; i++)
        if (all.fibers[i].state == FIBER_READY)
            return true;
    return false;
}

/* One of those in that state (and waiting on that, if not NULL), drawn by chance; or NULL. */
static fiber *pick(int state, const void *on)
{
    fiber *found = NULL;
    uint32_t seen = 0;

    for (int i = 0; i < all.count; i++) {
        fiber *one = &all.fibers[i];
        if ((int)one->state != state || (on && one->waits_on != on))
            continue;
        if (chance_pick(all.chance, ++seen) == 0)
            found = one;
    }
    return found;
}

void fibers_run_one(void)
{
    fiber *one = pick(FIBER_READY, NULL);

    if (one)
        enter(one);
}

int64_t fibers_wake_at(void)
{
    int64_t earliest = FIBER_NEVER;

    for (int i = 0; i < all.count; i++)
        if (all.fibers[i].state == FIBER_WAITS && all.fibers[i].wake_at < earliest)
            earliest = all.fibers[i].wake_at;
    return earliest;
}

int64_t fiber_now_ms(void)
{
    return all.now;
}

void fiber_set_now_ms(int64_t now)
{
    all.now = now;
    for (int i = 0; i < all.count; i++) {
        fiber *one = &all.fibers[i];
        if (one->state != FIBER_WAITS || one->wake_at > now)
            continue;
        one->timed_out = true;
        one->state = FIBER_READY;
    }
}

static bool wait_on(const void *on, int64_t until, bool spurious)
{
    fiber *one = all.current;

    one->waits_on = on;
    one->wake_at = until;
    one->timed_out = false;
    one->spurious = spurious;
    one->state = until <= all.now ? FIBER_READY : FIBER_WAITS;
    if (one->state == FIBER_READY)
        one->timed_out = true;
    leave(one);
    one->waits_on = NULL;
    return !one->timed_out;
}

bool fiber_wait(const void *on, int64_t until)
{
    return wait_on(on, until, false);
}

bool fiber_wait_spuriously(const void *on, int64_t until)
{
    return wait_on(on, until, true);
}

void fiber_yield(void)
{
    leave(all.current);
}

void fiber_wake(const void *on, bool every)
{
    fiber *one;

    do {
        one = pick(FIBER_WAITS, on);
        if (one)
            one->state = FIBER_READY;
    } while (one && every);
}

void fiber_wake_for_nothing(void)
{
    fiber *one = pick(FIBER_WAITS, NULL);

    if (one && one->spurious)
        one->state = FIBER_READY;
}

int *fiber_locks(fiber *one)
{
    return &one->locks;
}

bool *fiber_hungers(fiber *one)
{
    return &one->hungers;
}

/* Pages of a stack that were never used have stayed zero. */
size_t fiber_deepest_stack(void)
{
    size_t deepest = 0;

    for (int i = 0; i < MAX_FIBERS; i++) {
        size_t at = 0;
        while (all.fibers[i].stack && at < STACK_BYTES && !all.fibers[i].stack[at])
            at++;
        if (all.fibers[i].stack && STACK_BYTES - at > deepest)
            deepest = STACK_BYTES - at;
    }
    return deepest;
}
