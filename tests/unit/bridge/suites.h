#ifndef TESTS_UNIT_BRIDGE_SUITES_H
#define TESTS_UNIT_BRIDGE_SUITES_H

#include <check.h>

TCase *msgpack_tests(void);
TCase *value_tests(void);
TCase *schema_tests(void);
TCase *plan_tests(void);
TCase *call_tests(void);

#endif
