/*
 * The end of a test program: one suite of one case, run as the environment
 * says.
 */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <check.h>

/* Owns the case. What main returns. */
int run_case(const char *name, TCase *tests);

#endif
