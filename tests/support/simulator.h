/*
 * Control of a simulator in this process. A failure here fails the test.
 */
#ifndef TESTS_SUPPORT_SIMULATOR_H
#define TESTS_SUPPORT_SIMULATOR_H

#include "sim/sim.h"

#include "json/value.h"

void simulator_set(rp_sim *sim, const char *name, const char *value);
void simulator_fault(rp_sim *sim, const char *rule, ...) __attribute__((format(printf, 2, 3)));

/* POST /sim/WHAT and GET /sim/WHAT; the caller frees the result of GET. */
void simulator_control(rp_sim *sim, const char *what, const char *json, ...)
    __attribute__((format(printf, 3, 4)));
rp_json *simulator_read(rp_sim *sim, const char *what);

/* The number of requests of a kind ("add", "list", …) with `part` in their path. */
unsigned simulator_requests(rp_sim *sim, const char *kind, const char *part);

#endif
