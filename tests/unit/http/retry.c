#include "http/retry.h"

#include "fake.h"
#include "suites.h"

#include <string.h>

/* first 400, longest 4000, patience 10000; chance 0 makes pauses 300, 600, 1200, 2400, 3000. */
typedef struct world {
    fake inner;
    fake_time time;
    rp_transport *retry;
} world;

static rp_verdict judge_404_astray(const rp_http_reply *reply)
{
    return reply->status == 404 ? RP_VERDICT_NOT_THE_SERVER : RP_VERDICT_FINAL;
}

static rp_verdict judge_404_malformed(const rp_http_reply *reply)
{
    if (reply->status == 404)
        return RP_VERDICT_MALFORMED;
    return reply->status == 429 ? RP_VERDICT_THROTTLED : RP_VERDICT_FINAL;
}

static void make_with(world *here, rp_verdict (*judge)(const rp_http_reply *))
{
    rp_retry_options options = {judge, 400, 4000, 10000};

    fake_init(&here->inner);
    fake_time_init(&here->time);
    here->retry = rp_retry_new(&here->inner.base, &options, &here->time.clock, NULL);
    ck_assert_ptr_nonnull(here->retry);
}

static void make(world *here)
{
    make_with(here, NULL);
}

static rp_exchange *begin(world *here, const rp_http_request *request)
{
    rp_exchange *exchange = NULL;

    ck_assert_int_eq(rp_transport_start(here->retry, request, &exchange, NULL), 0);
    ck_assert_ptr_nonnull(exchange);
    return exchange;
}

static void pass(world *here, int64_t ms)
{
    here->time.now_ms += ms;
    rp_transport_step(here->retry);
}

/* How long the wrapper would sleep if it could. */
static int64_t sleeps(world *here)
{
    rp_transport_wait(here->retry, 1000000);
    return here->inner.waited_ms;
}

static void end(world *here)
{
    rp_transport_free(here->retry);
    ck_assert(here->inner.freed);
}

START_TEST(an_answer_is_passed_on_at_once)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/a");

    make(&here);
    begin(&here, &request);
    ck_assert_str_eq(here.inner.sent[0].url, "http://h/a");
    ck_assert_int_eq(sleeps(&here), 1000000);
    fake_status(&here.inner, 0, 404);
    pass(&here, 0);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_int_eq(told.status, 404);
    ck_assert_uint_eq(told.again, 0);
    end(&here);
}
END_TEST

START_TEST(a_failing_server_is_asked_again_after_growing_pauses)
{
    static const int64_t pauses[] = {300, 600, 1200, 2400, 3000, 3000};
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    begin(&here, &request);
    for (size_t i = 0; i < 6; i++) {
        fake_status(&here.inner, i, 503);
        pass(&here, 0);
        ck_assert_uint_eq(told.again, i + 1);
        ck_assert_int_eq(told.again_status, 503);
        ck_assert_int_eq(told.pause_ms, pauses[i]);
        ck_assert_int_eq(sleeps(&here), pauses[i]);
        pass(&here, pauses[i] - 1);
        ck_assert_uint_eq(here.inner.count, i + 1);
        pass(&here, 1);
        ck_assert_uint_eq(here.inner.count, i + 2);
    }
    fake_status(&here.inner, 6, 200);
    pass(&here, 0);
    ck_assert_int_eq(told.status, 200);
    ck_assert_uint_eq(told.done, 1);
    end(&here);
}
END_TEST

START_TEST(what_must_not_be_repeated_is_not)
{
    world here;
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], "http://h/"), other = request_for(&told[1], "http://h/");

    make(&here);
    one.repeatable = other.repeatable = false;
    begin(&here, &one);
    begin(&here, &other);
    fake_status(&here.inner, 0, 500);
    fake_fail(&here.inner, 1, RP_E_LOST, "gone");
    pass(&here, 0);
    ck_assert_int_eq(told[0].status, 500);
    ck_assert_int_eq(told[1].code, RP_E_LOST);
    pass(&here, 100000);
    ck_assert_uint_eq(here.inner.count, 2);
    end(&here);
}
END_TEST

START_TEST(a_lost_answer_is_asked_for_again_if_that_does_no_harm)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    begin(&here, &request);
    fake_fail(&here.inner, 0, RP_E_LOST, "gone");
    pass(&here, 0);
    ck_assert_int_eq(told.again_code, RP_E_LOST);
    pass(&here, 300);
    ck_assert_uint_eq(here.inner.count, 2);
    end(&here);
}
END_TEST

START_TEST(refused_credentials_and_no_memory_are_final)
{
    static const int codes[] = {RP_E_DENIED, RP_E_NO_MEMORY, RP_E_SYSTEM};

    for (size_t i = 0; i < 3; i++) {
        world here;
        outcome told = {0};
        rp_http_request request = request_for(&told, "http://h/");
        make(&here);
        begin(&here, &request);
        fake_fail(&here.inner, 0, codes[i], "no");
        pass(&here, 0);
        ck_assert_int_eq(told.code, codes[i]);
        ck_assert_str_eq(told.message, "no");
        end(&here);
    }
}
END_TEST

/* Fails each attempt as soon as it starts; stops when told. Returns how long it took. */
static int64_t suffer(world *here, outcome *told)
{
    int64_t since = here->time.now_ms;

    for (size_t i = 0; !told->done && i < 50; i++) {
        fake_fail(&here->inner, here->inner.count - 1, RP_E_UNREACHED, "refused");
        pass(here, 0);
        if (!told->done)
            pass(here, sleeps(here));
    }
    return here->time.now_ms - since;
}

START_TEST(a_server_that_is_never_reached_is_given_up_when_patience_ends_even_by_a_post)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    request.repeatable = false;
    begin(&here, &request);
    ck_assert_int_eq(suffer(&here, &told), 10000);
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_str_eq(told.message, "refused");
    ck_assert_uint_eq(told.again, here.inner.count - 1);
    end(&here);
}
END_TEST

START_TEST(patience_counts_from_the_start_of_the_first_attempt)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    begin(&here, &request);
    here.time.now_ms += 10000; /* the attempt itself ran into the connect timeout */
    fake_fail(&here.inner, 0, RP_E_UNREACHED, "timed out");
    pass(&here, 0);
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_uint_eq(here.inner.count, 1);
    end(&here);
}
END_TEST

START_TEST(a_reached_server_renews_the_patience)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    begin(&here, &request);
    here.time.now_ms += 9000;
    fake_fail(&here.inner, 0, RP_E_UNREACHED, "refused");
    pass(&here, 0);
    pass(&here, 300);
    fake_status(&here.inner, 1, 503);
    pass(&here, 0);
    pass(&here, 600);
    ck_assert_uint_eq(here.inner.count, 3);
    ck_assert_int_eq(suffer(&here, &told), 10000);
    end(&here);
}
END_TEST

START_TEST(whoever_insists_is_never_given_up)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    request.insist = true;
    begin(&here, &request);
    suffer(&here, &told);
    ck_assert_uint_eq(told.done, 0);
    ck_assert_uint_ge(here.inner.count, 50);
    end(&here);
}
END_TEST

START_TEST(what_cannot_be_read_is_tried_three_times)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make_with(&here, judge_404_malformed);
    begin(&here, &request);
    for (size_t i = 0; i < 3; i++) {
        fake_status(&here.inner, i, 404);
        pass(&here, 0);
        pass(&here, 3000);
    }
    ck_assert_uint_eq(here.inner.count, 3);
    ck_assert_uint_eq(told.again, 2);
    ck_assert_int_eq(told.status, 404);
    end(&here);
}
END_TEST

/* Without end if the request insists, and not at all if that may do harm. */
START_TEST(what_others_answer_is_tried_five_times)
{
    for (int kind = 0; kind < 3; kind++) {
        bool insists = kind == 1, harms = kind == 2;
        world here;
        outcome told = {0};
        rp_http_request request = request_for(&told, "http://h/");

        make_with(&here, judge_404_astray);
        request.insist = insists;
        request.repeatable = !harms;
        begin(&here, &request);
        for (size_t i = 0; i < 20 && !told.done; i++) {
            fake_status(&here.inner, i, 404);
            pass(&here, 0);
            pass(&here, 8000);
        }
        ck_assert_uint_eq(here.inner.count, insists ? 21 : harms ? 1 : 5);
        ck_assert_int_eq(told.done, !insists);
        ck_assert_int_eq(told.status, insists ? 0 : 404);
        end(&here);
    }
}
END_TEST

START_TEST(what_cannot_be_read_is_not_tried_again_if_that_may_do_harm)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make_with(&here, judge_404_malformed);
    request.repeatable = false;
    begin(&here, &request);
    fake_status(&here.inner, 0, 404);
    pass(&here, 0);
    ck_assert_int_eq(told.status, 404);
    ck_assert_uint_eq(told.again, 0);
    end(&here);
}
END_TEST

START_TEST(throttling_holds_all_requests_even_those_that_are_new)
{
    world here;
    outcome told[3] = {0};
    rp_http_request post = request_for(&told[0], "http://h/0"), get = request_for(&told[1], "http://h/1"),
                    late = request_for(&told[2], "http://h/2");

    make(&here);
    post.repeatable = false;
    begin(&here, &post);
    begin(&here, &get);
    fake_reply(&here.inner, 0, (rp_http_reply){.status = 429, .retry_after = "7"});
    fake_status(&here.inner, 1, 503);
    pass(&here, 0);
    ck_assert_int_eq(told[0].pause_ms, 7000);
    ck_assert_int_eq(told[1].pause_ms, 7000);
    here.inner.wakes = 0;
    begin(&here, &late);
    ck_assert_uint_eq(here.inner.wakes, 1);
    ck_assert_int_eq(sleeps(&here), 7000);
    pass(&here, 1000);
    ck_assert_uint_eq(told[2].again, 1);
    ck_assert_int_eq(told[2].again_code, RP_E_THROTTLED);
    ck_assert_int_eq(told[2].pause_ms, 6000);
    pass(&here, 5999);
    ck_assert_uint_eq(told[2].again, 1);
    ck_assert_uint_eq(here.inner.count, 2);
    pass(&here, 1);
    ck_assert_uint_eq(here.inner.count, 3);
    pass(&here, 40);
    pass(&here, 40);
    ck_assert_uint_eq(here.inner.count, 5);
    ck_assert_uint_eq(told[0].done + told[1].done + told[2].done, 0);
    end(&here);
}
END_TEST

/* Requests that wait for a pause start one after the other, and so do those that come right after it. */
START_TEST(after_a_pause_requests_start_spread_out)
{
    enum {
        MANY = 20
    };
    world here;
    static outcome told[MANY + 3];
    static rp_http_request requests[MANY + 3];

    memset(told, 0, sizeof(told));
    make(&here);
    for (size_t i = 0; i < MANY; i++) {
        requests[i] = request_for(&told[i], "http://h/");
        begin(&here, &requests[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        fake_reply(&here.inner, i, (rp_http_reply){.status = 429, .retry_after = "7"});
    pass(&here, 0);
    pass(&here, 7000);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_uint_eq(here.inner.count, MANY + i + 1);
        ck_assert(i == MANY - 1 || sleeps(&here) <= 20);
        pass(&here, 19);
        ck_assert_uint_eq(here.inner.count, MANY + i + 1);
        pass(&here, 1);
    }
    for (size_t i = MANY; i < MANY + 2; i++) {
        requests[i] = request_for(&told[i], "http://h/late");
        begin(&here, &requests[i]);
    }
    ck_assert_uint_eq(here.inner.count, 2 * MANY + 1);
    pass(&here, 20);
    ck_assert_uint_eq(here.inner.count, 2 * MANY + 2);
    pass(&here, 1000);
    requests[MANY + 2] = request_for(&told[MANY + 2], "http://h/later");
    begin(&here, &requests[MANY + 2]);
    ck_assert_uint_eq(here.inner.count, 2 * MANY + 3);
    end(&here);
}
END_TEST

static int64_t pause_after_error(int code, int64_t retry_after_ms, bool repeatable, unsigned *done)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    request.repeatable = repeatable;
    make(&here);
    begin(&here, &request);
    fake_fail(&here.inner, 0, code, "not now");
    here.inner.sent[0].error.retry_after_ms = retry_after_ms;
    pass(&here, 0);
    *done = told.done;
    end(&here);
    return told.pause_ms;
}

START_TEST(what_was_not_sent_for_now_is_tried_again_when_the_error_says)
{
    unsigned done;

    ck_assert_int_eq(pause_after_error(RP_E_THROTTLED, 7000, false, &done), 7000);
    ck_assert_uint_eq(done, 0);
    ck_assert_int_eq(pause_after_error(RP_E_UNAVAILABLE, 3600000, false, &done), 60000);
    ck_assert_int_eq(pause_after_error(RP_E_UNAVAILABLE, 0, true, &done), 300);
    ck_assert_uint_eq(done, 0);
    pause_after_error(RP_E_DENIED, 7000, true, &done);
    ck_assert_uint_eq(done, 1);
}
END_TEST

static int64_t pause_after(rp_http_reply reply)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    here.time.wall_s = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
    begin(&here, &request);
    fake_reply(&here.inner, 0, reply);
    pass(&here, 0);
    end(&here);
    return told.pause_ms;
}

START_TEST(retry_after_is_a_number_of_seconds_or_a_date_and_never_shortens_a_pause)
{
    static const struct {
        const char *after, *date;
        int64_t ms;
    } cases[] = {
        {NULL, NULL, 300},
        {"2", NULL, 2000},
        {"0", NULL, 300},
        {"40", NULL, 40000},
        {"60", NULL, 60000},
        {"61", NULL, 60000}, /* the longest there is */
        {"999999999", NULL, 60000},
        {"9999999999", NULL, 300},
        {"soon", NULL, 300},
        {"-5", NULL, 300},
        {"1.5", NULL, 300},
        {"", NULL, 300},
        {"Sun, 06 Nov 1994 08:49:47 GMT", NULL, 10000},
        {"Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:42 GMT", 5000},
        {"Sun, 06 Nov 1994 08:49:47 GMT", "rubbish", 10000},
        {"Sun, 06 Nov 1994 08:49:00 GMT", NULL, 300},
        {"Sunday, 06-Nov-94 08:49:47 GMT", NULL, 10000}, /* the obsolete forms */
        {"Sun Nov  6 08:49:47 1994", NULL, 10000},
        {"Sun, 06 Nop 1994 08:49:47 GMT", NULL, 300},
        {"Sun, 06 anF 1994 08:49:47 GMT", NULL, 300},
        {"Fri, 31 Dec 9999 23:59:59 GMT", NULL, 60000},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_http_reply reply = {.status = 503, .retry_after = cases[i].after, .date = cases[i].date};
        ck_assert_msg(pause_after(reply) == cases[i].ms, "%s", cases[i].after ? cases[i].after : "none");
    }
}
END_TEST

START_TEST(what_may_have_had_an_effect_is_told_from_what_had_none)
{
    world here;
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], "http://h/"), other = request_for(&told[1], "http://h/");
    rp_exchange *first, *held;

    make(&here);
    first = begin(&here, &one);
    ck_assert(!rp_transport_has_sent(here.retry, first));
    here.inner.sent[0].has_sent = true;
    ck_assert(rp_transport_has_sent(here.retry, first));
    fake_reply(&here.inner, 0, (rp_http_reply){.status = 429, .retry_after = "7"});
    pass(&here, 0);
    ck_assert(!rp_transport_has_sent(here.retry, first));
    held = begin(&here, &other);
    ck_assert(!rp_transport_has_sent(here.retry, held));
    pass(&here, 7000);
    fake_fail(&here.inner, 1, RP_E_LOST, "gone");
    pass(&here, 0);
    ck_assert_int_eq(rp_transport_has_sent(here.retry, first) + rp_transport_has_sent(here.retry, held), 1);
    end(&here);
}
END_TEST

static bool may_begin(void *context)
{
    const bool *allowed = ((outcome *)context)->context;

    return *allowed;
}

START_TEST(a_new_request_that_waited_for_the_end_of_a_pause_begins_when_its_owner_lets_it)
{
    world here;
    bool allowed = false;
    outcome told[2] = {{.context = &allowed}, {.context = &allowed}};
    rp_http_request one = request_for(&told[0], "http://h/"), other = request_for(&told[1], "http://h/");

    make(&here);
    one.may_begin = other.may_begin = may_begin;
    begin(&here, &one);
    ck_assert_uint_eq(here.inner.count, 1);
    fake_reply(&here.inner, 0, (rp_http_reply){.status = 429, .retry_after = "7"});
    pass(&here, 0);
    begin(&here, &other);
    pass(&here, 0);
    ck_assert_int_eq(told[1].again_code, RP_E_THROTTLED);
    pass(&here, 8000);
    ck_assert_uint_eq(here.inner.count, 1);
    allowed = true;
    pass(&here, 0);
    pass(&here, 20);
    ck_assert_uint_eq(here.inner.count, 3);
    end(&here);
}
END_TEST

/* As a session asks that had to log in first. */
static bool is_let_begin(world *here, size_t nth)
{
    const rp_http_request *attempt = here->inner.sent[nth].request;

    return attempt->may_begin(attempt->context);
}

START_TEST(what_waited_below_does_not_begin_during_a_pause_and_begins_spread_out_after_it)
{
    world here;
    outcome told[3] = {0};
    rp_http_request requests[3];

    make(&here);
    for (size_t i = 0; i < 3; i++) {
        requests[i] = request_for(&told[i], "http://h/");
        begin(&here, &requests[i]);
    }
    ck_assert(is_let_begin(&here, 0));
    fake_reply(&here.inner, 2, (rp_http_reply){.status = 429, .retry_after = "7"});
    pass(&here, 0);
    ck_assert(!is_let_begin(&here, 0));
    pass(&here, 0);
    ck_assert_int_eq(sleeps(&here), 7000);
    here.time.now_ms += 7000;
    ck_assert(is_let_begin(&here, 0));
    ck_assert(!is_let_begin(&here, 1));
    here.time.now_ms += 20;
    ck_assert(is_let_begin(&here, 1));
    end(&here);
}
END_TEST

START_TEST(a_dropped_request_is_heard_of_no_more)
{
    world here;
    outcome told[3] = {0};
    rp_http_request one = request_for(&told[0], "http://h/"), other = request_for(&told[1], "http://h/"),
                    third = request_for(&told[2], "http://h/");
    rp_exchange *under_way, *waiting;

    make(&here);
    under_way = begin(&here, &one);
    waiting = begin(&here, &other);
    begin(&here, &third);
    fake_status(&here.inner, 1, 503);
    pass(&here, 0);
    rp_transport_drop(here.retry, under_way);
    ck_assert(here.inner.sent[0].dropped);
    rp_transport_drop(here.retry, waiting);
    fake_status(&here.inner, 2, 200);
    pass(&here, 100000);
    ck_assert_uint_eq(here.inner.count, 3);
    ck_assert_uint_eq(told[0].done + told[1].done, 0);
    ck_assert_uint_eq(told[2].done, 1);
    end(&here);
}
END_TEST

typedef struct dropping {
    world *here;
    rp_exchange *exchange;
} dropping;

static void drop_on_again(void *context, const rp_http_reply *reply, const rp_error *error, int64_t pause_ms)
{
    dropping *mine = ((outcome *)context)->context;

    (void)reply, (void)error, (void)pause_ms;
    rp_transport_drop(mine->here->retry, mine->exchange);
}

START_TEST(a_request_may_be_dropped_while_it_is_told_of_a_pause)
{
    world here;
    dropping mine = {.here = &here};
    outcome told = {.context = &mine};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    request.again = drop_on_again;
    mine.exchange = begin(&here, &request);
    fake_status(&here.inner, 0, 503);
    pass(&here, 0);
    pass(&here, 100000);
    ck_assert_uint_eq(here.inner.count, 1);
    ck_assert_uint_eq(told.done, 0);
    end(&here);
}
END_TEST

static void start_the_next(outcome *told)
{
    world *here = told->context;
    static outcome next;
    static rp_http_request request;

    request = request_for(&next, "http://h/next");
    begin(here, &request);
}

START_TEST(a_request_may_be_started_when_another_is_done)
{
    world here;
    outcome told = {.context = &here, .then = start_the_next};
    rp_http_request request = request_for(&told, "http://h/");

    make(&here);
    begin(&here, &request);
    fake_status(&here.inner, 0, 200);
    pass(&here, 0);
    ck_assert_uint_eq(here.inner.count, 2);
    ck_assert_str_eq(here.inner.sent[1].url, "http://h/next");
    end(&here);
}
END_TEST

START_TEST(an_attempt_that_cannot_start_is_the_end)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");
    rp_exchange *exchange = NULL;
    rp_error *error = NULL;

    make(&here);
    here.inner.refuses_with = RP_E_INVALID;
    ck_assert_int_eq(rp_transport_start(here.retry, &request, &exchange, &error), RP_E_INVALID);
    ck_assert_ptr_null(exchange);
    rp_error_free(error);
    here.inner.refuses_with = 0;
    begin(&here, &request);
    fake_status(&here.inner, 0, 503);
    pass(&here, 0);
    here.inner.refuses_with = RP_E_NO_MEMORY;
    pass(&here, 300);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_int_eq(told.code, RP_E_NO_MEMORY);
    end(&here);
}
END_TEST

START_TEST(freeing_drops_what_waits_and_what_is_under_way)
{
    world here;
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], "http://h/"), other = request_for(&told[1], "http://h/");

    make(&here);
    one.again = NULL;
    begin(&here, &one);
    begin(&here, &other);
    fake_status(&here.inner, 0, 503);
    pass(&here, 0);
    rp_transport_wake(here.retry);
    ck_assert_uint_eq(here.inner.wakes, 1);
    end(&here);
    ck_assert_uint_eq(told[0].done + told[1].done, 0);
}
END_TEST

TCase *retry_tests(void)
{
    TCase *tests = tcase_create("retry");

    tcase_add_test(tests, an_answer_is_passed_on_at_once);
    tcase_add_test(tests, a_failing_server_is_asked_again_after_growing_pauses);
    tcase_add_test(tests, what_must_not_be_repeated_is_not);
    tcase_add_test(tests, a_lost_answer_is_asked_for_again_if_that_does_no_harm);
    tcase_add_test(tests, refused_credentials_and_no_memory_are_final);
    tcase_add_test(tests, a_server_that_is_never_reached_is_given_up_when_patience_ends_even_by_a_post);
    tcase_add_test(tests, patience_counts_from_the_start_of_the_first_attempt);
    tcase_add_test(tests, a_reached_server_renews_the_patience);
    tcase_add_test(tests, whoever_insists_is_never_given_up);
    tcase_add_test(tests, what_cannot_be_read_is_tried_three_times);
    tcase_add_test(tests, what_others_answer_is_tried_five_times);
    tcase_add_test(tests, what_cannot_be_read_is_not_tried_again_if_that_may_do_harm);
    tcase_add_test(tests, throttling_holds_all_requests_even_those_that_are_new);
    tcase_add_test(tests, after_a_pause_requests_start_spread_out);
    tcase_add_test(tests, what_was_not_sent_for_now_is_tried_again_when_the_error_says);
    tcase_add_test(tests, retry_after_is_a_number_of_seconds_or_a_date_and_never_shortens_a_pause);
    tcase_add_test(tests, what_may_have_had_an_effect_is_told_from_what_had_none);
    tcase_add_test(tests, a_new_request_that_waited_for_the_end_of_a_pause_begins_when_its_owner_lets_it);
    tcase_add_test(tests, what_waited_below_does_not_begin_during_a_pause_and_begins_spread_out_after_it);
    tcase_add_test(tests, a_dropped_request_is_heard_of_no_more);
    tcase_add_test(tests, a_request_may_be_dropped_while_it_is_told_of_a_pause);
    tcase_add_test(tests, a_request_may_be_started_when_another_is_done);
    tcase_add_test(tests, an_attempt_that_cannot_start_is_the_end);
    tcase_add_test(tests, freeing_drops_what_waits_and_what_is_under_way);
    return tests;
}
