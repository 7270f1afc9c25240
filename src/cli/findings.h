/*
 * What is wrong, collected: the same said of many objects is one finding.
 */
#ifndef RP_CLI_FINDINGS_H
#define RP_CLI_FINDINGS_H

#include "cli/yaml.h"
#include "json/value.h"

#define RP_FINDING_NAMES 3

typedef struct rp_finding {
    bool warning;
    char *summary, *detail, *code;     /* detail and code may be NULL */
    const char *advice;                /* what to do; lives as long as the process, or NULL */
    char *addresses[RP_FINDING_NAMES]; /* the first of them */
    size_t count;                      /* how many objects; 0: it is of no object */
    rp_mark mark;                      /* of the first */
} rp_finding;

typedef struct rp_findings {
    rp_finding *items;
    size_t count;
    size_t errors;
    size_t more; /* that found no room */
} rp_findings;

/* About whom something is found. */
typedef struct rp_about {
    const char *address; /* or NULL */
    rp_mark mark;
    const char *advice; /* instead of the usual; or NULL */
} rp_about;

/* About what stands there: a number that may be meant as a text gets that advice. `source` may be NULL. */
rp_about rp_about_source(const char *address, const rp_yaml *source);

/* Adds one, in copies, or its object to one that says the same. Out of memory it is counted. */
void rp_findings_add(rp_findings *findings, const rp_about *about, bool warning, const char *summary,
                     const char *detail, const char *code, const char *advice);
void rp_findings_add_error(rp_findings *findings, const rp_error *error);

/* Adds a plugin's diagnostic. `status` is that of the result, for advice. */
void rp_findings_add_diagnostic(rp_findings *findings, const rp_about *about, const rp_json *diagnostic,
                                const char *status);

/* What a user can do about a status, in a sentence, or NULL. */
const char *rp_advice(const char *status);

void rp_findings_done(rp_findings *findings);

#endif
