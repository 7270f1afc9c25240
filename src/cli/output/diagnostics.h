/*
 * The one stack of diagnostics: whatever is wrong, in the configuration, with a
 * record or on the server, goes there and is printed from there. The same said of
 * many objects is one diagnostic.
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

/* When something went wrong decides what a user can do about it. */
typedef enum rp_phase {
    RP_PHASE_SERVER,   /* a request was refused or failed */
    RP_PHASE_RECORD,   /* a record of the configuration is wrong; nothing was sent */
    RP_PHASE_ARGUMENT, /* what was given on the command line is wrong */
    RP_PHASE_LOAD,     /* the plugin, or its config */
    RP_PHASES
} rp_phase;

/* What a diagnostic is about. */
typedef struct rp_subject {
    const char *address; /* or NULL */
    rp_mark mark;
    const char *advice; /* instead of the usual; or NULL */
    rp_phase phase;
} rp_subject;

/* About what stands there: a number that may be meant as a text gets that advice. `source` may be NULL. */
rp_subject rp_subject_source(const char *address, const rp_yaml *source);

/* Adds one, in copies, or its object to one that says the same. Out of memory it is counted. */
void rp_diagnostics_add(rp_diagnostics *diagnostics, const rp_subject *about, bool warning,
                        const char *summary, const char *detail, const char *code, const char *advice);
/* With its place, if it was made by rp_error_at. */
void rp_diagnostics_add_error(rp_diagnostics *diagnostics, const rp_error *error);

/* Adds a plugin's diagnostic. `status` is that of the result, for advice. */
void rp_diagnostics_add_json(rp_diagnostics *diagnostics, const rp_subject *about, const rp_json *diagnostic,
                             const char *status);

/* Moves all of them to the end of another stack. */
void rp_diagnostics_move(rp_diagnostics *from, rp_diagnostics *to);

/* What a user can do about a status, in a sentence, or NULL. */
const char *rp_advice(rp_phase phase, const char *status);

void rp_diagnostics_done(rp_diagnostics *diagnostics);

#endif
