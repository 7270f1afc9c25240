#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The errors when an error cannot be allocated. Shared by all threads: never changed or freed. That a request was
   sent must not be forgotten: it would be sent again. */
static const rp_error no_memory = {RP_E_NO_MEMORY, (char *)"out of memory", NULL, 0};
static const rp_error lost = {RP_E_LOST, (char *)"out of memory", NULL, 0};

static bool is_shared(const rp_error *error)
{
    return error == &no_memory || error == &lost;
}

static rp_error *shared(int code)
{
    return (rp_error *)(code == RP_E_LOST ? &lost : &no_memory);
}

void rp_error_free(rp_error *error)
{
    if (!error || is_shared(error))
        return;
    free(error->message);
    free(error->path);
    free(error);
}

static rp_error *make(int code, const char *path, const char *format, va_list arguments)
{
    rp_error *made = calloc(1, sizeof(*made));
    if (!made)
        return shared(code);
    made->code = code;
    made->path = path ? strdup(path) : NULL;
    if (vasprintf(&made->message, format, arguments) < 0)
        made->message = NULL;
    if (!made->message || (path && !made->path)) {
        rp_error_free(made);
        return shared(code);
    }
    return made;
}

int rp_error_set(rp_error **error, int code, const char *format, ...)
{
    va_list arguments;
    if (!error)
        return code;
    va_start(arguments, format);
    *error = make(code, NULL, format, arguments);
    va_end(arguments);
    return code;
}

int rp_error_set_at(rp_error **error, int code, const char *path, const char *format, ...)
{
    va_list arguments;
    if (!error)
        return code;
    va_start(arguments, format);
    *error = make(code, path, format, arguments);
    va_end(arguments);
    return code;
}

int rp_error_no_memory(rp_error **error)
{
    if (error)
        *error = (rp_error *)&no_memory;
    return RP_E_NO_MEMORY;
}

void rp_error_add(rp_error **error, const char *format, ...)
{
    _cleanup_(rp_freep) char *context = NULL;
    char *joined = NULL;
    va_list arguments;
    int made;

    if (!error || !*error || is_shared(*error))
        return;
    va_start(arguments, format);
    made = vasprintf(&context, format, arguments);
    va_end(arguments);
    if (made < 0) {
        context = NULL;
        return;
    }
    if (asprintf(&joined, "%s: %s", context, (*error)->message) < 0)
        return;
    free((*error)->message);
    (*error)->message = joined;
}

int rp_error_recode(rp_error **error, int code)
{
    if (!error || !*error)
        return code;
    if (is_shared(*error))
        return (*error)->code;
    (*error)->code = code;
    return code;
}

void rp_error_set_retry_after(rp_error **error, int64_t ms)
{
    if (error && *error && !is_shared(*error))
        (*error)->retry_after_ms = ms;
}
