/*
 * The shared library as a script sees it: the installed header's name, its flat
 * symbols, nothing of the rooms behind them.
 */
#include <check.h>
#include <rphost.h>
#include <string.h>

START_TEST(the_shared_library_opens_calls_and_closes)
{
    rphost *host = rphost_open(PLUGINS "/probe.so", "{}", 2);
    rphost_answer *answer = rphost_call(host, "create", "{}", 2, 77, NULL, NULL);

    ck_assert_ptr_null(rphost_error(host));
    ck_assert_int_eq(rphost_status(answer), RP_OK);
    ck_assert_ptr_nonnull(strstr(rphost_json(answer), "\"timeout_ms\":77"));
    rphost_release(answer);
    rphost_close(host);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flat host");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, the_shared_library_opens_calls_and_closes);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
