/*
 * Fingerprints show whether a value has changed without storing it. Each state has its
 * own salt, so that equal values in two states have different fingerprints.
 */
#ifndef RP_CLI_STATE_FINGERPRINT_H
#define RP_CLI_STATE_FINGERPRINT_H

#include "base/error.h"

#include <stddef.h>

#define RP_SALT_SIZE        33 /* 32 hexadecimal digits and a NUL */
#define RP_FINGERPRINT_SIZE 33

/* Sixteen random bytes in hexadecimal. */
int rp_salt_make(char salt[RP_SALT_SIZE], rp_error **error);

/* SHA-256 of salt and bytes, its first half in hexadecimal. */
int rp_fingerprint(const char *salt, const void *bytes, size_t len, char fingerprint[RP_FINGERPRINT_SIZE],
                   rp_error **error);

#endif
