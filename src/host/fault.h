/*
 * What an answer breaks of the rules in abi/README.md: one sentence a fault,
 * which names the hook, the place and the section that has the rule.
 */
#ifndef RP_HOST_FAULT_H
#define RP_HOST_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/* The sections of abi/README.md that have rules for answers. */
typedef enum rp_section {
    RP_SECTION_RESPONSES,
    RP_SECTION_TIME,
    RP_SECTION_DOCUMENTS,
    RP_SECTION_RESULTS,
    RP_SECTION_STATES,
    RP_SECTION_KEYS,
    RP_SECTION_DESCRIBE,
    RP_SECTION_OPEN,
    RP_SECTION_DELETE,
    RP_SECTION_LIST,
    RP_SECTION_STATUS,
    RP_SECTION_OUTCOME,
    RP_SECTION_DIAGNOSTICS,
    RP_SECTION_EVENTS,
    RP_SECTION_PROCESS,
    RP_SECTIONS
} rp_section;

/* Their headings. */
extern const char *const rp_section_names[RP_SECTIONS];

#define RP_WHOLE ((size_t)-1)

typedef struct rp_fault {
    size_t result; /* index of the result it is in; RP_WHOLE: the answer as a whole */
    bool foreign;  /* the result is not about the record in its place */
    char *words;
} rp_fault;

/* {.hook = name} to begin with. Faults of results are in the order of the results, at most one each. */
typedef struct rp_faults {
    const char *hook;
    rp_fault *list;
    size_t count;
    size_t whole;   /* how many of them are RP_WHOLE */
    bool no_memory; /* one could not be kept */
} rp_faults;

/* Keeps "HOOK: WORDS (abi/README.md, <section>)". Returns false, so that a check can end with it. */
bool rp_fault_whole(rp_faults *faults, rp_section section, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool rp_fault_result(rp_faults *faults, rp_section section, size_t result, bool foreign, const char *format,
                     ...) __attribute__((format(printf, 5, 6)));

/* Moves all faults to the end of another list. */
void rp_faults_move(rp_faults *from, rp_faults *to);

void rp_faults_done(rp_faults *faults);

#endif
