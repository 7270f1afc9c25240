#include "page.h"

#include <stdint.h>
#include <string.h>

/* Strings are many, small and freed together: they are allocated from chunks. */
struct page_chunk {
    struct page_chunk *next;
    size_t used, size;
    char bytes[];
};

page *page_new(size_t count)
{
    page *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->references = 1;
    made->members = calloc(count ? count : 1, sizeof(*made->members));
    if (!made->members) {
        free(made);
        return NULL;
    }
    return made;
}

static struct page_chunk *chunk_new(struct page_chunk *next, size_t size)
{
    struct page_chunk *made = malloc(sizeof(*made) + size);

    if (!made)
        return NULL;
    *made = (struct page_chunk){.next = next, .size = size};
    return made;
}

void *page_alloc(page *one, size_t bytes)
{
    size_t wanted = (bytes + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    struct page_chunk *chunk = one->chunks;
    void *held;

    if (!chunk || chunk->size - chunk->used < wanted) {
        chunk = chunk_new(one->chunks, wanted > 4000 ? wanted : 4000);
        if (!chunk)
            return NULL;
        one->chunks = chunk;
    }
    held = chunk->bytes + chunk->used;
    chunk->used += wanted;
    return held;
}

const char *page_copy_text(page *one, const char *text)
{
    size_t size = strlen(text) + 1;
    char *held = page_alloc(one, size);

    return held ? memcpy(held, text, size) : NULL;
}

page *page_ref(page *one)
{
    if (one)
        __atomic_add_fetch(&one->references, 1, __ATOMIC_RELAXED);
    return one;
}

void page_unref(page *one)
{
    struct page_chunk *chunk;

    if (!one || __atomic_sub_fetch(&one->references, 1, __ATOMIC_ACQ_REL))
        return;
    while ((chunk = one->chunks)) {
        one->chunks = chunk->next;
        free(chunk);
    }
    free(one->members);
    free(one);
}
