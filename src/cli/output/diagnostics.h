/*
 * What is wrong, collected: the same said of many objects is one finding.
 */
#ifndef RP_CLI_OUTPUT_DIAGNOSTICS_H
#define RP_CLI_OUTPUT_DIAGNOSTICS_H

#include "cli/config/yaml.h"
#include "json/value.h"

#define RP_DIAGNOSTIC_NAMES 3

typedef struct rp_diagnostic {
    bool warning;
    char *summary, *detail, *code;        /* detail and code may be NULL */
    const char *advice;                   /* what to do; lives as long as the process, or NULL */
    char *addresses[RP_DIAGNOSTIC_NAMES]; /* the first of them */
    size_t count;                         /* how many objects; 0: it is of no object */
    rp_mark mark;                         /* of the first */
} rp_diagnostic;

typedef struct rp_diagnostics {
    rp_diagnostic *items;
    size_t count;
    size_t errors;
    size_t more; /* that found no room */
} rp_diagnostics;

/* About whom something is found. */
typedef struct rp_subject {
    const char *address; /* or NULL */
    rp_mark mark;
    const char *advice; /* instead of the usual; or NULL */
} rp_subject;

/* About what stands there: a number that may be meant as a text gets that advice. `source` may be NULL. */
rp_subject rp_subject_source(const char *address, const rp_yaml *source);

/* Adds one, in copies, or its object to one that says the same. Out of memory it is counted. */
void rp_diagnostics_add(rp_diagnostics *diagnostics, const rp_subject *about, bool warning,
                        const char *summary, const char *detail, const char *code, const char *advice);
void rp_diagnostics_add_error(rp_diagnostics *diagnostics, const rp_error *error);

/* Adds a plugin's diagnostic. `status` is that of the result, for advice. */
void rp_diagnostics_add_json(rp_diagnostics *diagnostics, const rp_subject *about, const rp_json *diagnostic,
                             const char *status);

/* What a user can do about a status, in a sentence, or NULL. */
const char *rp_advice(const char *status);

void rp_diagnostics_done(rp_diagnostics *diagnostics);

#endif
