#include "bridge/http2.h"

#include "base/buffer.h"
#include "bridge/last_words.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE   (64u << 20)
#define MAX_PATH      256u
#define MAX_STREAMS   1000u
#define STREAM_WINDOW (1 << 20)
#define WINDOW        (16 << 20)
#define PREFIX        5u /* of a gRPC message: flags, length */

struct http2 {
    nghttp2_session *session;
    http2_events events;
    http2_stream *streams;
};

struct http2_stream {
    http2 *on;
    int32_t id;
    char path[MAX_PATH];
    rp_buffer body;
    bool held, asked;
    char *reply; /* with its prefix */
    size_t reply_len, sent;
    void *own;
    http2_stream *next, **link;
};

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(size_t)name, (uint8_t *)(size_t)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NONE};
}

static ssize_t no_data(nghttp2_session *session, int32_t id, uint8_t *into, size_t size, uint32_t *flags,
                       nghttp2_data_source *source, void *context)
{
    (void)session, (void)id, (void)into, (void)size, (void)flags, (void)source, (void)context;
    return NGHTTP2_ERR_DEFERRED;
}

static ssize_t reply_data(nghttp2_session *session, int32_t id, uint8_t *into, size_t size, uint32_t *flags,
                          nghttp2_data_source *source, void *context)
{
    http2_stream *stream = source->ptr;
    size_t left = stream->reply_len - stream->sent, now = left < size ? left : size;
    const nghttp2_nv trailers[] = {header("grpc-status", "0")};

    (void)context;
    memcpy(into, stream->reply + stream->sent, now);
    stream->sent += now;
    if (now == left) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, trailers, rp_count_of(trailers));
    }
    return (ssize_t)now;
}

static void respond(http2_stream *stream, nghttp2_data_source_read_callback read)
{
    const nghttp2_nv headers[] = {header(":status", "200"), header("content-type", "application/grpc")};
    const nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read};

    nghttp2_submit_response(stream->on->session, stream->id, headers, rp_count_of(headers), &provider);
}

void http2_reply(http2_stream *stream, const void *message, size_t len)
{
    char *reply = malloc(PREFIX + len);

    if (!reply)
        last_words_no_memory();
    reply[0] = 0;
    for (unsigned i = 0; i < 4; i++)
        reply[1 + i] = (char)(len >> (8 * (3 - i)) & 0xff);
    if (len)
        memcpy(reply + PREFIX, message, len);
    free(stream->reply);
    stream->reply = reply;
    stream->reply_len = PREFIX + len;
    respond(stream, reply_data);
}

void http2_fail(http2_stream *stream, unsigned grpc_status, const char *words)
{
    char status[16];
    nghttp2_nv headers[] = {header(":status", "200"), header("content-type", "application/grpc"),
                            header("grpc-message", words), header("grpc-status", "0")};

    snprintf(status, sizeof(status), "%u", grpc_status);
    headers[3] = header("grpc-status", status);
    nghttp2_submit_response(stream->on->session, stream->id, headers, rp_count_of(headers), NULL);
}

static http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static void stream_free(http2_stream *stream)
{
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    stream->on->events.on_close(stream->on->events.context, stream);
    rp_buffer_done(&stream->body);
    free(stream->reply);
    free(stream);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    http2 *one = context;
    http2_stream *stream;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    stream = calloc(1, sizeof(*stream));
    if (!stream)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    stream->on = one;
    stream->id = frame->hd.stream_id;
    stream->body = RP_BUFFER(PREFIX + MAX_MESSAGE);
    stream->next = one->streams;
    stream->link = &one->streams;
    if (stream->next)
        stream->next->link = &stream->next;
    one->streams = stream;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *text, size_t text_len, uint8_t flags, void *context)
{
    http2_stream *stream = stream_of(session, frame->hd.stream_id);

    (void)flags, (void)context;
    if (stream && name_len == 5 && !memcmp(name, ":path", 5) && text_len < MAX_PATH) {
        memcpy(stream->path, text, text_len);
        stream->path[text_len] = '\0';
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len,
                   void *context)
{
    http2_stream *stream = stream_of(session, id);

    (void)flags, (void)context;
    if (stream && !stream->held)
        rp_buffer_add(&stream->body, bytes, len);
    return 0;
}

/* The one message of the body, or NULL. */
static const char *message_of(const http2_stream *stream, size_t *len)
{
    const unsigned char *head = (const unsigned char *)rp_buffer_text(&stream->body);

    if (stream->body.len < PREFIX || head[0])
        return NULL;
    *len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    return *len == stream->body.len - PREFIX ? stream->body.data + PREFIX : NULL;
}

static void take_request(http2_stream *stream)
{
    const http2_events *events = &stream->on->events;
    size_t len = 0;
    const char *message;

    if (stream->asked)
        return;
    stream->asked = true;
    message = message_of(stream, &len);
    if (!rp_buffer_ok(&stream->body))
        http2_fail(stream, GRPC_RESOURCE_EXHAUSTED, "the request is too long");
    else if (!message)
        http2_fail(stream, GRPC_INVALID_ARGUMENT, "the request is no single message without compression");
    else
        events->on_request(events->context, stream, stream->path, message, len);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    http2 *one = context;
    http2_stream *stream = stream_of(session, frame->hd.stream_id);

    if (!stream || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST &&
        one->events.on_begin(one->events.context, stream->path)) {
        stream->held = true;
        respond(stream, no_data);
    }
    if (!stream->held && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        take_request(stream);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    http2_stream *stream = stream_of(session, id);

    (void)code, (void)context;
    if (stream)
        stream_free(stream);
    return 0;
}

static int start(http2 *one)
{
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW}};
    nghttp2_session_callbacks *callbacks;
    int failed;

    if (nghttp2_session_callbacks_new(&callbacks))
        return -1;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    failed = nghttp2_session_server_new(&one->session, callbacks, one);
    nghttp2_session_callbacks_del(callbacks);
    if (failed)
        return -1;
    nghttp2_submit_settings(one->session, NGHTTP2_FLAG_NONE, settings, rp_count_of(settings));
    return nghttp2_session_set_local_window_size(one->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
}

http2 *http2_new(const http2_events *events)
{
    http2 *one = calloc(1, sizeof(*one));

    if (!one)
        return NULL;
    one->events = *events;
    if (start(one) < 0) {
        http2_free(one);
        return NULL;
    }
    return one;
}

void http2_free(http2 *one)
{
    while (one->streams)
        stream_free(one->streams);
    nghttp2_session_del(one->session);
    free(one);
}

bool http2_receive(http2 *one, const void *bytes, size_t len)
{
    return nghttp2_session_mem_recv(one->session, bytes, len) == (ssize_t)len;
}

ssize_t http2_next(http2 *one, const uint8_t **bytes)
{
    return nghttp2_session_mem_send(one->session, bytes);
}

bool http2_is_over(const http2 *one)
{
    return !nghttp2_session_want_read(one->session) && !nghttp2_session_want_write(one->session);
}

void http2_goaway(http2 *one)
{
    nghttp2_submit_goaway(one->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(one->session), NGHTTP2_NO_ERROR, NULL, 0);
}

void **http2_own(http2_stream *stream)
{
    return &stream->own;
}
