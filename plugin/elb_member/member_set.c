#include "member_set.h"

/* FNV-1a */
uint64_t id_hash(const char *id)
{
    uint64_t h = 14695981039346656037u;

    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 1099511628211u;
    return h;
}

void member_set_add(member_set *to, const char *id)
{
    to->count++;
    to->ids += id_hash(id);
}

member_set member_set_joined(member_set one, member_set other)
{
    return (member_set){one.count + other.count, one.ids + other.ids};
}

bool member_set_equals(member_set one, member_set other)
{
    return one.count == other.count && one.ids == other.ids;
}
