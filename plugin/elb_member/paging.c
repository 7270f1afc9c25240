#include "paging.h"

void paging_saw(paging *p, size_t count)
{
    if (count > p->longest)
        p->longest = count;
}

void paging_saw_next(paging *p, size_t of, size_t count)
{
    if (of >= PAGING_LIMIT)
        return;
    if (count > 0)
        p->capped = true;
    else if (of > p->verified)
        p->verified = of;
}

bool paging_is_last(const paging *p, size_t count)
{
    return count == 0 || count < p->longest;
}

bool paging_is_probably_last(const paging *p, size_t count, size_t total, size_t expected)
{
    if (paging_is_last(p, count))
        return true;
    return !p->capped && count < PAGING_LIMIT && (count <= p->verified || total <= expected);
}
