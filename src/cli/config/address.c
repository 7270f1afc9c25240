#include "cli/config/address.h"

#include "base/text.h"
#include "json/value.h"
#include "json/writer.h"

#include <string.h>

#define MAX_ADDRESS 4096

bool rp_address_is_name(const char *name)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-";

    return *name && strspn(name, first) && !name[strspn(name, rest)];
}

char *rp_address_make(const char *name, const char *key)
{
    rp_buffer text = RP_BUFFER(MAX_ADDRESS);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_buffer_add_text(&text, name);
    if (key) {
        rp_buffer_add_char(&text, '[');
        rp_write_text(&writer, key);
        rp_buffer_add_char(&text, ']');
    }
    return rp_buffer_take(&text);
}

/* A key in double quotes is a JSON string; one in single quotes or without quotes is literal. */
static char *unquote(const char *start, size_t len)
{
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;
    const char *text;

    if (len >= 2 && start[0] == '\'' && start[len - 1] == '\'')
        return strndup(start + 1, len - 2);
    if (len < 2 || start[0] != '"')
        return strndup(start, len);
    if (rp_json_parse(start, len, &parsed, NULL) < 0)
        return NULL;
    text = rp_json_text(parsed);
    return text ? strdup(text) : NULL;
}

int rp_address_parse(const char *address, char **name, char **key, rp_error **error)
{
    size_t len = strlen(address), named = strcspn(address, "[");
    _cleanup_(rp_freep) char *first = strndup(address, named);
    _cleanup_(rp_freep) char *second = NULL;
    bool keyed = named < len;

    if (keyed && address[len - 1] == ']' && len > named + 2)
        second = unquote(address + named + 1, len - named - 2);
    if (!first || !rp_address_is_name(first) || (keyed && !second))
        return rp_error_set(error, RP_E_INVALID,
                            "\"%s\" is not an address; addresses look like web or 'web[\"a\"]' (quoted for the shell)",
                            address);
    *name = rp_take(first);
    *key = rp_take(second);
    return 0;
}

int rp_address_tidy(const char *address, char **tidy, rp_error **error)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;
    int failed = rp_address_parse(address, &name, &key, error);

    if (failed)
        return failed;
    *tidy = rp_address_make(name, key);
    return *tidy ? 0 : rp_error_no_memory(error);
}

bool rp_address_within(const char *address, const char *target)
{
    size_t len = strlen(target);

    return !strncmp(address, target, len) && (!address[len] || address[len] == '[');
}
