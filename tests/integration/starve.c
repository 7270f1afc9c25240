#include "starve.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The allocator behind: the sanitizer's, or that of libc. */
#ifdef __SANITIZE_ADDRESS__
#define BEHIND(name) __interceptor_##name
#else
#define BEHIND(name) __libc_##name
#endif

void *BEHIND(malloc)(size_t size);
void *BEHIND(calloc)(size_t count, size_t size);
void *BEHIND(realloc)(void *old, size_t size);

#define SHARED __attribute__((visibility("default")))

static _Thread_local struct {
    bool counts, lasts, hit;
    unsigned seen, nth;
} hunger;

void starve(unsigned nth, bool lasts)
{
    hunger.seen = 0;
    hunger.nth = nth;
    hunger.lasts = lasts;
    hunger.hit = false;
    hunger.counts = true;
}

bool starved(void)
{
    hunger.counts = false;
    return hunger.hit;
}

unsigned starve_count(void)
{
    return hunger.seen;
}

static bool is_refused(void)
{
    if (!hunger.counts)
        return false;
    hunger.seen++;
    if (!hunger.nth || hunger.seen < hunger.nth || (hunger.seen > hunger.nth && !hunger.lasts))
        return false;
    hunger.hit = true;
    errno = ENOMEM;
    return true;
}

SHARED void *malloc(size_t size)
{
    return is_refused() ? NULL : BEHIND(malloc)(size);
}

SHARED void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : BEHIND(calloc)(count, size);
}

SHARED void *realloc(void *old, size_t size)
{
    return is_refused() ? NULL : BEHIND(realloc)(old, size);
}

SHARED void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

SHARED char *strndup(const char *text, size_t most)
{
    size_t len = strnlen(text, most);
    char *copy = malloc(len + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

SHARED char *strdup(const char *text)
{
    return strndup(text, SIZE_MAX);
}

#ifdef __SANITIZE_ADDRESS__
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

/* json-c 0.16 loses the copy of a key if the table cannot grow for it. A whole object that is lost is still
 * found. */
SHARED const char *__lsan_default_suppressions(void)
{
    return "leak:json_object_object_add_ex";
}

SHARED const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif
