#include "member_set.h"

#include "base/text.h"

#include <string.h>

void member_set_add(member_set *to, const char *id)
{
    to->count++;
    to->ids += rp_hash(RP_HASH_START, id, strlen(id));
}

member_set member_set_joined(member_set one, member_set other)
{
    return (member_set){one.count + other.count, one.ids + other.ids};
}

bool member_set_equals(member_set one, member_set other)
{
    return one.count == other.count && one.ids == other.ids;
}
