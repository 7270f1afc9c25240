#include "suites.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("bridge");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, msgpack_tests());
    suite_add_tcase(suite, value_tests());
    suite_add_tcase(suite, schema_tests());
    suite_add_tcase(suite, plan_tests());
    suite_add_tcase(suite, call_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
