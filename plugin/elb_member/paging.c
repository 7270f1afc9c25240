#include "paging.h"

/* FNV-1a */
static uint64_t hash(const char *id)
{
    uint64_t h = 14695981039346656037u;

    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 1099511628211u;
    return h;
}

void listed_add(listed *to, const char *id)
{
    to->count++;
    to->ids += hash(id);
}

void paging_saw(paging *p, size_t count, size_t before, size_t fresh)
{
    if (count > p->longest)
        p->longest = count;
    if (before > 0 && before < PAGING_LIMIT && fresh > 0)
        p->capped = true;
}

bool paging_is_certainly_last(const paging *p, size_t count)
{
    return count == 0 || count < p->longest;
}

/* A remove may not have had its effect yet: after one, only the same members will do. After an add the same members
   prove nothing: what was added may be on the next page of a server whose cap is just their number. */
static bool completes(const listed *so_far, const last_list *before)
{
    if (!before->known)
        return false;
    if (!before->added)
        return so_far->count == before->whole.count && so_far->ids == before->whole.ids;
    return !before->removes && so_far->count == before->whole.count + before->added;
}

bool paging_is_last(const paging *p, size_t count, const listed *so_far, const last_list *before)
{
    return paging_is_certainly_last(p, count) ||
           (!p->capped && count < PAGING_LIMIT && completes(so_far, before));
}
