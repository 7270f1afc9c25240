/* Requests in flight: starting them for a ledger or a call, and reading their replies. */
#include "driver_events.h"
#include "driver_parts.h"

#include <search.h>
#include <string.h>

/* A page of 500 members is about 250 KB. */
#define MAX_REPLY_BYTES (8u << 20)

static int compare_ids(const void *one, const void *other)
{
    return strcmp(one, other);
}

static void leave_id(void *id)
{
    (void)id;
}

void api_request_free(api_request *one)
{
    driver *d;

    if (!one)
        return;
    d = one->driver;
    TAILQ_REMOVE(&d->requests, one, link);
    tdestroy(one->ids, leave_id);
    for (size_t i = 0; i < one->page_count; i++)
        page_unref(one->pages[i]);
    free(one->pages);
    job_unref(one->job);
    free(one->url);
    rp_buffer_done(&one->body.text);
    free(one);
}

static void answered(void *context, const rp_http_reply *reply, const rp_error *error);
static void delayed(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms);

static api_request *api_request_new(driver *d, listener *at, int kind)
{
    api_request *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->driver = d;
    made->listener = at;
    made->kind = kind;
    made->request = (rp_http_request){.method = "GET",
                                      .headers = {{"Accept", "application/json"}, {"X-Language", "en-us"}},
                                      .max_reply_bytes = MAX_REPLY_BYTES,
                                      .repeatable = true,
                                      .done = answered,
                                      .again = delayed,
                                      .context = made};
    TAILQ_INSERT_TAIL(&d->requests, made, link);
    return made;
}

/* Starts the request. A failure to start is reported in the same way as a failed reply. */
static int start(api_request *one, rp_error **error)
{
    if (!one->url)
        return rp_error_no_memory(error);
    one->request.url = one->url;
    return rp_transport_start(one->driver->transport, &one->request, &one->exchange, error);
}

static failure *failure_of(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    failure *made = reply ? elb_failure_of_reply(reply) : elb_failure_of_error(error);

    if (!made)
        return failure_ref(&failure_no_memory);
    if (reply)
        made->retry_after_ms = rp_retry_after_ms(reply, one->driver->clock);
    return made;
}

static bool is_2xx(const rp_http_reply *reply)
{
    return reply && reply->status >= 200 && reply->status < 300;
}

/* --- replies to lists -------------------------------------------------------- */

/* Drops members that were on earlier pages. False if none is left, or out of memory. */
static bool remember_page(api_request *one, page *shown)
{
    size_t kept = 0;
    page **pages = realloc(one->pages, (one->page_count + 1) * sizeof(page *));

    if (!pages)
        return false;
    one->pages = pages;
    one->pages[one->page_count++] = page_ref(shown);
    for (size_t i = 0; i < shown->count; i++) {
        if (tfind(shown->members[i].id, &one->ids, compare_ids))
            continue;
        tsearch(shown->members[i].id, &one->ids, compare_ids);
        shown->members[kept++] = shown->members[i];
    }
    shown->count = kept;
    return kept > 0;
}

static void list_failed(api_request *one, failure *why)
{
    ledger_list_failed(one->listener->ledger, why, now_ms(one->driver));
    api_request_free(one);
}

static void request_next_page(api_request *one, const char *marker)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;

    free(one->url);
    one->url = elb_members_path(one->listener->id, DRIVER_PAGE_MEMBERS, marker);
    if (start(one, &error) == 0)
        return;
    why = failure_of(one, NULL, error);
    list_failed(one, why);
}

static void list_answered(api_request *one, page *shown)
{
    ledger *l = one->listener->ledger;
    const char *marker = shown->count ? shown->members[shown->count - 1].id : NULL;
    bool more = driver_page_may_go_on(shown->count);
    bool brings_news = remember_page(one, shown);

    if (ledger_page(l, shown) && more && brings_news) {
        one->request.insist = true;
        request_next_page(one, marker);
        return;
    }
    ledger_listed(l, one->requested_at, now_ms(one->driver));
    api_request_free(one);
}

/* The failure of a refused or unreadable reply; NULL if there is a page. */
static failure *read_page(api_request *one, const rp_http_reply *reply, const rp_error *error, page **out)
{
    _cleanup_(rp_error_freep) rp_error *unreadable = NULL;

    if (!is_2xx(reply))
        return failure_of(one, reply, error);
    if (elb_read_members(reply, out, &unreadable) == 0)
        return NULL;
    return failure_of(one, NULL, unreadable);
}

static void on_list(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    _cleanup_(failure_unrefp) failure *why = read_page(one, reply, error, &shown);

    if (why)
        list_failed(one, why);
    else
        list_answered(one, shown);
}

static void on_page(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    page_call *waiting = one->page_call;

    /* If the call has left, why it had to wait for so long is all there is to tell. */
    if (waiting->call->remaining > 0) {
        failure_unref(waiting->why);
        waiting->why = read_page(one, reply, error, &waiting->page);
        waiting->call->remaining = 0;
        pthread_cond_signal(&waiting->call->turn);
    }
    api_request_free(one);
}

/* --- other replies ----------------------------------------------------------- */

static void on_listener(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    (void)error;
    if (!is_2xx(reply) || elb_read_protocol(reply, one->listener->protocol, NULL) < 0)
        ledger_listener_failed(one->listener->ledger);
    api_request_free(one);
}

static void accepted(api_request *one, const rp_http_reply *reply, int64_t now)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    char job_id[ELB_ID_SIZE], uri[ELB_URI_SIZE];

    if (elb_read_accepted(reply, job_id, uri, &error) == 0) {
        ledger_accepted(one->listener->ledger, one->transfer, job_id, uri, now);
        return;
    }
    why = failure_of(one, NULL, error);
    ledger_lost(one->listener->ledger, one->transfer, why, now);
}

/* All requests of the instance pause. */
static void be_patient(driver *d, const failure *why)
{
    if (why->meaning == MEANS_THROTTLED)
        d->send_from = rp_retry_paused_until_ms(d->transport);
}

static void on_send(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(failure_unrefp) failure *why = NULL;
    int64_t now = now_ms(one->driver);
    ledger *l = one->listener->ledger;

    if (is_2xx(reply)) {
        accepted(one, reply, now);
        api_request_free(one);
        return;
    }
    why = failure_of(one, reply, error);
    be_patient(one->driver, why);
    if (why->meaning == MEANS_THROTTLED || why->meaning == MEANS_NOT_SENT)
        ledger_not_sent(l, one->transfer, why, why->retry_after_ms, now);
    else
        ledger_refused(l, one->transfer, why, now);
    api_request_free(one);
}

/* The server does not know the job (any more): 400 and 404 both were seen to mean that. */
static bool says_no_such_job(const failure *why)
{
    return (why->http_status == 400 || why->http_status == 404) && why->status != RP_UNAUTHENTICATED;
}

static void on_poll(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    static const int ends[] = {
        [ELB_JOB_RUNS] = JOB_RUNNING, [ELB_JOB_SUCCEEDED] = JOB_SUCCEEDED, [ELB_JOB_FAILED] = JOB_FAILED};
    _cleanup_(rp_error_freep) rp_error *unreadable = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    ledger *l = one->listener->ledger;
    int64_t now = now_ms(one->driver);
    elb_job_end end;

    if (is_2xx(reply) && elb_read_job(reply, &end, &why, &one->job->took_ms, &unreadable) == 0) {
        ledger_polled(l, one->job, ends[end], why, now);
    } else {
        why = is_2xx(reply) ? failure_of(one, NULL, unreadable) : failure_of(one, reply, error);
        if (says_no_such_job(why))
            ledger_polled(l, one->job, JOB_UNKNOWN, NULL, now);
        else
            ledger_poll_failed(l, one->job, why, now);
    }
    api_request_free(one);
}

static void answered(void *context, const rp_http_reply *reply, const rp_error *error)
{
    static void (*const handlers[])(api_request *, const rp_http_reply *,
                                    const rp_error *) = {[REQUEST_LIST] = on_list,
                                                         [REQUEST_LISTENER] = on_listener,
                                                         [REQUEST_SEND] = on_send,
                                                         [REQUEST_POLL] = on_poll,
                                                         [REQUEST_PAGE] = on_page};
    api_request *one = context;

    one->exchange = NULL;
    log_attempt(one->driver, &one->request, reply, error, 0);
    handlers[one->kind](one, reply, error);
}

static void delayed(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms)
{
    api_request *one = context;
    _cleanup_(failure_unrefp) failure *why = NULL;

    log_attempt(one->driver, &one->request, reply, error, pause_ms);
    one->paused_until = now_ms(one->driver) + pause_ms;
    if (one->kind != REQUEST_LIST && one->kind != REQUEST_PAGE)
        return;
    why = failure_of(one, reply, error);
    if (one->kind == REQUEST_LIST) {
        ledger_list_delayed(one->listener->ledger, why);
        return;
    }
    failure_unref(one->page_call->why);
    one->page_call->why = failure_ref(why);
}

/* --- starting requests ------------------------------------------------------- */

void request_list(driver *d, listener *at, const ledger_action *action)
{
    api_request *one = api_request_new(d, at, REQUEST_LIST);

    if (!one) {
        ledger_list_failed(at->ledger, &failure_no_memory, now_ms(d));
        return;
    }
    one->requested_at = now_ms(d);
    one->request.insist = action->insist;
    request_next_page(one, NULL);
}

void request_listener(driver *d, listener *at)
{
    api_request *one = api_request_new(d, at, REQUEST_LISTENER);

    if (!one) {
        ledger_listener_failed(at->ledger);
        return;
    }
    one->request.repeatable = false; /* a warning is not worth insisting */
    one->url = elb_listener_path(at->id);
    if (start(one, NULL) < 0)
        on_listener(one, NULL, NULL);
}

static void write_transfer(elb_body *body, const transfer *sent)
{
    const record_task *of;
    bool adds = sent->kind == WANT_CREATE;

    adds ? elb_add_begin(body) : elb_remove_begin(body);
    for (size_t i = 0; i < sent->count; i++) {
        const slot *one = sent->slots[i];
        of = slot_acting(one)->owner;
        if (adds)
            elb_add_member(body, of->record.server_id, of->record.address);
        else
            elb_remove_member(body, slot_member_id(one));
    }
    adds ? elb_add_end(body) : elb_remove_end(body);
}

void request_send(driver *d, listener *at, transfer *sent)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    api_request *one = api_request_new(d, at, REQUEST_SEND);

    if (!one) {
        ledger_not_sent(at->ledger, sent, &failure_no_memory, 0, now_ms(d));
        return;
    }
    one->transfer = sent;
    write_transfer(&one->body, sent);
    one->url = sent->kind == WANT_CREATE ? elb_add_path(at->id) : elb_remove_path(at->id);
    one->request.method = "POST";
    one->request.headers[2] = (rp_http_header){"Content-Type", "application/json"};
    one->request.body = one->body.text.data;
    one->request.body_len = one->body.text.len;
    one->request.repeatable = false;
    one->request.once = true; /* who goes along is decided anew for each attempt */
    if (!rp_buffer_ok(&one->body.text))
        rp_error_set(&error, RP_E_NO_MEMORY, "out of memory");
    if (error || start(one, &error) < 0)
        on_send(one, NULL, error);
}

void request_poll(driver *d, listener *at, job *polled)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    api_request *one = api_request_new(d, at, REQUEST_POLL);

    if (!one) {
        ledger_poll_failed(at->ledger, polled, &failure_no_memory, now_ms(d));
        return;
    }
    one->job = job_ref(polled);
    one->url = elb_job_path(polled->id);
    one->request.insist = true;
    if (start(one, &error) < 0)
        on_poll(one, NULL, error);
}

bool request_page(driver *d, page_call *waiting, const char *listener_id, const char *marker)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    api_request *one = api_request_new(d, NULL, REQUEST_PAGE);

    if (!one)
        return false;
    one->page_call = waiting;
    one->url = elb_members_path(listener_id, DRIVER_PAGE_MEMBERS, marker);
    if (start(one, &error) < 0)
        on_page(one, NULL, error);
    return true;
}

/* Nobody waits any more for what these would bring: they end as if they had failed. */
static bool is_wanted(const api_request *one)
{
    switch (one->kind) {
    case REQUEST_LIST:
    case REQUEST_LISTENER:
        return ledger_waits_for_list(one->listener->ledger);
    case REQUEST_SEND:
        return ledger_waits_for_transfer(one->transfer);
    case REQUEST_POLL:
        return ledger_waits_for_job(one->listener->ledger, one->job);
    case REQUEST_PAGE:
        return one->page_call->call->remaining > 0;
    }
    return true;
}

void drop_unwanted_requests(driver *d)
{
    static const rp_error dropped = {
        .code = RP_E_LOST, .message = (char *)"dropped: no caller waits for the answer"};
    api_request *one, *next;

    for (one = TAILQ_FIRST(&d->requests); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (is_wanted(one))
            continue;
        rp_transport_drop(d->transport, one->exchange);
        answered(one, NULL, &dropped);
    }
}
