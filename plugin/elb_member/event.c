#include "event.h"

#include "kit/event.h"

#include <string.h>

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

event *event_state(const record_task *one,
                   void (*write_state)(const record_task *one, rp_json_writer *writer))
{
    rp_buffer text = RP_BUFFER(RP_EVENT_MAX_BYTES);
    rp_json_writer writer = rp_event_begin_state(&text, (size_t)(one - one->call->tasks));

    write_state(one, &writer);
    rp_write_end(&writer, '}');
    return made_of(&text);
}

event *event_progress(size_t done, size_t total, const char *message)
{
    rp_buffer text = RP_BUFFER(RP_EVENT_MAX_BYTES);

    rp_event_progress(&text, done, total, message);
    return made_of(&text);
}

event *event_log(const char *level, const char *message, int64_t pause_ms)
{
    rp_buffer text = RP_BUFFER(RP_EVENT_MAX_BYTES), words = RP_BUFFER(RP_EVENT_MAX_BYTES);

    rp_buffer_add_text(&words, message);
    if (pause_ms > 0)
        rp_buffer_format(&words, "; again in %lld ms", (long long)pause_ms);
    rp_event_log(&text, level, rp_buffer_text(&words));
    rp_buffer_done(&words);
    return made_of(&text);
}
