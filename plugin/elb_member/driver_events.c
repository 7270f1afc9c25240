#include "driver_events.h"

#include "event.h"

static void queue_event(call *c, event *made)
{
    if (made)
        STAILQ_INSERT_TAIL(&c->events, made, link);
}

static bool has_listener(const call *c)
{
    return c->host && RP_HAS(rp_call, c->host, on_event) && c->host->on_event;
}

static void notify_progress(call *c, const char *message)
{
    if (has_listener(c))
        queue_event(c, event_progress(c->total - c->remaining, c->total, message));
    pthread_cond_signal(&c->turn);
}

void notify_result(want *finished)
{
    record_task *one = finished->owner;
    call *c = one->call;

    c->remaining--;
    if (c->remaining == 0 || c->remaining % 100 == 0)
        notify_progress(c, "");
}

void notify_accepted(want *waiting)
{
    record_task *one = waiting->owner;

    if (!has_listener(one->call) || !one->call->write_state)
        return;
    queue_event(one->call, event_state(one, one->call->write_state));
    pthread_cond_signal(&one->call->turn);
}

/* Once per list, for any number of records. */
void notify_unresolved(want *waiting)
{
    record_task *one = waiting->owner;

    if (one->call->told_unresolved)
        return;
    one->call->told_unresolved = true;
    notify_progress(one->call, "an answer was lost: listing the members until the outcome is known");
}

/* The line goes to the call that drives, else to any call that takes events. */
static call *find_log_reader(driver *d)
{
    call *to = d->leader;

    if (to && has_listener(to))
        return to;
    TAILQ_FOREACH (to, &d->calls, link)
        if (has_listener(to))
            break;
    return to;
}

void log_attempt(driver *d, const rp_http_request *request, const rp_http_reply *reply, const rp_error *error,
                 int64_t pause_ms)
{
    _cleanup_(rp_freep) char *line = NULL;
    call *to = find_log_reader(d);

    if (!to)
        return;
    line = rp_http_describe(request, reply, error);
    if (line)
        queue_event(to, event_log("debug", line, pause_ms));
}

void deliver_events(driver *d, call *c)
{
    event *one;

    while ((one = STAILQ_FIRST(&c->events))) {
        STAILQ_REMOVE_HEAD(&c->events, link);
        pthread_mutex_unlock(&d->lock);
        c->host->on_event(c->host->context, one->text, one->len);
        free(one);
        pthread_mutex_lock(&d->lock);
    }
}
