/*
 * What a caller is told that runs out of time while it waits for a list.
 */
#include "elb_member/ledger.h"
#include "resource_plugin.h"
#include "run.h"

static failure throttled = {.status = RP_THROTTLED,
                            .code = "throttled",
                            .meaning = MEANS_THROTTLED,
                            .references = 1,
                            .summary = (char *)"slow down",
                            .retry_after_ms = 7000};

typedef struct bed {
    ledger *ledger;
    want first, second;
} bed;

static void arrive(bed *on, want *one)
{
    *one = (want){.kind = WANT_READ, .key = "s1/10.0.0.1"};
    ck_assert_int_eq(ledger_arrive(on->ledger, one, 0), 0);
}

/* One read, whose list is on its way. */
static bed start(void)
{
    bed on = {.ledger = ledger_new(&(ledger_options){
                  .settle_ms = 5000, .poll_min_ms = 100, .poll_max_ms = 100, .max_batch = 10})};

    ck_assert_ptr_nonnull(on.ledger);
    return on;
}

static void take_list(bed *on)
{
    ledger_action action;

    ck_assert(ledger_next(on->ledger, 0, true, true, &action));
    ck_assert_int_eq(action.kind, ACTION_LIST);
}

static void leave(bed *on, want *one)
{
    ledger_action action;

    ledger_leave(on->ledger, one, RP_DEADLINE_EXCEEDED, 100);
    while (ledger_next(on->ledger, 100, false, false, &action))
        continue;
}

static void stop(bed *on)
{
    want_result_clear(&on->first.result);
    want_result_clear(&on->second.result);
    ledger_free(on->ledger);
}

/* The second read arrives when the list is under way, so it needs the next one; before or after the delay. */
START_TEST(who_waits_for_the_next_list_is_told_why_the_running_one_is_late)
{
    bed on = start();

    arrive(&on, &on.first);
    take_list(&on);
    if (_i == 0)
        arrive(&on, &on.second);
    ledger_list_delayed(on.ledger, &throttled);
    if (_i == 1)
        arrive(&on, &on.second);
    leave(&on, &on.first);
    leave(&on, &on.second);
    ck_assert_int_eq(on.first.result.status, RP_THROTTLED);
    ck_assert_int_eq(on.second.result.status, RP_THROTTLED);
    ck_assert_int_eq(on.second.result.failure->retry_after_ms, 7000);
    stop(&on);
}
END_TEST

START_TEST(a_list_that_was_late_is_no_cause_any_more)
{
    bed on = start();

    arrive(&on, &on.first);
    take_list(&on);
    arrive(&on, &on.second);
    ledger_list_delayed(on.ledger, &throttled);
    ledger_list_failed(on.ledger, &throttled, 50);
    leave(&on, &on.second);
    ck_assert_int_eq(on.first.result.status, RP_THROTTLED);
    ck_assert_int_eq(on.second.result.status, RP_DEADLINE_EXCEEDED);
    leave(&on, &on.first);
    stop(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("leaving");

    tcase_add_loop_test(tests, who_waits_for_the_next_list_is_told_why_the_running_one_is_late, 0, 2);
    tcase_add_test(tests, a_list_that_was_late_is_no_cause_any_more);
    return run_case("leaving", tests);
}
