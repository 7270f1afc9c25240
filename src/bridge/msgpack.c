#include "bridge/msgpack.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    arena *in;
    const unsigned char *start, *at, *end;
    unsigned depth;
    rp_error **error;
} reader;

static int fail(reader *from, const char *what)
{
    return rp_error_set(from->error, RP_E_INVALID, "MessagePack, byte %zu: %s",
                        (size_t)(from->at - from->start), what);
}

static int need(reader *from, size_t bytes)
{
    return (size_t)(from->end - from->at) < bytes ? fail(from, "it ends too early") : 0;
}

/* A big-endian integer of 1, 2, 4 or 8 bytes. */
static int read_unsigned(reader *from, unsigned bytes, uint64_t *out)
{
    if (need(from, bytes) < 0)
        return RP_E_INVALID;
    for (*out = 0; bytes--; from->at++)
        *out = *out << 8 | *from->at;
    return 0;
}

static int read_integer(reader *from, unsigned bytes, bool is_signed, const value **out)
{
    char text[32];
    uint64_t bits;
    int len;

    if (read_unsigned(from, bytes, &bits) < 0)
        return RP_E_INVALID;
    if (is_signed && bytes < 8 && bits >> (8 * bytes - 1))
        bits |= ~0ull << (8 * bytes);
    len = is_signed ? snprintf(text, sizeof(text), "%lld", (long long)bits)
                    : snprintf(text, sizeof(text), "%llu", (unsigned long long)bits);
    *out = value_number(from->in, text, (size_t)len);
    return 0;
}

/* The shortest decimal text that is the same double. */
static const value *from_double(reader *from, double number)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return value_number(from->in, text, strlen(text));
}

static int read_float(reader *from, unsigned bytes, const value **out)
{
    uint64_t bits;
    double number;

    if (read_unsigned(from, bytes, &bits) < 0)
        return RP_E_INVALID;
    if (bytes == 4) {
        uint32_t half = (uint32_t)bits;
        float single;

        memcpy(&single, &half, sizeof(single));
        number = (double)single;
    } else {
        memcpy(&number, &bits, sizeof(number));
    }
    if (!isfinite(number))
        return fail(from, "a number that is not finite");
    *out = from_double(from, number);
    return 0;
}

static int read_string(reader *from, uint64_t len, const value **out)
{
    if (len > (size_t)(from->end - from->at))
        return fail(from, "a string is longer than what follows");
    *out = value_string(from->in, (const char *)from->at, (size_t)len);
    from->at += len;
    return 0;
}

static int read_extension(reader *from, uint64_t len, const value **out)
{
    if (len >= (size_t)(from->end - from->at))
        return fail(from, "an extension is longer than what follows");
    from->at += len + 1;
    *out = &value_unknown;
    return 0;
}

static int read_value(reader *from, const value **out);

static int read_name(reader *from, const char **out)
{
    const value *name;

    if (read_value(from, &name) < 0)
        return RP_E_INVALID;
    *out = value_c_string(name);
    return *out ? 0 : fail(from, "a name is no string, or has a NUL in it");
}

static int by_name(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static int check_names(reader *from, const value *object)
{
    const char **sorted = arena_alloc(from->in, object->count * sizeof(*sorted));

    if (object->sorted)
        return 0;
    memcpy(sorted, object->names, object->count * sizeof(*sorted));
    qsort(sorted, object->count, sizeof(*sorted), by_name);
    for (size_t i = 1; i < object->count; i++)
        if (!strcmp(sorted[i - 1], sorted[i]))
            return fail(from, "a name stands twice in one object");
    return 0;
}

static int enter(reader *from, uint64_t count, size_t least)
{
    if (count > (size_t)(from->end - from->at) / least)
        return fail(from, "more items than what follows can hold");
    return ++from->depth > MSGPACK_MAX_DEPTH ? fail(from, "too many levels") : 0;
}

static int read_list(reader *from, uint64_t count, const value **out)
{
    value *list;

    if (enter(from, count, 1) < 0)
        return RP_E_INVALID;
    list = value_list(from->in, (size_t)count);
    while (list->count < count) {
        const value *item;

        if (read_value(from, &item) < 0)
            return RP_E_INVALID;
        value_add(list, NULL, item);
    }
    from->depth--;
    *out = list;
    return 0;
}

static int read_object(reader *from, uint64_t count, const value **out)
{
    value *object;

    if (enter(from, count, 2) < 0)
        return RP_E_INVALID;
    object = value_object(from->in, (size_t)count);
    while (object->count < count) {
        const char *name;
        const value *item;

        if (read_name(from, &name) < 0 || read_value(from, &item) < 0)
            return RP_E_INVALID;
        value_add(object, name, item);
    }
    from->depth--;
    *out = object;
    return check_names(from, object);
}

typedef enum shape {
    NONE,
    NOTHING,
    FALSE,
    TRUE,
    UNSIGNED,
    SIGNED,
    FLOAT,
    STRING,
    LIST,
    OBJECT,
    EXTENSION
} shape;

/* What a first byte from 0xc0 to 0xdf means: `bytes` is the width of the number or length that follows,
   `fixed` the length where none does. */
static const struct {
    shape shape;
    unsigned bytes, fixed;
} heads[32] = {
    {NOTHING, 0, 0},   {NONE, 0, 0},      {FALSE, 0, 0},     {TRUE, 0, 0},      {STRING, 1, 0},
    {STRING, 2, 0},    {STRING, 4, 0},    {EXTENSION, 1, 0}, {EXTENSION, 2, 0}, {EXTENSION, 4, 0},
    {FLOAT, 4, 0},     {FLOAT, 8, 0},     {UNSIGNED, 1, 0},  {UNSIGNED, 2, 0},  {UNSIGNED, 4, 0},
    {UNSIGNED, 8, 0},  {SIGNED, 1, 0},    {SIGNED, 2, 0},    {SIGNED, 4, 0},    {SIGNED, 8, 0},
    {EXTENSION, 0, 1}, {EXTENSION, 0, 2}, {EXTENSION, 0, 4}, {EXTENSION, 0, 8}, {EXTENSION, 0, 16},
    {STRING, 1, 0},    {STRING, 2, 0},    {STRING, 4, 0},    {LIST, 2, 0},      {LIST, 4, 0},
    {OBJECT, 2, 0},    {OBJECT, 4, 0},
};

static int read_sized(reader *from, shape of, uint64_t len, const value **out)
{
    switch (of) {
    case STRING:
        return read_string(from, len, out);
    case LIST:
        return read_list(from, len, out);
    case OBJECT:
        return read_object(from, len, out);
    default:
        return read_extension(from, len, out);
    }
}

static int read_headed(reader *from, unsigned head, const value **out)
{
    shape of = heads[head].shape;
    unsigned bytes = heads[head].bytes;
    uint64_t len = heads[head].fixed;

    switch (of) {
    case NONE:
        return fail(from, "a byte that means nothing");
    case NOTHING:
        *out = &value_null;
        return 0;
    case FALSE:
    case TRUE:
        *out = value_boolean(of == TRUE);
        return 0;
    case UNSIGNED:
    case SIGNED:
        return read_integer(from, bytes, of == SIGNED, out);
    case FLOAT:
        return read_float(from, bytes, out);
    default:
        if (bytes && read_unsigned(from, bytes, &len) < 0)
            return RP_E_INVALID;
        return read_sized(from, of, len, out);
    }
}

static int read_value(reader *from, const value **out)
{
    unsigned head;

    if (need(from, 1) < 0)
        return RP_E_INVALID;
    head = *from->at++;
    if (head < 0x80 || head >= 0xe0) { /* a small integer is its own byte */
        from->at--;
        return read_integer(from, 1, true, out);
    }
    if (head < 0x90)
        return read_object(from, head & 0xf, out);
    if (head < 0xa0)
        return read_list(from, head & 0xf, out);
    if (head < 0xc0)
        return read_string(from, head & 0x1f, out);
    return read_headed(from, head - 0xc0, out);
}

int msgpack_read(arena *in, const void *bytes, size_t len, const value **out, rp_error **error)
{
    reader from = {
        .in = in, .start = bytes, .at = bytes, .end = (const unsigned char *)bytes + len, .error = error};
    const value *read;

    if (read_value(&from, &read) < 0)
        return RP_E_INVALID;
    if (from.at != from.end)
        return fail(&from, "more bytes follow the value");
    *out = read;
    return 0;
}

static void write_head(unsigned head, unsigned bytes, uint64_t number, rp_buffer *out)
{
    rp_buffer_add_char(out, (char)head);
    while (bytes--)
        rp_buffer_add_char(out, (char)(number >> (8 * bytes) & 0xff));
}

/* `small`: the first byte of the form that holds the length itself, up to `most`; then come the heads for two
   and four bytes. */
static void write_length(size_t len, unsigned small, size_t most, unsigned two, rp_buffer *out)
{
    if (len <= most)
        write_head(small | (unsigned)len, 0, 0, out);
    else if (len <= UINT16_MAX)
        write_head(two, 2, len, out);
    else
        write_head(two + 1, 4, len, out);
}

static void write_string(const char *bytes, size_t len, rp_buffer *out)
{
    if (len > 31 && len <= UINT8_MAX)
        write_head(0xd9, 1, len, out);
    else
        write_length(len, 0xa0, 31, 0xda, out);
    rp_buffer_add(out, bytes, len);
}

static void write_number(const value *number, rp_buffer *out)
{
    bool negative = *number->text == '-';
    char *end;
    unsigned long long bits;

    errno = 0;
    bits = negative ? (unsigned long long)strtoll(number->text, &end, 10) : strtoull(number->text, &end, 10);
    if (errno || *end)
        write_string(number->text, number->len, out);
    else if (bits < 128 && (!negative || !bits)) /* -0 is 0 */
        write_head((unsigned)bits, 0, 0, out);
    else
        write_head(negative ? 0xd3 : 0xcf, 8, bits, out);
}

void msgpack_write(const value *from, rp_buffer *out)
{
    switch (value_kind_of(from)) {
    case VALUE_NULL:
        write_head(0xc0, 0, 0, out);
        return;
    case VALUE_UNKNOWN:
        write_head(0xd4, 2, 0, out);
        return;
    case VALUE_BOOLEAN:
        write_head(from->boolean ? 0xc3 : 0xc2, 0, 0, out);
        return;
    case VALUE_NUMBER:
        write_number(from, out);
        return;
    case VALUE_STRING:
        write_string(from->text, from->len, out);
        return;
    case VALUE_LIST:
        write_length(from->count, 0x90, 15, 0xdc, out);
        break;
    case VALUE_OBJECT:
        write_length(from->count, 0x80, 15, 0xde, out);
        break;
    }
    for (size_t i = 0; i < from->count; i++) {
        if (from->names)
            write_string(from->names[i], strlen(from->names[i]), out);
        msgpack_write(from->items[i], out);
    }
}
