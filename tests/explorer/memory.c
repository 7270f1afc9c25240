#include "memory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 65536u /* a power of two, more than any world allocates */
#define POISON 0xdd

/* Blocks by address. Those that were freed stay, poisoned, until the world ends. */
static struct block {
    void *at;
    size_t size;
    bool freed;
} blocks[BLOCKS];
static uint32_t used[BLOCKS], used_count, living;

static bool (*is_short)(void *context);
static void *short_context;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);

static struct block *find_block(const void *at)
{
    uint32_t i = (uint32_t)((uintptr_t)at >> 4) * 2654435761u % BLOCKS;

    while (blocks[i].at && blocks[i].at != at)
        i = (i + 1) % BLOCKS;
    return &blocks[i];
}

static void note_block(void *at, size_t size)
{
    struct block *one = find_block(at);

    if (used_count > BLOCKS / 2)
        abort();
    if (!one->at)
        used[used_count++] = (uint32_t)(one - blocks);
    *one = (struct block){.at = at, .size = size};
    living++;
}

void memory_is_short(bool (*now)(void *context), void *context)
{
    is_short = now;
    short_context = context;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *made = is_short && is_short(short_context) ? NULL : __real_calloc(count, size);

    if (made)
        note_block(made, count * size);
    return made;
}

void __wrap_free(void *at)
{
    struct block *one = at ? find_block(at) : NULL;

    if (!one || !one->at) {
        __real_free(at);
        return;
    }
    if (one->freed)
        abort();
    one->freed = true;
    living--;
#ifdef __SANITIZE_ADDRESS__
    __real_free(at);
#else
    memset(at, POISON, one->size);
#endif
}

bool memory_was_freed(const void *at)
{
#ifdef __SANITIZE_ADDRESS__
    (void)at;
    return false;
#else
    return at && find_block(at)->freed;
#endif
}

bool memory_sweep(void)
{
    bool clean = living == 0;

    for (uint32_t i = 0; i < used_count; i++) {
        struct block *one = &blocks[used[i]];
#ifndef __SANITIZE_ADDRESS__
        if (one->freed)
            __real_free(one->at);
#endif
        *one = (struct block){0};
    }
    used_count = living = 0;
    return clean;
}
