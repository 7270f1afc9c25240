#include "suites.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("rp");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, yaml_case());
    suite_add_tcase(suite, project_case());
    suite_add_tcase(suite, diff_case());
    suite_add_tcase(suite, text_case());
    suite_add_tcase(suite, store_case());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
