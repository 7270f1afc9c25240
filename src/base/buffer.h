/*
 * A growing byte buffer with a limit. A NUL that is not counted follows the bytes.
 * Appending after a failure does nothing, so a writer checks once, at the end.
 */
#ifndef RP_BASE_BUFFER_H
#define RP_BASE_BUFFER_H

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct rp_buffer {
    char *data; /* NULL until the first byte */
    size_t len;
    size_t max;
    size_t capacity;
    enum {
        RP_BUFFER_FINE,
        RP_BUFFER_TOO_LONG,
        RP_BUFFER_NO_MEMORY
    } failure;
} rp_buffer;

/* An empty buffer with its limit: rp_buffer text = RP_BUFFER(4096); */
#define RP_BUFFER(most) ((rp_buffer){.max = (most)})

/* Reserves space for so many bytes in all; appending up to there cannot fail. False when it fails. */
bool rp_buffer_reserve(rp_buffer *buffer, size_t bytes);

void rp_buffer_add(rp_buffer *buffer, const void *bytes, size_t len);
void rp_buffer_add_text(rp_buffer *buffer, const char *text);
void rp_buffer_add_char(rp_buffer *buffer, char c);
void rp_buffer_format(rp_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops what comes after the first `len` bytes, and forgets a failure. */
void rp_buffer_cut(rp_buffer *buffer, size_t len);

static inline bool rp_buffer_ok(const rp_buffer *buffer)
{
    return buffer->failure == RP_BUFFER_FINE;
}

/* The text so far, "" if there is none; borrowed until the next change. */
static inline const char *rp_buffer_text(const rp_buffer *buffer)
{
    return buffer->data ? buffer->data : "";
}

/* Moves the bytes to the caller, who frees them; NULL if anything failed. Empties the buffer. */
char *rp_buffer_take(rp_buffer *buffer);

/* Frees the bytes and clears a failure; the limit stays. */
void rp_buffer_done(rp_buffer *buffer);

/* The same for bytes that may hold a secret: overwrites them first. A buffer leaves copies behind when it
   grows, so reserve its full size before the first byte. */
void rp_buffer_wipe(rp_buffer *buffer);

#endif
