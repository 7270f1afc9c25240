#include "suites.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("http");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, transport_tests());
    suite_add_tcase(suite, url_tests());
    suite_add_tcase(suite, retry_tests());
    suite_add_tcase(suite, curl_tests());
    suite_add_tcase(suite, tls_tests());
    suite_add_tcase(suite, memory_tests());
    suite_add_tcase(suite, date_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
