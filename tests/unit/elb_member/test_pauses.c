/*
 * How long a listener's adds and removes wait because the server asks for it: never longer than all requests
 * of the instance would.
 */
#include "elb_member/ledger.h"
#include "http/retry.h"
#include "resource_plugin.h"
#include "run.h"

#include "base/cleanup.h"

static const struct {
    int64_t asked_ms, waits_ms;
} pauses[] = {{0, 200}, {100, 200}, {7000, 7000}, {60000, 60000}, {60001, 60000}, {3600000, 60000}};

static ledger_action next(ledger *l, int64_t now)
{
    ledger_action action = {0};

    ck_assert(ledger_next(l, now, true, true, &action));
    return action;
}

/* Sends an add that is refused for now, lets `refuse` say so, and returns how long the next one waits. */
static int64_t wait_after(void (*refuse)(ledger *l, transfer *sent, int64_t asked_ms), int64_t asked_ms)
{
    ledger *l = ledger_new(
        &(ledger_options){.settle_ms = 5000, .poll_min_ms = 100, .poll_max_ms = 100, .max_batch = 10});
    want one = {.kind = WANT_CREATE, .key = "s1/10.0.0.1"};
    ledger_action action;
    int64_t waits_ms;

    ck_assert_int_eq(ledger_arrive(l, &one, 0), 0);
    ck_assert_int_eq(next(l, 0).kind, ACTION_LIST);
    ledger_listed(l, 0, 0);
    action = next(l, 0);
    ck_assert_int_eq(action.kind, ACTION_SEND);
    refuse(l, action.transfer, asked_ms);
    waits_ms = ledger_wake_at(l, 0, 0);
    ledger_leave(l, &one, RP_CANCELLED, 0);
    while (ledger_next(l, 0, false, false, &action))
        continue;
    want_result_clear(&one.result);
    ledger_free(l);
    return waits_ms;
}

static void throttle(ledger *l, transfer *sent, int64_t asked_ms)
{
    static failure why = {
        .status = RP_THROTTLED, .meaning = MEANS_THROTTLED, .references = 1, .summary = (char *)"slow down"};

    why.retry_after_ms = asked_ms;
    ledger_not_sent(l, sent, &why, asked_ms, 0);
}

START_TEST(a_throttled_add_waits_as_long_as_asked_but_a_minute_at_most)
{
    ck_assert_int_eq(wait_after(throttle, pauses[_i].asked_ms), pauses[_i].waits_ms);
}
END_TEST

START_TEST(the_longest_pause_is_that_of_all_requests)
{
    ck_assert_int_eq(wait_after(throttle, INT32_MAX), RP_RETRY_AFTER_MAX_MS);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pauses");

    tcase_add_loop_test(tests, a_throttled_add_waits_as_long_as_asked_but_a_minute_at_most, 0,
                        rp_count_of(pauses));
    tcase_add_test(tests, the_longest_pause_is_that_of_all_requests);
    return run_case("pauses", tests);
}
