/*
 * A transport without a network and a clock that stands still, for tests of
 * what wraps the seam; and a note of what came of a request.
 */
#ifndef TESTS_UNIT_HTTP_FAKE_H
#define TESTS_UNIT_HTTP_FAKE_H

#include "base/clock.h"
#include "http/transport.h"

#define FAKE_MAX_SENT 128

/* One request that reached the fake, in order of arrival. */
typedef struct fake_sent {
    const rp_http_request *request;
    char token[64]; /* its X-Auth-Token; "": none */
    char url[256];
    char body[1024];
    bool open; /* neither answered nor dropped */
    bool has_sent; /* what the fake says of it */
    bool dropped;
    bool answered; /* in the next step */
    rp_http_reply reply;
    rp_error error;
} fake_sent;

typedef struct fake {
    rp_transport base;
    fake_sent sent[FAKE_MAX_SENT];
    size_t count;
    int refuses_with; /* the code with which starts fail; 0: they do not */
    int64_t waited_ms;
    unsigned wakes;
    bool freed;
} fake;

/* Give &fake->base away; freeing that marks it freed and leaves it to the test. */
void fake_init(fake *self);

/* The answer to the nth request, from 0; comes in the next step. What the reply points to must live. */
void fake_reply(fake *self, size_t nth, rp_http_reply reply);
void fake_status(fake *self, size_t nth, int status);
void fake_fail(fake *self, size_t nth, int code, const char *message);
size_t fake_open(const fake *self);

typedef struct fake_time {
    rp_clock clock;
    int64_t now_ms;
    int64_t wall_s;
} fake_time;

/* Chance is always 0, so jitter takes a quarter off each pause. */
void fake_time_init(fake_time *self);

/* What came of a request. */
typedef struct outcome {
    unsigned done;
    int status; /* or 0 */
    int code;   /* or 0 */
    char message[512];
    int64_t retry_after_ms; /* of the error */
    char body[512];
    unsigned again;
    int64_t pause_ms; /* of the last again */
    int again_status, again_code;
    void (*then)(struct outcome *self); /* runs at the end of done */
    void *context;
} outcome;

/* A GET that tells the outcome; all else is zero. */
rp_http_request request_for(outcome *told, const char *url);

#endif
