/*
 * UTF-8, letter by letter. For the other files of this room.
 */
#ifndef RP_JSON_UTF8_H
#define RP_JSON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the letter that begins here, or 0 if none does: overlong, a surrogate, cut short. */
size_t rp_utf8_read(const char *bytes, size_t left, uint32_t *letter);

/* Writes the letter, which is no surrogate; `out` holds four bytes. Returns its length. */
size_t rp_utf8_write(uint32_t letter, char *out);

/* Code points that I-JSON refuses beside surrogates: U+FDD0 to U+FDEF, and the last two of each plane. */
static inline bool rp_utf8_is_noncharacter(uint32_t letter)
{
    return (letter >= 0xfdd0 && letter <= 0xfdef) || (letter & 0xfffe) == 0xfffe;
}

#endif
