#include "suites.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("sim");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, members_tests());
    suite_add_tcase(suite, jobs_tests());
    suite_add_tcase(suite, access_tests());
    suite_add_tcase(suite, https_tests());
    suite_add_tcase(suite, faults_tests());
    suite_add_tcase(suite, https_faults_tests());
    suite_add_tcase(suite, control_tests());
    suite_add_tcase(suite, signature_tests());
    suite_add_tcase(suite, signed_tests());
    suite_add_tcase(suite, keys_tests());
    suite_add_tcase(suite, catalog_tests());
    suite_add_tcase(suite, log_line_tests());
    suite_add_tcase(suite, load_tests());
    suite_add_tcase(suite, program_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
