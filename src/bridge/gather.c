#include "bridge/gather.h"

#include "bridge/last_words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Terraform has so many calls under way at a time, and begins the next ones as soon as these end. */
#define QUIET_MS    25   /* as many as the last time are here, and nothing came for so long: these are all */
#define SCARCE_MS   200  /* the same while there are fewer: a busy machine takes its time */
#define MOST_MS     400  /* whoever keeps coming goes with the next */
#define RETURN_MS   1000 /* those of a call under way come back when it ends, and go along */
#define MAX_CALLERS 256u
#define MAX_REQUEST (64u << 20)
#define FULL_BYTES  (4u << 20) /* the plugin takes 16 MiB */

typedef struct joined {
    size_t first, count;
    const event_sink *events;
} joined;

struct gathered {
    const gather_request *leaders; /* until it is done */
    rp_buffer records;
    joined callers[MAX_CALLERS];
    size_t caller_count, count;
    answer answer;
    bool done;
    unsigned users;
    pthread_cond_t changed;
    gathered *next;
};

void gather_start(gather *one)
{
    pthread_mutex_init(&one->lock, NULL);
    one->open = NULL;
    one->running = 0;
    one->expected = 0;
}

static struct timespec after(struct timespec from, long ms)
{
    from.tv_nsec += ms % 1000 * 1000000;
    from.tv_sec += ms / 1000 + from.tv_nsec / 1000000000;
    from.tv_nsec %= 1000000000;
    return from;
}

static bool is_before(struct timespec one, struct timespec other)
{
    return one.tv_sec < other.tv_sec || (one.tv_sec == other.tv_sec && one.tv_nsec < other.tv_nsec);
}

static struct timespec now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

void gather_note(gather *one)
{
    pthread_mutex_lock(&one->lock);
    one->last = now();
    pthread_mutex_unlock(&one->lock);
}

static bool asks_the_same(const gathered *open, const gather_request *request)
{
    const gather_request *other = open->leaders;

    return !other->alone && open->caller_count < MAX_CALLERS && open->records.len < FULL_BYTES &&
           (!other->most || open->count + request->count <= other->most) &&
           other->timeout_ms == request->timeout_ms && !strcmp(other->hook, request->hook) &&
           !strcmp(other->head, request->head) && !strcmp(other->tail, request->tail);
}

static size_t join(gathered *open, const gather_request *request)
{
    size_t first = open->count;

    open->callers[open->caller_count++] = (joined){first, request->count, &request->events};
    rp_buffer_add_text(&open->records, first ? "," : "");
    rp_buffer_add_text(&open->records, request->records);
    open->count += request->count;
    open->users++;
    pthread_cond_broadcast(&open->changed);
    return first;
}

static gathered *open_new(gather *one, const gather_request *request)
{
    gathered *made = calloc(1, sizeof(*made));
    pthread_condattr_t monotonic;

    if (!made)
        last_words_no_memory();
    made->leaders = request;
    made->records = RP_BUFFER(MAX_REQUEST);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&made->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    made->next = one->open;
    one->open = made;
    return made;
}

static void close_open(gather *one, const gathered *open)
{
    gathered **link = &one->open;

    while (*link != open)
        link = &(*link)->next;
    *link = open->next;
}

/* When to go, as things are now. */
static struct timespec time_to_go(const gather *one, const gathered *open, struct timespec began)
{
    bool scarce = open->caller_count < one->expected;
    struct timespec quiet = after(one->last, scarce ? SCARCE_MS : QUIET_MS), most = after(began, MOST_MS);

    if (scarce && one->running)
        return after(began, RETURN_MS);
    return is_before(most, quiet) ? most : quiet;
}

/* Under the lock. */
static void wait_for_others(gather *one, gathered *open)
{
    struct timespec began = now(), until;

    while (is_before(now(), until = time_to_go(one, open, began)))
        pthread_cond_timedwait(&open->changed, &one->lock, &until);
}

/* Each state event goes to the caller whose record it is about, with the caller's own index. */
static void on_state(void *context, size_t record, const char *json, size_t len)
{
    const gathered *open = context;

    for (size_t i = 0; i < open->caller_count; i++) {
        const joined *caller = &open->callers[i];

        if (record - caller->first < caller->count && caller->events->on_state)
            caller->events->on_state(caller->events->context, record - caller->first, json, len);
    }
}

static answer carry_out(plugin *with, gathered *open)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_REQUEST);
    const event_sink events = {.from = with, .on_state = on_state, .context = open};

    rp_buffer_add_text(&text, open->leaders->head);
    rp_buffer_add(&text, open->records.data, open->records.len);
    rp_buffer_add_text(&text, open->leaders->tail);
    if (!rp_buffer_ok(&text) || !rp_buffer_ok(&open->records))
        last_words_no_memory();
    return plugin_call(with, open->leaders->hook, &text, open->leaders->timeout_ms, &events);
}

/* Whoever waited for this call begins the next one now. */
static void note_end(gather *one, bool alone)
{
    one->running -= !alone;
    one->last = now();
    for (gathered *open = one->open; open; open = open->next)
        pthread_cond_broadcast(&open->changed);
}

static void lead(gather *one, plugin *with, gathered *open)
{
    bool alone = open->leaders->alone;
    answer got;

    if (!alone && (one->running || one->expected != 1))
        wait_for_others(one, open);
    close_open(one, open);
    if (!alone && (open->caller_count > 1 || !one->running))
        one->expected = open->caller_count;
    one->running += !alone;
    pthread_mutex_unlock(&one->lock);
    got = carry_out(with, open);
    pthread_mutex_lock(&one->lock);
    note_end(one, alone);
    open->answer = got;
    open->done = true;
    pthread_cond_broadcast(&open->changed);
}

gathered *gather_call(gather *one, plugin *with, const gather_request *request, size_t *first)
{
    gathered *open;

    pthread_mutex_lock(&one->lock);
    for (open = request->alone ? NULL : one->open; open && !asks_the_same(open, request); open = open->next)
        ;
    if (open) {
        *first = join(open, request);
        while (!open->done)
            pthread_cond_wait(&open->changed, &one->lock);
    } else {
        open = open_new(one, request);
        *first = join(open, request);
        lead(one, with, open);
    }
    pthread_mutex_unlock(&one->lock);
    return open;
}

const answer *gathered_answer(const gathered *one)
{
    return &one->answer;
}

void gathered_release(gather *from, gathered *one)
{
    bool last;

    pthread_mutex_lock(&from->lock);
    last = !--one->users;
    pthread_mutex_unlock(&from->lock);
    if (!last)
        return;
    answer_done(&one->answer);
    rp_buffer_done(&one->records);
    pthread_cond_destroy(&one->changed);
    free(one);
}
