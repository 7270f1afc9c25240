/*
 * Stands between the room and the allocator (linked with --wrap): one allocation
 * of choice fails.
 */
#ifndef TESTS_UNIT_HOST_STARVE_H
#define TESTS_UNIT_HOST_STARVE_H

#include <stdbool.h>

void starve(unsigned nth); /* the nth from now, from 1 */
bool starved(void);        /* ends it; whether it came to that */

#endif
