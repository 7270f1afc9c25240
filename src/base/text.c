#include "base/text.h"

#include "base/cleanup.h"
#include "base/number.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *rp_format(const char *format, ...)
{
    char *made = NULL;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vasprintf(&made, format, arguments);
    va_end(arguments);
    return len < 0 ? NULL : made;
}

uint64_t rp_hash(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ byte[i]) * 1099511628211ull;
    return hash;
}

int rp_copy_text(char **out, const char *text, rp_error **error)
{
    *out = text ? strdup(text) : NULL;
    return *out || !text ? 0 : rp_error_no_memory(error);
}

char rp_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void rp_lower_text(char *text)
{
    for (; *text; text++)
        *text = rp_lower(*text);
}

int rp_compare_any_case(const char *one, const char *other)
{
    while (*one && rp_lower(*one) == rp_lower(*other))
        one++, other++;
    return (unsigned char)rp_lower(*one) - (unsigned char)rp_lower(*other);
}

bool rp_starts_with_any_case(const char *text, const char *start)
{
    while (*start && rp_lower(*text) == rp_lower(*start))
        text++, start++;
    return !*start;
}

unsigned rp_edit_distance(const char *one, const char *other)
{
    unsigned row[64];
    size_t rows = strnlen(one, 63), columns = strnlen(other, 63);

    for (size_t j = 0; j <= columns; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= rows; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= columns; j++) {
            unsigned replaced = diagonal + (one[i - 1] != other[j - 1]);
            diagonal = row[j];
            row[j] = (unsigned)rp_min(replaced, rp_min(row[j], row[j - 1]) + 1);
        }
    }
    return row[columns];
}

bool rp_canonical_address(const char *text, char *out)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    unsigned char bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1)
        return inet_ntop(AF_INET, bytes, out, RP_ADDRESS_SIZE) != NULL;
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return false;
    if (!memcmp(bytes, mapped, sizeof(mapped)))
        return inet_ntop(AF_INET, bytes + 12, out, RP_ADDRESS_SIZE) != NULL;
    return inet_ntop(AF_INET6, bytes, out, RP_ADDRESS_SIZE) != NULL;
}
