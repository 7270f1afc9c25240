#include "base/clock.h"

#include "suites.h"

static int64_t fixed_now(void *context)
{
    (void)context;
    return 1000;
}

static uint32_t chosen(void *context)
{
    return *(uint32_t *)context;
}

static int64_t jittered(int64_t ms, uint32_t chance)
{
    rp_clock clock = {fixed_now, fixed_now, chosen, &chance};
    return rp_jitter_ms(&clock, ms);
}

START_TEST(jitter_reaches_a_quarter_either_way)
{
    ck_assert_int_eq(jittered(1000, 0), 750);
    ck_assert_int_eq(jittered(1000, 250), 1000);
    ck_assert_int_eq(jittered(1000, 500), 1250);
}
END_TEST

START_TEST(jitter_never_leaves_its_bounds)
{
    static const int64_t durations[] = {2, 3, 7, 200, 2000, 300000, (int64_t)UINT32_MAX * 2, INT64_MAX / 4};

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
        for (uint64_t chance = 0; chance <= UINT32_MAX; chance += 99999989) {
            int64_t ms = jittered(durations[i], (uint32_t)chance);
            ck_assert_int_ge(ms, durations[i] - durations[i] / 4 - 1);
            ck_assert_int_le(ms, durations[i] + durations[i] / 4 + 1);
        }
}
END_TEST

START_TEST(jitter_leaves_nothing_and_almost_nothing_as_they_are)
{
    ck_assert_int_eq(jittered(0, 12345), 0);
    ck_assert_int_eq(jittered(1, 12345), 1);
    ck_assert_int_eq(jittered(-5, 12345), -5);
}
END_TEST

START_TEST(now_comes_from_the_clock_that_was_given)
{
    rp_clock clock = {fixed_now, fixed_now, chosen, NULL};
    ck_assert_int_eq(rp_now_ms(&clock), 1000);
}
END_TEST

START_TEST(the_systems_clock_goes_forward_and_its_chance_varies)
{
    int64_t before = rp_now_ms(&rp_clock_system);
    uint32_t differing = 0, first = rp_clock_system.chance(NULL);

    for (int i = 0; i < 8; i++)
        differing |= first ^ rp_clock_system.chance(NULL);
    ck_assert_int_ge(rp_now_ms(&rp_clock_system), before);
    ck_assert_int_gt(rp_clock_system.wall_s(NULL), 1600000000);
    ck_assert_uint_ne(differing, 0);
}
END_TEST

TCase *clock_tests(void)
{
    TCase *tests = tcase_create("clock");

    tcase_add_test(tests, jitter_reaches_a_quarter_either_way);
    tcase_add_test(tests, jitter_never_leaves_its_bounds);
    tcase_add_test(tests, jitter_leaves_nothing_and_almost_nothing_as_they_are);
    tcase_add_test(tests, now_comes_from_the_clock_that_was_given);
    tcase_add_test(tests, the_systems_clock_goes_forward_and_its_chance_varies);
    return tests;
}
