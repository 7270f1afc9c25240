/*
 * Strings. The caller frees what is returned as char *; NULL means out of memory.
 */
#ifndef RP_BASE_TEXT_H
#define RP_BASE_TEXT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *rp_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline bool rp_starts_with(const char *text, const char *start)
{
    while (*start && *text == *start)
        text++, start++;
    return !*start;
}

/* A copy in *out; NULL of NULL. RP_E_NO_MEMORY. */
int rp_copy_text(char **out, const char *text, rp_error **error);

/* Case of the letters A to Z only. tolower() and strcasecmp() depend on the host program's locale; in a
   Turkish one "I" and "i" differ. */
char rp_lower(char c);
void rp_lower_text(char *text);
int rp_compare_any_case(const char *one, const char *other);
bool rp_starts_with_any_case(const char *text, const char *start);

/* FNV-1a, for hash tables whose keys are not chosen by an attacker. Start with RP_HASH_START; pass the last
   result to continue. */
#define RP_HASH_START 14695981039346656037ull
uint64_t rp_hash(uint64_t hash, const void *bytes, size_t len);

/* Edit distance of two words, of at most 63 letters each. */
unsigned rp_edit_distance(const char *one, const char *other);

/* The IPv4 or IPv6 address in its canonical spelling (RFC 5952), or false if it is none. An IPv4 address
   mapped into IPv6 is that IPv4 address. `out` holds RP_ADDRESS_SIZE bytes. */
#define RP_ADDRESS_SIZE 46
bool rp_canonical_address(const char *text, char *out);

#endif
