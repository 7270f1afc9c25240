/*
 * Instructions, counted by valgrind's callgrind in a process of its own.
 */
#ifndef TESTS_BENCH_CALLGRIND_H
#define TESTS_BENCH_CALLGRIND_H

#include "results_table.h"

/* Of the plugin, in one create of so many records: all that its hook executes, libraries and C library
   included. RP_E_NOT_FOUND: there is no valgrind. The profile is left in the folder. */
int callgrind_count(const tools *with, const char *folder, instructions *one, rp_error **error);

#endif
