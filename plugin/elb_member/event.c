#include "event.h"

#include <string.h>

#define MAX_EVENT_BYTES 65536

static event *made_of(rp_buffer *text)
{
    event *made = NULL;

    if (rp_buffer_ok(text))
        made = malloc(sizeof(*made) + text->len + 1);
    if (made) {
        made->len = text->len;
        memcpy(made->text, text->data, text->len + 1);
    }
    rp_buffer_done(text);
    return made;
}

static rp_json_writer begin(rp_buffer *text, const char *kind)
{
    rp_json_writer writer = RP_JSON_WRITER(text);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "kind", kind);
    return writer;
}

event *event_state(const record_task *one,
                   void (*write_state)(const record_task *one, rp_json_writer *writer))
{
    rp_buffer text = RP_BUFFER(MAX_EVENT_BYTES);
    rp_json_writer writer = begin(&text, "state");

    rp_write_integer_member(&writer, "record", (int64_t)(one - one->call->tasks));
    rp_write_name(&writer, "state");
    write_state(one, &writer);
    rp_write_end(&writer, '}');
    return made_of(&text);
}

event *event_progress(size_t done, size_t total, const char *message)
{
    rp_buffer text = RP_BUFFER(MAX_EVENT_BYTES);
    rp_json_writer writer = begin(&text, "progress");

    rp_write_integer_member(&writer, "done", (int64_t)done);
    rp_write_integer_member(&writer, "total", (int64_t)total);
    rp_write_text_member(&writer, "message", message);
    rp_write_end(&writer, '}');
    return made_of(&text);
}

event *event_log(const char *level, const char *message, int64_t pause_ms)
{
    rp_buffer text = RP_BUFFER(MAX_EVENT_BYTES), words = RP_BUFFER(MAX_EVENT_BYTES);
    rp_json_writer writer = begin(&text, "log");

    rp_buffer_add_text(&words, message);
    if (pause_ms > 0)
        rp_buffer_format(&words, "; again in %lld ms", (long long)pause_ms);
    rp_write_text_member(&writer, "level", level);
    rp_write_text_member(&writer, "message", rp_buffer_text(&words));
    rp_write_end(&writer, '}');
    rp_buffer_done(&words);
    return made_of(&text);
}
