/*
 * Lets the n-th allocation of the calling thread fail, in whichever library it is
 * made: the program's malloc and its kin are those of starve.c. The threads of the
 * simulator have all the memory they want.
 */
#ifndef TESTS_INTEGRATION_STARVE_H
#define TESTS_INTEGRATION_STARVE_H

#include <stdbool.h>

/* The nth from now (from 1) fails, and with `lasts` all after it. 0: none, they are only counted. */
void starve(unsigned nth, bool lasts);

/* Ends it. True if an allocation was made to fail. */
bool starved(void);

/* Allocations from the last starve to starved. */
unsigned starve_count(void);

#endif
