/*
 * Plays worlds against the whole plugin and checks the rules after each step.
 *
 *     simulation --worlds 50000            seeds 1 … 50000
 *     simulation --worlds 1000 --from 7    seeds 7 … 1006
 *     simulation --seed 4711               one world, with its story
 *     simulation --with hunger …           worlds have this as well; all: everything
 *     simulation --survey …                go on after a broken world
 *
 * Ends with 1 if a rule was broken, after telling the seed and the story.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static world one_world;
static chance chances;
static unsigned with;

static bool play_seed(uint64_t seed, bool loud)
{
    chance_seed(&chances, seed);
    world_run(&one_world, &chances, with, loud);
    return !one_world.broken;
}

/* Callers of a broken world still stand where they were: what comes next is played by a program that starts
 * afresh. */
static void start_afresh(const char *option, uint64_t number, const char *other, uint64_t other_number)
{
    char texts[3][32];

    snprintf(texts[0], sizeof(texts[0]), "%llu", (unsigned long long)number);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)other_number);
    snprintf(texts[2], sizeof(texts[2]), "%u", with);
    fflush(stdout);
    execl("/proc/self/exe", "simulation", "--with", texts[2], option, texts[0], other, texts[1], "--survey",
          (char *)NULL);
}

static const char *const features[] = {"hunger"};

static bool take_feature(const char *name)
{
    if (!strcmp(name, "all") || (*name >= '0' && *name <= '9'))
        with |= *name == 'a' ? UINT32_MAX : (unsigned)strtoul(name, NULL, 10);
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        if (!strcmp(name, features[i]))
            with |= 1u << i;
    return with || *name == '0';
}

static int play_seeds(uint64_t from, uint64_t count, bool survey)
{
    uint64_t requests = 0;

    for (uint64_t seed = from; seed < from + count; seed++) {
        bool fine = play_seed(seed, false);
        requests += one_world.requests;
        if (fine)
            continue;
        printf("seed %llu broke: %s: %s\n", (unsigned long long)seed, one_world.broken, one_world.words);
        if (!survey)
            start_afresh("--seed", seed, NULL, 0);
        else if (seed + 1 < from + count)
            start_afresh("--from", seed + 1, "--worlds", from + count - seed - 1);
        return 1;
    }
    printf("%llu worlds, %llu requests, no rule broken\n", (unsigned long long)count,
           (unsigned long long)requests);
    return 0;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: simulation [--with FEATURE] --worlds COUNT [--from SEED] [--survey] | --seed SEED\n");
    return 2;
}

int main(int count, char **arguments)
{
    uint64_t from = 1, worlds = 0;
    bool survey = false;

    clearenv();
    for (int i = 1; i < count; i++) {
        if (!strcmp(arguments[i], "--survey"))
            survey = true;
        else if (i + 1 == count)
            return usage();
        else if (!strcmp(arguments[i], "--with") && !take_feature(arguments[i + 1]))
            return usage();
        else if (!strcmp(arguments[i], "--with"))
            i++;
        else if (!strcmp(arguments[i], "--seed"))
            return !play_seed(strtoull(arguments[i + 1], NULL, 10), true);
        else if (!strcmp(arguments[i], "--worlds"))
            worlds = strtoull(arguments[++i], NULL, 10);
        else if (!strcmp(arguments[i], "--from"))
            from = strtoull(arguments[++i], NULL, 10);
        else
            return usage();
    }
    return worlds ? play_seeds(from, worlds, survey) : usage();
}
