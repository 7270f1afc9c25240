/*
 * UTF-8, one character at a time. For the other files of this room.
 */
#ifndef RP_JSON_UTF8_H
#define RP_JSON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the character that begins here; 0 if it is invalid: overlong, a surrogate, cut short. */
size_t rp_utf8_read(const char *bytes, size_t left, uint32_t *letter);

/* Writes the character, which must not be a surrogate; `out` holds four bytes. Returns its length. */
size_t rp_utf8_write(uint32_t letter, char *out);

/* Noncharacters, which I-JSON forbids: U+FDD0 to U+FDEF, and the last two of each plane. */
static inline bool rp_utf8_is_noncharacter(uint32_t letter)
{
    return (letter >= 0xfdd0 && letter <= 0xfdef) || (letter & 0xfffe) == 0xfffe;
}

#endif
