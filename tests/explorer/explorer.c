/*
 * Plays worlds against the ledger and checks the rules after each step.
 *
 *     explorer --worlds 100000          seeds 1 … 100000
 *     explorer --seed 4711              one world, with its story
 *     explorer --exhaust                all small worlds
 *
 * Ends with 1 if a rule was broken, after telling the seed and the story.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>

static world one_world;
static chance chances;

static shape shape_of(uint64_t seed)
{
    static const shape shapes[] = {SHAPE_ANY, SHAPE_ANY, SHAPE_ANY, SHAPE_ANY, SHAPE_ANY,
                                   SHAPE_ANY, SHAPE_ADD, SHAPE_ANY, SHAPE_ANY, SHAPE_REMOVE};

    return shapes[seed % rp_count_of(shapes)];
}

static bool play_seed(uint64_t seed, bool loud)
{
    chance_seed(&chances, seed);
    world_run(&one_world, &chances, shape_of(seed), loud);
    return !one_world.broken;
}

static int play_seeds(uint64_t from, uint64_t count)
{
    for (uint64_t seed = from; seed < from + count; seed++) {
        if (play_seed(seed, false))
            continue;
        printf("seed %llu broke: %s\n", (unsigned long long)seed, one_world.broken);
        play_seed(seed, true);
        return 1;
    }
    printf("%llu worlds, no rule broken\n", (unsigned long long)count);
    return 0;
}

static int play_all(void)
{
    unsigned long worlds = 0;

    chance_start_paths(&chances);
    do {
        worlds++;
        world_run(&one_world, &chances, SHAPE_SMALL, false);
        if (one_world.broken) {
            printf("path %lu broke: %s\n", worlds, one_world.broken);
            chance_rewind(&chances);
            world_run(&one_world, &chances, SHAPE_SMALL, true);
            return 1;
        }
    } while (chance_next_path(&chances));
    printf("all %lu small worlds, no rule broken\n", worlds);
    return 0;
}

static int play(int count, char **arguments)
{
    if (count == 2 && !strcmp(arguments[1], "--exhaust"))
        return play_all();
    if (count == 3 && !strcmp(arguments[1], "--worlds"))
        return play_seeds(1, strtoull(arguments[2], NULL, 10));
    if (count == 3 && !strcmp(arguments[1], "--seed"))
        return !play_seed(strtoull(arguments[2], NULL, 10), true);
    fprintf(stderr, "usage: explorer --worlds COUNT | --seed SEED | --exhaust\n");
    return 2;
}

int main(int count, char **arguments)
{
    return play(count, arguments);
}
