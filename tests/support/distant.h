/*
 * A simulator in a process of its own, for tests that count what their own
 * process has open or running. Start it before any thread.
 */
#ifndef TESTS_SUPPORT_DISTANT_H
#define TESTS_SUPPORT_DISTANT_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct distant {
    pid_t pid;
    char url[64];
    char ca_file[32]; /* of one over https */
} distant;

distant distant_start(const char *const *settings, bool https);
void distant_stop(distant *one);

#endif
