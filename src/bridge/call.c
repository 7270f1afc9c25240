#include "bridge/call.h"

#include "bridge/last_words.h"
#include "bridge/msgpack.h"
#include "json/scan.h"

#include <string.h>

#define MAX_VALUE (64u << 20)

struct kept_answer {
    answer answer;
    gathered *shared; /* or NULL: the answer is this call's own */
    kept_answer *older;
};

void call_start(call *one, provider *with)
{
    *one = (call){.provider = with};
    one->diagnostics.in = &one->memory;
    pthread_mutex_init(&one->lock, NULL);
}

void call_done(call *one)
{
    for (kept_answer *kept = one->answers; kept; kept = kept->older)
        if (kept->shared)
            gathered_release(&one->provider->gather, kept->shared);
        else
            answer_done(&kept->answer);
    arena_done(&one->memory);
    pthread_mutex_destroy(&one->lock);
}

const answer *call_plugin(call *one, const char *hook, const rp_buffer *request, uint32_t timeout_ms,
                          const event_sink *events)
{
    kept_answer *kept = arena_alloc(&one->memory, sizeof(*kept));

    if (!rp_buffer_ok(request))
        last_words_no_memory();
    kept->answer = plugin_call(&one->provider->plugin, hook, request, timeout_ms, events);
    kept->older = one->answers;
    one->answers = kept;
    return &kept->answer;
}

const answer *call_records(call *one, const gather_request *request, size_t *first)
{
    kept_answer *kept = arena_alloc(&one->memory, sizeof(*kept));

    kept->shared = gather_call(&one->provider->gather, &one->provider->plugin, request, first);
    kept->older = one->answers;
    one->answers = kept;
    return gathered_answer(kept->shared);
}

const resource_type *call_resource(call *one, const char *type_name)
{
    const resource_type *found = catalog_find(&one->provider->catalog, type_name);

    if (!found)
        diagnostics_error(&one->diagnostics, NULL, "%s has no %s", one->provider->plugin.name, type_name);
    return found;
}

const value *call_value(call *one, const type *of, const Tf__DynamicValue *sent)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const value *wire;

    if (!sent || !sent->msgpack.len)
        return &value_null;
    if (msgpack_read(&one->memory, sent->msgpack.data, sent->msgpack.len, &wire, &error) < 0) {
        diagnostics_error(&one->diagnostics, NULL, "a value of Terraform's cannot be read: %s",
                          error->message);
        return NULL;
    }
    return type_from_wire(&one->memory, of, wire);
}

Tf__DynamicValue *call_wire(arena *in, const type *of, const value *plain)
{
    _cleanup_(rp_buffer_done) rp_buffer bytes = RP_BUFFER(MAX_VALUE);
    Tf__DynamicValue *made = arena_alloc(in, sizeof(*made));

    msgpack_write(type_to_wire(in, of, plain), &bytes);
    if (!rp_buffer_ok(&bytes))
        last_words_no_memory();
    tf__dynamic_value__init(made);
    made->msgpack.data = (uint8_t *)arena_copy(in, rp_buffer_text(&bytes), bytes.len);
    made->msgpack.len = bytes.len;
    return made;
}

void call_pack(const ProtobufCMessage *message, rp_buffer *reply)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (!rp_buffer_reserve(reply, size + 1))
        last_words_no_memory();
    reply->len = protobuf_c_message_pack(message, (uint8_t *)reply->data);
}

bool call_is_configured(call *one)
{
    if (atomic_load(&one->provider->plugin.configured))
        return true;
    if (!atomic_load(&one->provider->config_unknown))
        diagnostics_error(&one->diagnostics, NULL, "the provider is not configured");
    return false;
}

void call_request_begin(rp_json_writer *writer, const resource_type *of)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "resource", of->resource);
    rp_write_name(writer, "records");
    rp_write_begin(writer, '[');
}

void call_write_options(rp_json_writer *writer, const resource_type *of, const value *block)
{
    rp_write_name(writer, "options");
    rp_write_begin(writer, '{');
    for (size_t i = 0; i < of->options.count; i++) {
        const attribute *option = &of->options.items[i];
        const value *set = value_get(block, option->name);

        if (value_is_null(set) || value_has_unknown(set))
            continue;
        rp_write_name(writer, option->json_name);
        type_to_json(option->type, set, writer);
    }
    rp_write_end(writer, '}');
}

void call_request_end(rp_json_writer *writer, const resource_type *of, const value *block)
{
    rp_write_end(writer, ']');
    call_write_options(writer, of, block);
    rp_write_end(writer, '}');
}

bool call_parse_duration(const char *text, uint32_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
    uint64_t sum = 0;

    while (*text) {
        uint64_t number = 0;
        size_t unit = 0;

        if (*text < '0' || *text > '9')
            return false;
        for (; *text >= '0' && *text <= '9' && number <= UINT32_MAX; text++)
            number = 10 * number + (uint64_t)(*text - '0');
        while (unit < rp_count_of(units) && strncmp(text, units[unit].unit, strlen(units[unit].unit)) != 0)
            unit++;
        if (unit == rp_count_of(units))
            return false;
        text += strlen(units[unit].unit);
        sum += number * units[unit].ms;
        if (sum > UINT32_MAX)
            return false;
    }
    *ms = (uint32_t)sum;
    return sum > 0;
}

uint32_t call_timeout_ms(const value *block, const char *operation)
{
    const char *text = value_c_string(value_get(value_get(block, CATALOG_TIMEOUTS), operation));
    uint32_t ms = 0;

    return text && call_parse_duration(text, &ms) ? ms : 0;
}
