#include "bridge/write_only.h"

#include "base/encoding.h"
#include "bridge/last_words.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#define SALT_BYTES 16
#define HASH_BYTES 16
#define SALT_CHARS (2 * SALT_BYTES)
#define ROUNDS     4096 /* a millisecond or two a value */

static bool type_has(const type *of)
{
    const attributes *nested = type_nested(of);

    for (size_t i = 0; nested && i < nested->count; i++)
        if (write_only_has(&nested->items[i]))
            return true;
    return false;
}

bool write_only_has(const attribute *one)
{
    return one->write_only || type_has(one->type);
}

static const value *part_of_type(arena *in, const type *of, const value *set);

static const value *part_of_object(arena *in, const attributes *of, const value *set)
{
    value *made = value_object(in, of->count);
    bool has = false;

    for (size_t i = 0; i < of->count; i++) {
        const value *part = write_only_part(in, &of->items[i], value_get(set, of->items[i].name));

        has |= !value_is_null(part);
        value_add(made, of->items[i].name, part);
    }
    return has ? made : &value_null;
}

static const value *part_of_items(arena *in, const type *of, const value *set)
{
    value *made = set->names ? value_object(in, set->count) : value_list(in, set->count);
    bool has = false;

    for (size_t i = 0; i < set->count; i++) {
        const value *part = part_of_type(in, of->element, set->items[i]);

        has |= !value_is_null(part);
        value_add(made, set->names ? set->names[i] : NULL, part);
    }
    return has ? made : &value_null;
}

static const value *part_of_type(arena *in, const type *of, const value *set)
{
    value_kind kind = value_kind_of(set);

    if (kind == VALUE_UNKNOWN)
        return set;
    if (kind != VALUE_OBJECT && kind != VALUE_LIST)
        return &value_null;
    return of->kind == TYPE_OBJECT ? part_of_object(in, &of->object, set) : part_of_items(in, of, set);
}

const value *write_only_part(arena *in, const attribute *one, const value *set)
{
    if (one->write_only)
        return set ? set : &value_null;
    return type_has(one->type) ? part_of_type(in, one->type, set) : &value_null;
}

static const char *hash(arena *in, const char *salt, const attribute *of, const value *part)
{
    _cleanup_(rp_buffer_wipe) rp_buffer text = RP_BUFFER(64u << 20);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    unsigned char made[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];

    type_to_json(of->type, part, &writer);
    if (!rp_buffer_ok(&text) ||
        !PKCS5_PBKDF2_HMAC(rp_buffer_text(&text), (int)text.len, (const unsigned char *)salt, SALT_CHARS,
                           ROUNDS, EVP_sha256(), sizeof(made), made))
        last_words_no_memory();
    rp_hex(made, sizeof(made), hex);
    return arena_format(in, "%.*s:%s", SALT_CHARS, salt, hex);
}

fingerprints write_only_fingerprints(arena *in, const attributes *members, const value *record)
{
    fingerprints made = {.items = arena_alloc(in, members->count * sizeof(*made.items))};
    unsigned char random[SALT_BYTES];
    char salt[SALT_CHARS + 1];

    for (size_t i = 0; i < members->count; i++) {
        const attribute *one = &members->items[i];
        const value *part = write_only_part(in, one, value_get(record, one->name));

        if (value_is_null(part) || value_has_unknown(part))
            continue;
        if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
            last_words_no_memory();
        rp_hex(random, sizeof(random), salt);
        made.items[made.count++] = (fingerprint){one->name, hash(in, salt, one, part)};
    }
    return made;
}

write_only_change write_only_compare(arena *in, const attribute *one, const value *record,
                                     const fingerprints *sent)
{
    const value *part = write_only_part(in, one, value_get(record, one->name));
    const char *before = NULL;

    for (size_t i = 0; i < sent->count; i++)
        if (!strcmp(sent->items[i].name, one->name))
            before = sent->items[i].text;
    if (value_has_unknown(part))
        return WRITE_ONLY_UNKNOWN;
    if (!before || value_is_null(part))
        return !before == value_is_null(part) ? WRITE_ONLY_SAME : WRITE_ONLY_CHANGED;
    if (strlen(before) < SALT_CHARS)
        return WRITE_ONLY_CHANGED;
    return strcmp(before, hash(in, before, one, part)) ? WRITE_ONLY_CHANGED : WRITE_ONLY_SAME;
}
