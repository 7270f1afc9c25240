/*
 * Listeners: found by their id however many there are, and forgotten when nothing of them is under way.
 */
#include "elb_member/listeners.h"
#include "run.h"

#include "base/number.h"

#include <stdio.h>

/* Those at rest that are kept (listeners.c). */
#define KEPT 256

static const ledger_options options = {
    .settle_ms = 5000, .poll_min_ms = 100, .poll_max_ms = 100, .max_batch = 10};

typedef struct name {
    char text[32];
} name;

static name name_of(unsigned number)
{
    name made;

    snprintf(made.text, sizeof(made.text), "listener-%u", number);
    return made;
}

static void use_and_release(listeners *all, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        listener *one = listeners_use(all, name_of(i).text, &options);
        ck_assert_ptr_nonnull(one);
        listeners_release(all, one);
    }
}

START_TEST(each_of_many_is_found_by_its_id)
{
    listeners all;

    listeners_init(&all);
    ck_assert_ptr_null(listeners_find(&all, "listener-0"));
    use_and_release(&all, 0, 5000);
    ck_assert_uint_eq(all.count, 5000);
    for (unsigned i = 0; i < 5000; i++)
        ck_assert_str_eq(listeners_find(&all, name_of(i).text)->id, name_of(i).text);
    ck_assert_ptr_null(listeners_find(&all, "listener-5000"));
    listeners_done(&all);
}
END_TEST

/* A read of one of 5,000 must not look at many: the longest bucket is short. */
START_TEST(buckets_stay_short)
{
    listeners all;
    int64_t longest = 0;

    listeners_init(&all);
    use_and_release(&all, 0, 5000);
    for (size_t i = 0; i < all.bucket_count; i++) {
        int64_t length = 0;
        for (const listener *one = all.buckets[i]; one; one = one->next)
            length++;
        longest = rp_max(length, longest);
    }
    ck_assert_int_le(longest, 12);
    listeners_done(&all);
}
END_TEST

START_TEST(the_same_id_is_the_same_listener)
{
    listeners all;
    listener *one;

    listeners_init(&all);
    one = listeners_use(&all, "a", &options);
    ck_assert_ptr_eq(listeners_use(&all, "a", &options), one);
    ck_assert_uint_eq(one->users, 2);
    ck_assert_uint_eq(all.line_len, 1);
    listeners_release(&all, one);
    ck_assert_uint_eq(all.line_len, 1);
    listeners_release(&all, one);
    ck_assert_uint_eq(all.line_len, 0);
    ck_assert_uint_eq(all.resting_len, 0);
    listeners_trim(&all, 0); /* nothing of it is in flight */
    ck_assert_uint_eq(all.resting_len, 1);
    listeners_done(&all);
}
END_TEST

START_TEST(those_that_have_rested_longest_are_forgotten)
{
    listeners all;

    listeners_init(&all);
    for (unsigned i = 0; i < 1000; i++) {
        use_and_release(&all, i, 1);
        listeners_trim(&all, 0);
    }
    ck_assert_uint_eq(all.count, KEPT);
    ck_assert_ptr_null(listeners_find(&all, name_of(1000 - KEPT - 1).text));
    ck_assert_ptr_nonnull(listeners_find(&all, name_of(1000 - KEPT).text));
    listeners_done(&all);
}
END_TEST

START_TEST(who_is_in_use_is_not_forgotten)
{
    listeners all;
    listener *one;

    listeners_init(&all);
    one = listeners_use(&all, "used", &options);
    for (unsigned i = 0; i < 1000; i++) {
        use_and_release(&all, i, 1);
        listeners_trim(&all, 0);
    }
    ck_assert_ptr_eq(listeners_find(&all, "used"), one);
    ck_assert_uint_eq(all.count, KEPT + 1);
    listeners_done(&all);
}
END_TEST

/* Its add is on its way, though nobody waits any more. */
START_TEST(a_listener_with_something_in_flight_is_not_forgotten)
{
    want left = {.kind = WANT_CREATE, .key = "s1/10.0.0.1"};
    ledger_action action;
    listeners all;
    listener *one;

    listeners_init(&all);
    one = listeners_use(&all, "busy", &options);
    ck_assert_int_eq(ledger_arrive(one->ledger, &left, 0), 0);
    ck_assert(ledger_next(one->ledger, 0, true, true, &action) && action.kind == ACTION_LIST);
    ledger_listed(one->ledger, 0, 0);
    ck_assert(ledger_next(one->ledger, 0, true, true, &action) && action.kind == ACTION_SEND);
    ledger_accepted(one->ledger, action.transfer, "j1", NULL, 0);
    ledger_leave(one->ledger, &left, 0, 0);
    while (ledger_next(one->ledger, 0, false, false, &action))
        continue;
    want_result_clear(&left.result);
    listeners_release(&all, one);
    for (unsigned i = 0; i < 1000; i++) {
        use_and_release(&all, i, 1);
        listeners_trim(&all, 0);
    }
    ck_assert_ptr_eq(listeners_find(&all, "busy"), one);
    use_and_release(&all, 1000, 1);
    for (unsigned i = 0; i < 2 * KEPT; i++) {
        use_and_release(&all, 1001 + i, 1);
        listeners_trim(&all, 5000);
    }
    ck_assert_ptr_null(listeners_find(&all, "busy"));
    listeners_done(&all);
}
END_TEST

START_TEST(who_got_a_request_goes_to_the_end_of_the_line)
{
    listeners all;
    listener *a, *b;

    listeners_init(&all);
    a = listeners_use(&all, "a", &options);
    b = listeners_use(&all, "b", &options);
    ck_assert_ptr_eq(TAILQ_FIRST(&all.line), a);
    listeners_to_end_of_line(&all, a);
    ck_assert_ptr_eq(TAILQ_FIRST(&all.line), b);
    listeners_done(&all);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("listeners");

    tcase_add_test(tests, each_of_many_is_found_by_its_id);
    tcase_add_test(tests, buckets_stay_short);
    tcase_add_test(tests, the_same_id_is_the_same_listener);
    tcase_add_test(tests, those_that_have_rested_longest_are_forgotten);
    tcase_add_test(tests, who_is_in_use_is_not_forgotten);
    tcase_add_test(tests, a_listener_with_something_in_flight_is_not_forgotten);
    tcase_add_test(tests, who_got_a_request_goes_to_the_end_of_the_line);
    return run_case("listeners", tests);
}
