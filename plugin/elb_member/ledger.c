#include "ledger.h"

#include "resource_plugin.h"

#include <search.h>
#include <stdio.h>
#include <string.h>

/* An unresolved key is looked for each second at first, then ever less often up to here. */
#define LOOK_FIRST_MS   1000
#define LOOK_LONGEST_MS 10000

/* After a conflict, or a request that was not sent. */
#define PAUSE_FIRST_MS   200
#define PAUSE_LONGEST_MS 5000

TAILQ_HEAD(want_queue, want);
TAILQ_HEAD(slot_queue, slot);
TAILQ_HEAD(job_queue, job);

/* What a refused batch may still cost while it is halved. */
struct trial {
    unsigned references;
    uint32_t sends_left;
    failure *why; /* the last refusal */
};

struct slot {
    char *server_id, *address; /* the key */

    enum {
        FLIGHT_NONE,
        FLIGHT_SENDING,    /* on its way to the server */
        FLIGHT_ACCEPTED,   /* its job runs */
        FLIGHT_UNRESOLVED, /* it may come true until settle_at, or its job says it has */
        FLIGHT_FAILED      /* its job failed; a look will tell what is there */
    } flight;
    want_kind doing; /* of the flight */
    char member_id[72];
    job *job;         /* of the flight, or NULL */
    failure *failure; /* why it is unresolved or failed, or NULL */
    int64_t settle_at, look_at, pause_ms;
    uint64_t fresh_after; /* lists up to this one tell nothing of the key */

    want *acting;               /* whose request this is, was, or will be next */
    struct want_queue queue;    /* creates and deletes behind it */
    struct want_queue watchers; /* reads, and who waits for health */

    uint64_t group;      /* slots that were, or are to be, sent together */
    size_t group_size;   /* when they were sent */
    struct trial *trial; /* of a batch that is being halved: sent with its group only */
    bool ready, refused; /* in the queue of that name */

    uint64_t seen_list; /* the last list that showed the key */
    page *seen_page;
    const member *seen;
    bool seen_own; /* that list showed the member_id of the flight */

    TAILQ_ENTRY(slot) link, ready_link; /* ready_link also for the divided */
};

struct ledger {
    ledger_options options;
    void *tree; /* slots by key */
    struct slot_queue slots, ready;
    struct slot_queue refused; /* to be divided, before the call returns */
    struct want_queue keyless; /* looking for a member by its id */
    struct want_queue notes;   /* what is to be told, results first come first served */
    struct job_queue jobs;

    uint64_t lists; /* started so far: the number of the last one */
    bool listing, list_has_pages;
    uint64_t fresh_floor; /* fresh_after of a key that was forgotten */

    transfer *sending;
    int64_t send_at, send_pause_ms;
    job *behind; /* sends wait for its end, after a conflict */
    uint64_t groups;
    bool listener_asked, listener_failed;
};

/* --- counted things ------------------------------------------------------- */

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

static job *job_new(void)
{
    job *made = calloc(1, sizeof(*made));

    if (made)
        made->references = 1;
    return made;
}

static struct trial *trial_ref(struct trial *one)
{
    if (one)
        one->references++;
    return one;
}

static void trial_unref(struct trial *one)
{
    if (!one || --one->references)
        return;
    failure_unref(one->why);
    free(one);
}

static void transfer_free(transfer *one)
{
    if (!one)
        return;
    job_unref(one->job);
    trial_unref(one->trial);
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

static void replace_failure(failure **at, failure *by)
{
    failure *old = *at;

    *at = failure_ref(by);
    failure_unref(old);
}

static void replace_job(job **at, job *by)
{
    job *old = *at;

    *at = job_ref(by);
    job_unref(old);
}

static int64_t jittered(const ledger *l, int64_t ms)
{
    return l->options.jitter_ms ? l->options.jitter_ms(l->options.context, ms) : ms;
}

/* --- slots ---------------------------------------------------------------- */

const char *slot_server_id(const slot *one)
{
    return one->server_id;
}

const char *slot_address(const slot *one)
{
    return one->acting && one->acting->spelled ? one->acting->spelled : one->address;
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
    const slot *a = one, *b = other;
    int difference = strcmp(a->server_id, b->server_id);

    return difference ? difference : strcmp(a->address, b->address);
}

static slot *find_slot(const ledger *l, const char *server_id, const char *address)
{
    slot key = {.server_id = (char *)server_id, .address = (char *)address};
    void *found = tfind(&key, &l->tree, compare_slots);

    return found ? *(slot **)found : NULL;
}

static void free_slot(slot *one)
{
    if (!one)
        return;
    page_unref(one->seen_page);
    job_unref(one->job);
    failure_unref(one->failure);
    trial_unref(one->trial);
    free(one->server_id);
    free(one->address);
    free(one);
}

static slot *make_slot(ledger *l, const char *server_id, const char *address)
{
    slot *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->server_id = strdup(server_id);
    made->address = strdup(address);
    if (!made->server_id || !made->address || !tsearch(made, &l->tree, compare_slots)) {
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

static bool is_wanted(const slot *one)
{
    return one->acting || !TAILQ_EMPTY(&one->queue);
}

/* Forgets a key of which nothing is wanted and nothing in flight. */
static void forget_if_idle(ledger *l, slot *one)
{
    if (is_wanted(one) || !TAILQ_EMPTY(&one->watchers) || one->flight != FLIGHT_NONE || one->ready)
        return;
    if (one->fresh_after > l->fresh_floor)
        l->fresh_floor = one->fresh_after;
    tdelete(one, &l->tree, compare_slots);
    TAILQ_REMOVE(&l->slots, one, link);
    free_slot(one);
}

static void set_ready(ledger *l, slot *one)
{
    one->acting->phase = PHASE_READY;
    if (!one->ready)
        TAILQ_INSERT_TAIL(&l->ready, one, ready_link);
    one->ready = true;
}

static void unset_ready(ledger *l, slot *one)
{
    if (one->ready)
        TAILQ_REMOVE(&l->ready, one, ready_link);
    one->ready = false;
}

static void leave_group(slot *one)
{
    trial_unref(one->trial);
    one->trial = NULL;
    one->group = 0;
}

/* The flight is over; what came of it is known, or it never happened. */
static void land(slot *one)
{
    one->flight = FLIGHT_NONE;
    replace_job(&one->job, NULL);
    replace_failure(&one->failure, NULL);
}

/* From here on the key is what a new list says. */
static void needs_new_list(const ledger *l, slot *one)
{
    one->fresh_after = l->lists;
}

/* Nobody acts on the key: the next in the queue does, or it is forgotten. */
static void next_in_queue(ledger *l, slot *one)
{
    want *next = TAILQ_FIRST(&one->queue);

    if (one->acting || one->flight != FLIGHT_NONE)
        return;
    if (!next) {
        forget_if_idle(l, one);
        return;
    }
    TAILQ_REMOVE(&one->queue, next, link);
    one->acting = next;
    next->phase = PHASE_LOOK;
    next->need_list = one->fresh_after;
}

/* --- results -------------------------------------------------------------- */

static void note(ledger *l, want *one, int what)
{
    if (one->note == NOTE_NONE)
        TAILQ_INSERT_TAIL(&l->notes, one, note_link);
    one->note = what;
}

/* Takes the want out of wherever it waits. Its slot goes on without it. */
static void detach(ledger *l, want *one)
{
    slot *at = one->slot;

    if (!at) {
        TAILQ_REMOVE(&l->keyless, one, link);
    } else if (at->acting == one) {
        unset_ready(l, at);
        leave_group(at);
        at->acting = NULL;
    } else if (one->phase == PHASE_QUEUED) {
        TAILQ_REMOVE(&at->queue, one, link);
    } else {
        TAILQ_REMOVE(&at->watchers, one, link);
    }
    one->slot = NULL;
}

/* The one place where a want ends. Takes nothing: pages, jobs and failures are counted anew. The caller goes
   on with the slot (next_in_queue). */
static void finish(ledger *l, want *one, want_result result)
{
    detach(l, one);
    if (one->removed && result.outcome == OUTCOME_NONE)
        result.outcome = OUTCOME_UNKNOWN;
    result.existed |= one->removed;
    one->result = result;
    page_ref(result.page);
    job_ref(result.job);
    one->result.failure = failure_ref(result.failure ? result.failure : one->warning);
    replace_failure(&one->cause, NULL);
    replace_failure(&one->warning, NULL);
    replace_job(&one->job, NULL);
    page_unref(one->key_page);
    one->key_page = NULL;
    one->phase = PHASE_FINISHED;
    note(l, one, NOTE_RESULT);
}

static void finish_failed(ledger *l, want *one, failure *why, outcome came_of_it)
{
    finish(l, one, (want_result){.status = why->status, .outcome = came_of_it, .failure = why});
}

/* It was refused, though a look is still to tell which record was to blame. */
static bool was_refused(const slot *one)
{
    return one->flight == FLIGHT_FAILED && !one->job;
}

/* Fails in a way that leaves the request's effect open: a create's state is told, so that a read finds out.
 */
static void finish_open(ledger *l, want *one, int status, failure *why)
{
    bool open = !was_refused(one->slot);

    finish(l, one,
           (want_result){.status = status,
                         .outcome = open ? OUTCOME_UNKNOWN : OUTCOME_NONE,
                         .failure = why,
                         .with_state = open && one->kind == WANT_CREATE,
                         .job = one->slot->job});
}

static void finish_gone(ledger *l, want *one, bool existed)
{
    finish(l, one, (want_result){.status = RP_OK, .outcome = OUTCOME_DONE, .existed = existed});
}

static bool is_healthy(const member *one)
{
    return one->health_status && !strcmp(one->health_status, "NORMAL");
}

/* A read by the member's id gets that member, even if others share its key. */
static void finish_present(ledger *l, want *one, const slot *at, bool made)
{
    bool exists = one->kind == WANT_CREATE && !made && !one->adopt;

    finish(l, one,
           (want_result){.status = exists ? RP_ALREADY_EXISTS : RP_OK,
                         .outcome = one->kind == WANT_CREATE && !made ? OUTCOME_NONE : OUTCOME_DONE,
                         .with_state = true,
                         .page = one->key_page ? one->key_page : at->seen_page,
                         .member = one->key_page ? one->key_member : at->seen,
                         .job = made ? at->job : NULL});
}

/* The member is there. Whoever wants it healthy stops acting and watches it. */
static void found(ledger *l, slot *at, bool made, int64_t now)
{
    want *one = at->acting;
    bool watches = one->wait == WAIT_HEALTHY && (made || one->adopt) && !is_healthy(at->seen);

    if (!watches) {
        finish_present(l, one, at, made);
        return;
    }
    leave_group(at);
    at->acting = NULL;
    replace_job(&one->job, made ? at->job : NULL);
    one->phase = PHASE_HEALTH;
    one->made = made;
    one->pause_ms = l->options.poll_min_ms;
    one->look_at = now + jittered(l, one->pause_ms);
    TAILQ_INSERT_TAIL(&at->watchers, one, link);
}

/* --- jobs ----------------------------------------------------------------- */

static void link_job(ledger *l, job *one, int64_t first_poll_at)
{
    one->poll_at = first_poll_at;
    one->pause_ms = l->options.poll_min_ms;
    one->linked = true;
    job_ref(one);
    TAILQ_INSERT_TAIL(&l->jobs, one, link);
}

static void unlink_job(ledger *l, job *one)
{
    if (!one->linked)
        return;
    one->linked = false;
    TAILQ_REMOVE(&l->jobs, one, link);
    job_unref(one);
}

static job *find_job(const ledger *l, const char *id)
{
    job *one;

    TAILQ_FOREACH(one, &l->jobs, link)
    if (!strcmp(one->id, id))
        return one;
    return NULL;
}

/* The record names a job, and the member is not listed: the job tells whether it is still to come. False if
   that can't be asked (any more). */
static bool ask_job(ledger *l, want *one, int64_t now)
{
    job *asked;

    if (!one->job_id || one->asked_job || strlen(one->job_id) >= sizeof(asked->id))
        return false;
    asked = find_job(l, one->job_id);
    if (!asked) {
        asked = job_new();
        if (!asked)
            return false;
        strcpy(asked->id, one->job_id);
        link_job(l, asked, now);
        job_unref(asked);
    }
    one->asked_job = true;
    replace_job(&one->job, asked);
    one->phase = PHASE_JOB;
    return true;
}

static bool blocked_by(const ledger *l, const job *one)
{
    return l->behind && l->behind == one;
}

bool ledger_waits_for_job(const ledger *l, const job *polled)
{
    const slot *one;
    const want *watcher;

    TAILQ_FOREACH(one, &l->slots, link)
    {
        if (is_wanted(one) && (one->job == polled || blocked_by(l, polled)))
            return true;
        if (one->acting && one->acting->phase == PHASE_JOB && one->acting->job == polled)
            return true;
        TAILQ_FOREACH(watcher, &one->watchers, link)
        if (watcher->phase == PHASE_JOB && watcher->job == polled)
            return true;
    }
    return false;
}

/* --- looking -------------------------------------------------------------- */

static bool is_blocked(const ledger *l, int64_t now)
{
    return l->behind || now < l->send_at;
}

/* A look after a conflict waits with the sender: a list from before the other job's end would say nothing. */
static bool waits_out_conflict(const ledger *l, const want *one, int64_t now)
{
    return one->cause && one->cause->meaning == MEANS_CONFLICT && is_blocked(l, now);
}

static bool is_open(const slot *one)
{
    return one->flight == FLIGHT_UNRESOLVED || one->flight == FLIGHT_FAILED;
}

/* When a list is wanted for this slot; LEDGER_NEVER if none is. */
static int64_t slot_look_at(const ledger *l, const slot *one, int64_t now)
{
    int64_t at = LEDGER_NEVER;
    const want *watcher;

    if (one->acting && one->acting->phase == PHASE_LOOK && !waits_out_conflict(l, one->acting, now))
        return now;
    if (is_open(one) && is_wanted(one))
        at = one->look_at;
    TAILQ_FOREACH(watcher, &one->watchers, link)
    {
        if (watcher->phase == PHASE_LOOK)
            return now;
        if (watcher->phase == PHASE_HEALTH && watcher->look_at < at)
            at = watcher->look_at;
    }
    return at;
}

static int64_t next_look_at(const ledger *l, int64_t now)
{
    int64_t at = TAILQ_EMPTY(&l->keyless) ? LEDGER_NEVER : now;
    const slot *one;

    TAILQ_FOREACH(one, &l->slots, link)
    {
        int64_t wanted = slot_look_at(l, one, now);
        if (wanted < at)
            at = wanted;
        if (at <= now)
            break;
    }
    return at;
}

/* Whether somebody would use a list that is running now. */
bool ledger_waits_for_list(const ledger *l)
{
    const slot *one;

    if (!TAILQ_EMPTY(&l->keyless))
        return true;
    TAILQ_FOREACH(one, &l->slots, link)
    if (is_wanted(one) || !TAILQ_EMPTY(&one->watchers))
        return true;
    return false;
}

static bool list_needs_insisting(const ledger *l)
{
    const slot *one;

    TAILQ_FOREACH(one, &l->slots, link)
    if (is_open(one) && is_wanted(one))
        return true;
    return false;
}

/* The running list can tell something of the key's flight, or of who acts on it. */
static bool list_tells_flight(const ledger *l, const slot *one)
{
    return is_open(one) && l->lists > one->fresh_after;
}

static bool list_tells_want(const ledger *l, const want *one)
{
    return (one->phase == PHASE_LOOK || one->phase == PHASE_HEALTH) && l->lists > one->need_list;
}

static bool seen_now(const ledger *l, const slot *one)
{
    return one->seen_list == l->lists;
}

/* False if a further page may change what the running list says of this slot. */
static bool is_decided(const ledger *l, const slot *one)
{
    const want *watcher;
    bool seen = seen_now(l, one);

    if (list_tells_flight(l, one) && (one->doing == WANT_DELETE ? !one->seen_own || !seen : !seen))
        return false;
    if (seen)
        return true;
    if (one->acting && list_tells_want(l, one->acting))
        return false;
    TAILQ_FOREACH(watcher, &one->watchers, link)
    if (list_tells_want(l, watcher))
        return false;
    return true;
}

static bool list_is_decided(const ledger *l)
{
    const slot *one;

    if (!TAILQ_EMPTY(&l->keyless))
        return false;
    TAILQ_FOREACH(one, &l->slots, link)
    if (!is_decided(l, one))
        return false;
    return true;
}

/* Remembers that the running list shows the slot's key. Of several members with one key, the one a record or
   a flight names is preferred. */
static void see(ledger *l, slot *one, page *shown, const member *shows)
{
    bool names_it = one->acting && one->acting->member_id && !strcmp(one->acting->member_id, shows->id);

    if (!seen_now(l, one))
        one->seen_own = false;
    if (!strcmp(one->member_id, shows->id))
        one->seen_own = true;
    if (seen_now(l, one) && !names_it)
        return;
    one->seen_list = l->lists;
    page_ref(shown);
    page_unref(one->seen_page);
    one->seen_page = shown;
    one->seen = shows;
}

/* --- wants whose key is not known yet -------------------------------------- */

static int compare_member_ids(const void *one, const void *other)
{
    return strcmp((*(const member *const *)one)->id, (*(const member *const *)other)->id);
}

static const member *find_by_id(const member **sorted, size_t count, const char *id)
{
    member key = {.id = id};
    const member *wanted = &key;
    const member **at = bsearch(&wanted, sorted, count, sizeof(*sorted), compare_member_ids);

    return at ? *at : NULL;
}

/* A failure for want of memory; made in advance, since it can't be made then. */
static failure no_memory = {.status = RP_NO_MEMORY,
                            .code = "no_memory",
                            .retryable = true,
                            .blame = BLAME_WHOLE,
                            .summary = (char *)"out of memory",
                            .references = 1};

static void enter_slot(ledger *l, slot *at, want *one);

/* The list shows the member that a want knows by its id alone: now it has a key. */
static void give_key(ledger *l, want *one, page *shown, const member *shows)
{
    slot *at = find_slot(l, shows->server_id, shows->canonical);

    if (!at) {
        at = make_slot(l, shows->server_id, shows->canonical);
        if (at)
            at->fresh_after = l->fresh_floor; /* this very page shows it */
    }
    if (!at) {
        finish_failed(l, one, &no_memory, OUTCOME_NONE);
        return;
    }
    TAILQ_REMOVE(&l->keyless, one, link);
    one->server_id = shows->server_id;
    one->address = shows->canonical;
    one->spelled = shows->address;
    one->key_page = page_ref(shown);
    one->key_member = shows;
    replace_failure(&one->cause, NULL);
    enter_slot(l, at, one);
    see(l, at, shown, shows);
}

static void give_keys(ledger *l, page *shown)
{
    _cleanup_(rp_freep) const member **sorted = NULL;
    want *one, *next;

    if (TAILQ_EMPTY(&l->keyless) || !shown->count)
        return;
    sorted = calloc(shown->count, sizeof(const member *));
    for (size_t i = 0; sorted && i < shown->count; i++)
        sorted[i] = &shown->members[i];
    if (sorted)
        qsort(sorted, shown->count, sizeof(*sorted), compare_member_ids);
    for (one = TAILQ_FIRST(&l->keyless); one; one = next) {
        const member *shows = sorted ? find_by_id(sorted, shown->count, one->member_id) : NULL;
        next = TAILQ_NEXT(one, link);
        if (!sorted)
            finish_failed(l, one, &no_memory, OUTCOME_NONE);
        else if (shows && l->lists > one->need_list)
            give_key(l, one, shown, shows);
    }
}

bool ledger_page(ledger *l, page *shown)
{
    for (size_t i = 0; i < shown->count; i++) {
        const member *shows = &shown->members[i];
        slot *one = find_slot(l, shows->server_id, shows->canonical);
        if (one)
            see(l, one, shown, shows);
    }
    give_keys(l, shown);
    l->list_has_pages = true;
    return !list_is_decided(l);
}

/* --- what a list proves ---------------------------------------------------- */

static void look_again(ledger *l, slot *one, int64_t now)
{
    int64_t next;

    one->pause_ms = one->pause_ms ? one->pause_ms * 3 / 2 : LOOK_FIRST_MS;
    if (one->pause_ms > LOOK_LONGEST_MS)
        one->pause_ms = LOOK_LONGEST_MS;
    next = now + jittered(l, one->pause_ms);
    if (now < one->settle_at && next > one->settle_at)
        next = one->settle_at;
    one->look_at = next;
    if (one->acting)
        note(l, one->acting, NOTE_UNRESOLVED);
}

/* A job succeeded, but its effect never showed. */
static failure *never_listed(const slot *one)
{
    return failure_new(RP_UNAVAILABLE, "elb.not_listed", true, BLAME_SERVER,
                       "job %s succeeded, but its %s does not show in the list of members", one->job->id,
                       one->doing == WANT_CREATE ? "member" : "removal");
}

static void settle_unlisted(ledger *l, slot *one)
{
    _cleanup_(failure_unrefp) failure *why = never_listed(one);
    want *acting = one->acting;

    if (acting)
        finish_open(l, acting, RP_UNAVAILABLE, why ? why : &no_memory);
    land(one);
}

/* The request had no effect, as is now known. */
static void settle_undone(ledger *l, slot *one)
{
    if (one->job && one->job->end == JOB_SUCCEEDED) {
        settle_unlisted(l, one);
        return;
    }
    land(one);
    if (!one->acting)
        return;
    replace_failure(&one->acting->cause, NULL);
    set_ready(l, one);
}

/* An add or remove has had its effect. */
static void settle_done(ledger *l, slot *one, int64_t now)
{
    if (one->acting && one->doing == WANT_CREATE)
        found(l, one, true, now);
    else if (one->acting)
        finish_gone(l, one->acting, true);
    land(one);
}

/* Nothing was done for the key; its group is divided when all that were in it have been judged. */
static void settle_refused(ledger *l, slot *one)
{
    if (!one->acting) {
        land(one);
        return;
    }
    one->flight = FLIGHT_NONE;
    one->refused = true;
    TAILQ_INSERT_TAIL(&l->refused, one, ready_link);
}

/* Another member under the key of one that was removed: it has to go as well. */
static void remove_other(ledger *l, slot *one)
{
    land(one);
    if (one->acting) {
        one->acting->removed = true;
        leave_group(one);
        set_ready(l, one);
    }
}

static void judge_flight(ledger *l, slot *one, int64_t requested_at, int64_t now)
{
    bool seen = seen_now(l, one);
    bool undone = one->doing == WANT_CREATE ? !seen : seen && one->seen_own;

    if (!undone && one->doing == WANT_DELETE && seen)
        remove_other(l, one);
    else if (!undone)
        settle_done(l, one, now);
    else if (one->flight == FLIGHT_FAILED)
        settle_refused(l, one);
    else if (requested_at >= one->settle_at)
        settle_undone(l, one);
    else
        look_again(l, one, now);
}

static void judge_absent(ledger *l, want *one, int64_t now)
{
    if (one->kind == WANT_CREATE)
        set_ready(l, one->slot);
    else if (ask_job(l, one, now))
        return;
    else if (one->kind == WANT_DELETE)
        finish_gone(l, one, false);
    else
        finish(l, one, (want_result){.status = RP_NOT_FOUND});
}

static void judge_acting(ledger *l, slot *one, int64_t now)
{
    want *acting = one->acting;

    if (!waits_out_conflict(l, acting, now))
        replace_failure(&acting->cause, NULL);
    if (!seen_now(l, one))
        judge_absent(l, acting, now);
    else if (acting->kind == WANT_CREATE)
        found(l, one, false, now);
    else
        set_ready(l, one);
}

static void judge_health(ledger *l, slot *at, want *one, int64_t now)
{
    if (seen_now(l, at) && is_healthy(at->seen)) {
        finish(l, one,
               (want_result){.status = RP_OK,
                             .outcome = one->made ? OUTCOME_DONE : OUTCOME_NONE,
                             .with_state = true,
                             .page = at->seen_page,
                             .member = at->seen,
                             .job = one->job});
        return;
    }
    one->pause_ms = one->pause_ms * 3 / 2;
    if (one->pause_ms > l->options.poll_max_ms)
        one->pause_ms = l->options.poll_max_ms;
    one->look_at = now + jittered(l, one->pause_ms);
}

static void judge_watcher(ledger *l, slot *at, want *one, int64_t now)
{
    replace_failure(&one->cause, NULL);
    if (one->phase == PHASE_HEALTH)
        judge_health(l, at, one, now);
    else if (seen_now(l, at))
        finish_present(l, one, at, false);
    else
        judge_absent(l, one, now);
}

/* All that the list says of one slot. Those in the queue learn from the same list what those before them did.
 */
static void judge(ledger *l, slot *one, int64_t requested_at, int64_t now)
{
    want *watcher, *next;

    for (watcher = TAILQ_FIRST(&one->watchers); watcher; watcher = next) {
        next = TAILQ_NEXT(watcher, link);
        if (list_tells_want(l, watcher))
            judge_watcher(l, one, watcher, now);
    }
    if (list_tells_flight(l, one))
        judge_flight(l, one, requested_at, now);
    while (one->flight == FLIGHT_NONE && !one->refused) {
        if (!one->acting && TAILQ_EMPTY(&one->queue))
            break;
        next_in_queue(l, one);
        if (one->acting->phase != PHASE_LOOK || !list_tells_want(l, one->acting))
            return;
        judge_acting(l, one, now);
        if (one->acting)
            return;
    }
    if (!one->refused)
        next_in_queue(l, one);
}

/* --- dividing a refused batch ------------------------------------------------ */

static struct trial *trial_of(const ledger *l, const slot *one, failure *why)
{
    struct trial *trial = trial_ref(one->trial);

    if (!trial) {
        trial = calloc(1, sizeof(*trial));
        if (!trial)
            return NULL;
        *trial = (struct trial){.references = 1, .sends_left = l->options.max_bisect};
    }
    replace_failure(&trial->why, why);
    return trial;
}

/* Sends these together, and with nobody else. */
static void send_group(ledger *l, struct trial *trial, slot **members, size_t count)
{
    uint64_t group = ++l->groups;

    for (size_t i = 0; i < count; i++) {
        slot *one = members[i];
        struct trial *old = one->trial;

        one->trial = trial_ref(trial);
        trial_unref(old);
        one->group = group;
        land(one);
        set_ready(l, one);
    }
}

/* Sends these with whoever else is ready. */
static void send_on(ledger *l, slot **members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        leave_group(members[i]);
        land(members[i]);
        set_ready(l, members[i]);
    }
}

static void give_up(ledger *l, slot **members, size_t count, failure *why)
{
    for (size_t i = 0; i < count; i++) {
        slot *one = members[i];

        finish_failed(l, one->acting, why, OUTCOME_NONE);
        land(one);
        next_in_queue(l, one);
    }
}

/* Nothing was done for these, and one of them, or one that was sent with them, is to blame. */
static void divide(ledger *l, slot **members, size_t count, failure *why)
{
    size_t sent_with = members[0]->group_size, half = (count + 1) / 2;
    struct trial *trial;

    if (why->meaning == MEANS_MEMBER_GONE && count < sent_with) {
        send_on(l, members, count);
        return;
    }
    trial = sent_with > 1 && why->blame == BLAME_RECORD ? trial_of(l, members[0], why) : NULL;
    if (!trial || !trial->sends_left) {
        give_up(l, members, count, why);
    } else {
        send_group(l, trial, members, half);
        if (count > half)
            send_group(l, trial, members + half, count - half);
    }
    trial_unref(trial);
}

/* Takes the first refused slot and all of its group out of the queue. */
static size_t take_refused_group(ledger *l, slot **members)
{
    uint64_t group = TAILQ_FIRST(&l->refused)->group;
    size_t count = 0;
    slot *one, *next;

    for (one = TAILQ_FIRST(&l->refused); one; one = next) {
        next = TAILQ_NEXT(one, ready_link);
        if (one->group != group)
            continue;
        TAILQ_REMOVE(&l->refused, one, ready_link);
        one->refused = false;
        members[count++] = one;
    }
    return count;
}

static void divide_refused(ledger *l)
{
    slot *first;

    while ((first = TAILQ_FIRST(&l->refused))) {
        _cleanup_(failure_unrefp) failure *why = failure_ref(first->failure);
        _cleanup_(rp_freep) slot **members = calloc(first->group_size, sizeof(slot *));

        if (members) {
            size_t count = take_refused_group(l, members);
            divide(l, members, count, why);
        } else {
            TAILQ_REMOVE(&l->refused, first, ready_link);
            first->refused = false;
            give_up(l, &first, 1, why);
        }
    }
}

/* --- answers: lists ----------------------------------------------------------- */

static void judge_keyless(ledger *l)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&l->keyless); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (l->lists <= one->need_list)
            continue;
        if (one->kind == WANT_DELETE)
            finish_gone(l, one, false);
        else
            finish(l, one, (want_result){.status = RP_NOT_FOUND});
    }
}

void ledger_listed(ledger *l, int64_t requested_at, int64_t now)
{
    slot *one, *next;

    judge_keyless(l);
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        judge(l, one, requested_at, now);
    }
    l->listing = false;
    divide_refused(l);
}

/* A look failed for good. */
static void fail_look(ledger *l, want *one, failure *why)
{
    if (one->kind == WANT_DELETE && why->meaning == MEANS_PARENT_GONE)
        finish_gone(l, one, false);
    else
        finish_failed(l, one, why, OUTCOME_NONE);
}

static void fail_health(ledger *l, slot *at, want *one, failure *why)
{
    finish(l, one,
           (want_result){.status = why->status,
                         .outcome = one->made ? OUTCOME_DONE : OUTCOME_NONE,
                         .with_state = true,
                         .page = at->seen_page,
                         .member = at->seen,
                         .job = one->job,
                         .failure = why});
}

static void fail_watchers(ledger *l, slot *at, failure *why, int64_t now)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&at->watchers); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (!list_tells_want(l, one))
            continue;
        if (one->phase == PHASE_LOOK)
            fail_look(l, one, why);
        else if (why->retryable)
            one->look_at = now + jittered(l, LOOK_FIRST_MS);
        else
            fail_health(l, at, one, why);
    }
}

/* Those behind a request of which nothing more can be learned. They have done nothing yet. */
static void fail_queue(ledger *l, slot *at, failure *why)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&at->queue); one; one = next) {
        next = TAILQ_NEXT(one, link);
        finish_failed(l, one, why, OUTCOME_NONE);
    }
}

/* What became of a request cannot be seen: go on looking, unless looking is refused. */
static void fail_flight(ledger *l, slot *one, failure *why, int64_t now)
{
    if (why->meaning == MEANS_PARENT_GONE) {
        if (one->acting && one->doing == WANT_CREATE)
            finish_failed(l, one->acting, why, OUTCOME_NONE);
        else if (one->acting)
            finish_gone(l, one->acting, true);
        land(one);
        return;
    }
    if (!why->retryable) {
        if (one->acting)
            finish_open(l, one->acting, why->status, why);
        fail_queue(l, one, why);
    }
    look_again(l, one, now);
}

static void fail_slot(ledger *l, slot *one, failure *why, int64_t now)
{
    fail_watchers(l, one, why, now);
    if (list_tells_flight(l, one))
        fail_flight(l, one, why, now);
    while (one->flight == FLIGHT_NONE && is_wanted(one)) {
        next_in_queue(l, one);
        if (!list_tells_want(l, one->acting))
            return;
        fail_look(l, one->acting, why);
    }
    next_in_queue(l, one);
}

void ledger_list_failed(ledger *l, failure *why, int64_t now)
{
    slot *one, *next;
    want *keyless, *next_keyless;

    for (keyless = TAILQ_FIRST(&l->keyless); keyless; keyless = next_keyless) {
        next_keyless = TAILQ_NEXT(keyless, link);
        if (l->lists > keyless->need_list)
            fail_look(l, keyless, why);
    }
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        fail_slot(l, one, why, now);
    }
    l->listing = false;
}

/* Who waits out a conflict has that for a cause until a list tells more. */
static void delay_look(const ledger *l, want *one, failure *why)
{
    bool conflicts = one->cause && one->cause->meaning == MEANS_CONFLICT;

    if (one->phase == PHASE_LOOK && list_tells_want(l, one) && !conflicts)
        replace_failure(&one->cause, why);
}

void ledger_list_delayed(ledger *l, failure *why)
{
    slot *one;
    want *waiting;

    TAILQ_FOREACH(waiting, &l->keyless, link)
    delay_look(l, waiting, why);
    TAILQ_FOREACH(one, &l->slots, link)
    {
        if (one->acting)
            delay_look(l, one->acting, why);
        TAILQ_FOREACH(waiting, &one->watchers, link)
        delay_look(l, waiting, why);
    }
}

void ledger_listener_failed(ledger *l)
{
    l->listener_failed = true;
}

/* --- answers: adds and removes ------------------------------------------------ */

static void sender_is_idle(ledger *l, transfer *sent)
{
    l->sending = NULL;
    transfer_free(sent);
}

static void accept_slot(ledger *l, slot *one, job *accepted)
{
    want *acting = one->acting;

    one->flight = FLIGHT_ACCEPTED;
    replace_job(&one->job, accepted);
    needs_new_list(l, one);
    if (!acting)
        return;
    if (acting->wait != WAIT_NONE) {
        if (acting->kind == WANT_CREATE)
            note(l, acting, NOTE_ACCEPTED);
        return;
    }
    finish_open(l, acting, RP_IN_PROGRESS, NULL);
}

void ledger_accepted(ledger *l, transfer *sent, const char *job_id, const char *uri, int64_t now)
{
    job *accepted = sent->job;

    snprintf(accepted->id, sizeof(accepted->id), "%s", job_id);
    snprintf(accepted->uri, sizeof(accepted->uri), "%s", uri ? uri : "");
    link_job(l, accepted, now + jittered(l, l->options.poll_min_ms));
    l->send_pause_ms = 0;
    for (size_t i = 0; i < sent->count; i++)
        accept_slot(l, sent->slots[i], accepted);
    sender_is_idle(l, sent);
}

static void leave_unresolved(ledger *l, slot *one, failure *why, int64_t now)
{
    one->flight = FLIGHT_UNRESOLVED;
    replace_failure(&one->failure, why);
    one->settle_at = now + l->options.settle_ms;
    one->look_at = now;
    one->pause_ms = 0;
    needs_new_list(l, one);
    if (one->acting)
        note(l, one->acting, NOTE_UNRESOLVED);
}

void ledger_lost(ledger *l, transfer *sent, failure *why, int64_t now)
{
    for (size_t i = 0; i < sent->count; i++)
        leave_unresolved(l, sent->slots[i], why, now);
    sender_is_idle(l, sent);
}

static void pause_sends(ledger *l, int64_t at_least_ms, int64_t now)
{
    int64_t pause = l->send_pause_ms ? l->send_pause_ms * 2 : PAUSE_FIRST_MS;

    l->send_pause_ms = pause > PAUSE_LONGEST_MS ? PAUSE_LONGEST_MS : pause;
    pause = jittered(l, l->send_pause_ms);
    l->send_at = now + (pause > at_least_ms ? pause : at_least_ms);
}

/* The request did nothing. Whoever still waits is sent again, after a look if the members may have changed.
 */
static void put_back(ledger *l, transfer *sent, failure *why, bool look)
{
    for (size_t i = 0; i < sent->count; i++) {
        slot *one = sent->slots[i];

        land(one);
        if (look)
            needs_new_list(l, one);
        if (one->acting) {
            replace_failure(&one->acting->cause, why);
            one->acting->phase = PHASE_LOOK;
            one->acting->need_list = one->fresh_after;
            if (!look)
                set_ready(l, one);
        }
        next_in_queue(l, one);
    }
    sender_is_idle(l, sent);
}

void ledger_not_sent(ledger *l, transfer *sent, failure *why, int64_t pause_ms, int64_t now)
{
    pause_sends(l, pause_ms, now);
    put_back(l, sent, why, false);
}

static void conflicted(ledger *l, transfer *sent, failure *why, int64_t now)
{
    job *running;

    TAILQ_FOREACH(running, &l->jobs, link)
    if (running->end == JOB_RUNNING)
        break;
    replace_job(&l->behind, running);
    pause_sends(l, why->retry_after_ms, now);
    put_back(l, sent, why, true);
}

/* One removal of one member: the server says that there is nothing to remove. */
static bool says_gone(const transfer *sent, const failure *why)
{
    return sent->kind == WANT_DELETE && sent->count == 1 &&
           (why->meaning == MEANS_MEMBER_GONE || why->meaning == MEANS_PARENT_GONE);
}

static void refuse_slot(ledger *l, slot *one, transfer *sent, failure *why)
{
    if (!one->acting)
        return;
    if (says_gone(sent, why) || (sent->kind == WANT_DELETE && why->meaning == MEANS_PARENT_GONE))
        finish_gone(l, one->acting, false);
    else
        finish_failed(l, one->acting, why, OUTCOME_NONE);
}

/* A refused remove of several: some are gone. A look tells which; it is as after a failed job. */
static void look_who_is_gone(ledger *l, transfer *sent, failure *why, int64_t now)
{
    for (size_t i = 0; i < sent->count; i++) {
        slot *one = sent->slots[i];

        one->flight = FLIGHT_FAILED;
        replace_failure(&one->failure, why);
        one->look_at = now;
        needs_new_list(l, one);
        if (!is_wanted(one))
            land(one);
        next_in_queue(l, one);
    }
}

static void refuse_all(ledger *l, transfer *sent, failure *why)
{
    bool divisible = why->blame == BLAME_RECORD && !says_gone(sent, why);

    for (size_t i = 0; i < sent->count; i++) {
        slot *one = sent->slots[i];

        needs_new_list(l, one);
        if (divisible) {
            replace_failure(&one->failure, why);
            settle_refused(l, one);
        } else {
            refuse_slot(l, one, sent, why);
            land(one);
        }
        if (!one->refused)
            next_in_queue(l, one);
    }
}

void ledger_refused(ledger *l, transfer *sent, failure *why, int64_t now)
{
    if (why->blame == BLAME_SERVER) {
        ledger_lost(l, sent, why, now);
        return;
    }
    if (why->meaning == MEANS_CONFLICT) {
        conflicted(l, sent, why, now);
        return;
    }
    l->send_pause_ms = 0;
    if (why->meaning == MEANS_MEMBER_GONE && !says_gone(sent, why))
        look_who_is_gone(l, sent, why, now);
    else
        refuse_all(l, sent, why);
    sender_is_idle(l, sent);
    divide_refused(l);
}

bool ledger_waits_for_transfer(const transfer *sent)
{
    for (size_t i = 0; i < sent->count; i++)
        if (is_wanted(sent->slots[i]))
            return true;
    return false;
}

/* --- answers: jobs ------------------------------------------------------------ */

static void end_slot(ledger *l, slot *one, const job *ended, int64_t now)
{
    bool failed = ended->end == JOB_FAILED;
    bool one_gone =
        failed && one->doing == WANT_DELETE && one->group_size == 1 &&
        (ended->failure->meaning == MEANS_MEMBER_GONE || ended->failure->meaning == MEANS_PARENT_GONE);

    needs_new_list(l, one);
    one->look_at = now;
    one->pause_ms = 0;
    one->settle_at = now + l->options.settle_ms;
    one->flight = failed ? FLIGHT_FAILED : FLIGHT_UNRESOLVED;
    replace_failure(&one->failure, ended->failure);
    if (one_gone && one->acting)
        finish_gone(l, one->acting, false);
    if (one_gone || (failed && !is_wanted(one)))
        land(one);
    next_in_queue(l, one);
}

/* What a want learns of the job its record names. */
static void answer_asker(ledger *l, want *one, const job *asked)
{
    if (asked->end == JOB_RUNNING) {
        if (one->kind == WANT_READ && one->wait != WAIT_JOB)
            finish(l, one,
                   (want_result){.status = RP_IN_PROGRESS, .outcome = OUTCOME_UNKNOWN, .with_state = true});
        return;
    }
    replace_job(&one->job, NULL);
    if (asked->end == JOB_FAILED)
        replace_failure(&one->warning, asked->failure);
    one->phase = PHASE_LOOK;
    one->need_list = l->lists;
}

static bool asks(const want *one, const job *asked)
{
    return one && one->phase == PHASE_JOB && one->job == asked;
}

static void answer_slot(ledger *l, slot *at, job *polled, int64_t now)
{
    want *one, *next;

    for (one = TAILQ_FIRST(&at->watchers); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (asks(one, polled))
            answer_asker(l, one, polled);
    }
    if (asks(at->acting, polled)) {
        if (polled->end != JOB_RUNNING)
            needs_new_list(l, at);
        answer_asker(l, at->acting, polled);
    }
    if (polled->end != JOB_RUNNING && at->flight == FLIGHT_ACCEPTED && at->job == polled)
        end_slot(l, at, polled, now);
    else
        forget_if_idle(l, at);
}

static void poll_again(const ledger *l, job *polled, int64_t now)
{
    polled->poll_at = now + jittered(l, polled->pause_ms);
    polled->pause_ms = polled->pause_ms * 3 / 2;
    if (polled->pause_ms > l->options.poll_max_ms)
        polled->pause_ms = l->options.poll_max_ms;
}

void ledger_polled(ledger *l, job *polled, int end, failure *why, int64_t now)
{
    slot *one, *next;

    polled->polling = false;
    polled->end = end;
    replace_failure(&polled->failure, end == JOB_FAILED ? why : NULL);
    job_ref(polled);
    if (end == JOB_RUNNING) {
        poll_again(l, polled, now);
    } else {
        unlink_job(l, polled);
        if (l->behind == polled) {
            replace_job(&l->behind, NULL);
            l->send_at = now;
        }
    }
    for (one = TAILQ_FIRST(&l->slots); one; one = next) {
        next = TAILQ_NEXT(one, link);
        answer_slot(l, one, polled, now);
    }
    job_unref(polled);
}

/* Asking is refused, so nobody learns how the job ends. It stays in flight for who comes later. */
static void fail_asker(ledger *l, want *one, failure *why)
{
    if (one->phase == PHASE_SENT)
        finish_open(l, one, why->status, why);
    else
        finish_failed(l, one, why, OUTCOME_NONE);
}

static bool is_of_a_flight(const ledger *l, const job *one)
{
    const slot *at;

    TAILQ_FOREACH(at, &l->slots, link)
    if (at->job == one)
        return true;
    return false;
}

/* Nobody may ask for the job: nothing can wait for its end, and one that a record named is of no further use.
 */
static void give_up_job(ledger *l, job *one)
{
    if (l->behind == one)
        replace_job(&l->behind, NULL);
    if (!is_of_a_flight(l, one))
        unlink_job(l, one);
}

void ledger_poll_failed(ledger *l, job *polled, failure *why, int64_t now)
{
    slot *at, *next_slot;
    want *one, *next;

    polled->polling = false;
    poll_again(l, polled, now);
    job_ref(polled);
    if (!why->retryable)
        give_up_job(l, polled);
    for (at = TAILQ_FIRST(&l->slots); at && !why->retryable; at = next_slot) {
        next_slot = TAILQ_NEXT(at, link);
        for (one = TAILQ_FIRST(&at->watchers); one; one = next) {
            next = TAILQ_NEXT(one, link);
            if (asks(one, polled))
                fail_asker(l, one, why);
        }
        if (at->acting && (asks(at->acting, polled) || at->job == polled))
            fail_asker(l, at->acting, why);
        if (at->job == polled)
            fail_queue(l, at, why);
        next_in_queue(l, at);
    }
    job_unref(polled);
}

/* --- callers -------------------------------------------------------------------- */

/* Puts a want whose key is known where it belongs. */
static void enter_slot(ledger *l, slot *at, want *one)
{
    one->slot = at;
    if (one->kind == WANT_READ) {
        one->phase = PHASE_LOOK;
        TAILQ_INSERT_TAIL(&at->watchers, one, link);
        return;
    }
    one->phase = PHASE_QUEUED;
    TAILQ_INSERT_TAIL(&at->queue, one, link);
    next_in_queue(l, at);
}

int ledger_arrive(ledger *l, want *one, int64_t now)
{
    slot *at = NULL;

    if (one->server_id) {
        at = find_slot(l, one->server_id, one->address);
        if (!at)
            at = make_slot(l, one->server_id, one->address);
        if (!at)
            return RP_E_NO_MEMORY;
    }
    if (one->kind == WANT_CREATE && l->listener_failed)
        l->listener_asked = l->listener_failed = false;
    /* A read wants a list that is requested from here on. So does a delete by the member's id, whose key it
     * tells. */
    one->need_list = l->lists;
    if (at) {
        if (one->kind != WANT_READ && is_open(at) && at->look_at > now)
            at->look_at = now;
        enter_slot(l, at, one);
    } else {
        one->slot = NULL;
        one->phase = PHASE_LOOK;
        TAILQ_INSERT_TAIL(&l->keyless, one, link);
    }
    return 0;
}

/* Out of time because of something that was being retried: that is what to tell. */
static int status_of_leaving(int status, const failure *cause)
{
    return status == RP_DEADLINE_EXCEEDED && cause ? cause->status : status;
}

static void leave_before_sending(ledger *l, want *one, int status)
{
    _cleanup_(failure_unrefp) failure *cause = failure_ref(one->cause);
    bool tells = status == RP_DEADLINE_EXCEEDED && cause;

    finish(l, one,
           (want_result){.status = status_of_leaving(status, cause),
                         .outcome = OUTCOME_NONE,
                         .failure = tells ? cause : NULL});
}

static void leave_in_flight(ledger *l, want *one, int status)
{
    const slot *at = one->slot;
    bool lost = at->flight == FLIGHT_UNRESOLVED && at->failure;

    finish_open(l, one, lost ? status_of_leaving(status, at->failure) : status,
                lost && status == RP_DEADLINE_EXCEEDED ? at->failure : NULL);
}

static void leave_health(ledger *l, want *one, int status)
{
    const slot *at = one->slot;

    finish(l, one,
           (want_result){.status = status,
                         .outcome = one->made ? OUTCOME_DONE : OUTCOME_NONE,
                         .with_state = true,
                         .page = at->seen_page,
                         .member = at->seen,
                         .job = one->job});
}

static void leave_job(ledger *l, want *one, int status)
{
    finish(l, one,
           (want_result){.status = status, .outcome = OUTCOME_NONE, .with_state = one->kind == WANT_READ});
}

void ledger_leave(ledger *l, want *one, int status, int64_t now)
{
    slot *at = one->slot;

    (void)now;
    switch (one->phase) {
    case PHASE_FINISHED:
        return;
    case PHASE_SENT:
        leave_in_flight(l, one, status);
        break;
    case PHASE_HEALTH:
        leave_health(l, one, status);
        break;
    case PHASE_JOB:
        leave_job(l, one, status);
        break;
    case PHASE_QUEUED:
    case PHASE_LOOK:
    case PHASE_READY:
        leave_before_sending(l, one, status);
        break;
    }
    if (at)
        next_in_queue(l, at);
}

/* --- actions ---------------------------------------------------------------------- */

static bool take_note(ledger *l, ledger_action *action)
{
    static const int kinds[] = {[NOTE_ACCEPTED] = ACTION_ACCEPTED,
                                [NOTE_UNRESOLVED] = ACTION_UNRESOLVED,
                                [NOTE_RESULT] = ACTION_RESULT};
    want *one = TAILQ_FIRST(&l->notes);

    if (!one)
        return false;
    TAILQ_REMOVE(&l->notes, one, note_link);
    *action = (ledger_action){.kind = kinds[one->note], .want = one};
    one->note = NOTE_NONE;
    return true;
}

static bool take_list(ledger *l, int64_t now, ledger_action *action)
{
    if (l->listing || next_look_at(l, now) > now)
        return false;
    l->listing = true;
    l->list_has_pages = false;
    l->lists++;
    *action = (ledger_action){.kind = ACTION_LIST, .list = l->lists, .insist = list_needs_insisting(l)};
    return true;
}

static bool take_listener(ledger *l, ledger_action *action)
{
    const slot *one;

    if (l->listener_asked)
        return false;
    TAILQ_FOREACH(one, &l->slots, link)
    if (one->acting && one->acting->kind == WANT_CREATE)
        break;
    if (!one)
        return false;
    l->listener_asked = true;
    *action = (ledger_action){.kind = ACTION_LISTENER};
    return true;
}

static bool take_poll(ledger *l, int64_t now, ledger_action *action)
{
    job *one;

    TAILQ_FOREACH(one, &l->jobs, link)
    {
        if (one->polling || one->poll_at > now || !ledger_waits_for_job(l, one))
            continue;
        one->polling = true;
        *action = (ledger_action){.kind = ACTION_POLL, .job = one, .insist = true};
        return true;
    }
    return false;
}

static bool goes_with(const slot *first, const slot *one)
{
    return one->acting->kind == first->acting->kind &&
           (first->trial ? one->group == first->group && one->trial : !one->trial);
}

static size_t count_batch(const ledger *l, const slot *first)
{
    const slot *one;
    size_t count = 0;

    TAILQ_FOREACH(one, &l->ready, ready_link)
    if (goes_with(first, one) && count < l->options.max_batch)
        count++;
    return count;
}

static transfer *transfer_new(size_t room)
{
    transfer *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->slots = calloc(room, sizeof(slot *));
    made->job = job_new();
    if (!made->slots || !made->job) {
        transfer_free(made);
        return NULL;
    }
    return made;
}

static void board(ledger *l, slot *one, transfer *sent, uint64_t group, size_t count)
{
    unset_ready(l, one);
    one->acting->phase = PHASE_SENT;
    one->flight = FLIGHT_SENDING;
    one->doing = sent->kind;
    one->group = group;
    one->group_size = count;
    one->member_id[0] = '\0';
    if (sent->kind == WANT_DELETE)
        snprintf(one->member_id, sizeof(one->member_id), "%s", one->seen->id);
    needs_new_list(l, one);
    sent->slots[sent->count++] = one;
}

/* Closes a batch: the first that is ready, and all that may go with it. */
static transfer *close_batch(ledger *l, slot *first)
{
    size_t count = count_batch(l, first);
    uint64_t group = first->trial ? first->group : ++l->groups;
    transfer *sent = transfer_new(count);
    slot *one, *next;

    if (!sent)
        return NULL;
    sent->kind = first->acting->kind;
    sent->trial = trial_ref(first->trial);
    for (one = first; one && sent->count < count; one = next) {
        next = TAILQ_NEXT(one, ready_link);
        if (one == first || goes_with(sent->slots[0], one))
            board(l, one, sent, group, count);
    }
    return sent;
}

/* False if the first that is ready can't be sent; then it has its result. */
static bool may_be_sent(ledger *l, slot *first)
{
    if (!first->trial || first->trial->sends_left)
        return true;
    finish_failed(l, first->acting, first->trial->why, OUTCOME_NONE);
    next_in_queue(l, first);
    return false;
}

static bool take_send(ledger *l, int64_t now, ledger_action *action)
{
    slot *first = TAILQ_FIRST(&l->ready);

    if (!first || l->sending || is_blocked(l, now))
        return false;
    if (!may_be_sent(l, first))
        return take_note(l, action);
    l->sending = close_batch(l, first);
    if (!l->sending) {
        finish_failed(l, first->acting, &no_memory, OUTCOME_NONE);
        next_in_queue(l, first);
        return take_note(l, action);
    }
    if (l->sending->trial)
        l->sending->trial->sends_left--;
    *action = (ledger_action){.kind = ACTION_SEND, .transfer = l->sending};
    return true;
}

bool ledger_next(ledger *l, int64_t now, bool may_request, bool may_send, ledger_action *action)
{
    if (take_note(l, action))
        return true;
    if (!may_request)
        return false;
    return take_list(l, now, action) || take_listener(l, action) || (may_send && take_send(l, now, action)) ||
           take_poll(l, now, action);
}

static int64_t sooner(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

int64_t ledger_wake_at(const ledger *l, int64_t send_from, int64_t now)
{
    int64_t at = l->listing ? LEDGER_NEVER : next_look_at(l, now);
    const job *one;

    if (!TAILQ_EMPTY(&l->notes))
        return now;
    if (!l->sending && !l->behind && ledger_waits_for_list(l) &&
        (!TAILQ_EMPTY(&l->ready) || l->send_at > now))
        at = sooner(at, l->send_at > send_from ? l->send_at : send_from);
    TAILQ_FOREACH(one, &l->jobs, link)
    if (!one->polling && ledger_waits_for_job(l, one))
        at = sooner(at, one->poll_at);
    return at;
}

ledger *ledger_new(const ledger_options *options)
{
    ledger *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->options = *options;
    TAILQ_INIT(&made->slots);
    TAILQ_INIT(&made->ready);
    TAILQ_INIT(&made->refused);
    TAILQ_INIT(&made->keyless);
    TAILQ_INIT(&made->notes);
    TAILQ_INIT(&made->jobs);
    return made;
}

void ledger_free(ledger *l)
{
    slot *one;
    job *left;

    if (!l)
        return;
    while ((one = TAILQ_FIRST(&l->slots))) {
        TAILQ_REMOVE(&l->slots, one, link);
        tdelete(one, &l->tree, compare_slots);
        free_slot(one);
    }
    while ((left = TAILQ_FIRST(&l->jobs)))
        unlink_job(l, left);
    replace_job(&l->behind, NULL);
    transfer_free(l->sending);
    free(l);
}
