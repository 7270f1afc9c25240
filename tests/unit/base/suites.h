#ifndef TESTS_UNIT_BASE_SUITES_H
#define TESTS_UNIT_BASE_SUITES_H

#include <check.h>

TCase *buffer_tests(void);
TCase *error_tests(void);
TCase *text_tests(void);
TCase *encoding_tests(void);
TCase *clock_tests(void);
TCase *secret_tests(void);

#endif
