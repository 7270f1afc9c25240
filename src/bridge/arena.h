/*
 * Memory of one call: whatever it makes is freed together at its end, so nothing within has an owner of its
 * own. Memory is zeroed. This process is the bridge's own: without memory it says so and ends.
 */
#ifndef RP_BRIDGE_ARENA_H
#define RP_BRIDGE_ARENA_H

#include <stddef.h>

typedef struct arena_block arena_block;

typedef struct arena {
    arena_block *newest;
} arena;

void *arena_alloc(arena *in, size_t size);

/* A copy that a NUL follows. */
char *arena_copy(arena *in, const void *bytes, size_t len);
char *arena_text(arena *in, const char *text);
char *arena_format(arena *in, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees all; the arena is as new. */
void arena_done(arena *in);

#endif
