/*
 * What is replaced below the plugin when it is linked (--wrap): locks and waits
 * by those of fibers, the clocks by the simulated one, allocations by counted
 * ones that may fail.
 */
#include "world.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WALL_S 1700000000 /* when simulated time begins */

/* --- locks ---------------------------------------------------------------------- */

/* Lies in the pthread_mutex_t. */
typedef struct lock {
    bool held;
    fiber *owner; /* NULL: the simulation itself, between callers */
} lock;

_Static_assert(sizeof(lock) <= sizeof(pthread_mutex_t), "a lock must fit");

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int __wrap_pthread_cond_destroy(pthread_cond_t *condition);
int __wrap_pthread_cond_signal(pthread_cond_t *condition);
int __wrap_pthread_cond_broadcast(pthread_cond_t *condition);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                  const struct timespec *until);
int __wrap_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                  const struct timespec *until);

static void broke(const char *what)
{
    world_break(world_current(), "locks are kept", "%s", what);
}

static int count_lock(int by)
{
    fiber *one = fiber_current();

    return one ? *fiber_locks(one) += by : 0;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    (void)attributes;
    *(lock *)mutex = (lock){0};
    return 0;
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    if (((lock *)mutex)->held)
        broke("a lock is destroyed that is held");
    return 0;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    lock *one = (lock *)mutex;
    fiber *me = fiber_current();

    if (one->held && one->owner == me)
        broke("a lock is taken twice by one thread");
    if (me && chance_pick(world_current()->chance, 4) == 0)
        fiber_yield();
    while (me && one->held)
        fiber_wait(mutex, FIBER_NEVER);
    *one = (lock){true, me};
    count_lock(1);
    return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    lock *one = (lock *)mutex;
    fiber *me = fiber_current();

    if (!one->held || one->owner != me)
        broke("a lock is released by who does not hold it");
    *one = (lock){0};
    count_lock(-1);
    fiber_wake(mutex, true);
    if (me && chance_pick(world_current()->chance, 4) == 0)
        fiber_yield();
    return 0;
}

int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    (void)condition;
    (void)attributes;
    return 0;
}

int __wrap_pthread_cond_destroy(pthread_cond_t *condition)
{
    (void)condition;
    return 0;
}

int __wrap_pthread_cond_signal(pthread_cond_t *condition)
{
    fiber_wake(condition, false);
    return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *condition)
{
    fiber_wake(condition, true);
    return 0;
}

static int wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until)
{
    bool woken;

    __wrap_pthread_mutex_unlock(mutex);
    woken = fiber_wait_spuriously(condition, until);
    __wrap_pthread_mutex_lock(mutex);
    return woken ? 0 : ETIMEDOUT;
}

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    return wait_until(condition, mutex, FIBER_NEVER);
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                  const struct timespec *until)
{
    return wait_until(condition, mutex, (int64_t)until->tv_sec * 1000 + (until->tv_nsec + 999999) / 1000000);
}

int __wrap_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                  const struct timespec *until)
{
    (void)clock;
    return __wrap_pthread_cond_timedwait(condition, mutex, until);
}

/* --- time and chance ---------------------------------------------------------------- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
time_t __wrap_time(time_t *out);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t ms = fiber_now_ms() + (clock == CLOCK_REALTIME ? (int64_t)WALL_S * 1000 : 0);

    *now = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return 0;
}

time_t __wrap_time(time_t *out)
{
    time_t now = (time_t)(WALL_S + fiber_now_ms() / 1000);

    if (out)
        *out = now;
    return now;
}

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    unsigned char *at = bytes;

    (void)flags;
    for (size_t i = 0; i < len; i++)
        at[i] = (unsigned char)chance_pick(world_current()->chance, 256);
    return (ssize_t)len;
}

/* --- memory --------------------------------------------------------------------------- */

static struct {
    int64_t in_use;
    uint32_t hunger; /* in thousandths */
    chance *chance;
} memory;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void __real_free(void *old);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_reallocarray(void *old, size_t count, size_t bytes);
void __wrap_free(void *old);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
int __wrap_vasprintf(char **out, const char *format, va_list arguments);
int __wrap_asprintf(char **out, const char *format, ...);

void hunger_set(uint32_t thousandths, chance *from)
{
    memory.hunger = thousandths;
    memory.chance = from;
}

int64_t memory_in_use(void)
{
    return memory.in_use;
}

/* Only what runs within a hook goes hungry. */
static bool is_short(void)
{
    fiber *me = fiber_current();

    return memory.hunger && me && *fiber_hungers(me) && chance_pick(memory.chance, 1000) < memory.hunger;
}

static void *counted(void *made)
{
    memory.in_use += (int64_t)malloc_usable_size(made);
    return made;
}

void *__wrap_malloc(size_t bytes)
{
    return is_short() ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return is_short() ? NULL : counted(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *old, size_t bytes)
{
    int64_t before = (int64_t)malloc_usable_size(old);
    void *made = is_short() ? NULL : __real_realloc(old, bytes);

    if (!made)
        return NULL;
    memory.in_use -= before;
    return counted(made);
}

void *__wrap_reallocarray(void *old, size_t count, size_t bytes)
{
    if (bytes && count > SIZE_MAX / bytes)
        return NULL;
    return __wrap_realloc(old, count * bytes);
}

void __wrap_free(void *old)
{
    memory.in_use -= (int64_t)malloc_usable_size(old);
    __real_free(old);
}

char *__wrap_strndup(const char *text, size_t most)
{
    size_t len = strnlen(text, most);
    char *copy = __wrap_malloc(len + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

int __wrap_vasprintf(char **out, const char *format, va_list arguments)
{
    va_list again;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    *out = len < 0 ? NULL : __wrap_malloc((size_t)len + 1);
    return *out ? vsnprintf(*out, (size_t)len + 1, format, arguments) : -1;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = __wrap_vasprintf(out, format, arguments);
    va_end(arguments);
    return len;
}
