/*
 * A set of members, in so few words that it can be kept: how many they are, and a
 * sum of the hashes of their ids. Equal sets are equal; different ones of the same
 * size are so but by a chance of 2^-64.
 */
#ifndef ELB_MEMBER_MEMBER_SET_H
#define ELB_MEMBER_MEMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct member_set {
    size_t count;
    uint64_t ids;
} member_set;

/* The member must not be in it yet. */
void member_set_add(member_set *to, const char *id);

/* The union of two that have nothing in common. */
member_set member_set_joined(member_set one, member_set other);

bool member_set_equals(member_set one, member_set other);

#endif
