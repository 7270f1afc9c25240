/*
 * The canonical form of a request's path and query, which both sides sign. Only
 * for signature.c.
 */
#ifndef RP_SIM_SIGNATURE_CANONICAL_H
#define RP_SIM_SIGNATURE_CANONICAL_H

#include "base/buffer.h"

/* Clients differ in how they build it. */
typedef struct sim_canonical_rules {
    bool clean_path;   /* ".", ".." and "//" are resolved */
    bool any_case;     /* query names are sorted as if in lower case, and only the first of each counts */
    bool bare_empty;   /* a query value that is empty has no "=" */
    bool query_hashed; /* a POST without a body has its query hashed in the body's place */
} sim_canonical_rules;

/* The path of the target, each segment encoded anew, with a slash at its end. */
void sim_canonical_path(const char *target, const sim_canonical_rules *rules, rp_buffer *out);

/* Its query, encoded anew and sorted; the buffer fails when there is too much of it. */
void sim_canonical_query(const char *target, const sim_canonical_rules *rules, rp_buffer *out);

#endif
