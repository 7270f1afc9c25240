#include "suites.h"

#include <stdlib.h>

/* A test asks for more memory than there is; that must fail as malloc does, not end the program. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
__attribute__((visibility("default"))) const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

int main(void)
{
    Suite *suite = suite_create("base");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, buffer_tests());
    suite_add_tcase(suite, error_tests());
    suite_add_tcase(suite, text_tests());
    suite_add_tcase(suite, encoding_tests());
    suite_add_tcase(suite, clock_tests());
    suite_add_tcase(suite, secret_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
