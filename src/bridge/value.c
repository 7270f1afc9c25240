#include "bridge/value.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EXPONENT 1000000

const value value_null = {.kind = VALUE_NULL}, value_unknown = {.kind = VALUE_UNKNOWN};

const value *value_boolean(bool yes)
{
    static const value booleans[] = {{.kind = VALUE_BOOLEAN}, {.kind = VALUE_BOOLEAN, .boolean = true}};

    return &booleans[yes];
}

static const value *with_text(arena *in, value_kind kind, const char *bytes, size_t len)
{
    value *made = arena_alloc(in, sizeof(*made));

    made->kind = kind;
    made->text = arena_copy(in, bytes, len);
    made->len = len;
    return made;
}

const value *value_string(arena *in, const char *bytes, size_t len)
{
    return with_text(in, VALUE_STRING, bytes, len);
}

const value *value_text(arena *in, const char *text)
{
    return text ? value_string(in, text, strlen(text)) : &value_null;
}

const value *value_number(arena *in, const char *text, size_t len)
{
    return with_text(in, VALUE_NUMBER, text, len);
}

const value *value_integer(arena *in, int64_t number)
{
    const char *text = arena_format(in, "%lld", (long long)number);

    return value_number(in, text, strlen(text));
}

value *value_list(arena *in, size_t most)
{
    value *made = arena_alloc(in, sizeof(*made));

    made->kind = VALUE_LIST;
    made->items = arena_alloc(in, most * sizeof(*made->items));
    return made;
}

value *value_object(arena *in, size_t most)
{
    value *made = value_list(in, most);

    made->kind = VALUE_OBJECT;
    made->names = arena_alloc(in, most * sizeof(*made->names));
    made->sorted = true;
    return made;
}

void value_add(value *to, const char *name, const value *item)
{
    if (name) {
        if (to->count && strcmp(to->names[to->count - 1], name) >= 0)
            to->sorted = false;
        to->names[to->count] = name;
    }
    to->items[to->count++] = item;
}

static const value *get_sorted(const value *object, const char *name)
{
    size_t from = 0, to = object->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(object->names[middle], name);

        if (!order)
            return object->items[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const value *value_get(const value *object, const char *name)
{
    if (value_kind_of(object) != VALUE_OBJECT)
        return NULL;
    if (object->sorted)
        return get_sorted(object, name);
    for (size_t i = 0; i < object->count; i++)
        if (!strcmp(object->names[i], name))
            return object->items[i];
    return NULL;
}

const char *value_c_string(const value *of)
{
    return value_kind_of(of) == VALUE_STRING && strlen(of->text) == of->len ? of->text : NULL;
}

bool value_has_unknown(const value *of)
{
    if (value_kind_of(of) == VALUE_UNKNOWN)
        return true;
    for (size_t i = 0; of && i < of->count; i++)
        if (value_has_unknown(of->items[i]))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool value_is_number(const char *text, size_t len)
{
    size_t i = 0, digits;

    if (i < len && text[i] == '-')
        i++;
    if (i < len && text[i] == '0')
        i++;
    else
        for (digits = i; i < len && is_digit(text[i]); i++)
            ;
    if (i == 0 || !is_digit(text[i - 1]))
        return false;
    if (i < len && text[i] == '.') {
        for (digits = ++i; i < len && is_digit(text[i]); i++)
            ;
        if (i == digits)
            return false;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        if (++i < len && (text[i] == '+' || text[i] == '-'))
            i++;
        for (digits = i; i < len && is_digit(text[i]); i++)
            ;
        if (i == digits)
            return false;
    }
    return i == len;
}

const char *value_canonical_number(arena *in, const char *text)
{
    size_t len = strlen(text), used = 0;
    char *digits = arena_alloc(in, len + 1);
    long exponent = 0;
    bool fraction = false, negative = *text == '-';

    if (!value_is_number(text, len))
        return "";
    for (const char *c = text + negative; *c; c++) {
        if (*c == 'e' || *c == 'E') {
            long written = strtol(c + 1, NULL, 10);

            if (written > MAX_EXPONENT || written < -MAX_EXPONENT)
                return text; /* compared as it is spelt */
            exponent += written;
            break;
        }
        if (*c == '.') {
            fraction = true;
            continue;
        }
        exponent -= fraction;
        if (used || *c != '0')
            digits[used++] = *c;
    }
    for (; used && digits[used - 1] == '0'; used--)
        exponent++;
    digits[used] = '\0';
    if (!used)
        return "0e0";
    return arena_format(in, "%s%se%ld", negative ? "-" : "", digits, exponent);
}

static bool same_numbers(const value *one, const value *other)
{
    arena scratch = {0};
    bool same = !strcmp(one->text, other->text) || !strcmp(value_canonical_number(&scratch, one->text),
                                                           value_canonical_number(&scratch, other->text));

    arena_done(&scratch);
    return same;
}

static bool same_items(const value *one, const value *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++) {
        const value *twin = one->kind == VALUE_OBJECT ? value_get(other, one->names[i]) : other->items[i];

        if (!twin || !value_same(one->items[i], twin))
            return false;
    }
    return true;
}

bool value_same(const value *one, const value *other)
{
    value_kind kind = value_kind_of(one);

    if (kind != value_kind_of(other))
        return false;
    switch (kind) {
    case VALUE_BOOLEAN:
        return one->boolean == other->boolean;
    case VALUE_NUMBER:
        return same_numbers(one, other);
    case VALUE_STRING:
        return one->len == other->len && !memcmp(one->text, other->text, one->len);
    case VALUE_LIST:
    case VALUE_OBJECT:
        return same_items(one, other);
    default:
        return true;
    }
}
