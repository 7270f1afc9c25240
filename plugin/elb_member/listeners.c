#include "listeners.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 16

/* Resting listeners that are remembered for the sake of their protocol, and for calls that come one by one.
 */
#define KEEP_RESTING 256

void listeners_init(listeners *all)
{
    *all = (listeners){0};
    TAILQ_INIT(&all->line);
    TAILQ_INIT(&all->settling);
    TAILQ_INIT(&all->resting);
}

static size_t hash_of(const char *id)
{
    uint64_t hash = rp_hash(RP_HASH_START, id, strlen(id));

    return (size_t)(hash ^ hash >> 32);
}

static listener **bucket_of(const listeners *all, const char *id)
{
    return &all->buckets[hash_of(id) & (all->bucket_count - 1)];
}

/* Without memory for more, the buckets get longer. False if there are none at all. */
static bool grow(listeners *all)
{
    size_t count = all->bucket_count ? all->bucket_count * 2 : FIRST_BUCKETS;
    listener **old = all->buckets;
    size_t old_count = all->bucket_count;

    if (all->count < all->bucket_count)
        return true;
    all->buckets = calloc(count, sizeof(*all->buckets));
    if (!all->buckets) {
        all->buckets = old;
        return old != NULL;
    }
    all->bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        listener *one, *next;
        for (one = old[i]; one; one = next) {
            listener **to = bucket_of(all, one->id);
            next = one->next;
            one->next = *to;
            *to = one;
        }
    }
    free(old);
    return true;
}

listener *listeners_find(const listeners *all, const char *id)
{
    listener *one;

    if (!all->count)
        return NULL;
    for (one = *bucket_of(all, id); one; one = one->next)
        if (!strcmp(one->id, id))
            return one;
    return NULL;
}

static void listener_free(listener *one)
{
    ledger_free(one->ledger);
    free(one->id);
    free(one);
}

static listener *listener_new(const char *id, const ledger_options *options)
{
    listener *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    TAILQ_INIT(&made->page_calls);
    made->id = strdup(id);
    made->ledger = ledger_new(options);
    if (made->id && made->ledger)
        return made;
    listener_free(made);
    return NULL;
}

static void rest(listeners *all, listener *one)
{
    one->rests = true;
    TAILQ_INSERT_TAIL(&all->resting, one, link);
    all->resting_len++;
}

static void end_rest(listeners *all, listener *one)
{
    TAILQ_REMOVE(one->rests ? &all->resting : &all->settling, one, link);
    all->resting_len -= one->rests;
    one->rests = false;
}

static listener *add(listeners *all, const char *id, const ledger_options *options)
{
    listener *made = grow(all) ? listener_new(id, options) : NULL;
    listener **to;

    if (!made)
        return NULL;
    to = bucket_of(all, id);
    made->next = *to;
    *to = made;
    all->count++;
    rest(all, made);
    return made;
}

listener *listeners_use(listeners *all, const char *id, const ledger_options *options)
{
    listener *one = listeners_find(all, id);

    if (!one)
        one = add(all, id, options);
    if (!one)
        return NULL;
    if (one->users++ == 0) {
        end_rest(all, one);
        TAILQ_INSERT_TAIL(&all->line, one, link);
        all->line_len++;
    }
    return one;
}

void listeners_release(listeners *all, listener *one)
{
    if (--one->users)
        return;
    TAILQ_REMOVE(&all->line, one, link);
    all->line_len--;
    TAILQ_INSERT_TAIL(&all->settling, one, link);
}

void listeners_to_end_of_line(listeners *all, listener *one)
{
    TAILQ_REMOVE(&all->line, one, link);
    TAILQ_INSERT_TAIL(&all->line, one, link);
}

static void forget(listeners *all, listener *one)
{
    listener **at = bucket_of(all, one->id);

    while (*at != one)
        at = &(*at)->next;
    *at = one->next;
    all->count--;
    end_rest(all, one);
    listener_free(one);
}

/* The first that has not settled goes to the end, so that it does not hide those behind it. */
static void let_rest(listeners *all, int64_t now)
{
    listener *first;

    while ((first = TAILQ_FIRST(&all->settling))) {
        TAILQ_REMOVE(&all->settling, first, link);
        if (!ledger_is_idle(first->ledger, now)) {
            TAILQ_INSERT_TAIL(&all->settling, first, link);
            return;
        }
        rest(all, first);
    }
}

/* Two for each call that ends are enough. */
void listeners_trim(listeners *all, int64_t now)
{
    let_rest(all, now);
    for (int i = 0; i < 2 && all->resting_len > KEEP_RESTING; i++)
        forget(all, TAILQ_FIRST(&all->resting));
}

static void free_line(struct listener_line *line)
{
    listener *one;

    while ((one = TAILQ_FIRST(line))) {
        TAILQ_REMOVE(line, one, link);
        listener_free(one);
    }
}

void listeners_done(listeners *all)
{
    free_line(&all->line);
    free_line(&all->settling);
    free_line(&all->resting);
    free(all->buckets);
    *all = (listeners){0};
}
