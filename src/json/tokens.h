/*
 * The tokens that the scanner reports, for the other files of this room.
 */
#ifndef RP_JSON_TOKENS_H
#define RP_JSON_TOKENS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum rp_json_token {
    RP_TOKEN_OBJECT, /* opens */
    RP_TOKEN_ARRAY,
    RP_TOKEN_CLOSE,
    RP_TOKEN_NAME,
    RP_TOKEN_STRING,
    RP_TOKEN_INTEGER,
    RP_TOKEN_NUMBER,
    RP_TOKEN_TRUE,
    RP_TOKEN_FALSE,
    RP_TOKEN_NULL
} rp_json_token;

/*
 * Scans the text, of at most `max_bytes`, and calls `take` for each valid token. A later error can still make
 * the text invalid, so the result counts, not the calls. `spelled` is the token as in the text, without
 * quotes. False from `take` means out of memory. `take` may be NULL.
 */
int rp_json_tokens(const char *text, size_t len, size_t max_bytes,
                   bool (*take)(void *context, rp_json_token token, const char *spelled, size_t len),
                   void *context, rp_error **error);

/* Unescapes a scanned string or name; `out` holds `len` bytes. Returns the number of bytes written. */
size_t rp_json_unescape(const char *spelled, size_t len, char *out);

/* The value of a scanned number, by its first 40 digits; infinite if it is too large. */
double rp_json_number_of(const char *spelled, size_t len);

#endif
