/* Lists: when one is needed, what its pages show, and when it is complete enough. */
#include "ledger_parts.h"

#include "resource_plugin.h"

#include <string.h>

int64_t ledger_unblocked_at(const ledger *l)
{
    return l->blocking_job && l->blocked_until > l->send_at ? l->blocked_until : l->send_at;
}

bool ledger_is_blocked(const ledger *l, int64_t now)
{
    return now < ledger_unblocked_at(l);
}

/* A list after a conflict is deferred with the sends: one from before the other job's end is no evidence. */
bool want_waits_out_conflict(const ledger *l, const want *one, int64_t now)
{
    return one->cause && one->cause->meaning == MEANS_CONFLICT && ledger_is_blocked(l, now);
}

/* When this slot needs a list; LEDGER_NEVER if it does not. */
static int64_t slot_list_at(const ledger *l, const slot *one, int64_t now)
{
    int64_t at = LEDGER_NEVER;
    const want *watcher;

    if (one->acting && one->acting->phase == PHASE_LIST && !want_waits_out_conflict(l, one->acting, now))
        return now;
    if (slot_is_open(one) && slot_is_wanted(one))
        at = one->deferred && l->deferred_until < one->list_at ? l->deferred_until : one->list_at;
    TAILQ_FOREACH (watcher, &one->watchers, link) {
        if (watcher->phase == PHASE_LIST)
            return now;
        if (watcher->phase == PHASE_HEALTH && watcher->list_at < at)
            at = watcher->list_at;
    }
    return at;
}

static int64_t find_next_list(const ledger *l, int64_t now)
{
    int64_t at = TAILQ_EMPTY(&l->keyless) ? LEDGER_NEVER : now;
    const slot *one;

    TAILQ_FOREACH (one, &l->slots, link) {
        int64_t wanted = slot_list_at(l, one, now);
        if (wanted < at)
            at = wanted;
        if (at <= now)
            break;
    }
    return at;
}

int64_t ledger_next_list_at(ledger *l, int64_t now)
{
    bool blocked = ledger_is_blocked(l, now);

    if (!l->list_known || l->list_blocked != blocked)
        l->list_at = find_next_list(l, now);
    l->list_known = true;
    l->list_blocked = blocked;
    return l->list_at;
}

static bool list_needs_insisting(const ledger *l)
{
    const slot *one;

    TAILQ_FOREACH (one, &l->slots, link)
        if (slot_is_open(one) && slot_is_wanted(one))
            return true;
    return false;
}

/* Whether the running list is evidence for the key's flight or for the want that acts on it. */
bool list_covers_flight(const ledger *l, const slot *one)
{
    return slot_is_open(one) && l->lists > one->fresh_after;
}

bool list_covers_want(const ledger *l, const want *one)
{
    return (one->phase == PHASE_LIST || one->phase == PHASE_HEALTH) && l->lists > one->need_list;
}

static bool is_covered(const ledger *l, const slot *one)
{
    const want *watcher;

    if (list_covers_flight(l, one) && slot_is_wanted(one))
        return true;
    if (one->acting && list_covers_want(l, one->acting))
        return true;
    TAILQ_FOREACH (watcher, &one->watchers, link)
        if (list_covers_want(l, watcher))
            return true;
    return false;
}

bool ledger_waits_for_list(const ledger *l)
{
    const slot *one;
    const want *keyless;

    TAILQ_FOREACH (keyless, &l->keyless, link)
        if (list_covers_want(l, keyless))
            return true;
    TAILQ_FOREACH (one, &l->slots, link)
        if (is_covered(l, one))
            return true;
    return false;
}

bool ledger_has_waiters(const ledger *l)
{
    const slot *one;

    if (!TAILQ_EMPTY(&l->keyless))
        return true;
    TAILQ_FOREACH (one, &l->slots, link)
        if (slot_is_wanted(one) || !TAILQ_EMPTY(&one->watchers))
            return true;
    return false;
}

bool slot_is_seen(const ledger *l, const slot *one)
{
    return one->seen_list == l->lists;
}

/* False if a later page can change what the running list shows of this slot. */
static bool is_decided(const ledger *l, const slot *one)
{
    const want *watcher;
    bool seen = slot_is_seen(l, one);

    if (slot_is_wanted(one) && list_covers_flight(l, one) &&
        (one->doing == WANT_DELETE ? !one->seen_own || !seen : !seen))
        return false;
    if (seen)
        return true;
    if (one->acting && list_covers_want(l, one->acting))
        return false;
    TAILQ_FOREACH (watcher, &one->watchers, link)
        if (list_covers_want(l, watcher))
            return false;
    return true;
}

static bool list_is_decided(const ledger *l)
{
    const slot *one;

    if (!TAILQ_EMPTY(&l->keyless))
        return false;
    TAILQ_FOREACH (one, &l->slots, link)
        if (!is_decided(l, one))
            return false;
    return true;
}

/* Remembers that the running list shows the slot's key. Of several members with one key, the one a record or
   a flight names is preferred. */
static void see(ledger *l, slot *one, page *shown, const member *shows)
{
    bool names_it = one->acting && one->acting->member_id && !strcmp(one->acting->member_id, shows->id);

    if (!slot_is_seen(l, one))
        one->seen_own = false;
    if (!strcmp(one->member_id, shows->id))
        one->seen_own = true;
    if (slot_is_seen(l, one) && !names_it)
        return;
    one->seen_list = l->lists;
    page_ref(shown);
    page_unref(one->seen_page);
    one->seen_page = shown;
    one->seen = shows;
}

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

/* The list shows the member that a want knows by its id alone: now it has a key. */
static void give_key(ledger *l, want *one, page *shown, const member *shows)
{
    slot *at = ledger_find_slot(l, shows->key);

    if (!at) {
        at = ledger_make_slot(l, shows->key);
        if (at)
            at->fresh_after = l->fresh_floor; /* this very page shows it */
    }
    if (!at) {
        want_finish_failed(l, one, &failure_no_memory, OUTCOME_NONE);
        return;
    }
    TAILQ_REMOVE(&l->keyless, one, link);
    one->key = shows->key;
    one->key_page = page_ref(shown);
    one->key_member = shows;
    replace_failure(&one->cause, NULL);
    slot_enter(l, at, one);
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
            want_finish_failed(l, one, &failure_no_memory, OUTCOME_NONE);
        else if (shows && l->lists > one->need_list)
            give_key(l, one, shown, shows);
    }
}

bool ledger_page(ledger *l, page *shown)
{
    ledger_changed(l);
    replace_failure(&l->list_delay, NULL);
    for (size_t i = 0; i < shown->count; i++) {
        const member *shows = &shown->members[i];
        slot *one = ledger_find_slot(l, shows->key);
        if (one)
            see(l, one, shown, shows);
    }
    give_keys(l, shown);
    l->list_has_pages = true;
    l->list_is_partial = list_is_decided(l);
    return !l->list_is_partial;
}

bool ledger_take_list(ledger *l, int64_t now, ledger_action *action)
{
    if (l->listing || ledger_next_list_at(l, now) > now)
        return false;
    ledger_changed(l);
    l->listing = true;
    l->list_has_pages = l->list_is_partial = false;
    l->lists++;
    *action = (ledger_action){.kind = ACTION_LIST, .list = l->lists, .insist = list_needs_insisting(l)};
    return true;
}
