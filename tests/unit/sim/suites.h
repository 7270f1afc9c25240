#ifndef TEST_SIM_SUITES_H
#define TEST_SIM_SUITES_H

#include <check.h>

TCase *members_tests(void);
TCase *jobs_tests(void);
TCase *access_tests(void);
TCase *https_tests(void);
TCase *faults_tests(void);
TCase *https_faults_tests(void);
TCase *control_tests(void);
TCase *signature_tests(void);
TCase *signed_tests(void);
TCase *keys_tests(void);
TCase *catalog_tests(void);
TCase *log_line_tests(void);
TCase *load_tests(void);
TCase *program_tests(void);

#endif
