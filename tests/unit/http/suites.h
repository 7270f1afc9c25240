#ifndef TESTS_UNIT_HTTP_SUITES_H
#define TESTS_UNIT_HTTP_SUITES_H

#include <check.h>

TCase *transport_tests(void);
TCase *url_tests(void);
TCase *retry_tests(void);
TCase *curl_tests(void);
TCase *tls_tests(void);
TCase *memory_tests(void);
TCase *date_tests(void);

#endif
