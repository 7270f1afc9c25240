/* Requests under way: sent off for a ledger or a call, and what their answers mean to it. */
#include "driver_parts.h"

#include <search.h>
#include <string.h>

/* A page of 500 members is about 250 KB. */
#define MAX_REPLY_BYTES (8u << 20)

static int compare_ids(const void *one, const void *other)
{
    return strcmp(one, other);
}

static void keep_id(void *id)
{
    (void)id;
}

void ask_free(ask *one)
{
    driver *d;

    if (!one)
        return;
    d = one->driver;
    TAILQ_REMOVE(&d->asks, one, link);
    tdestroy(one->ids, keep_id);
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

static ask *new_ask(driver *d, channel *at, int kind)
{
    ask *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->driver = d;
    made->channel = at;
    made->kind = kind;
    made->request = (rp_http_request){.method = "GET",
                                      .headers = {{"Accept", "application/json"}, {"X-Language", "en-us"}},
                                      .max_reply_bytes = MAX_REPLY_BYTES,
                                      .repeatable = true,
                                      .done = answered,
                                      .again = delayed,
                                      .context = made};
    TAILQ_INSERT_TAIL(&d->asks, made, link);
    return made;
}

/* Sends it off. Whoever asked is told of a failure just as of one that comes later. */
static int start(ask *one, rp_error **error)
{
    if (!one->url)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    one->request.url = one->url;
    return rp_transport_start(one->driver->transport, &one->request, &one->exchange, error);
}

static failure *failure_of(ask *one, const rp_http_reply *reply, const rp_error *error)
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

/* --- answers to lists -------------------------------------------------------- */

/* Drops members that earlier pages had. False if nothing is left of the page, or memory fails. */
static bool remember_page(ask *one, page *shown)
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

static void list_failed(ask *one, failure *why)
{
    ledger_list_failed(one->channel->ledger, why, driver_now_ms(one->driver));
    ask_free(one);
}

static void ask_for_page(ask *one, const char *marker)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;

    free(one->url);
    one->url = elb_members_path(one->channel->listener_id, DRIVER_PAGE_MEMBERS, marker);
    if (start(one, &error) == 0)
        return;
    why = failure_of(one, NULL, error);
    list_failed(one, why);
}

static void list_answered(ask *one, page *shown)
{
    ledger *l = one->channel->ledger;
    const char *marker = shown->count ? shown->members[shown->count - 1].id : NULL;
    bool more = driver_page_may_go_on(shown->count);
    bool brings_news = remember_page(one, shown);

    if (ledger_page(l, shown) && more && brings_news) {
        one->request.insist = true;
        ask_for_page(one, marker);
        return;
    }
    ledger_listed(l, one->requested_at, driver_now_ms(one->driver));
    ask_free(one);
}

/* Turns a body that could not be read, or a refusal, into a failure. NULL if there is a page. */
static failure *read_page(ask *one, const rp_http_reply *reply, const rp_error *error, page **out)
{
    _cleanup_(rp_error_freep) rp_error *unreadable = NULL;

    if (!is_2xx(reply))
        return failure_of(one, reply, error);
    if (elb_read_members(reply, out, &unreadable) == 0)
        return NULL;
    return failure_of(one, NULL, unreadable);
}

static void on_list(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    _cleanup_(failure_unrefp) failure *why = read_page(one, reply, error, &shown);

    if (why)
        list_failed(one, why);
    else
        list_answered(one, shown);
}

static void on_page(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    struct answer *answer = one->answer;

    /* If the call has left, why it had to wait for so long is all there is to tell. */
    if (answer->call->remaining > 0) {
        failure_unref(answer->why);
        answer->why = read_page(one, reply, error, &answer->page);
        answer->call->remaining = 0;
        pthread_cond_signal(&answer->call->turn);
    }
    ask_free(one);
}

/* --- answers to all else ----------------------------------------------------- */

static void on_listener(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    (void)error;
    if (!is_2xx(reply) || elb_read_protocol(reply, one->channel->protocol, NULL) < 0)
        ledger_listener_failed(one->channel->ledger);
    ask_free(one);
}

static void accepted(ask *one, const rp_http_reply *reply, int64_t now)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    char job_id[ELB_ID_SIZE], uri[ELB_URI_SIZE];

    if (elb_read_accepted(reply, job_id, uri, &error) == 0) {
        ledger_accepted(one->channel->ledger, one->transfer, job_id, uri, now);
        return;
    }
    why = failure_of(one, NULL, error);
    ledger_lost(one->channel->ledger, one->transfer, why, now);
}

/* Everybody of the instance leaves the server alone for a while. */
static void be_patient(driver *d, const failure *why)
{
    if (why->meaning == MEANS_THROTTLED)
        d->send_from = rp_retry_paused_until_ms(d->transport);
}

static void on_send(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(failure_unrefp) failure *why = NULL;
    int64_t now = driver_now_ms(one->driver);
    ledger *l = one->channel->ledger;

    if (is_2xx(reply)) {
        accepted(one, reply, now);
        ask_free(one);
        return;
    }
    why = failure_of(one, reply, error);
    be_patient(one->driver, why);
    if (why->meaning == MEANS_THROTTLED || why->meaning == MEANS_NOT_SENT)
        ledger_not_sent(l, one->transfer, why, why->retry_after_ms, now);
    else
        ledger_refused(l, one->transfer, why, now);
    ask_free(one);
}

/* The server does not know the job (any more): 400 and 404 both were seen to mean that. */
static bool says_no_such_job(const failure *why)
{
    return (why->http_status == 400 || why->http_status == 404) && why->status != RP_UNAUTHENTICATED;
}

static void on_poll(ask *one, const rp_http_reply *reply, const rp_error *error)
{
    static const int ends[] = {
        [ELB_JOB_RUNS] = JOB_RUNNING, [ELB_JOB_SUCCEEDED] = JOB_SUCCEEDED, [ELB_JOB_FAILED] = JOB_FAILED};
    _cleanup_(rp_error_freep) rp_error *unreadable = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    ledger *l = one->channel->ledger;
    int64_t now = driver_now_ms(one->driver);
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
    ask_free(one);
}

static void answered(void *context, const rp_http_reply *reply, const rp_error *error)
{
    static void (*const handlers[])(ask *, const rp_http_reply *,
                                    const rp_error *) = {[ASK_LIST] = on_list,
                                                         [ASK_LISTENER] = on_listener,
                                                         [ASK_SEND] = on_send,
                                                         [ASK_POLL] = on_poll,
                                                         [ASK_PAGE] = on_page};
    ask *one = context;

    one->exchange = NULL;
    driver_log(one->driver, &one->request, reply, error, 0);
    handlers[one->kind](one, reply, error);
}

static void delayed(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms)
{
    ask *one = context;
    _cleanup_(failure_unrefp) failure *why = NULL;

    driver_log(one->driver, &one->request, reply, error, pause_ms);
    one->paused_until = driver_now_ms(one->driver) + pause_ms;
    if (one->kind != ASK_LIST && one->kind != ASK_PAGE)
        return;
    why = failure_of(one, reply, error);
    if (one->kind == ASK_LIST) {
        ledger_list_delayed(one->channel->ledger, why);
        return;
    }
    failure_unref(one->answer->why);
    one->answer->why = failure_ref(why);
}

/* --- what is asked for ------------------------------------------------------- */

void ask_for_list(driver *d, channel *at, const ledger_action *action)
{
    ask *one = new_ask(d, at, ASK_LIST);

    if (!one) {
        ledger_list_failed(at->ledger, &failure_no_memory, driver_now_ms(d));
        return;
    }
    one->requested_at = driver_now_ms(d);
    one->request.insist = action->insist;
    ask_for_page(one, NULL);
}

void ask_for_listener(driver *d, channel *at)
{
    ask *one = new_ask(d, at, ASK_LISTENER);

    if (!one) {
        ledger_listener_failed(at->ledger);
        return;
    }
    one->request.repeatable = false; /* a warning is not worth insisting */
    one->url = elb_listener_path(at->listener_id);
    if (start(one, NULL) < 0)
        on_listener(one, NULL, NULL);
}

static void write_transfer(elb_body *body, const transfer *sent)
{
    const errand *of;
    bool adds = sent->kind == WANT_CREATE;

    adds ? elb_add_begin(body) : elb_remove_begin(body);
    for (size_t i = 0; i < sent->count; i++) {
        const slot *one = sent->slots[i];
        of = slot_acting(one)->owner;
        if (adds)
            elb_add_member(body, of->server_id, of->address);
        else
            elb_remove_member(body, slot_member_id(one));
    }
    adds ? elb_add_end(body) : elb_remove_end(body);
}

void ask_for_send(driver *d, channel *at, transfer *sent)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    ask *one = new_ask(d, at, ASK_SEND);

    if (!one) {
        ledger_not_sent(at->ledger, sent, &failure_no_memory, 0, driver_now_ms(d));
        return;
    }
    one->transfer = sent;
    write_transfer(&one->body, sent);
    one->url = sent->kind == WANT_CREATE ? elb_add_path(at->listener_id) : elb_remove_path(at->listener_id);
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

void ask_for_poll(driver *d, channel *at, job *polled)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    ask *one = new_ask(d, at, ASK_POLL);

    if (!one) {
        ledger_poll_failed(at->ledger, polled, &failure_no_memory, driver_now_ms(d));
        return;
    }
    one->job = job_ref(polled);
    one->url = elb_job_path(polled->id);
    one->request.insist = true;
    if (start(one, &error) < 0)
        on_poll(one, NULL, error);
}

bool ask_for_members(driver *d, struct answer *answer, const char *listener_id, const char *marker)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    ask *one = new_ask(d, NULL, ASK_PAGE);

    if (!one)
        return false;
    one->answer = answer;
    one->url = elb_members_path(listener_id, DRIVER_PAGE_MEMBERS, marker);
    if (start(one, &error) < 0)
        on_page(one, NULL, error);
    return true;
}

/* Nobody waits any more for what these would bring: they end as if they had failed. */
static bool is_wanted(const ask *one)
{
    switch (one->kind) {
    case ASK_LIST:
    case ASK_LISTENER:
        return ledger_waits_for_list(one->channel->ledger);
    case ASK_SEND:
        return ledger_waits_for_transfer(one->transfer);
    case ASK_POLL:
        return ledger_waits_for_job(one->channel->ledger, one->job);
    case ASK_PAGE:
        return one->answer->call->remaining > 0;
    }
    return true;
}

void ask_drop_unwanted(driver *d)
{
    static const rp_error dropped = {
        .code = RP_E_LOST, .message = (char *)"dropped, since nobody waits for the answer any more"};
    ask *one, *next;

    for (one = TAILQ_FIRST(&d->asks); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (is_wanted(one))
            continue;
        rp_transport_drop(d->transport, one->exchange);
        answered(one, NULL, &dropped);
    }
}
