/*
 * Add requests whose members may still appear: with the last whole list they bound what
 * a list can show (paging.h).
 *
 * A request counts from its start. It counts no more when it was refused or not sent, or
 * when a whole list was requested after the end of its job was seen: that list shows what
 * it added. If the end of its job is never seen, a list requested after the settle time
 * does. They are counted apart from slots: a slot's flight may end early, when somebody
 * else's member with the same key is listed.
 */
#include "ledger_parts.h"

#include <string.h>

void adds_begin(ledger *l, const transfer *sent)
{
    job *of = sent->job;

    if (sent->kind != WANT_CREATE)
        return;
    of->added = sent->count;
    of->added_by = LEDGER_NEVER;
    job_ref(of);
    TAILQ_INSERT_TAIL(&l->adds, of, add_link);
}

static void forget(ledger *l, job *one)
{
    TAILQ_REMOVE(&l->adds, one, add_link);
    one->added = 0;
    job_unref(one);
}

void adds_refused(ledger *l, const transfer *sent)
{
    if (sent->job->added)
        forget(l, sent->job);
}

void adds_sent(ledger *l, const transfer *sent, int64_t now)
{
    sent->job->added_by = now + l->options.settle_ms;
}

/* By its id: a record may have named it after the job itself was given up. */
void adds_ended(ledger *l, const job *ended)
{
    job *one;

    TAILQ_FOREACH (one, &l->adds, add_link)
        if (!strcmp(one->id, ended->id))
            one->add_end = ++l->add_ends;
}

uint64_t ledger_add_ends(const ledger *l)
{
    return l->add_ends;
}

size_t ledger_may_be_added(const ledger *l)
{
    const job *one;
    size_t count = 0;

    TAILQ_FOREACH (one, &l->adds, add_link)
        count += one->added;
    return count;
}

member_set ledger_shown_adds(const ledger *l)
{
    member_set shown = {0};
    const slot *one;

    TAILQ_FOREACH (one, &l->slots, link)
        if (one->flight != FLIGHT_NONE && one->doing == WANT_CREATE && slot_is_seen(l, one))
            member_set_add(&shown, one->seen->id);
    return shown;
}

static bool shows_in(const ledger *l, const job *one, uint64_t add_ends, int64_t requested_at)
{
    if (job_flies(l, one))
        return false;
    return one->add_end ? one->add_end <= add_ends : one->added_by <= requested_at;
}

void ledger_note_whole_list(ledger *l, uint64_t add_ends, int64_t requested_at)
{
    job *one, *next;

    for (one = TAILQ_FIRST(&l->adds); one; one = next) {
        next = TAILQ_NEXT(one, add_link);
        if (shows_in(l, one, add_ends, requested_at))
            forget(l, one);
    }
}

void adds_free(ledger *l)
{
    job *one;

    while ((one = TAILQ_FIRST(&l->adds)))
        forget(l, one);
}
