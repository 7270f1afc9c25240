/*
 * One writer at a time, across processes. The lock is the kernel's, on a file
 * beside the state, and goes with whoever holds it, also one that is killed; who
 * holds it stands in the file.
 */
#ifndef RP_CLI_STATE_LOCK_H
#define RP_CLI_STATE_LOCK_H

#include "base/clock.h"
#include "base/error.h"

typedef struct rp_lock {
    int fd; /* -1: not held */
} rp_lock;

#define RP_LOCK_NONE ((rp_lock){-1})

/*
 * Takes the lock of a state for a command. Held by another, it is waited for;
 * `waits` is told once by whom. RP_E_SYSTEM says who holds it after timeout_ms, or
 * that there can be no lock.
 */
int rp_lock_take(const char *state, const char *command, uint32_t timeout_ms,
                 void (*waits)(void *context, const char *holder), void *context, rp_lock *lock,
                 rp_error **error);
void rp_lock_release(rp_lock *lock);

/* "rp apply, by root@host (process 4711)". NULL when out of memory. */
char *rp_lock_who(const char *command);

#endif
