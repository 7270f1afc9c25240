#include "bridge/arena.h"

#include "bridge/last_words.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer each allocation stands alone, so that a write past its end is seen. */
#ifdef __SANITIZE_ADDRESS__
#define LEAST_BLOCK 0u
#else
#define LEAST_BLOCK 8192u
#endif

struct arena_block {
    arena_block *older;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

static size_t aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static void add_block(arena *in, size_t least)
{
    size_t size = in->newest && LEAST_BLOCK ? 2 * in->newest->size : LEAST_BLOCK;
    arena_block *block;

    if (size > 1u << 20)
        size = 1u << 20;
    if (size < least)
        size = least;
    block = size <= SIZE_MAX / 2 ? calloc(1, sizeof(*block) + size) : NULL;
    if (!block)
        last_words_no_memory();
    block->older = in->newest;
    block->size = size;
    in->newest = block;
}

void *arena_alloc(arena *in, size_t size)
{
    size_t taken = aligned(size ? size : 1);
    void *bytes;

    if (!in->newest || in->newest->size - in->newest->used < taken)
        add_block(in, taken);
    bytes = in->newest->bytes + in->newest->used;
    in->newest->used += taken;
    return bytes;
}

char *arena_copy(arena *in, const void *bytes, size_t len)
{
    char *copy = arena_alloc(in, len + 1);

    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

char *arena_text(arena *in, const char *text)
{
    return arena_copy(in, text, strlen(text));
}

char *arena_format(arena *in, const char *format, ...)
{
    va_list values, again;
    int len;
    char *text;

    va_start(values, format);
    va_copy(again, values);
    len = vsnprintf(NULL, 0, format, values);
    va_end(values);
    text = arena_alloc(in, len < 0 ? 1 : (size_t)len + 1);
    if (len >= 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

void arena_done(arena *in)
{
    while (in->newest) {
        arena_block *block = in->newest;

        in->newest = block->older;
        free(block);
    }
}
