/*
 * The strict scanner that runs before every parse: exactly I-JSON (RFC 7493).
 * UTF-8 without overlong forms or surrogates, no duplicate names in an object
 * (compared after unescaping), no NaN or Infinity, no raw control characters, no
 * lone surrogate escapes, no integer beyond 2^53-1 either way, no NUL byte, no
 * comment, no noncharacter such as U+FFFF, one value and nothing after it. Stricter
 * than I-JSON: no \u0000 in a name, because names are C strings here.
 */
#ifndef RP_JSON_SCAN_H
#define RP_JSON_SCAN_H

#include "base/error.h"

#include <stddef.h>

#define RP_JSON_MAX_BYTES (16u << 20)
#define RP_JSON_MAX_DEPTH 64u

/* RP_E_INVALID: "line 3, column 14: …"; columns count characters from 1. */
int rp_json_scan(const char *text, size_t len, rp_error **error);

#endif
