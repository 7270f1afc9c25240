#include "world.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON "application/json"
#define HTML "text/html"

/* Answers are written into here and copied from here: the cloud allocates nothing. */
static char text[1u << 16];

static void answer(world *w, exchange *one, int status, const char *body)
{
    exchange_answer(w, one, status, JSON, body, strlen(body));
}

static void refuse(world *w, exchange *one, int status, const char *code, const char *words)
{
    snprintf(text, sizeof(text), "{\"error\":{\"message\":\"%s\",\"code\":\"%s\"}}", words, code);
    answer(w, one, status, text);
}

/* --- members ------------------------------------------------------------------------ */

static int add_member(world *w, int listener, int key, int made_by)
{
    int number = w->member_count++;
    member *made = &w->members[number];

    if (w->member_count == MAX_MEMBERS)
        abort();
    *made = (member){.listener = listener, .key = key, .op = made_by, .healthy = true};
    snprintf(made->id, sizeof(made->id), "m%03x.%d", world_pick(w, 4096), number);
    return number;
}

static void show(world *w, int number)
{
    w->members[number].visible = true;
    w->members[number].shown_step = ++w->step;
    world_tell(w, "  cloud: %s of key %d is there", w->members[number].id, w->members[number].key);
}

static void hide(world *w, int number)
{
    w->members[number].visible = false;
    w->members[number].hidden_step = ++w->step;
    world_tell(w, "  cloud: %s of key %d is gone", w->members[number].id, w->members[number].key);
}

/* Some members take a while to become healthy, and some never do. */
static void ail(world *w, int number)
{
    if (!world_happens(w, 300))
        return;
    w->members[number].healthy = false;
    if (w->traits.mild || world_happens(w, 700))
        world_schedule(w, EVENT_HEALTHY, number, world_now() + world_pick(w, 3000));
}

static bool is_behind_all(const world *w, const member *one)
{
    for (int i = 0; i < w->member_count; i++)
        if (&w->members[i] != one && w->members[i].listener == one->listener && w->members[i].visible &&
            strcmp(w->members[i].id, one->id) > 0)
            return false;
    return true;
}

/* Somebody else has added the same member meanwhile: nothing tells which of the two is ours, so the one
   behind all others could be missed as somebody else's (see add_foreign). */
static void avoid_last_place_of_twin(world *w, member *made)
{
    for (int i = 0; w->traits.page_cap && i < w->member_count; i++)
        if (w->members[i].key == made->key && w->members[i].visible && w->members[i].op < 0 &&
            is_behind_all(w, made))
            made->id[0] = 'f';
}

static void come_true(world *w, int number)
{
    op *one = &w->ops[number];
    const member_key *of = &w->keys[one->key];

    if (w->parent_gone[of->listener]) {
        one->state = OP_DEAD;
    } else if (!w->sends[one->send].removes) {
        one->member = add_member(w, of->listener, one->key, number);
        avoid_last_place_of_twin(w, &w->members[one->member]);
        ail(w, one->member);
        show(w, one->member);
        one->state = OP_DONE;
    } else if (w->members[one->member].visible) {
        hide(w, one->member);
        one->state = OP_DONE;
    } else {
        one->state = OP_DEAD;
    }
}

static void take_back(world *w, op *one)
{
    if (one->state == OP_DONE && w->members[one->member].visible)
        hide(w, one->member);
    one->state = OP_DEAD;
}

static void parent_goes(world *w, int listener)
{
    world_tell(w, "  cloud: listener l%d is deleted", listener);
    w->parent_gone[listener] = true;
    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].listener == listener && w->members[i].visible)
            hide(w, i);
    for (int i = 0; i < w->op_count; i++)
        if (w->keys[w->ops[i].key].listener == listener && w->ops[i].state == OP_PENDING)
            w->ops[i].state = OP_DEAD;
}

static bool is_any_visible(const world *w, int listener)
{
    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].listener == listener && w->members[i].visible)
            return true;
    return false;
}

/* Where pages are capped, others add no member behind all that a list shows: if the list was as long as the
   cap, no client that has not met the cap can tell (see paging.h). */
static int add_foreign(world *w, int listener, int key)
{
    int number = add_member(w, listener, key, -1);
    member *made = &w->members[number];

    if (w->traits.page_cap && is_behind_all(w, made))
        made->id[0] = 'f';
    return number;
}

/* Somebody else adds a member, or removes one. */
static void foreign_change(world *w)
{
    int number = (int)world_pick(w, (uint32_t)w->key_count);
    member_key *one = &w->keys[number];

    if (w->calm || w->parent_gone[one->listener])
        return;
    one->disturbed = true;
    for (int i = 0; i < w->member_count; i++)
        if (w->members[i].key == number && w->members[i].visible) {
            hide(w, i);
            return;
        }
    if (w->traits.page_cap && !is_any_visible(w, one->listener))
        return;
    show(w, add_foreign(w, one->listener, number));
}

void cloud_begin(world *w)
{
    for (uint32_t l = 0; l < w->traits.listeners; l++)
        for (uint32_t i = 0; i < w->traits.fillers; i++)
            show(w, add_member(w, (int)l, -1, -1));
    for (int i = 0; i < w->key_count; i++)
        if (world_happens(w, 300))
            show(w, add_member(w, w->keys[i].listener, i, -1));
}

/* --- jobs ------------------------------------------------------------------------------ */

static bool any_key_in(const world *w, const sent *one, uint64_t keys)
{
    for (int i = 0; i < one->ops; i++)
        if (keys >> w->ops[one->first_op + i].key & 1)
            return true;
    return false;
}

static bool any_target_gone(const world *w, const sent *one)
{
    for (int i = 0; i < one->ops; i++)
        if (!w->members[w->ops[one->first_op + i].member].visible)
            return true;
    return false;
}

/* The time that is left for what a send may still do: all comes true within the settle time. */
static int64_t time_left(const world *w, const sent *one)
{
    int64_t until = one->deadline < NEVER ? one->deadline : one->acted_at + w->traits.settle_ms - 1;

    return until > world_now() ? until - world_now() : 0;
}

static void choose_form(world *w, sent *one)
{
    one->form = FORM_ALL;
    if (world_happens(w, w->calm ? 0 : w->traits.fail_job)) {
        one->form = world_pick(w, 2) ? FORM_NOTHING : FORM_PART;
        one->job_fails = true;
    } else if (w->traits.false_success && !w->calm && world_happens(w, 100)) {
        one->form = FORM_FALSE_SUCCESS;
    }
    one->forgets = w->traits.forgets_jobs && !w->calm && world_happens(w, 300);
    one->job_endless = w->traits.endless_jobs && !w->calm && world_happens(w, 150);
    one->rolls_back = one->form == FORM_NOTHING && !one->removes && !one->forgets && one->deadline == NEVER &&
                      !one->job_endless && world_happens(w, 500);
}

static void start_job(world *w, int number)
{
    sent *one = &w->sends[number];
    int64_t longest, shorter = w->traits.latency_ms * 6 + w->traits.poll_min_ms * 3;
    event *end;

    one->acted_at = world_now();
    longest = time_left(w, one);
    choose_form(w, one);
    one->job_runs = true;
    for (int i = 0; i < one->ops; i++)
        if (!w->traits.listed_at_end && (one->form == FORM_ALL || one->rolls_back))
            come_true(w, one->first_op + i);
    if (world_pick(w, 4) || w->traits.mild)
        longest = shorter < longest ? shorter : longest;
    end = world_schedule(w, EVENT_JOB_END, number,
                         world_now() +
                             (one->job_endless ? time_left(w, one) : world_pick(w, (uint32_t)longest + 1)));
    end->send = number;
}

static void end_op(world *w, sent *one, int number)
{
    op *of = &w->ops[number];
    int64_t left = time_left(w, one);

    if (one->rolls_back)
        take_back(w, of);
    if (of->state != OP_PENDING)
        return;
    if (one->job_endless || one->form == FORM_NOTHING || one->form == FORM_FALSE_SUCCESS ||
        (one->form == FORM_PART && world_pick(w, 2)))
        of->state = OP_DEAD;
    else if (one->form == FORM_ALL && w->traits.lags && left > 0 && !one->forgets)
        world_schedule(w, EVENT_SHOW, number, world_now() + world_pick(w, (uint32_t)left % 3000))->send =
            of->send;
    else
        come_true(w, number);
}

/* A job without an end does nothing more after its time, but says that it runs. */
static void end_job(world *w, int number)
{
    sent *one = &w->sends[number];

    w->step++;
    world_tell(w, "  cloud: job j%d %s", number, one->job_endless ? "will never end" : "ends");
    one->job_runs = one->job_stands = one->job_endless;
    for (int i = 0; i < one->ops; i++)
        end_op(w, one, one->first_op + i);
}

static void tell_job(world *w, exchange *one)
{
    sent *of = one->job >= 0 && one->job < w->send_count ? &w->sends[one->job] : NULL;
    const char *status = "SUCCESS", *failure = "null";

    if (of && of->forgets && !of->job_runs && world_happens(w, 300))
        of->job_forgotten = true;
    if (!of || of->job_forgotten || of->known == SEND_NOTHING) {
        if (of)
            of->last_poll = '?';
        if (world_pick(w, 2))
            refuse(w, one, 404, one->job % 2 ? "404" : "ELB.1002", "find job failed");
        else
            refuse(w, one, 400, "ELB.2000", "no such job");
        return;
    }
    if (of->job_runs)
        status = "RUNNING";
    else if (of->job_fails) {
        status = "FAIL";
        failure = "\"ELB.9001\"";
    }
    of->last_poll = status[0];
    of->polled_at = world_now();
    snprintf(
        text, sizeof(text),
        "{\"status\":\"%s\",\"entities\":{},\"job_id\":\"j%d\",\"job_type\":\"addMember\",\"begin_time\":"
        "\"2023-11-14T22:13:20.000Z\",\"end_time\":\"%s\",\"error_code\":%s,\"fail_reason\":%s}",
        status, one->job, of->job_runs ? "" : "2023-11-14T22:13:21.000Z", failure, failure);
    answer(w, one, 200, text);
}

/* --- adds and removes -------------------------------------------------------------------- */

static bool another_job_runs(const world *w, const sent *than)
{
    for (int i = 0; i < w->send_count; i++)
        if (&w->sends[i] != than && w->sends[i].listener == than->listener && w->sends[i].job_runs &&
            !w->sends[i].job_stands)
            return true;
    return false;
}

static void set_dead(world *w, const sent *one)
{
    for (int i = 0; i < one->ops; i++)
        if (w->ops[one->first_op + i].state == OP_PENDING)
            w->ops[one->first_op + i].state = OP_DEAD;
}

typedef struct refusal {
    int status;
    const char *code, *words;
} refusal;

/* Why the service refuses what arrives now, or NULL. */
static const refusal *refusal_of(const world *w, const sent *by)
{
    static const refusal gone = {400, "ELB.6030", "find listener failed"},
                         busy = {409, "ELB.9999", "the load balancer is busy"},
                         guilty = {400, "ELB.2021", "member address is wrong"},
                         absent = {400, "ELB.2012", "this member is not exist"};

    if (w->parent_gone[by->listener])
        return &gone;
    if (w->traits.conflicts && another_job_runs(w, by))
        return &busy;
    if (!by->removes && any_key_in(w, by, w->traits.guilty))
        return &guilty;
    return by->removes && w->traits.denies_gone && any_target_gone(w, by) ? &absent : NULL;
}

static void act(world *w, int number)
{
    sent *by = &w->sends[number];
    exchange *one = transport_exchange(w, by->exchange);
    const refusal *why = refusal_of(w, by);

    w->step++;
    if (one && one->reply)
        one = NULL; /* it gets another answer than this */
    by->refused = why;
    if (why) {
        set_dead(w, by);
        if (one)
            refuse(w, one, why->status, why->code, why->words);
        return;
    }
    world_tell(w, "  cloud: job j%d begins", number);
    start_job(w, number);
    if (!one)
        return;
    snprintf(text, sizeof(text), "{\"uri\":\"/v1/p/jobs/j%d\",\"job_id\":\"j%d\"}", number, number);
    answer(w, one, 200, text);
}

static int member_by_id(const world *w, const char *id)
{
    for (int i = 0; i < w->member_count; i++)
        if (!strcmp(w->members[i].id, id))
            return i;
    return -1;
}

static int key_of(const world *w, int listener, const char *server_id, const char *address)
{
    for (int i = 0; i < w->key_count; i++)
        if (w->keys[i].listener == listener && !strcmp(w->keys[i].server_id, server_id) &&
            !strcmp(w->keys[i].address, address))
            return i;
    return -1;
}

/* Copies the text that follows the mark, up to a quote. NULL if the mark is not there. */
static const char *next_text(const char *at, const char *mark, char *into, size_t size)
{
    at = strstr(at, mark);
    if (!at)
        return NULL;
    at += strlen(mark);
    snprintf(into, size, "%.*s", (int)strcspn(at, "\""), at);
    return at;
}

static op *new_op(world *w, int send)
{
    op *made = &w->ops[w->op_count++];

    if (w->op_count == MAX_OPS)
        abort();
    *made = (op){.send = send, .key = -1, .member = -1, .sent_step = w->step};
    w->sends[send].ops++;
    return made;
}

static void read_adds(world *w, int number, const char *body)
{
    char server_id[16], address[32];

    while ((body = next_text(body, "\"server_id\":\"", server_id, sizeof(server_id))) &&
           (body = next_text(body, "\"address\":\"", address, sizeof(address))))
        new_op(w, number)->key = key_of(w, w->sends[number].listener, server_id, address);
}

static void read_removes(world *w, int number, const char *body)
{
    char id[24];

    while ((body = next_text(body, "{\"id\":\"", id, sizeof(id)))) {
        op *made = new_op(w, number);
        made->member = member_by_id(w, id);
        made->key = made->member < 0 ? -1 : w->members[made->member].key;
    }
}

static void new_send(world *w, exchange *one)
{
    int number = w->send_count++;
    sent *made = &w->sends[number];

    if (w->send_count == MAX_SENDS)
        abort();
    *made = (sent){.removes = one->kind == REQUEST_IS_REMOVE,
                   .listener = one->listener,
                   .first_op = w->op_count,
                   .exchange = transport_handle(w, one),
                   .deadline = NEVER,
                   .polled_at = -1,
                   .lost_at = -1,
                   .accepted_at = -1};
    one->send = number;
    if (made->removes)
        read_removes(w, number, one->request->body);
    else
        read_adds(w, number, one->request->body);
    check_send(w, number);
}

/* --- what the client learns of a send -------------------------------------------------------- */

static void touch(world *w, const sent *one)
{
    w->step++;
    for (int i = 0; i < one->ops; i++)
        w->keys[w->ops[one->first_op + i].key].touch = w->step;
}

static void untouch(world *w, const sent *one)
{
    for (int i = 0; i < one->ops; i++) {
        const op *of = &w->ops[one->first_op + i];
        w->keys[of->key].touch = of->touch_before;
    }
}

static void did_nothing(world *w, sent *one)
{
    one->known = SEND_NOTHING;
    one->nothing_at = world_now();
    untouch(w, one);
}

/* What a lost send may still do comes true within the settle time. */
static void lose(world *w, int number)
{
    sent *one = &w->sends[number];

    one->known = SEND_LOST;
    one->lost_at = world_now();
    one->deadline = world_now() + w->traits.settle_ms - 1;
    one->rolls_back = false;
    touch(w, one);
    for (int i = 0; i < one->ops; i++)
        w->keys[w->ops[one->first_op + i].key].last_lost = one->first_op + i;
    for (int i = 0; i < w->event_count; i++)
        if (w->events[i].send == number && w->events[i].at > one->deadline)
            w->events[i].at = one->deadline;
}

/* A page leaves open what the service did, unless it says that there was nowhere to pass the request to. */
static bool says_nothing_was_done(const exchange *one)
{
    if (one->status < 400 || one->status >= 500 || one->fate == FATE_FAILING)
        return false;
    return one->fate != FATE_PAGE || one->status == 404;
}

static void learn_of_send(world *w, exchange *one, bool with_reply)
{
    sent *of = &w->sends[one->send];

    if (with_reply && one->fate == FATE_ANSWERED && one->status == 200) {
        of->known = SEND_ACCEPTED;
        of->accepted_at = world_now();
        touch(w, of);
        of->accepted_step = w->step;
    } else if (with_reply ? says_nothing_was_done(one) : one->fate == FATE_UNREACHED) {
        did_nothing(w, of);
    } else {
        lose(w, one->send);
    }
}

/* A list that was requested after the job was accepted has shown its effect, or one after the settle time
 * anything. */
static bool is_settled(const world *w, const op *one)
{
    const sent *by = &w->sends[one->send];

    for (int i = 0; i < w->listing_count; i++) {
        const listing *list = &w->listings[i];
        bool shows = list->shown >> one->key & 1;
        if (list->listener == by->listener && list->requested_step > by->accepted_step &&
            ((list->answered_step && shows) ||
             list->requested_at >= by->accepted_at + w->traits.settle_ms))
            return true;
    }
    return false;
}

/* The end of a job that adds makes what is known of its keys old, unless that was settled before. (A list
   without a key shows that its removal is done, whenever the job ends.) */
static void learn_of_job(world *w, const exchange *one)
{
    sent *of = one->job >= 0 && one->job < w->send_count ? &w->sends[one->job] : NULL;

    if (!of || one->fate != FATE_ANSWERED || of->known != SEND_ACCEPTED || of->end_known ||
        strstr(one->reply, "RUNNING"))
        return;
    /* That a job is not known is believed when it is said again. */
    if (one->status != 200 && of->unknown_told++ == 0)
        return;
    of->end_known = true;
    w->step++;
    for (int i = 0; i < of->ops; i++)
        if (!of->removes && !is_settled(w, &w->ops[of->first_op + i]))
            w->keys[w->ops[of->first_op + i].key].touch = w->step;
}

/* All requests wait as long as the server asks, within limits, and a little in any case. */
static void note_pause(world *w, const exchange *one)
{
    int64_t asked = one->retry_after ? atoi(one->retry_after) * 1000 : 0;
    int64_t until = world_now() + (asked < 150 ? 150 : asked < 60000 ? asked : 60000);

    if (until > w->throttled_until)
        w->throttled_until = until;
    if (asked && until > w->asked_until) {
        w->asked_until = until;
        w->asked_at = world_now();
    }
    w->started_at = w->throttled_until - 1000;
}

/* A page has come: the list has come so far. Lists that ended at the same member can't be told apart: a
   further page is one of each. */
static void take_page(world *w, const exchange *one)
{
    listing before = w->listings[one->listing];

    for (int i = 0; i < w->listing_count; i++) {
        listing *each = &w->listings[i];
        bool likewise =
            before.last_id[0] && each->listener == one->listener && !strcmp(each->last_id, before.last_id);
        if (i != one->listing && !likewise)
            continue;
        each->answered_step = w->step;
        if (each->complete && i != one->listing)
            continue;
        each->shown |= one->page_shown;
        each->complete = one->page_complete;
        if (one->page_last_id[0])
            memcpy(each->last_id, one->page_last_id, sizeof(each->last_id));
    }
}

void cloud_answered(world *w, exchange *one, bool with_reply)
{
    if (one->send >= 0)
        learn_of_send(w, one, with_reply);
    if (one->kind == REQUEST_IS_POLL && with_reply)
        learn_of_job(w, one);
    w->refused_tokens += one->fate == FATE_UNAUTHENTICATED && with_reply && !w->traits.rejects_tokens;
    if (one->kind == REQUEST_IS_LISTENER && one->fate == FATE_UNAUTHENTICATED)
        w->listener_gets[one->listener] = 0;
    if (one->kind == REQUEST_IS_LOGIN)
        iam_answered(w, one, with_reply);
    if (one->fate == FATE_THROTTLED && with_reply && one->kind != REQUEST_IS_LOGIN)
        note_pause(w, one);
    if (one->listing >= 0 && with_reply && one->fate == FATE_ANSWERED && one->status == 200)
        take_page(w, one);
}

/* What was on its way may have arrived, or may do so yet. */
void cloud_dropped(world *w, exchange *one)
{
    if (one->send < 0)
        return;
    if (w->sends[one->send].acts && !one->reply && world_pick(w, 2)) {
        for (int i = 0; i < w->event_count; i++)
            if (w->events[i].kind == EVENT_ACT && w->events[i].send == one->send) {
                w->events[i] = w->events[--w->event_count];
                set_dead(w, &w->sends[one->send]);
                break;
            }
    }
    if (w->sends[one->send].known != SEND_RUNNING)
        return;
    if (one->fate != FATE_UNREACHED) {
        lose(w, one->send);
        return;
    }
    did_nothing(w, &w->sends[one->send]);
}

/* --- lists -------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    const member *const *one = a, *const *other = b;

    return strcmp((*one)->id, (*other)->id);
}

static int find_listing(world *w, const exchange *one)
{
    for (int i = w->listing_count - 1; i >= 0 && one->marker[0]; i--)
        if (w->listings[i].listener == one->listener && !strcmp(w->listings[i].last_id, one->marker))
            return i;
    return -1;
}

static void new_listing(world *w, exchange *one)
{
    if (w->listing_count == MAX_LISTINGS)
        abort();
    one->listing = find_listing(w, one);
    if (one->listing >= 0)
        return;
    one->listing = w->listing_count++;
    w->listings[one->listing] = (listing){
        .listener = one->listener, .requested_step = w->step, .requested_at = world_now(), .complete = false};
}

static int write_member(const world *w, const member *one, char *into, size_t size)
{
    const member_key *of = one->key < 0 ? NULL : &w->keys[one->key];
    char server_id[32], address[32];

    snprintf(server_id, sizeof(server_id), "%s", of ? of->server_id : "x");
    snprintf(address, sizeof(address), "%s", of ? of->address : "10.9.9.9");
    if (!of)
        snprintf(server_id, sizeof(server_id), "x%s", one->id);
    return snprintf(into, size,
                    "{\"id\":\"%s\",\"server_id\":\"%s\",\"server_address\":\"%s\",\"health_status\":\"%s\"}",
                    one->id, server_id, address, one->healthy ? "NORMAL" : "ABNORMAL");
}

static void read_page(world *w, exchange *one)
{
    static const member *found[MAX_MEMBERS];
    uint32_t count = 0, cap = w->traits.page_cap ? w->traits.page_cap : 500;
    size_t len = 1;

    if (w->parent_gone[one->listener]) {
        refuse(w, one, 400, "ELB.6030", "find listener failed");
        return;
    }
    for (int i = 0; i < w->member_count; i++) {
        const member *each = &w->members[i];
        if (each->listener == one->listener && each->visible &&
            (!one->marker[0] || strcmp(each->id, one->marker) > 0))
            found[count++] = each;
    }
    qsort(found, count, sizeof(found[0]), by_id);
    one->page_complete = count <= cap;
    text[0] = '[';
    for (uint32_t i = 0; i < count && i < cap; i++) {
        if (i)
            text[len++] = ',';
        len += (size_t)write_member(w, found[i], text + len, sizeof(text) - len);
        if (found[i]->key >= 0)
            one->page_shown |= 1ull << found[i]->key;
        snprintf(one->page_last_id, sizeof(one->page_last_id), "%s", found[i]->id);
    }
    text[len++] = ']';
    text[len] = '\0';
    answer(w, one, 200, count ? text : world_pick(w, 2) ? "{}" : "[]");
}

/* --- faults ------------------------------------------------------------------------------------------ */

const char *fate_name(fate one)
{
    static const char *const names[] = {"answered", "unreached", "reset",     "silent",          "truncated",
                                        "a page",   "failing",   "throttled", "unauthenticated", "denied"};

    return names[one];
}

static const struct faults *faults_of(const world *w, const exchange *one)
{
    if (one->kind == REQUEST_IS_LOGIN)
        return &w->traits.login;
    return one->kind == REQUEST_IS_ADD || one->kind == REQUEST_IS_REMOVE ? &w->traits.post : &w->traits.get;
}

static fate draw_fate(world *w, const struct faults *from)
{
    const struct {
        uint32_t chance;
        fate fate;
    } all[] = {{from->unreached, FATE_UNREACHED}, {from->reset, FATE_RESET},
               {from->silent, FATE_SILENT},       {from->truncated, FATE_TRUNCATED},
               {from->page, FATE_PAGE},           {from->failing, FATE_FAILING},
               {from->throttled, FATE_THROTTLED}, {from->unauthenticated, FATE_UNAUTHENTICATED},
               {from->denied, FATE_DENIED}};
    uint32_t drawn = world_pick(w, 1000);

    if (w->calm)
        return FATE_ANSWERED;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (drawn < all[i].chance)
            return all[i].fate;
        drawn -= all[i].chance;
    }
    return FATE_ANSWERED;
}

static void answer_page(world *w, exchange *one)
{
    static const int of_get[] = {502, 503, 504, 400, 403, 404, 405, 413},
                     of_post[] = {502, 503, 504, 404, 400, 403};
    bool acts = one->send >= 0;
    int status = acts ? of_post[world_pick(w, 6)] : of_get[world_pick(w, 8)];
    const char *body = "<html><body>the proxy says no</body></html>";

    exchange_answer(w, one, status, HTML, body, strlen(body));
    /* Not passed on. */
    if (acts && status == 404)
        w->sends[one->send].acts = false;
}

static void answer_throttled(world *w, exchange *one)
{
    static const char *const pauses[] = {"1", "2", "5", "0", "30", "100"};

    refuse(w, one, 429, "APIGW.0308", "the throttling threshold has been reached");
    if (w->traits.retry_after && world_pick(w, 2))
        one->retry_after = pauses[world_pick(w, world_pick(w, 4) ? 4 : 6)];
}

/* What goes wrong gets its answer now; all else when the server reads it. */
static void prepare(world *w, exchange *one)
{
    static const int of_failing[] = {500, 503, 400};
    bool never = false;

    switch (one->fate) {
    case FATE_UNREACHED:
        one->failure = RP_E_UNREACHED;
        never = true;
        break;
    case FATE_RESET:
    case FATE_SILENT:
        one->failure = RP_E_LOST;
        break;
    case FATE_TRUNCATED:
        answer(w, one, one->kind == REQUEST_IS_LOGIN ? 201 : 200,
               world_pick(w, 2) ? "{\"uri\":\"/v1/p/jo" : "");
        break;
    case FATE_PAGE:
        answer_page(w, one);
        break;
    case FATE_FAILING:
        refuse(w, one, of_failing[world_pick(w, one->kind == REQUEST_IS_LOGIN ? 2 : 3)], "ELB.9001",
               "internal error");
        if (one->status == 503 && w->traits.retry_after)
            one->retry_after = "2";
        break;
    case FATE_THROTTLED:
        answer_throttled(w, one);
        never = true;
        break;
    case FATE_UNAUTHENTICATED:
        refuse(w, one, 401, "APIGW.0301", "incorrect token");
        never = true;
        break;
    case FATE_DENIED:
        refuse(w, one, 403, "APIGW.0302", "not allowed");
        never = true;
        break;
    case FATE_ANSWERED:
        break;
    }
    if (one->send >= 0 && (never || (one->fate != FATE_ANSWERED && world_pick(w, 2))))
        w->sends[one->send].acts = false;
}

static void excuse(world *w, const exchange *one, int64_t until)
{
    int64_t ms = until < NEVER ? until - one->started_at : w->traits.settle_ms;

    if (one->fate == FATE_ANSWERED && !one->late)
        return;
    for (int i = 0; i < w->call_count; i++)
        if (w->calls[i].arrived && !w->calls[i].returned)
            w->calls[i].excuse_ms += ms + 1000;
}

static void schedule_end(world *w, exchange *one, int64_t at)
{
    if (at >= one->silent_at)
        at = one->silent_at;
    if (at < NEVER)
        world_schedule(w, EVENT_ANSWER, transport_handle(w, one), at);
}

/* The server reads a request, and answers. A lost POST may be read late. */
static void schedule(world *w, exchange *one)
{
    int64_t act_at = world_soon(w), end_at = act_at + world_soon(w) - world_now();
    const struct faults *faults = faults_of(w, one);

    if (one->fate == FATE_SILENT)
        end_at = one->silent_at;
    else if (one->fate == FATE_UNREACHED && world_pick(w, 2))
        end_at = world_now() + w->traits.connect_ms;
    else if (!w->calm && world_happens(w, faults->late)) {
        one->late = true;
        end_at += world_pick(w, (uint32_t)w->traits.attempt_ms * 2);
    }
    if (one->send >= 0 && w->sends[one->send].acts) {
        sent *by = &w->sends[one->send];
        if (one->fate != FATE_ANSWERED && !world_pick(w, 3) && end_at < NEVER)
            act_at = world_now() + world_pick(w, (uint32_t)(end_at - world_now() + w->traits.settle_ms));
        world_schedule(w, EVENT_ACT, one->send, act_at)->send = (int)(by - w->sends);
    } else if (one->send < 0 && one->fate == FATE_ANSWERED) {
        world_schedule(w, EVENT_ACT, -transport_handle(w, one), act_at);
    }
    excuse(w, one, end_at < one->silent_at ? end_at : one->silent_at);
    schedule_end(w, one, end_at);
}

/* What the service itself says comes after a look at the token. */
static bool is_of_the_service(fate one)
{
    return one == FATE_ANSWERED || one == FATE_TRUNCATED || one == FATE_FAILING || one == FATE_DENIED;
}

void cloud_started(world *w, exchange *one)
{
    if (one->kind == REQUEST_IS_ADD || one->kind == REQUEST_IS_REMOVE) {
        new_send(w, one);
        if (w->broken)
            return;
        w->sends[one->send].acts = true;
    }
    if (one->kind == REQUEST_IS_LIST)
        new_listing(w, one);
    one->fate = draw_fate(w, faults_of(w, one));
    if (one->kind != REQUEST_IS_LOGIN && is_of_the_service(one->fate) && !iam_knows_token(w, one->token))
        one->fate = FATE_UNAUTHENTICATED;
    if (one->fate != FATE_ANSWERED)
        world_tell(w, "  cloud: #%d %s", one->number, fate_name(one->fate));
    prepare(w, one);
    if (one->send >= 0 && !w->sends[one->send].acts)
        set_dead(w, &w->sends[one->send]);
    schedule(w, one);
}

/* --- events ----------------------------------------------------------------------------------------- */

static void read_request(world *w, exchange *one)
{
    static const char listener[] = "{\"id\":\"l\",\"protocol\":\"TCP\",\"status\":\"ACTIVE\"}";

    w->step++;
    if (one->kind == REQUEST_IS_LIST)
        read_page(w, one);
    else if (one->kind == REQUEST_IS_POLL)
        tell_job(w, one);
    else if (one->kind == REQUEST_IS_LISTENER)
        answer(w, one, 200, listener);
    else if (one->kind == REQUEST_IS_LOGIN)
        iam_act(w, one);
    else
        refuse(w, one, 404, "APIGW.0101", "no such API");
}

static void end(world *w, exchange *one)
{
    if (world_now() >= one->silent_at) {
        one->failure = RP_E_LOST;
        one->fate = FATE_SILENT;
    } else if (!one->reply && !one->failure) {
        /* The server comes to it within this millisecond. */
        schedule_end(w, one, world_now());
        return;
    }
    transport_ended(w, one);
}

void cloud_event(world *w, const event *what)
{
    exchange *one;

    switch (what->kind) {
    case EVENT_ACT:
        if (what->send >= 0)
            act(w, what->send);
        else if ((one = transport_exchange(w, -what->on)))
            read_request(w, one);
        break;
    case EVENT_ANSWER:
        if ((one = transport_exchange(w, what->on)))
            end(w, one);
        break;
    case EVENT_SHOW:
        if (w->ops[what->on].state == OP_PENDING)
            come_true(w, what->on);
        break;
    case EVENT_JOB_END:
        end_job(w, what->on);
        break;
    case EVENT_HEALTHY:
        w->members[what->on].healthy = true;
        break;
    case EVENT_FOREIGN:
        foreign_change(w);
        break;
    case EVENT_REVOKE:
        iam_revoke(w);
        break;
    case EVENT_PARENT_GOES:
        parent_goes(w, what->on);
        break;
    default:
        break;
    }
}
