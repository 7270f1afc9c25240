#include "cli/engine/json_equal.h"

#include <string.h>

#define MAX_NUMBER 400

static int is_other(void *context, const char *name, const rp_json *value)
{
    return !rp_json_equal(rp_json_get(context, name), value);
}

static bool same_members(const rp_json *one, const rp_json *other)
{
    return !rp_json_each(one, is_other, (void *)(uintptr_t)other) &&
           !rp_json_each(other, is_other, (void *)(uintptr_t)one);
}

static bool same_elements(const rp_json *one, const rp_json *other)
{
    size_t count = rp_json_count(one);

    if (count != rp_json_count(other))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!rp_json_equal(rp_json_at(one, i), rp_json_at(other, i)))
            return false;
    return true;
}

static bool same_strings(const rp_json *one, const rp_json *other)
{
    size_t len = 0, other_len = 0;
    const char *text = rp_json_string(one, &len), *other_text = rp_json_string(other, &other_len);

    return len == other_len && !memcmp(text, other_text, len);
}

static double number_of(const rp_json *value)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_NUMBER);

    rp_json_print(value, false, &text);
    return strtod(rp_buffer_text(&text), NULL);
}

static bool is_number(rp_json_type type)
{
    return type == RP_JSON_INTEGER || type == RP_JSON_NUMBER;
}

bool rp_json_equal(const rp_json *one, const rp_json *other)
{
    rp_json_type type = rp_json_type_of(one), other_type = rp_json_type_of(other);
    bool yes = false, other_yes = false;

    if (is_number(type) && is_number(other_type))
        return number_of(one) == number_of(other);
    if (type != other_type)
        return false;
    switch (type) {
    case RP_JSON_STRING:
        return same_strings(one, other);
    case RP_JSON_ARRAY:
        return same_elements(one, other);
    case RP_JSON_OBJECT:
        return same_members(one, other);
    case RP_JSON_BOOLEAN:
        rp_json_boolean(one, &yes);
        rp_json_boolean(other, &other_yes);
        return yes == other_yes;
    default:
        return true;
    }
}
