#include "paging.h"

void paging_saw(paging *p, size_t count, size_t before, size_t fresh)
{
    if (count > p->longest)
        p->longest = count;
    if (fresh > 0 && before > p->cap)
        p->cap = before;
}

bool paging_is_certainly_last(const paging *p, size_t count)
{
    return count == 0 || count < p->longest;
}

/* A longer page than the cap shows that it was none: members were added between two pages. */
static bool may_be_full(const paging *p, size_t count)
{
    return count >= PAGING_LIMIT || (p->cap > 0 && p->cap >= p->longest);
}

bool paging_is_complete(const paging *p, size_t count, const last_list *before, member_set so_far,
                        member_set added, size_t may_be_added, int64_t now_ms)
{
    return before->known && now_ms - before->certain_at_ms < PAGING_TRUST_MS && !may_be_full(p, count) &&
           added.count == may_be_added && member_set_equals(so_far, member_set_joined(before->whole, added));
}

void paging_note_whole(last_list *of, member_set whole, bool certainly, int64_t now_ms)
{
    of->known = true;
    of->whole = whole;
    if (certainly)
        of->certain_at_ms = now_ms;
}
