#include "host/running.h"

#include "base/clock.h"
#include "base/text.h"
#include "host/rphost.h"
#include "host/rules.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The rules are 500 ms and 1 s; a busy machine gets as much again. */
#define OVERDUE_MS        1000
#define OVERDUE_CANCEL_MS 2000
#define WATCH_EVERY_MS    100

/* A place is used again after at least so many others: an event that comes late finds its own still free. */
#define LEAST_PLACES 16

/* An event that came on a thread which is not the caller's. */
typedef struct stray_event {
    struct stray_event *next;
    size_t len;
    char text[];
} stray_event;

struct rp_running {
    rp_running *next; /* of all places */
    bool busy;
    uint64_t freed; /* when, by a count of calls */
    rp_running_how how;
    rp_call call;
    pthread_t thread;
    int64_t began_ms, cancelled_ms; /* cancelled_ms: when that was first seen, or 0 */
    bool told_overdue;
    stray_event *strays, **last_stray;
    bool stray, late; /* an event came on another thread; after the hook had returned */
    rp_faults faults;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static rp_running *places;
static size_t place_count;
static uint64_t calls_ended;
static _Thread_local struct {
    const char *plugin, *function;
} inside;

void rp_running_enter(const char *plugin, const char *function)
{
    inside.plugin = plugin;
    inside.function = function;
}

/* --- events --------------------------------------------------------------------------- */

static void pass_on(const rp_running *running, const char *event, size_t len)
{
    running->how.call->on_event(running->how.call->context, event, len);
}

/* Under the lock. */
static void keep_stray(rp_running *running, const char *event, size_t len)
{
    stray_event *stray = event && len < RP_MAX_ANSWER_BYTES ? malloc(sizeof(*stray) + len + 1) : NULL;

    running->stray = true;
    if (!stray)
        return;
    stray->next = NULL;
    stray->len = len;
    memcpy(stray->text, event, len);
    stray->text[len] = '\0';
    *running->last_stray = stray;
    running->last_stray = &stray->next;
}

static void take_event(void *context, const char *event, size_t len)
{
    rp_running *running = context;
    bool own, late;

    pthread_mutex_lock(&lock);
    late = !running->busy;
    own = !late && pthread_equal(running->thread, pthread_self());
    if (late)
        running->late = true;
    else if (!own)
        keep_stray(running, event, len);
    pthread_mutex_unlock(&lock);
    if (own && rp_check_event(event, len, running->how.records, &running->faults))
        pass_on(running, event, len);
}

static void pass_on_strays(rp_running *running, stray_event *strays)
{
    while (strays) {
        stray_event *next = strays->next;
        if (rp_check_event(strays->text, strays->len, running->how.records, &running->faults))
            pass_on(running, strays->text, strays->len);
        free(strays);
        strays = next;
    }
}

/* --- places ----------------------------------------------------------------------------- */

/* The one that has been free for longest. Under the lock. */
static rp_running *oldest_free_place(void)
{
    rp_running *oldest = NULL;

    for (rp_running *place = places; place; place = place->next)
        if (!place->busy && (!oldest || place->freed < oldest->freed))
            oldest = place;
    return oldest;
}

/* Under the lock. */
static rp_running *free_place(void)
{
    rp_running *place = place_count < LEAST_PLACES ? NULL : oldest_free_place();

    if (place)
        return place;
    place = calloc(1, sizeof(*place));
    if (!place)
        return NULL;
    place->next = places;
    places = place;
    place_count++;
    return place;
}

/* Whether an event of this plugin came after its hook had returned. Under the lock. */
static bool was_late(const rp_plugin *plugin)
{
    bool late = false;

    for (rp_running *place = places; place; place = place->next)
        if (!place->busy && place->late && place->how.plugin == plugin) {
            place->late = false;
            late = true;
        }
    return late;
}

#define TAKE(member) RP_HAS(rp_call, from, member) ? from->member : 0

/* What the host's call has, as far as this library knows it. */
static rp_call guarded(rp_running *running, const rp_call *from)
{
    rp_call call = {.struct_size = sizeof(call)};

    if (!from)
        return call;
    call.timeout_ms = TAKE(timeout_ms);
    call.cancel = TAKE(cancel);
    if (RP_HAS(rp_call, from, on_event) && from->on_event) {
        call.on_event = take_event;
        call.context = running;
    }
    return call;
}

rp_running *rp_running_begin(const rp_running_how *how)
{
    rp_running *running;

    pthread_mutex_lock(&lock);
    running = free_place();
    if (running) {
        *running = (rp_running){.next = running->next, .busy = true, .how = *how, .thread = pthread_self()};
        running->call = guarded(running, how->call);
        running->began_ms = rp_now_ms(&rp_clock_system);
        running->last_stray = &running->strays;
        running->faults.hook = how->hook;
    }
    pthread_mutex_unlock(&lock);
    return running;
}

const rp_call *rp_running_call(rp_running *running)
{
    return &running->call;
}

void rp_running_end(rp_running *running, rp_faults *faults)
{
    stray_event *strays;
    bool stray, late;

    pthread_mutex_lock(&lock);
    late = was_late(running->how.plugin);
    strays = running->strays;
    stray = running->stray;
    running->strays = NULL;
    running->last_stray = &running->strays;
    pthread_mutex_unlock(&lock);
    pass_on_strays(running, strays);
    if (stray)
        rp_fault_whole(&running->faults, RP_SECTION_EVENTS,
                       "an event came on a thread that is not the caller's");
    if (late)
        rp_fault_whole(&running->faults, RP_SECTION_EVENTS,
                       "an event came after an earlier hook had returned");
    rp_faults_move(&running->faults, faults);
    pthread_mutex_lock(&lock);
    for (strays = running->strays; strays;) {
        stray_event *next = strays->next;
        free(strays);
        strays = next;
    }
    running->strays = NULL;
    running->freed = ++calls_ended;
    running->busy = false;
    pthread_mutex_unlock(&lock);
}

/* --- who is where ---------------------------------------------------------------------- */

/* May be called while the process ends, on any thread: the lock is not waited for. */
int32_t rphost_running(const char **plugin, const char **function)
{
    int32_t found = inside.plugin != NULL;

    *plugin = inside.plugin;
    *function = inside.function;
    if (found || pthread_mutex_trylock(&lock))
        return found;
    for (rp_running *place = places; place && !found; place = place->next)
        if (place->busy) {
            *plugin = place->how.plugin->name;
            *function = place->how.hook;
            found = 1;
        }
    pthread_mutex_unlock(&lock);
    return found;
}

/* --- the watchdog ------------------------------------------------------------------------ */

struct rp_watchdog {
    const void *owner;
    void (*on_overdue)(void *context, const char *text);
    void *context;
    pthread_t thread;
    pthread_cond_t wake;
    bool stopped;
};

static bool is_cancelled(const rp_call *call)
{
    return call->cancel && __atomic_load_n(call->cancel, __ATOMIC_SEQ_CST);
}

/* Says what a call is late for; NULL: nothing. Under the lock. */
static char *overdue(rp_running *running, int64_t now_ms)
{
    int64_t runs_ms = now_ms - running->began_ms;
    uint32_t timeout_ms = running->call.timeout_ms;

    if (!running->cancelled_ms && is_cancelled(&running->call))
        running->cancelled_ms = now_ms;
    if (running->cancelled_ms && now_ms - running->cancelled_ms >= OVERDUE_CANCEL_MS)
        return rp_format("%s: has not returned %d ms after it was cancelled (abi/README.md, %s)",
                         running->how.hook, OVERDUE_CANCEL_MS, rp_section_names[RP_SECTION_TIME]);
    if (timeout_ms && runs_ms >= (int64_t)timeout_ms + OVERDUE_MS)
        return rp_format("%s: has not returned %d ms after its timeout of %u ms (abi/README.md, %s)",
                         running->how.hook, OVERDUE_MS, timeout_ms, rp_section_names[RP_SECTION_TIME]);
    return NULL;
}

/* The words for one call that is late and was not told yet. Under the lock. */
static char *next_overdue(const rp_watchdog *watchdog)
{
    int64_t now_ms = rp_now_ms(&rp_clock_system);

    for (rp_running *place = places; place; place = place->next) {
        char *words = place->busy && place->how.owner == watchdog->owner && !place->told_overdue
                          ? overdue(place, now_ms)
                          : NULL;
        if (words) {
            place->told_overdue = true;
            return words;
        }
    }
    return NULL;
}

static void wait_a_moment(rp_watchdog *watchdog)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WATCH_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&watchdog->wake, &lock, &until);
}

static void *watch(void *context)
{
    rp_watchdog *watchdog = context;

    pthread_mutex_lock(&lock);
    while (!watchdog->stopped) {
        _cleanup_(rp_freep) char *words = next_overdue(watchdog);
        if (!words) {
            wait_a_moment(watchdog);
            continue;
        }
        pthread_mutex_unlock(&lock);
        watchdog->on_overdue(watchdog->context, words);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* The host's signals are for the host's threads. */
static int start_thread(rp_watchdog *watchdog)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&watchdog->thread, NULL, watch, watchdog);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

rp_watchdog *rp_watchdog_start(const void *owner, void (*on_overdue)(void *context, const char *text),
                               void *context)
{
    rp_watchdog *watchdog = calloc(1, sizeof(*watchdog));
    pthread_condattr_t monotonic;

    if (!watchdog)
        return NULL;
    watchdog->owner = owner;
    watchdog->on_overdue = on_overdue;
    watchdog->context = context;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!start_thread(watchdog))
        return watchdog;
    pthread_cond_destroy(&watchdog->wake);
    free(watchdog);
    return NULL;
}

void rp_watchdog_stop(rp_watchdog *watchdog)
{
    if (!watchdog)
        return;
    pthread_mutex_lock(&lock);
    watchdog->stopped = true;
    pthread_cond_signal(&watchdog->wake);
    pthread_mutex_unlock(&lock);
    pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->wake);
    free(watchdog);
}
