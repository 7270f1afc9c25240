/*
 * Threads of a simulation: fibers, of which one runs at a time, in simulated
 * time. Which one goes on at each point where a thread could be interrupted
 * (a lock, a wait, a callback of the host) is drawn by chance, so that a seed
 * repeats every interleaving.
 *
 * replace.c puts these behind pthread_mutex_lock and the like.
 */
#ifndef SIMULATION_FIBER_H
#define SIMULATION_FIBER_H

#include "chance.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MAX_FIBERS = 64
};

#define FIBER_NEVER INT64_MAX

typedef struct fiber fiber;

/* Forgets all fibers, which must have ended, and starts the clock anew. */
void fibers_reset(chance *from);

/* Runs run(context) on a fiber of its own. It is the context's until run returns. */
fiber *fiber_start(void (*run)(void *context), void *context);

/* NULL: none, the simulation itself runs. */
fiber *fiber_current(void);

/* Lets the picked fiber go on until it blocks, yields or ends. */
bool fibers_are_ready(void);
void fibers_run_one(void);
int fibers_alive(void);

/* The earliest time at which a fiber that waits goes on; FIBER_NEVER if none does. */
int64_t fibers_wake_at(void);

int64_t fiber_now_ms(void);
void fiber_set_now_ms(int64_t now); /* fibers whose time has come become ready */

/* All below: on a fiber. */

/* Waits for fiber_wake(on), or until then. False if the time was up. */
bool fiber_wait(const void *on, int64_t until);
void fiber_yield(void); /* somebody else may go on first */

/* Wakes one fiber that waits on it, drawn by chance, or all. */
void fiber_wake(const void *on, bool all);

/* Wakes any fiber that waits with fiber_wait_spuriously, for no reason. */
void fiber_wake_for_nothing(void);
bool fiber_wait_spuriously(const void *on, int64_t until);

/* How many locks the fiber holds: kept by replace.c. */
int *fiber_locks(fiber *one);

/* Whether its allocations may fail: kept by whoever calls the plugin on it. */
bool *fiber_hungers(fiber *one);

/* The deepest stack that any fiber has used so far, in bytes. */
size_t fiber_deepest_stack(void);

#endif
