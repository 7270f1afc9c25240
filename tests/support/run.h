/*
 * Runs a test program that has one suite with one case.
 */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <check.h>

/* Takes the case. Returns the exit code for main. */
int run_case(const char *name, TCase *tests);

#endif
