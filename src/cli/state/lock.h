/*
 * One writer at a time, across processes. The lock is the kernel's (flock), on the
 * state's own file, so that it holds whatever name leads there, and it goes with
 * the process that holds it. A file beside the state says who that is.
 */
#ifndef RP_CLI_STATE_LOCK_H
#define RP_CLI_STATE_LOCK_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>

typedef struct rp_lock {
    int fd; /* -1: not held. Closing it drops SQLite's own locks, so the store is closed first */
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

/* Names this process so that no other ever has the name, on this machine; "" where that cannot be told. NULL when out of
   memory. */
char *rp_process_self(void);

/* Whether that process runs, on this machine, and is not this one. */
bool rp_process_lives(const char *process);

/* "rp apply, by root@host (process 4711)". NULL when out of memory. */
char *rp_lock_who(const char *command);

#endif
