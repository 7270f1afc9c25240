#include "base/encoding.h"

#include <stdbool.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void rp_hex(const void *bytes, size_t len, char *out)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[byte[i] >> 4];
        *out++ = digits[byte[i] & 15];
    }
    *out = '\0';
}

void rp_buffer_add_hex(rp_buffer *out, const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < len; i++) {
        rp_buffer_add_char(out, digits[byte[i] >> 4]);
        rp_buffer_add_char(out, digits[byte[i] & 15]);
    }
}

int rp_hex_digit(char c)
{
    const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Not isalnum(): that depends on the locale of the host program. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

void rp_buffer_add_percent_encoded(rp_buffer *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_unreserved(text[i]))
            rp_buffer_add_char(out, text[i]);
        else
            rp_buffer_format(out, "%%%02X", (unsigned char)text[i]);
    }
}

void rp_percent_decode(char *text)
{
    char *out = text;

    for (; *text; text++) {
        int high = *text == '%' ? rp_hex_digit(text[1]) : -1;
        int low = high >= 0 ? rp_hex_digit(text[2]) : -1;
        if (low < 0 || (high | low) == 0) {
            *out++ = *text;
            continue;
        }
        *out++ = (char)(high << 4 | low);
        text += 2;
    }
    *out = '\0';
}
