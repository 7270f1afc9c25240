/*
 * Identities for tests, made of settings by name.
 */
#ifndef TESTS_UNIT_OTC_WHOEVER_H
#define TESTS_UNIT_OTC_WHOEVER_H

#include "otc/identity.h"

/* A source with these settings: name, value, name, value, …, NULL. Each comes "NAME of SOURCE". */
otc_source source_of(const char *name, const char *const pairs[]);

/* The identity of one such source; it must be one. */
otc_identity whoever(const char *const pairs[]);

#define WHOEVER(...) whoever((const char *const[]){__VA_ARGS__, NULL})

#endif
