/*
 * How many members may still appear: from the start of an add until a list shows what came of it.
 */
#include "elb_member/ledger.h"
#include "resource_plugin.h"
#include "run.h"

#include <string.h>

#define SETTLE_MS 5000

/* A ledger with two creates, whose add is on its way. */
typedef struct bed {
    ledger *ledger;
    want wants[2];
    transfer *sent;
    job *job; /* once it is accepted and polled */
} bed;

static const char *const keys[] = {"s1/10.0.0.1", "s2/10.0.0.2"};

/* The next action that is none of results and notes. */
static ledger_action next_request(bed *on, int64_t now)
{
    ledger_action action;

    while (ledger_next(on->ledger, now, true, true, &action))
        if (action.kind == ACTION_LIST || action.kind == ACTION_SEND || action.kind == ACTION_POLL)
            return action;
    ck_abort_msg("nothing is asked for");
}

static void show(bed *on, unsigned count)
{
    static const char *const ids[] = {"m1", "m2"};
    _cleanup_(page_unrefp) page *shown = page_new(2);

    for (unsigned i = 0; i < count; i++)
        shown->members[shown->count++] = (member){.id = ids[i], .key = keys[i]};
    ledger_page(on->ledger, shown);
}

/* A list that was requested when so many ends had been seen. */
static void end_list(bed *on, uint64_t add_ends, int64_t requested_at)
{
    ledger_listed(on->ledger, requested_at, requested_at);
    ledger_note_whole_list(on->ledger, add_ends, requested_at);
}

static bed start(void)
{
    bed on = {.ledger = ledger_new(&(ledger_options){
                  .settle_ms = SETTLE_MS, .poll_min_ms = 100, .poll_max_ms = 100, .max_batch = 10})};

    ck_assert_ptr_nonnull(on.ledger);
    return on;
}

static void send_adds(bed *on)
{
    for (unsigned i = 0; i < 2; i++) {
        on->wants[i] = (want){.kind = WANT_CREATE, .key = keys[i], .caller = on};
        ck_assert_int_eq(ledger_arrive(on->ledger, &on->wants[i], 0), 0);
    }
    ck_assert_int_eq(next_request(on, 0).kind, ACTION_LIST);
    show(on, 0);
    end_list(on, 0, 0);
    on->sent = next_request(on, 0).transfer;
    ck_assert_uint_eq(on->sent->count, 2);
}

static void stop(bed *on)
{
    ledger_action action;

    for (unsigned i = 0; i < 2; i++)
        ledger_leave(on->ledger, &on->wants[i], RP_CANCELLED, 0);
    while (ledger_next(on->ledger, 0, false, false, &action))
        continue;
    ledger_free(on->ledger);
    for (unsigned i = 0; i < 2; i++)
        want_result_clear(&on->wants[i].result);
}

static void accept(bed *on)
{
    ledger_accepted(on->ledger, on->sent, "j1", NULL, 0);
    on->job = next_request(on, 200).job;
}

START_TEST(an_add_counts_from_its_start)
{
    bed on = start();

    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 0);
    send_adds(&on);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 2);
    stop(&on);
}
END_TEST

static failure
    refusal = {.status = RP_INVALID_ARGUMENT, .blame = BLAME_WHOLE, .references = 1, .summary = (char *)"no"},
    conflict = {.status = RP_CONFLICT,
                .blame = BLAME_WHOLE,
                .meaning = MEANS_CONFLICT,
                .references = 1,
                .summary = (char *)"busy"},
    failing = {.status = RP_UNAVAILABLE, .blame = BLAME_SERVER, .references = 1, .summary = (char *)"oops"};

START_TEST(a_refused_add_counts_no_more)
{
    failure *const refusals[] = {&refusal, &conflict};

    for (size_t i = 0; i < rp_count_of(refusals); i++) {
        bed on = start();
        send_adds(&on);
        ledger_refused(on.ledger, on.sent, refusals[i], 0);
        ck_assert_uint_eq(ledger_may_be_added(on.ledger), 0);
        stop(&on);
    }
}
END_TEST

START_TEST(an_add_that_was_not_sent_counts_no_more)
{
    bed on = start();

    send_adds(&on);
    ledger_not_sent(on.ledger, on.sent, &refusal, 0, 0);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 0);
    stop(&on);
}
END_TEST

START_TEST(an_add_counts_until_a_list_that_was_requested_after_its_end)
{
    bed on = start();

    send_adds(&on);
    accept(&on);
    end_list(&on, ledger_add_ends(on.ledger), 200);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 2);
    ledger_polled(on.ledger, on.job, JOB_SUCCEEDED, NULL, 300);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 2);
    ck_assert_int_eq(next_request(&on, 300).kind, ACTION_LIST);
    show(&on, 2);
    ck_assert_uint_eq(ledger_shown_adds(on.ledger).count, 2);
    end_list(&on, ledger_add_ends(on.ledger), 300);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 0);
    stop(&on);
}
END_TEST

START_TEST(a_list_that_was_requested_before_the_end_is_none)
{
    bed on = start();
    uint64_t before;

    send_adds(&on);
    accept(&on);
    before = ledger_add_ends(on.ledger);
    ledger_polled(on.ledger, on.job, JOB_SUCCEEDED, NULL, 300);
    ck_assert_int_eq(next_request(&on, 300).kind, ACTION_LIST);
    show(&on, 2);
    end_list(&on, before, 300);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 2);
    stop(&on);
}
END_TEST

/* The list lags behind the job. */
START_TEST(what_the_list_does_not_show_yet_counts_on)
{
    bed on = start();

    send_adds(&on);
    accept(&on);
    ledger_polled(on.ledger, on.job, JOB_SUCCEEDED, NULL, 300);
    ck_assert_int_eq(next_request(&on, 300).kind, ACTION_LIST);
    show(&on, 1);
    ck_assert_uint_eq(ledger_shown_adds(on.ledger).count, 1);
    end_list(&on, ledger_add_ends(on.ledger), 300);
    ck_assert_uint_ge(ledger_may_be_added(on.ledger), 1);
    stop(&on);
}
END_TEST

/* Somebody else's member looks as if the add had come true. */
START_TEST(a_lost_add_counts_until_the_settle_time_whatever_a_list_shows)
{
    bed on = start();

    send_adds(&on);
    ledger_refused(on.ledger, on.sent, &failing, 0);
    ck_assert_int_eq(next_request(&on, 0).kind, ACTION_LIST);
    show(&on, 2);
    end_list(&on, ledger_add_ends(on.ledger), 0);
    ck_assert_int_eq(on.wants[0].result.status, RP_OK);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 2);
    ledger_note_whole_list(on.ledger, 0, SETTLE_MS - 1);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 2);
    ledger_note_whole_list(on.ledger, 0, SETTLE_MS);
    ck_assert_uint_eq(ledger_may_be_added(on.ledger), 0);
    stop(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("adds");

    tcase_add_test(tests, an_add_counts_from_its_start);
    tcase_add_test(tests, a_refused_add_counts_no_more);
    tcase_add_test(tests, an_add_that_was_not_sent_counts_no_more);
    tcase_add_test(tests, an_add_counts_until_a_list_that_was_requested_after_its_end);
    tcase_add_test(tests, a_list_that_was_requested_before_the_end_is_none);
    tcase_add_test(tests, what_the_list_does_not_show_yet_counts_on);
    tcase_add_test(tests, a_lost_add_counts_until_the_settle_time_whatever_a_list_shows);
    return run_case("adds", tests);
}
