#include "starve.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static unsigned left;
static bool hit, on_and_on;

void starve(unsigned nth)
{
    left = nth;
    hit = on_and_on = false;
}

void starve_from(unsigned nth)
{
    starve(nth);
    on_and_on = true;
}

bool starved(void)
{
    left = 0;
    return hit;
}

static bool is_turn(void)
{
    if (left == 0 || --left > 0)
        return false;
    hit = true;
    left = on_and_on ? 1 : 0;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **out, const char *format, va_list arguments);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **out, const char *format, va_list arguments);
int __wrap_asprintf(char **out, const char *format, ...);

void *__wrap_malloc(size_t size)
{
    return is_turn() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_turn() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_turn() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return is_turn() ? NULL : __real_strdup(text);
}

int __wrap_vasprintf(char **out, const char *format, va_list arguments)
{
    return is_turn() ? -1 : __real_vasprintf(out, format, arguments);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = __wrap_vasprintf(out, format, arguments);
    va_end(arguments);
    return len;
}
