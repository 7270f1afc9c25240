#include "starve.h"

#include <stdarg.h>
#include <stddef.h>

/* Of the thread that asked for it. */
static _Thread_local unsigned countdown;
static _Thread_local bool failed_one;

void starve(unsigned nth)
{
    countdown = nth;
    failed_one = false;
}

bool starved(void)
{
    countdown = 0;
    return failed_one;
}

static bool fails(void)
{
    bool now = countdown == 1;

    countdown -= countdown > 0;
    failed_one = failed_one || now;
    return now;
}

/* Declares what the linker calls the real one, and stands in for it. */
#define WRAP(type, name, failure, parameters, arguments)                                                     \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        return fails() ? failure : __real_##name arguments;                                                  \
    }

WRAP(void *, malloc, NULL, (size_t size), (size))
WRAP(void *, calloc, NULL, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, NULL, (void *old, size_t size), (old, size))
WRAP(char *, strdup, NULL, (const char *text), (text))
WRAP(int, vasprintf, -1, (char **out, const char *format, va_list arguments), (out, format, arguments))
