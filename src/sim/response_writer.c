#include "sim/response_writer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

bool sim_response_writer_wait(const sim_response_writer *writer, int64_t ms)
{
    struct pollfd watched[] = {{.fd = writer->stop_fd, .events = POLLIN},
                               {.fd = writer->fd, .events = POLLRDHUP}};
    int timeout = ms < 0 ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms;

    /* A finite wait ignores a disconnect: a real server would not notice either. */
    return poll(watched, ms < 0 ? 2 : 1, timeout) == 0;
}

/* RFC 9110, 5.6.7; the names of days and months are those of the C locale, which a program is in unless it
   says otherwise. */
static void add_date(struct MHD_Response *response, int64_t date_s)
{
    time_t seconds = (time_t)date_s;
    char text[64];
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text);
}

static void add_headers(struct MHD_Response *response, const sim_reply *reply)
{
    if (reply->status != MHD_HTTP_NO_CONTENT)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    if (*reply->request_id)
        MHD_add_response_header(response, "X-Request-Id", reply->request_id);
    if (reply->date_s)
        add_date(response, reply->date_s);
    for (unsigned i = 0; i < reply->n_headers; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
}

static enum MHD_Result queue(const sim_response_writer *writer, const sim_reply *reply,
                             struct MHD_Response *response)
{
    enum MHD_Result queued;

    if (!response)
        return MHD_NO;
    add_headers(response, reply);
    queued = MHD_queue_response(writer->connection, reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

static struct MHD_Response *whole(sim_reply *reply)
{
    size_t len = reply->body.len;
    char *bytes = rp_buffer_take(&reply->body);
    struct MHD_Response *response;

    if (!bytes)
        return NULL;
    response = MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(bytes);
    return response;
}

static enum MHD_Result send_whole(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault)
{
    (void)fault;
    return queue(writer, reply, whole(reply));
}

/* A body sent slowly, or not completely. */
struct stream {
    sim_response_writer writer;
    char *bytes;      /* NULL: blanks */
    uint64_t len;     /* bytes to send */
    int64_t pause_ms; /* before each piece */
    uint64_t piece;
    bool hangs; /* at the end: Content-Length is longer */
    bool ends;  /* there: Content-Length is shorter */
};

static void stream_free(void *context)
{
    struct stream *stream = context;

    free(stream->bytes);
    free(stream);
}

static ssize_t stream_read(void *context, uint64_t position, char *out, size_t room)
{
    const struct stream *stream = context;
    uint64_t left = position < stream->len ? stream->len - position : 0;
    size_t len = left < room ? (size_t)left : room;

    if (stream->piece && len > stream->piece)
        len = (size_t)stream->piece;
    if (!len && stream->ends)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!len && stream->hangs)
        sim_response_writer_wait(&stream->writer, -1);
    if (!len || (stream->pause_ms && !sim_response_writer_wait(&stream->writer, stream->pause_ms)))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (stream->bytes)
        memcpy(out, stream->bytes + position, len);
    else
        memset(out, ' ', len);
    return (ssize_t)len;
}

/* Sends the stream, which is copied, with `announced` as Content-Length. */
static enum MHD_Result send_stream(const sim_response_writer *writer, const sim_reply *reply,
                                   const struct stream *what, uint64_t announced)
{
    struct stream *stream = malloc(sizeof(*stream));
    struct MHD_Response *response;

    if (!stream) {
        free(what->bytes);
        return MHD_NO;
    }
    *stream = *what;
    stream->writer = *writer;
    response = MHD_create_response_from_callback(announced, 16384, stream_read, stream, stream_free);
    if (!response)
        stream_free(stream);
    else if (announced == MHD_SIZE_UNKNOWN)
        MHD_set_response_options(
            response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT | MHD_RF_INSANITY_HEADER_CONTENT_LENGTH, MHD_RO_END);
    return queue(writer, reply, response);
}

/* The rule's bytes, or half of the body. */
static size_t cut_len(const sim_reply *reply, const sim_fault *fault)
{
    size_t len = fault->bytes ? fault->bytes : reply->body.len / 2;

    return len < reply->body.len ? len : reply->body.len;
}

static enum MHD_Result send_truncated(const sim_response_writer *writer, sim_reply *reply,
                                      const sim_fault *fault)
{
    size_t len = cut_len(reply, fault), announced = reply->body.len;
    struct stream stream = {.bytes = rp_buffer_take(&reply->body), .len = len};

    return stream.bytes ? send_stream(writer, reply, &stream, announced + (len == announced)) : MHD_NO;
}

static enum MHD_Result send_garbled(const sim_response_writer *writer, sim_reply *reply,
                                    const sim_fault *fault)
{
    if (reply->body.data)
        reply->body.data[reply->body.len = cut_len(reply, fault)] = '\0';
    return send_whole(writer, reply, fault);
}

/* The server lets a length be set only of an answer whose length it does not know, and that is not chunked.
 */
static enum MHD_Result send_short(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault)
{
    char announced[32];
    size_t len = reply->body.len;
    struct stream stream = {.len = len, .ends = true};

    snprintf(announced, sizeof(announced), "%zu", cut_len(reply, fault));
    sim_reply_header(reply, MHD_HTTP_HEADER_CONTENT_LENGTH, announced);
    stream.bytes = rp_buffer_take(&reply->body);
    return stream.bytes ? send_stream(writer, reply, &stream, MHD_SIZE_UNKNOWN) : MHD_NO;
}

static enum MHD_Result send_long(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault)
{
    size_t len = reply->body.len;
    struct stream stream = {.bytes = rp_buffer_take(&reply->body), .len = len, .hangs = true};
    (void)fault;

    return stream.bytes ? send_stream(writer, reply, &stream, len + 10) : MHD_NO;
}

/* In twenty pieces. */
static enum MHD_Result send_slowly(const sim_response_writer *writer, sim_reply *reply,
                                   const sim_fault *fault)
{
    size_t len = reply->body.len;
    int64_t ms = fault->ms ? fault->ms : 2000;
    struct stream stream = {
        .bytes = rp_buffer_take(&reply->body), .len = len, .pause_ms = ms / 20 + 1, .piece = len / 20 + 1};

    return stream.bytes ? send_stream(writer, reply, &stream, len) : MHD_NO;
}

/* Blanks: valid JSON so far, so a client cannot reject the body early. */
static enum MHD_Result send_huge(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault)
{
    struct stream stream = {.len = (uint64_t)fault->mib << 20};

    return send_stream(writer, reply, &stream, stream.len);
}

static enum MHD_Result send_status(const sim_response_writer *writer, sim_reply *reply,
                                   const sim_fault *fault)
{
    sim_reply_error(reply, (sim_shape)fault->shape, fault->status ? fault->status : 503, fault->code,
                    fault->message);
    if (*fault->retry_after)
        sim_reply_header(reply, "Retry-After", fault->retry_after);
    return send_whole(writer, reply, fault);
}

static enum MHD_Result send_redirect(const sim_response_writer *writer, sim_reply *reply,
                                     const sim_fault *fault)
{
    sim_reply_clear(reply);
    reply->status = fault->status ? fault->status : 302;
    sim_reply_header(reply, "Location", fault->location);
    return send_whole(writer, reply, fault);
}

static enum MHD_Result send_expired(const sim_response_writer *writer, sim_reply *reply,
                                    const sim_fault *fault)
{
    sim_refuse(reply, fault->shape == SIM_SHAPE_ELB        ? SIM_TOKEN_EXPIRED_ELB
                      : fault->shape == SIM_SHAPE_KEYSTONE ? SIM_NOT_LOGGED_IN
                                                           : SIM_TOKEN_EXPIRED);
    if (fault->status)
        reply->status = fault->status;
    return send_whole(writer, reply, fault);
}

/* Disconnecting a TCP socket resets it at once (tcp(7) has it only as AF_UNSPEC), before anything above can
   say goodbye: a close with SO_LINGER would come after the FIN of the server's shutdown. */
static enum MHD_Result reset(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault)
{
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    (void)fault;

    reply->status = 0;
    connect(writer->fd, &nowhere, sizeof(nowhere));
    return MHD_NO;
}

static enum MHD_Result hang_up(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault)
{
    (void)writer;
    (void)fault;
    reply->status = 0;
    return MHD_NO;
}

typedef enum MHD_Result sender(const sim_response_writer *writer, sim_reply *reply, const sim_fault *fault);

#define SENDER(kind, name, acts, send) send,
static sender *const senders[] = {SIM_FAULT_KINDS(SENDER)};
#undef SENDER

enum MHD_Result sim_response_writer_send(const sim_response_writer *writer, sim_reply *reply,
                                         const sim_fault *fault, unsigned *status)
{
    enum MHD_Result sent = (fault ? senders[fault->kind] : send_whole)(writer, reply, fault);

    *status = sent == MHD_YES ? reply->status : 0;
    return sent;
}
