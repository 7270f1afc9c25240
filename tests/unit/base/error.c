#include "base/error.h"

#include "suites.h"

#include <string.h>

START_TEST(making_an_error_gives_its_code_and_words)
{
    rp_error *error = NULL;

    ck_assert_int_eq(rp_error_set(&error, RP_E_INVALID, "port %u is taken", 80u), RP_E_INVALID);
    ck_assert_int_eq(error->code, RP_E_INVALID);
    ck_assert_str_eq(error->message, "port 80 is taken");
    ck_assert_ptr_null(error->path);
    rp_error_free(error);
}
END_TEST

START_TEST(an_error_in_a_document_keeps_its_own_copy_of_the_path)
{
    char path[] = "/records/0";
    rp_error *error = NULL;

    ck_assert_int_eq(rp_error_set_at(&error, RP_E_NOT_FOUND, path, "gone"), RP_E_NOT_FOUND);
    memset(path, 'x', sizeof(path) - 1);
    ck_assert_str_eq(error->path, "/records/0");
    rp_error_free(error);
}
END_TEST

START_TEST(context_goes_before_the_message_once_a_level)
{
    rp_error *error = NULL;

    rp_error_set_at(&error, RP_E_SYSTEM, "/a", "no such file");
    rp_error_add(&error, "open %s", "x.so");
    rp_error_add(&error, "plugin x");
    ck_assert_int_eq(error->code, RP_E_SYSTEM);
    ck_assert_str_eq(error->message, "plugin x: open x.so: no such file");
    ck_assert_str_eq(error->path, "/a");
    rp_error_free(error);
}
END_TEST

START_TEST(a_caller_who_wants_no_words_still_gets_the_code)
{
    ck_assert_int_eq(rp_error_set(NULL, RP_E_LOST, "%s", "unheard"), RP_E_LOST);
    ck_assert_int_eq(rp_error_set_at(NULL, RP_E_DENIED, "/a", "unheard"), RP_E_DENIED);
    rp_error_add(NULL, "context");
    ck_assert_int_eq(rp_error_no_memory(NULL), RP_E_NO_MEMORY);
    ck_assert_int_eq(rp_error_recode(NULL, RP_E_LOST), RP_E_LOST);
}
END_TEST

START_TEST(context_on_an_error_that_is_not_there_does_nothing)
{
    rp_error *error = NULL;

    rp_error_add(&error, "context");
    ck_assert_ptr_null(error);
}
END_TEST

START_TEST(an_error_gets_another_code)
{
    rp_error *error = NULL;

    rp_error_set(&error, RP_E_INVALID, "broken");
    ck_assert_int_eq(rp_error_recode(&error, RP_E_LOST), RP_E_LOST);
    ck_assert_int_eq(error->code, RP_E_LOST);
    rp_error_free(error);
}
END_TEST

START_TEST(out_of_memory_is_one_error_that_nobody_can_change)
{
    rp_error *first = NULL, *second = NULL;

    ck_assert_int_eq(rp_error_no_memory(&first), RP_E_NO_MEMORY);
    rp_error_no_memory(&second);
    ck_assert_ptr_eq(first, second);
    rp_error_add(&first, "context");
    ck_assert_int_eq(rp_error_recode(&first, RP_E_LOST), RP_E_NO_MEMORY);
    ck_assert_int_eq(second->code, RP_E_NO_MEMORY);
    ck_assert_str_eq(second->message, "out of memory");
    rp_error_free(first);
    rp_error_free(second);
}
END_TEST

START_TEST(an_error_is_freed_by_its_cleanup_and_null_is_let_be)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_error_free(NULL);
    rp_error_set(&error, RP_E_INVALID, "freed at the end, or the leak checker tells");
}
END_TEST

TCase *error_tests(void)
{
    TCase *tests = tcase_create("error");

    tcase_add_test(tests, making_an_error_gives_its_code_and_words);
    tcase_add_test(tests, an_error_in_a_document_keeps_its_own_copy_of_the_path);
    tcase_add_test(tests, context_goes_before_the_message_once_a_level);
    tcase_add_test(tests, a_caller_who_wants_no_words_still_gets_the_code);
    tcase_add_test(tests, context_on_an_error_that_is_not_there_does_nothing);
    tcase_add_test(tests, an_error_gets_another_code);
    tcase_add_test(tests, out_of_memory_is_one_error_that_nobody_can_change);
    tcase_add_test(tests, an_error_is_freed_by_its_cleanup_and_null_is_let_be);
    return tests;
}
