#include "json/utf8.h"

static const struct {
    unsigned char mask, lead;
    uint32_t least; /* overlong: a shorter encoding exists */
} forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

size_t rp_utf8_read(const char *bytes, size_t left, uint32_t *letter)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    size_t form = 0;
    uint32_t value;

    if (!left)
        return 0;
    while (form < 4 && (byte[0] & forms[form].mask) != forms[form].lead)
        form++;
    if (form >= 4 || form >= left)
        return 0;
    value = byte[0] & (unsigned char)~forms[form].mask;
    for (size_t i = 1; i <= form; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (byte[i] & 0x3f);
    }
    if (value < forms[form].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *letter = value;
    return form + 1;
}

size_t rp_utf8_write(uint32_t letter, char *out)
{
    size_t form = 0;

    while (form < 3 && letter >= forms[form + 1].least)
        form++;
    for (size_t i = form; i > 0; i--) {
        out[i] = (char)(0x80 | (letter & 0x3f));
        letter >>= 6;
    }
    out[0] = (char)(forms[form].lead | letter);
    return form + 1;
}
