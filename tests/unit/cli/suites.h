/*
 * The cases of the parts of rp, a file each.
 */
#ifndef TESTS_CLI_SUITES_H
#define TESTS_CLI_SUITES_H

#include <check.h>
#include <string.h>

TCase *yaml_case(void);
TCase *project_case(void);
TCase *diff_case(void);
TCase *text_case(void);
TCase *store_case(void);

#define ck_assert_has(text, part) ck_assert_msg(strstr(text, part), "\"%s\" does not say \"%s\"", text, part)

#endif
