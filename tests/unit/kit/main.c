#include "suites.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("kit");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, attributes_tests());
    suite_add_tcase(suite, hooks_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
