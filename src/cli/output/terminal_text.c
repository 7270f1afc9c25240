#include "cli/output/terminal_text.h"

#include "json/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Controls of C0 and C1, DEL, marks of direction, line separators of Unicode, the byte order mark. */
static bool is_unsafe(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},
                  {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f}};

    for (size_t i = 0; i < rp_count_of(ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

void rp_text_clean(const char *text, rp_buffer *out)
{
    size_t left = strlen(text);

    while (left) {
        uint32_t code = 0;
        size_t bytes = rp_utf8_read(text, left, &code);

        if (!bytes)
            rp_buffer_add_char(out, '?');
        else if (code == '\n' || code == '\t')
            rp_buffer_add_char(out, ' ');
        else if (!is_unsafe(code))
            rp_buffer_add(out, text, bytes);
        bytes = bytes ? bytes : 1;
        text += bytes;
        left -= bytes;
    }
}

static void add_escape(uint32_t code, rp_buffer *out)
{
    if (code >= 0x10000)
        rp_buffer_format(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                         0xdc00 + ((code - 0x10000) & 0x3ff));
    else
        rp_buffer_format(out, "\\u%04x", code);
}

/* Outside of strings JSON has no more than spaces and line ends of these. */
void rp_text_escape_json(const char *json, size_t len, rp_buffer *out)
{
    while (len) {
        uint32_t code = 0;
        size_t bytes = rp_utf8_read(json, len, &code);

        bytes = bytes ? bytes : 1;
        if (is_unsafe(code) && code > 0x20)
            add_escape(code, out);
        else
            rp_buffer_add(out, json, bytes);
        json += bytes;
        len -= bytes;
    }
}
