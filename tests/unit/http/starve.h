/*
 * Lets the n-th allocation of the rooms under test fail. Libraries below them
 * are not touched.
 */
#ifndef TESTS_UNIT_HTTP_STARVE_H
#define TESTS_UNIT_HTTP_STARVE_H

#include <stdbool.h>

/* The nth from now (from 1) fails, and only that; 0: none. */
void starve(unsigned nth);

/* The nth from now fails, and all after it. */
void starve_from(unsigned nth);

/* Ends it. True if an allocation was made to fail. */
bool starved(void);

#endif
