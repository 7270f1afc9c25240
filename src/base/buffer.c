#include "base/buffer.h"

#include "base/secret.h"

#include <stdio.h>
#include <string.h>

static void fail(rp_buffer *buffer, int failure)
{
    if (rp_buffer_ok(buffer))
        buffer->failure = failure;
}

bool rp_buffer_reserve(rp_buffer *buffer, size_t bytes)
{
    char *grown;

    if (!rp_buffer_ok(buffer))
        return false;
    if (bytes > buffer->max) {
        fail(buffer, RP_BUFFER_TOO_LONG);
        return false;
    }
    if (buffer->data && bytes < buffer->capacity)
        return true;
    grown = realloc(buffer->data, bytes + 1);
    if (!grown) {
        fail(buffer, RP_BUFFER_NO_MEMORY);
        return false;
    }
    if (!buffer->data)
        grown[0] = '\0';
    buffer->data = grown;
    buffer->capacity = bytes + 1;
    return true;
}

/* Makes room for `more` bytes; the capacity grows by half. */
static bool make_room(rp_buffer *buffer, size_t more)
{
    size_t wanted, ample;

    if (!rp_buffer_ok(buffer))
        return false;
    if (more > buffer->max - buffer->len) {
        fail(buffer, RP_BUFFER_TOO_LONG);
        return false;
    }
    wanted = buffer->len + more;
    if (buffer->data && wanted < buffer->capacity)
        return true;
    ample = wanted + wanted / 2 + 64;
    return rp_buffer_reserve(buffer, ample < buffer->max ? ample : buffer->max);
}

void rp_buffer_add(rp_buffer *buffer, const void *bytes, size_t len)
{
    if (!make_room(buffer, len))
        return;
    if (len)
        memcpy(buffer->data + buffer->len, bytes, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
}

void rp_buffer_add_text(rp_buffer *buffer, const char *text)
{
    rp_buffer_add(buffer, text, strlen(text));
}

void rp_buffer_add_char(rp_buffer *buffer, char c)
{
    rp_buffer_add(buffer, &c, 1);
}

void rp_buffer_format(rp_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    int needed;

    va_start(arguments, format);
    needed = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (needed < 0) {
        fail(buffer, RP_BUFFER_NO_MEMORY);
        return;
    }
    if (!make_room(buffer, (size_t)needed))
        return;
    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->len, (size_t)needed + 1, format, arguments);
    va_end(arguments);
    buffer->len += (size_t)needed;
}

void rp_buffer_cut(rp_buffer *buffer, size_t len)
{
    buffer->failure = RP_BUFFER_FINE;
    if (len >= buffer->len)
        return;
    buffer->len = len;
    buffer->data[len] = '\0';
}

char *rp_buffer_take(rp_buffer *buffer)
{
    char *taken;

    if (!make_room(buffer, 0)) {
        rp_buffer_done(buffer);
        return NULL;
    }
    taken = rp_take(buffer->data);
    rp_buffer_done(buffer);
    return taken;
}

void rp_buffer_done(rp_buffer *buffer)
{
    free(buffer->data);
    *buffer = RP_BUFFER(buffer->max);
}

void rp_buffer_wipe(rp_buffer *buffer)
{
    if (buffer->data)
        rp_wipe(buffer->data, buffer->capacity);
    rp_buffer_done(buffer);
}
