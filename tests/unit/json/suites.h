#ifndef TESTS_UNIT_JSON_SUITES_H
#define TESTS_UNIT_JSON_SUITES_H

#include <check.h>

TCase *scan_tests(void);
TCase *value_tests(void);
TCase *writer_tests(void);

#endif
