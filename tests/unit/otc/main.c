#include "suites.h"

#include <stdlib.h>

int main(void)
{
    Suite *suite = suite_create("otc");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, token_tests());
    suite_add_tcase(suite, session_tests());
    suite_add_tcase(suite, stack_tests());
    suite_add_tcase(suite, memory_tests());
    suite_add_tcase(suite, signer_tests());
    suite_add_tcase(suite, identity_tests());
    suite_add_tcase(suite, clouds_tests());
    suite_add_tcase(suite, iam_request_tests());
    suite_add_tcase(suite, catalog_tests());
    suite_add_tcase(suite, redact_tests());
    suite_add_tcase(suite, metadata_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
