#include "chance.h"

void chance_seed(chance *one, uint64_t seed)
{
    one->systematic = false;
    one->state = seed;
}

void chance_start_paths(chance *one)
{
    one->systematic = true;
    one->taken = one->known = 0;
}

void chance_rewind(chance *one)
{
    one->taken = 0;
}

bool chance_next_path(chance *one)
{
    one->known = one->taken;
    one->taken = 0;
    while (one->known && one->path[one->known - 1].choice + 1 == one->path[one->known - 1].of)
        one->known--;
    if (!one->known)
        return false;
    one->path[one->known - 1].choice++;
    return true;
}

/* splitmix64: short, and any seed is as good as any other. */
static uint64_t next_random(chance *one)
{
    uint64_t mixed = one->state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* Past the recorded depth the first choice is taken: such a world ends at its limit of steps. */
static uint32_t next_on_path(chance *one, uint32_t of)
{
    if (one->taken == CHANCE_DEPTH)
        return 0;
    if (one->taken == one->known) {
        one->path[one->known].choice = 0;
        one->path[one->known].of = (uint16_t)of;
        one->known++;
    }
    return one->path[one->taken++].choice;
}

uint32_t chance_pick(chance *one, uint32_t of)
{
    if (of < 2)
        return 0;
    return one->systematic ? next_on_path(one, of) : (uint32_t)((next_random(one) >> 32) * of >> 32);
}
