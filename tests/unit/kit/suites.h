#ifndef TESTS_UNIT_KIT_SUITES_H
#define TESTS_UNIT_KIT_SUITES_H

#include <check.h>

TCase *attributes_tests(void);
TCase *hooks_tests(void);

#endif
