#include "otc/redact.h"

#include "base/encoding.h"

#include <string.h>

#define MIN_PART_BYTES 16 /* shorter secrets are not searched for: false positives */

/* The value of so many hexadecimal digits; -1 if they are not there. */
static int hex_value(const char *text, const char *end, int digits)
{
    int value = 0;

    if (end - text < digits)
        return -1;
    for (int i = 0; i < digits; i++) {
        int digit = rp_hex_digit(text[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* How many bytes of the text spell this byte; 0: they spell another. A backslash may stand before it, or several
   where JSON was put into JSON. */
static size_t spelled(const char *text, const char *end, unsigned char byte)
{
    const char *at = text;

    if (byte == '\\')
        return at == end || *at != '\\' ? 0 : at + 1 < end && at[1] == '\\' ? 2 : 1;
    while (at < end && *at == '\\')
        at++;
    if (at < end && (unsigned char)*at == byte)
        return (size_t)(at + 1 - text);
    if (at > text && at < end && *at == 'u' && hex_value(at + 1, end, 4) == byte)
        return (size_t)(at + 5 - text);
    if (at == text && at < end && *at == '%' && hex_value(at + 1, end, 2) == byte)
        return 3;
    return 0;
}

/* How many bytes of the text, from its start, spell the secret or enough of its beginning; 0: none. */
static size_t match(const char *text, const char *end, const char *secret, size_t len)
{
    const char *at = text;
    size_t matched = 0, step;

    while (matched < len && (step = spelled(at, end, (unsigned char)secret[matched])) > 0) {
        at += step;
        matched++;
    }
    return matched == len || matched >= MIN_PART_BYTES ? (size_t)(at - text) : 0;
}

/* The first match from here on and its length; NULL: none. */
static const char *find(const char *text, const char *end, const rp_secret *secret, size_t *matched)
{
    const char *bytes = secret ? rp_secret_reveal(secret) : "";
    size_t len = secret ? rp_secret_len(secret) : 0;

    for (; len > 0 && text < end; text++)
        if ((*matched = match(text, end, bytes, len)) > 0)
            return text;
    return NULL;
}

bool otc_repeats(const char *text, size_t len, const rp_secret *secret)
{
    size_t matched;

    return find(text, text + len, secret, &matched);
}

void otc_redact(char *text, size_t len, const rp_secret *secret)
{
    const char *at = text, *end = text + len;
    size_t matched;

    while ((at = find(at, end, secret, &matched))) {
        memset(text + (at - text), '*', matched);
        at += matched;
    }
}
