/*
 * Members added, read, listed and removed through the shared object.
 */
#include "plugin.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static answer run(const bed *on, const char *hook, unsigned count, const char *options)
{
    char *request = request_for(LISTENER, "server", 0, count, options);
    answer made = call_hook_with(on->plugin, on->instance, NULL, hook, request);

    free(request);
    return made;
}

START_TEST(a_hundred_members_are_one_add_and_one_remove)
{
    bed on = bed_make((const char *const[]){"job-ms", "100", NULL}, "");
    answer made = run(&on, "create", 100, "");

    ck_assert_int_eq(made.status, RP_OK);
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 100);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "listener"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 100);
    ck_assert_str_ne(state_text(&made, 99, "job_id"), "");
    ck_assert_str_ne(state_text(&made, 99, "member_id"), "");
    answer_free(&made);
    made = run(&on, "delete", 100, "");
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 100);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 4);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

int main(void)
{
    SRunner *runner;
    Suite *suite = suite_create("members");
    TCase *tests = tcase_create("members");
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_hundred_members_are_one_add_and_one_remove);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
