/*
 * Hexadecimal digits and percent-encoding (RFC 3986, 2.1).
 */
#ifndef RP_BASE_ENCODING_H
#define RP_BASE_ENCODING_H

#include "base/buffer.h"

#include <stddef.h>

/* Writes two lower-case digits a byte and a NUL: `out` holds 2 * len + 1 bytes. */
void rp_hex(const void *bytes, size_t len, char *out);

/* Appends the same to a buffer, without the NUL. */
void rp_buffer_add_hex(rp_buffer *out, const void *bytes, size_t len);

/* The value of a hexadecimal digit, in upper or lower case; -1 if it is none. */
int rp_hex_digit(char c);

/* Appends the text percent-encoded: all bytes but A-Z a-z 0-9 - . _ ~ become %XX. */
void rp_buffer_add_percent_encoded(rp_buffer *out, const char *text, size_t len);

/* Undoes percent-encoding, in place. Broken encodings stay as they are, and so does %00. */
void rp_percent_decode(char *text);

#endif
