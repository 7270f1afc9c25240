#include "kit/event.h"

#include "kit/call.h"

static rp_json_writer begin(rp_buffer *text, const char *kind)
{
    rp_json_writer writer = RP_JSON_WRITER(text);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "kind", kind);
    return writer;
}

rp_json_writer rp_event_begin_state(rp_buffer *text, size_t record)
{
    rp_json_writer writer = begin(text, "state");

    rp_write_integer_member(&writer, "record", (int64_t)record);
    rp_write_name(&writer, "state");
    return writer;
}

void rp_event_state(rp_buffer *text, const rpkit_resource *resource, size_t record, const void *state)
{
    rp_json_writer writer = rp_event_begin_state(text, record);
    _cleanup_(rp_freep) char *id = NULL;

    rp_write_begin(&writer, '{');
    if (makes_id(resource) && make_id(resource, state, &id, NULL) == 0 && id)
        rp_write_text_member(&writer, "id", id);
    rpkit_attributes_write(resource->attributes, state, &writer);
    rp_write_end(&writer, '}');
    rp_write_end(&writer, '}');
}

void rp_event_progress(rp_buffer *text, size_t done, size_t total, const char *message)
{
    rp_json_writer writer = begin(text, "progress");

    rp_write_integer_member(&writer, "done", (int64_t)done);
    rp_write_integer_member(&writer, "total", (int64_t)total);
    rp_write_text_member(&writer, "message", message);
    rp_write_end(&writer, '}');
}

void rp_event_log(rp_buffer *text, const char *level, const char *message)
{
    rp_json_writer writer = begin(text, "log");

    rp_write_text_member(&writer, "level", level);
    rp_write_text_member(&writer, "message", message);
    rp_write_end(&writer, '}');
}

bool rp_event_wanted(const rp_call *host)
{
    return host && RP_HAS(rp_call, host, on_event) && host->on_event;
}

void rp_event_deliver(const rp_call *host, rp_buffer *text)
{
    void *context = host && RP_HAS(rp_call, host, context) ? host->context : NULL;

    if (rp_event_wanted(host) && rp_buffer_ok(text) && text->data)
        host->on_event(context, text->data, text->len);
    rp_buffer_done(text);
}
