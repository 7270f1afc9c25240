/* Slots in their tree, the queue of each key, reference counts. */
#include "ledger_parts.h"

#include "resource_plugin.h"

#include <search.h>
#include <string.h>

job *job_ref(job *one)
{
    if (one)
        __atomic_add_fetch(&one->references, 1, __ATOMIC_RELAXED);
    return one;
}

void job_unref(job *one)
{
    if (!one || __atomic_sub_fetch(&one->references, 1, __ATOMIC_ACQ_REL))
        return;
    failure_unref(one->failure);
    free(one);
}

job *job_new(void)
{
    job *made = calloc(1, sizeof(*made));

    if (made)
        made->references = 1;
    return made;
}

struct bisection *bisection_ref(struct bisection *one)
{
    if (one)
        one->references++;
    return one;
}

void bisection_unref(struct bisection *one)
{
    if (!one || --one->references)
        return;
    failure_unref(one->why);
    free(one);
}

void transfer_free(transfer *one)
{
    if (!one)
        return;
    job_unref(one->job);
    bisection_unref(one->bisection);
    free(one->slots);
    free(one);
}

void want_result_clear(want_result *result)
{
    page_unref(result->page);
    job_unref(result->job);
    failure_unref(result->failure);
    *result = (want_result){0};
}

void replace_failure(failure **at, failure *by)
{
    failure *old = *at;

    *at = failure_ref(by);
    failure_unref(old);
}

void replace_job(job **at, job *by)
{
    job *old = *at;

    *at = job_ref(by);
    job_unref(old);
}

int64_t ledger_jittered(const ledger *l, int64_t ms)
{
    return l->options.jitter_ms ? l->options.jitter_ms(l->options.context, ms) : ms;
}

const want *slot_acting(const slot *one)
{
    return one->acting;
}

const char *slot_member_id(const slot *one)
{
    return one->member_id;
}

const job *want_job(const want *one)
{
    return one->slot ? one->slot->job : NULL;
}

static int compare_slots(const void *one, const void *other)
{
    return strcmp(((const slot *)one)->key, ((const slot *)other)->key);
}

slot *ledger_find_slot(const ledger *l, const char *key)
{
    slot wanted = {.key = (char *)key};
    void *found = tfind(&wanted, &l->tree, compare_slots);

    return found ? *(slot **)found : NULL;
}

static void free_slot(slot *one)
{
    if (!one)
        return;
    page_unref(one->seen_page);
    job_unref(one->job);
    failure_unref(one->failure);
    bisection_unref(one->bisection);
    free(one->key);
    free(one);
}

slot *ledger_make_slot(ledger *l, const char *key)
{
    slot *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->key = strdup(key);
    if (!made->key || !tsearch(made, &l->tree, compare_slots)) {
        free_slot(made);
        return NULL;
    }
    TAILQ_INIT(&made->queue);
    TAILQ_INIT(&made->watchers);
    TAILQ_INSERT_TAIL(&l->slots, made, link);
    /* The pages of a running list that have passed were not searched for this key. */
    made->fresh_after = l->listing && l->list_has_pages ? l->lists : l->fresh_floor;
    return made;
}

void ledger_free_slots(ledger *l)
{
    slot *one;

    while ((one = TAILQ_FIRST(&l->slots))) {
        TAILQ_REMOVE(&l->slots, one, link);
        tdelete(one, &l->tree, compare_slots);
        free_slot(one);
    }
}

bool slot_is_wanted(const slot *one)
{
    return one->acting || !TAILQ_EMPTY(&one->queue);
}

bool job_flies(const ledger *l, const job *one)
{
    const slot *at;

    TAILQ_FOREACH (at, &l->slots, link)
        if (at->job == one)
            return true;
    return false;
}

/* After so many polls that something else than the service answered, lists are asked too. */
#define UNHEARD_POLLS 3

static bool waits_for_job(const slot *one)
{
    return one->acting && one->job && one->job->unheard_count < UNHEARD_POLLS;
}

/* Whether a list decides the flight. While the caller waits for the job, the job does. */
bool slot_is_open(const slot *one)
{
    return one->flight == FLIGHT_UNRESOLVED || one->flight == FLIGHT_FAILED ||
           (one->flight == FLIGHT_ACCEPTED && !waits_for_job(one));
}

/* Forgets a key without wants and flight. */
void slot_forget_if_idle(ledger *l, slot *one)
{
    if (slot_is_wanted(one) || !TAILQ_EMPTY(&one->watchers) || one->flight != FLIGHT_NONE || one->ready)
        return;
    if (one->fresh_after > l->fresh_floor)
        l->fresh_floor = one->fresh_after;
    tdelete(one, &l->tree, compare_slots);
    TAILQ_REMOVE(&l->slots, one, link);
    free_slot(one);
}

void slot_set_ready(ledger *l, slot *one)
{
    one->acting->phase = PHASE_READY;
    if (!one->ready)
        TAILQ_INSERT_TAIL(&l->ready, one, ready_link);
    one->ready = true;
}

void slot_unset_ready(ledger *l, slot *one)
{
    if (one->ready)
        TAILQ_REMOVE(&l->ready, one, ready_link);
    one->ready = false;
}

void slot_leave_group(slot *one)
{
    bisection_unref(one->bisection);
    one->bisection = NULL;
    one->group = 0;
}

/* Ends the flight: its effect is known, or it had none. */
void slot_end_flight(slot *one)
{
    one->flight = FLIGHT_NONE;
    one->deferred = false;
    replace_job(&one->job, NULL);
    replace_failure(&one->failure, NULL);
}

void slot_drop_page(slot *one)
{
    page_unref(one->seen_page);
    one->seen_page = NULL;
    one->seen = NULL;
}

/* From now on only a new list is evidence for the key. */
void slot_needs_new_list(const ledger *l, slot *one)
{
    one->fresh_after = l->lists;
}

/* Lets the next in the queue act on the key; forgets the key if there is none. */
void slot_next_in_queue(ledger *l, slot *one)
{
    want *next = TAILQ_FIRST(&one->queue);

    if (!one->acting && !next && one->settle_at < l->expire_at)
        l->expire_at = one->settle_at;
    if (one->acting || one->flight != FLIGHT_NONE)
        return;
    if (!next) {
        slot_forget_if_idle(l, one);
        return;
    }
    TAILQ_REMOVE(&one->queue, next, link);
    one->acting = next;
    next->phase = PHASE_LIST;
    next->need_list = one->fresh_after;
}

/* Enters a want with a known key into its slot. */
void slot_enter(ledger *l, slot *at, want *one)
{
    one->slot = at;
    if (one->kind == WANT_READ) {
        one->phase = PHASE_LIST;
        TAILQ_INSERT_TAIL(&at->watchers, one, link);
        return;
    }
    one->phase = PHASE_QUEUED;
    TAILQ_INSERT_TAIL(&at->queue, one, link);
    slot_next_in_queue(l, at);
}

/* The request did nothing for the key. Its group is halved when all its slots have been judged. */
void slot_queue_refused(ledger *l, slot *one)
{
    if (!one->acting) {
        slot_end_flight(one);
        return;
    }
    one->flight = FLIGHT_NONE;
    one->refused = true;
    TAILQ_INSERT_TAIL(&l->refused, one, ready_link);
}
