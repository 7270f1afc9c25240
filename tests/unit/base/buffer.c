#include "base/buffer.h"

#include "suites.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(an_untouched_buffer_reads_as_empty_text)
{
    rp_buffer buffer = RP_BUFFER(8);

    ck_assert(rp_buffer_ok(&buffer));
    ck_assert_str_eq(rp_buffer_text(&buffer), "");
    ck_assert_uint_eq(buffer.len, 0);
}
END_TEST

START_TEST(what_is_added_stands_in_order_and_ends_in_a_nul)
{
    rp_buffer buffer = RP_BUFFER(1000);

    rp_buffer_add(&buffer, "a\0b", 3);
    rp_buffer_add_char(&buffer, 'c');
    rp_buffer_add_text(&buffer, "de");
    rp_buffer_format(&buffer, "%d-%s", 12, "f");
    ck_assert(rp_buffer_ok(&buffer));
    ck_assert_uint_eq(buffer.len, 10);
    ck_assert_mem_eq(buffer.data, "a\0bcde12-f", 11);
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(the_last_byte_that_fits_is_kept_and_the_next_is_refused)
{
    rp_buffer buffer = RP_BUFFER(3);

    rp_buffer_add_text(&buffer, "abc");
    ck_assert(rp_buffer_ok(&buffer));
    rp_buffer_add_char(&buffer, 'd');
    ck_assert_int_eq(buffer.failure, RP_BUFFER_TOO_LONG);
    ck_assert_str_eq(rp_buffer_text(&buffer), "abc");
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(nothing_is_added_after_a_failure)
{
    rp_buffer buffer = RP_BUFFER(3);

    rp_buffer_add_text(&buffer, "abcd");
    rp_buffer_add_char(&buffer, 'x');
    rp_buffer_format(&buffer, "%d", 1);
    ck_assert_int_eq(buffer.failure, RP_BUFFER_TOO_LONG);
    ck_assert_uint_eq(buffer.len, 0);
    ck_assert(!rp_buffer_reserve(&buffer, 1));
    ck_assert_ptr_null(rp_buffer_take(&buffer));
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(formatted_text_is_added_whole_or_not_at_all)
{
    rp_buffer buffer = RP_BUFFER(5);

    rp_buffer_format(&buffer, "%s", "12345");
    ck_assert(rp_buffer_ok(&buffer));
    rp_buffer_format(&buffer, "%s", "6");
    ck_assert_int_eq(buffer.failure, RP_BUFFER_TOO_LONG);
    ck_assert_str_eq(rp_buffer_text(&buffer), "12345");
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(text_grows_through_many_reallocations)
{
    rp_buffer buffer = RP_BUFFER(100000);

    for (int i = 0; i < 10000; i++)
        rp_buffer_format(&buffer, "%04d,", i);
    ck_assert(rp_buffer_ok(&buffer));
    ck_assert_uint_eq(buffer.len, 50000);
    ck_assert_mem_eq(buffer.data + 5 * 4321, "4321,4322,", 10);
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(reserved_room_is_used_without_moving)
{
    rp_buffer buffer = RP_BUFFER(1000);
    const char *where;

    ck_assert(rp_buffer_reserve(&buffer, 500));
    where = buffer.data;
    ck_assert_str_eq(where, "");
    for (int i = 0; i < 500; i++)
        rp_buffer_add_char(&buffer, 'x');
    ck_assert_ptr_eq(buffer.data, where);
    ck_assert(rp_buffer_reserve(&buffer, 10));
    ck_assert_ptr_eq(buffer.data, where);
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(more_than_the_limit_cannot_be_reserved)
{
    rp_buffer buffer = RP_BUFFER(10);

    ck_assert(!rp_buffer_reserve(&buffer, 11));
    ck_assert_int_eq(buffer.failure, RP_BUFFER_TOO_LONG);
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(memory_that_is_not_there_is_a_failure_of_its_own)
{
    rp_buffer buffer = RP_BUFFER(SIZE_MAX / 2);

    rp_buffer_add_text(&buffer, "kept");
    ck_assert(!rp_buffer_reserve(&buffer, SIZE_MAX / 2 - 16));
    ck_assert_int_eq(buffer.failure, RP_BUFFER_NO_MEMORY);
    ck_assert_str_eq(rp_buffer_text(&buffer), "kept");
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(a_taken_text_is_the_callers_and_leaves_an_empty_buffer)
{
    rp_buffer buffer = RP_BUFFER(10);
    char *taken;

    rp_buffer_add_text(&buffer, "mine");
    taken = rp_buffer_take(&buffer);
    ck_assert_str_eq(taken, "mine");
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.len, 0);
    ck_assert_uint_eq(buffer.max, 10);
    free(taken);
}
END_TEST

START_TEST(an_empty_buffer_gives_an_empty_text_even_with_no_room_at_all)
{
    rp_buffer buffer = RP_BUFFER(0);
    char *taken = rp_buffer_take(&buffer);

    ck_assert_ptr_nonnull(taken);
    ck_assert_str_eq(taken, "");
    free(taken);
}
END_TEST

START_TEST(a_failure_is_forgotten_when_the_buffer_is_done)
{
    rp_buffer buffer = RP_BUFFER(2);

    rp_buffer_add_text(&buffer, "abc");
    rp_buffer_done(&buffer);
    rp_buffer_add_text(&buffer, "ab");
    ck_assert(rp_buffer_ok(&buffer));
    ck_assert_str_eq(rp_buffer_text(&buffer), "ab");
    rp_buffer_done(&buffer);
}
END_TEST

TCase *buffer_tests(void)
{
    TCase *tests = tcase_create("buffer");

    tcase_add_test(tests, an_untouched_buffer_reads_as_empty_text);
    tcase_add_test(tests, what_is_added_stands_in_order_and_ends_in_a_nul);
    tcase_add_test(tests, the_last_byte_that_fits_is_kept_and_the_next_is_refused);
    tcase_add_test(tests, nothing_is_added_after_a_failure);
    tcase_add_test(tests, formatted_text_is_added_whole_or_not_at_all);
    tcase_add_test(tests, text_grows_through_many_reallocations);
    tcase_add_test(tests, reserved_room_is_used_without_moving);
    tcase_add_test(tests, more_than_the_limit_cannot_be_reserved);
    tcase_add_test(tests, memory_that_is_not_there_is_a_failure_of_its_own);
    tcase_add_test(tests, a_taken_text_is_the_callers_and_leaves_an_empty_buffer);
    tcase_add_test(tests, an_empty_buffer_gives_an_empty_text_even_with_no_room_at_all);
    tcase_add_test(tests, a_failure_is_forgotten_when_the_buffer_is_done);
    return tests;
}
