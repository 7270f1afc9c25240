#include "fake.h"

#include <check.h> /* not ck_assert where a test may starve: it allocates */
#include <stdio.h>
#include <string.h>

static int fake_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                      rp_error **error)
{
    fake *self = (fake *)transport;
    fake_sent *sent = &self->sent[self->count];

    if (self->refuses_with)
        return rp_error_set(error, self->refuses_with, "the fake refuses");
    if (self->count == FAKE_MAX_SENT)
        ck_abort_msg("too many requests");
    self->count++;
    *sent = (fake_sent){.request = request, .open = true};
    snprintf(sent->url, sizeof(sent->url), "%s", request->url);
    if (request->auth_token)
        snprintf(sent->token, sizeof(sent->token), "%s", rp_secret_reveal(request->auth_token));
    if (request->body)
        snprintf(sent->body, sizeof(sent->body), "%.*s", (int)request->body_len, request->body);
    *exchange = (rp_exchange *)sent;
    return 0;
}

static void fake_drop(rp_transport *transport, rp_exchange *exchange)
{
    fake_sent *sent = (fake_sent *)exchange;

    (void)transport;
    if (!sent->open)
        ck_abort_msg("dropped when it was over");
    sent->open = false;
    sent->dropped = true;
}

static bool fake_has_sent(const rp_transport *transport, const rp_exchange *exchange)
{
    (void)transport;
    return ((const fake_sent *)exchange)->has_sent;
}

static void fake_wait(rp_transport *transport, int64_t at_most_ms)
{
    ((fake *)transport)->waited_ms = at_most_ms;
}

static void fake_step(rp_transport *transport)
{
    fake *self = (fake *)transport;
    size_t count = self->count;

    for (size_t i = 0; i < count; i++) {
        fake_sent *sent = &self->sent[i];
        if (!sent->open || !sent->answered)
            continue;
        sent->open = false;
        sent->request->done(sent->request->context, sent->reply.status ? &sent->reply : NULL,
                            sent->reply.status ? NULL : &sent->error);
    }
}

static void fake_wake(rp_transport *transport)
{
    ((fake *)transport)->wakes++;
}

static void fake_free(rp_transport *transport)
{
    fake *self = (fake *)transport;

    if (self->freed)
        ck_abort_msg("freed twice");
    self->freed = true;
    for (size_t i = 0; i < self->count; i++)
        self->sent[i].open = false;
}

static const rp_transport_ops fake_ops = {fake_start, fake_drop, fake_wait,    fake_step,
                                          fake_wake,  fake_free, fake_has_sent};

void fake_init(fake *self)
{
    memset(self, 0, sizeof(*self));
    self->base.ops = &fake_ops;
}

void fake_reply(fake *self, size_t nth, rp_http_reply reply)
{
    if (nth >= self->count || !self->sent[nth].open)
        ck_abort_msg("no such request, or it is over");
    if (!reply.body)
        reply.body = reply.status < 300 ? "{}" : "";
    if (!reply.body_len)
        reply.body_len = strlen(reply.body);
    self->sent[nth].reply = reply;
    self->sent[nth].answered = true;
}

void fake_status(fake *self, size_t nth, int status)
{
    fake_reply(self, nth, (rp_http_reply){.status = status});
}

void fake_fail(fake *self, size_t nth, int code, const char *message)
{
    if (nth >= self->count || !self->sent[nth].open)
        ck_abort_msg("no such request, or it is over");
    self->sent[nth].error = (rp_error){.code = code, .message = (char *)(uintptr_t)message};
    self->sent[nth].answered = true;
}

size_t fake_open(const fake *self)
{
    size_t open = 0;

    for (size_t i = 0; i < self->count; i++)
        open += self->sent[i].open;
    return open;
}

static int64_t time_now_ms(void *context)
{
    return ((fake_time *)context)->now_ms;
}

static int64_t time_wall_s(void *context)
{
    return ((fake_time *)context)->wall_s;
}

static uint32_t always_nought(void *context)
{
    (void)context;
    return 0;
}

void fake_time_init(fake_time *self)
{
    *self = (fake_time){
        .clock = {time_now_ms, time_wall_s, always_nought, self}, .now_ms = 1000000, .wall_s = 1500000000};
}

static void on_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    outcome *told = context;

    if (!reply == !error)
        ck_abort_msg("a reply or an error, not both or none");
    told->done++;
    told->status = reply ? reply->status : 0;
    told->code = error ? error->code : 0;
    snprintf(told->message, sizeof(told->message), "%s", error ? error->message : "");
    told->retry_after_ms = error ? error->retry_after_ms : 0;
    snprintf(told->body, sizeof(told->body), "%s", reply ? reply->body : "");
    if (told->then)
        told->then(told);
}

static void on_again(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms)
{
    outcome *told = context;

    if (!reply == !error)
        ck_abort_msg("a reply or an error, not both or none");
    told->again++;
    told->pause_ms = pause_ms;
    told->again_status = reply ? reply->status : 0;
    told->again_code = error ? error->code : 0;
}

rp_http_request request_for(outcome *told, const char *url)
{
    return (rp_http_request){.method = "GET",
                             .url = url,
                             .max_reply_bytes = 1u << 20,
                             .repeatable = true,
                             .done = on_done,
                             .again = on_again,
                             .context = told};
}
