#include "bridge/private_state.h"

#include "json/scan.h"

#include <string.h>

private_entry *private_entry_of(private_state *in, const char *key)
{
    private_entry *grown;

    for (size_t i = 0; i < in->count; i++)
        if (!strcmp(in->items[i].key, key))
            return &in->items[i];
    if (in->count == in->room) {
        in->room = in->room ? 2 * in->room : 4;
        grown = arena_alloc(in->in, in->room * sizeof(*grown));
        if (in->count)
            memcpy(grown, in->items, in->count * sizeof(*grown));
        in->items = grown;
    }
    in->items[in->count] = (private_entry){.key = arena_text(in->in, key)};
    return &in->items[in->count++];
}

const private_entry *private_find(const private_state *in, const char *key)
{
    for (size_t i = 0; i < in->count; i++)
        if (!strcmp(in->items[i].key, key))
            return &in->items[i];
    return NULL;
}

int64_t private_until(const private_state *in, const char *key)
{
    const private_entry *entry = key ? private_find(in, key) : NULL;

    return entry ? entry->until : 0;
}

void private_settle(private_state *in, const char *key)
{
    if (private_until(in, key))
        private_entry_of(in, key)->until = 0;
}

typedef struct reading {
    arena *in;
    fingerprints *into;
} reading;

static int read_fingerprint(void *context, const char *name, const rp_json *json)
{
    const reading *to = context;
    const char *text = rp_json_text(json);

    if (text)
        to->into->items[to->into->count++] =
            (fingerprint){arena_text(to->in, name), arena_text(to->in, text)};
    return 0;
}

static void read_fingerprints(arena *in, const rp_json *json, fingerprints *into)
{
    reading to = {in, into};

    into->items = arena_alloc(in, rp_json_count(json) * sizeof(*into->items));
    rp_json_each(json, read_fingerprint, &to);
}

static int read_entry(void *context, const char *key, const rp_json *json)
{
    private_state *to = context;
    private_entry *entry = private_entry_of(to, key);
    const rp_json *configured = rp_json_get(json, "configured");

    rp_json_integer(rp_json_get(json, "until"), &entry->until);
    entry->configured.items =
        arena_alloc(to->in, rp_json_count(configured) * sizeof(*entry->configured.items));
    for (size_t i = 0; i < rp_json_count(configured); i++) {
        const char *name = rp_json_text(rp_json_at(configured, i));

        if (name)
            entry->configured.items[entry->configured.count++] = arena_text(to->in, name);
    }
    read_fingerprints(to->in, rp_json_get(json, "sent"), &entry->sent);
    return 0;
}

private_state private_read(arena *in, ProtobufCBinaryData bytes)
{
    _cleanup_(rp_json_freep) rp_json *json = NULL;
    private_state made = {.in = in};

    if (bytes.len && rp_json_parse((const char *)bytes.data, bytes.len, &json, NULL) == 0)
        rp_json_each(json, read_entry, &made);
    return made;
}

static void write_entry(rp_json_writer *writer, const private_entry *entry)
{
    rp_write_name(writer, entry->key);
    rp_write_begin(writer, '{');
    if (entry->until)
        rp_write_integer_member(writer, "until", entry->until);
    rp_write_name(writer, "configured");
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < entry->configured.count; i++)
        rp_write_text(writer, entry->configured.items[i]);
    rp_write_end(writer, ']');
    if (entry->sent.count) {
        rp_write_name(writer, "sent");
        rp_write_begin(writer, '{');
        for (size_t i = 0; i < entry->sent.count; i++)
            rp_write_text_member(writer, entry->sent.items[i].name, entry->sent.items[i].text);
        rp_write_end(writer, '}');
    }
    rp_write_end(writer, '}');
}

ProtobufCBinaryData private_write(arena *in, const private_state *from)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_write_begin(&writer, '{');
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].until || from->items[i].configured.count || from->items[i].sent.count)
            write_entry(&writer, &from->items[i]);
    rp_write_end(&writer, '}');
    if (!rp_buffer_ok(&text) || text.len == 2)
        return (ProtobufCBinaryData){0};
    return (ProtobufCBinaryData){text.len, (uint8_t *)arena_copy(in, rp_buffer_text(&text), text.len)};
}
