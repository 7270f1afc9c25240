/*
 * gRPC over HTTP/2, one connection: bytes in and out, no socket. One thread.
 */
#ifndef RP_BRIDGE_HTTP2_H
#define RP_BRIDGE_HTTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct http2 http2;
typedef struct http2_stream http2_stream;

/* gRPC's status codes, as far as they are used here. */
enum {
    GRPC_OK = 0,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_UNIMPLEMENTED = 12
};

typedef struct http2_events {
    /* A request has begun. True: its stream is kept open, and nothing is ever sent. */
    bool (*on_begin)(void *context, const char *path);
    /* A request is complete: one message, borrowed. To be answered by http2_reply or http2_fail, now or
     * later. */
    void (*on_request)(void *context, http2_stream *stream, const char *path, const void *message,
                       size_t len);
    /* The stream is no more; answers to it are lost. */
    void (*on_close)(void *context, http2_stream *stream);
    void *context;
} http2_events;

/* NULL without memory. */
http2 *http2_new(const http2_events *events);
void http2_free(http2 *one);

/* False if the peer breaks the protocol: hang up. */
bool http2_receive(http2 *one, const void *bytes, size_t len);

/* The next bytes to send, valid until the next call of any function; 0: none for now. Negative: hang up. */
ssize_t http2_next(http2 *one, const uint8_t **bytes);

/* True when both sides are done. */
bool http2_is_over(const http2 *one);

void http2_reply(http2_stream *stream, const void *message, size_t len);
void http2_fail(http2_stream *stream, unsigned grpc_status, const char *words);

/* Tells the peer that no further requests are taken. */
void http2_goaway(http2 *one);

/* Whatever the owner likes to keep with a stream. */
void **http2_own(http2_stream *stream);

#endif
