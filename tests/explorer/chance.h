/*
 * Where a world's choices come from: a seed, or a path through all of them.
 */
#ifndef EXPLORER_CHANCE_H
#define EXPLORER_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANCE_DEPTH 1024

typedef struct chance {
    uint64_t state;
    bool systematic;
    size_t taken, known; /* of the path, in this world */
    struct {
        uint16_t choice, of;
    } path[CHANCE_DEPTH];
} chance;

void chance_seed(chance *one, uint64_t seed);
void chance_start_paths(chance *one);

/* The same world again. */
void chance_rewind(chance *one);

/* The next path, depth first; false after the last. */
bool chance_next_path(chance *one);

/* 0 … of - 1. */
uint32_t chance_pick(chance *one, uint32_t of);

#endif
