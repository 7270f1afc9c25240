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
static bool may_begin(void *context);

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
                                      .may_begin = may_begin,
                                      .context = made};
    TAILQ_INSERT_TAIL(&d->requests, made, link);
    return made;
}

/* Requests that wait for their next attempt take no place: those of one listener may go on failing for long.
 */
static bool has_place(const api_request *one)
{
    return one->exchange && !one->paused;
}

static unsigned count_under_way(const driver *d)
{
    unsigned under_way = 0;
    const api_request *one;

    TAILQ_FOREACH (one, &d->requests, link)
        under_way += has_place(one);
    return under_way;
}

/* One that has a place to give. */
static api_request *find_protocol_request(const driver *d)
{
    api_request *one;

    TAILQ_FOREACH (one, &d->requests, link)
        if (one->kind == REQUEST_LISTENER && has_place(one))
            return one;
    return NULL;
}

bool has_spare_room(const driver *d)
{
    return count_under_way(d) < d->options.max_parallel;
}

bool has_room(const driver *d)
{
    return has_spare_room(d) || find_protocol_request(d);
}

static void drop_request(api_request *one);

/* Starts it; for want of room the GET of a listener makes way. */
static int start(api_request *one, rp_error **error)
{
    api_request *least_wanted;

    if (!one->url)
        return rp_error_no_memory(error);
    if (!has_spare_room(one->driver) && (least_wanted = find_protocol_request(one->driver)))
        drop_request(least_wanted);
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
    if (one->kind != REQUEST_SEND)
        elb_blame_no_record(made);
    return made;
}

static bool is_2xx(const rp_http_reply *reply)
{
    return reply && reply->status >= 200 && reply->status < 300;
}

/* --- replies to lists -------------------------------------------------------- */

/* Drops members that earlier pages had. False when out of memory. */
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
        if (!tsearch(shown->members[i].id, &one->ids, compare_ids))
            return false;
        shown->members[kept++] = shown->members[i];
    }
    shown->count = kept;
    return true;
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
    one->url = elb_members_path(one->listener->id, PAGING_LIMIT, marker);
    if (start(one, &error) == 0)
        return;
    why = failure_of(one, NULL, error);
    list_failed(one, why);
}

static whole_list whole_list_begin(const driver *d, const listener *at)
{
    return (whole_list){.requested_at = now_ms(d), .add_ends = ledger_add_ends(at->ledger)};
}

/* Takes the members from `first` on, those of a page that earlier pages did not have. `sent`: all that it
   had; `added`: what the list shows of add requests. */
static void whole_list_take(whole_list *list, driver *d, const listener *at, const page *shown, size_t first,
                            size_t sent, member_set added)
{
    size_t fresh = shown->count - first;

    for (size_t i = first; i < shown->count; i++)
        member_set_add(&list->so_far, shown->members[i].id);
    paging_saw(&d->paging, sent, list->last_count, fresh);
    list->last_count = sent;
    list->certainly = !fresh || paging_is_certainly_last(&d->paging, sent);
    list->is_last = list->certainly || paging_is_complete(&d->paging, sent, &at->list, list->so_far, added,
                                                          ledger_may_be_added(at->ledger), now_ms(d));
}

static void whole_list_end(const whole_list *list, const driver *d, listener *at)
{
    if (!list->is_last)
        return;
    paging_note_whole(&at->list, list->so_far, list->certainly, now_ms(d));
    ledger_note_whole_list(at->ledger, list->add_ends, list->requested_at);
}

static void list_ended(api_request *one)
{
    listener *at = one->listener;

    ledger_listed(at->ledger, one->list.requested_at, now_ms(one->driver));
    whole_list_end(&one->list, one->driver, at);
    api_request_free(one);
}

static void list_answered(api_request *one, page *shown)
{
    const char *marker = shown->count ? shown->members[shown->count - 1].id : NULL;
    ledger *l = one->listener->ledger;
    size_t sent = shown->count;
    bool undecided;

    if (!remember_page(one, shown)) {
        list_failed(one, &failure_no_memory);
        return;
    }
    undecided = ledger_page(l, shown);
    whole_list_take(&one->list, one->driver, one->listener, shown, 0, sent, ledger_shown_adds(l));
    if (one->list.is_last || !undecided) {
        list_ended(one);
        return;
    }
    one->request.insist = true;
    request_next_page(one, marker);
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

/* A server that takes no notice of the marker sends what was seen before. */
static size_t first_after(const page *shown, const char *marker)
{
    for (size_t i = 0; marker && i < shown->count; i++)
        if (!strcmp(shown->members[i].id, marker))
            return i + 1;
    return 0;
}

/* Learns from the page, and whether a list call has to go on after it. A list whose beginning was not seen is
   not followed. */
static void judge_page(driver *d, page_call *waiting)
{
    listener *at = waiting->listener;
    const page *shown = waiting->page;
    bool begins = !waiting->marker, goes_on = !begins && !strcmp(waiting->marker, at->offered_marker);
    whole_list list = goes_on ? at->offered : waiting->list;

    whole_list_take(&list, d, at, shown, first_after(shown, waiting->marker), shown->count, (member_set){0});
    waiting->is_last = begins || goes_on ? list.is_last : list.certainly;
    if (begins || goes_on) {
        whole_list_end(&list, d, at);
        at->offered = list;
        strcpy(at->offered_marker, waiting->is_last ? "" : shown->members[shown->count - 1].id);
    }
}

static void on_page(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    page_call *waiting = one->page_call;

    /* If the call has left, why it had to wait for so long is all there is to tell. */
    if (waiting->call->remaining > 0) {
        failure_unref(waiting->why);
        waiting->why = read_page(one, reply, error, &waiting->page);
        if (waiting->page)
            judge_page(one->driver, waiting);
        waiting->call->remaining = 0;
        pthread_cond_signal(&waiting->call->turn);
    }
    api_request_free(one);
}

/* --- other replies ----------------------------------------------------------- */

/* All requests of the instance pause: what asked for the longest is why. */
static void note_throttled(driver *d, failure *why)
{
    int64_t until = rp_retry_paused_until_ms(d->transport);

    if (why->meaning != MEANS_THROTTLED || (d->throttled && until <= d->send_from))
        return;
    d->send_from = until;
    failure_unref(d->throttled);
    d->throttled = failure_ref(why);
}

static void on_listener(api_request *one, const rp_http_reply *reply, const rp_error *error)
{
    if (is_2xx(reply)) {
        elb_read_protocol(reply, one->listener->protocol, NULL);
    } else {
        _cleanup_(failure_unrefp) failure *why = failure_of(one, reply, error);
        note_throttled(one->driver, why);
    }
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
    note_throttled(one->driver, why);
    if (why->meaning == MEANS_THROTTLED || why->meaning == MEANS_NOT_SENT)
        ledger_not_sent(l, one->transfer, why, why->retry_after_ms, now);
    else
        ledger_refused(l, one->transfer, why, now);
    api_request_free(one);
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
        if (elb_says_no_such_job(why)) {
            ledger_polled(l, one->job, JOB_UNKNOWN, NULL, now);
        } else {
            if (why != &failure_no_memory)
                elb_doubt_poll(why);
            ledger_poll_failed(l, one->job, why, now);
        }
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
    _cleanup_(failure_unrefp) failure *why = failure_of(one, reply, error);

    log_attempt(one->driver, &one->request, reply, error, pause_ms);
    one->paused = true;
    one->repeated |= why->status != RP_THROTTLED;
    note_throttled(one->driver, why);
    if (one->kind == REQUEST_LIST) {
        ledger_list_delayed(one->listener->ledger, why);
    } else if (one->kind == REQUEST_POLL) {
        ledger_poll_delayed(one->listener->ledger, one->job, why);
    } else if (one->kind == REQUEST_PAGE) {
        failure_unref(one->page_call->why);
        one->page_call->why = failure_ref(why);
    }
}

/* An add or remove whose token was refused would be sent again, also for a caller who has left meanwhile: it is
   dropped after this step, and put together anew. */
static bool is_outdated(const api_request *one)
{
    bool outdated = one->kind == REQUEST_SEND && !ledger_transfer_is_current(one->transfer);

    one->driver->has_outdated |= outdated;
    return outdated;
}

/* Requests that failed before take half of the places at most: the others need not wait for listeners that do
   not answer. A throttled one did not fail: it is the server that all wait for. */
static bool may_begin(void *context)
{
    api_request *one = context;
    driver *d = one->driver;
    unsigned repeated = 0, most = d->options.max_parallel / 2;
    const api_request *other;

    if (!one->paused)
        return !is_outdated(one);
    TAILQ_FOREACH (other, &d->requests, link)
        repeated += other->repeated && !other->paused;
    if (!has_spare_room(d) || (one->repeated && repeated >= (most ? most : 1)))
        return false;
    one->paused = false;
    return true;
}

/* --- starting requests ------------------------------------------------------- */

void request_list(driver *d, listener *at, const ledger_action *action)
{
    api_request *one = api_request_new(d, at, REQUEST_LIST);

    if (!one) {
        ledger_list_failed(at->ledger, &failure_no_memory, now_ms(d));
        return;
    }
    one->list = whole_list_begin(d, at);
    one->request.insist = action->insist;
    request_next_page(one, NULL);
}

/* Once, whatever comes back: nobody waits for it. */
void request_listener(driver *d, listener *at)
{
    api_request *one = api_request_new(d, at, REQUEST_LISTENER);

    if (!one)
        return;
    one->request.repeatable = false;
    one->request.once = true;
    one->url = elb_listener_path(at->id);
    if (start(one, NULL) < 0)
        api_request_free(one);
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
        rp_error_no_memory(&error);
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

void request_page(driver *d, page_call *waiting)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    api_request *one = api_request_new(d, waiting->listener, REQUEST_PAGE);

    if (!one) {
        waiting->why = failure_ref(&failure_no_memory);
        waiting->call->remaining = 0;
        return;
    }
    one->page_call = waiting;
    waiting->list = whole_list_begin(d, waiting->listener);
    one->url = elb_members_path(waiting->listener->id, PAGING_LIMIT, waiting->marker);
    if (start(one, &error) < 0)
        on_page(one, NULL, error);
}

static bool may_have_acted(const api_request *one)
{
    return rp_transport_has_sent(one->driver->transport, one->exchange);
}

/* Nobody waits any more for what these would bring: they end as if they had failed. */
static bool is_wanted(const api_request *one)
{
    switch (one->kind) {
    case REQUEST_LIST:
        return ledger_waits_for_list(one->listener->ledger);
    case REQUEST_LISTENER:
        return one->listener->creators > 0;
    case REQUEST_SEND:
        return may_have_acted(one) ? ledger_waits_for_transfer(one->transfer)
                                   : ledger_transfer_is_current(one->transfer);
    case REQUEST_POLL:
        return ledger_waits_for_job(one->listener->ledger, one->job);
    case REQUEST_PAGE:
        return one->page_call->call->remaining > 0;
    }
    return true;
}

static void drop_request(api_request *one)
{
    static const rp_error dropped = {
        .code = RP_E_LOST, .message = (char *)"dropped, since nobody waits for the answer any more"};

    bool taken_back = one->kind == REQUEST_SEND && !may_have_acted(one);

    rp_transport_drop(one->driver->transport, one->exchange);
    if (taken_back) {
        ledger_taken_back(one->listener->ledger, one->transfer);
        api_request_free(one);
    } else {
        answered(one, NULL, &dropped);
    }
}

static bool sends_for(const transfer *sent, const call *c)
{
    for (size_t i = 0; i < sent->count; i++) {
        const want *of = slot_acting(sent->slots[i]);
        if (of && ((const record_task *)of->owner)->call == c)
            return true;
    }
    return false;
}

void take_back_unsent(driver *d, const call *c)
{
    api_request *one, *next;

    for (one = TAILQ_FIRST(&d->requests); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (one->kind == REQUEST_SEND && sends_for(one->transfer, c) && !may_have_acted(one))
            drop_request(one);
    }
}

void drop_unwanted_requests(driver *d)
{
    api_request *one, *next;

    d->has_outdated = false;
    for (one = TAILQ_FIRST(&d->requests); one; one = next) {
        next = TAILQ_NEXT(one, link);
        if (!is_wanted(one))
            drop_request(one);
    }
}
