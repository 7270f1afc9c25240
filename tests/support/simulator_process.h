/*
 * A simulator in its own process, for tests that count the file descriptors or threads
 * of theirs. Start it before any thread.
 */
#ifndef TESTS_SUPPORT_SIMULATOR_PROCESS_H
#define TESTS_SUPPORT_SIMULATOR_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct simulator_process {
    pid_t pid;
    char url[64];
    char ca_file[32]; /* with https */
} simulator_process;

simulator_process simulator_process_start(const char *const *settings, bool https);
void simulator_process_stop(simulator_process *one);

#endif
