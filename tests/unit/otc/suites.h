#ifndef TESTS_UNIT_OTC_SUITES_H
#define TESTS_UNIT_OTC_SUITES_H

#include <check.h>

TCase *token_tests(void);
TCase *session_tests(void);
TCase *stack_tests(void);
TCase *memory_tests(void);
TCase *signer_tests(void);
TCase *identity_tests(void);
TCase *clouds_tests(void);
TCase *iam_request_tests(void);
TCase *catalog_tests(void);
TCase *redact_tests(void);
TCase *metadata_tests(void);

#endif
