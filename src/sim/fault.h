/*
 * Fault rules: which requests fail, and how.
 */
#ifndef RP_SIM_FAULT_H
#define RP_SIM_FAULT_H

#include "sim/options.h"
#include "sim/route.h"

/* The kinds: name in a rule, whether the request is carried out by default, and the function of
   response_writer.c that sends the response. */
/* clang-format off */
#define SIM_FAULT_KINDS(ROW) \
    ROW(STATUS, "status", false, send_status)                 /* a response of that status, code, message, shape */ \
    ROW(RESET_BEFORE, "reset-before", false, reset)           /* connection reset */ \
    ROW(RESET_AFTER, "reset-after", true, reset)              /* connection reset */ \
    ROW(CLOSE, "close", false, hang_up)                       /* connection closed without a response */ \
    ROW(TRUNCATE, "truncate", true, send_truncated)           /* the connection ends inside the body */ \
    ROW(GARBLE, "garble", true, send_garbled)                 /* the body is cut, Content-Length agrees */ \
    ROW(SHORT_LENGTH, "short-length", true, send_short)       /* Content-Length shorter than the body */ \
    ROW(LONG_LENGTH, "long-length", true, send_long)          /* Content-Length longer, the rest never comes */ \
    ROW(HANG, "hang", false, hang_up)                         /* no response */ \
    ROW(DELAY, "delay", true, send_whole)                     /* late response */ \
    ROW(SLOW, "slow", true, send_slowly)                      /* the body is sent in small pieces */ \
    ROW(HUGE, "huge", true, send_huge)                        /* a body of so many MiB */ \
    ROW(REDIRECT, "redirect", false, send_redirect)           /* a redirect */ \
    ROW(JOB, "job-fail", true, send_whole)                    /* an add or remove is accepted; its job fails */ \
    ROW(EXPIRED_TOKEN, "expired-token", false, send_expired)  /* 401 as for an expired token */
/* clang-format on */

#define SIM_FAULT_ENUM(kind, name, acts, send) SIM_FAULT_##kind,
typedef enum sim_fault_kind {
    SIM_FAULT_KINDS(SIM_FAULT_ENUM)
} sim_fault_kind;
#undef SIM_FAULT_ENUM

typedef enum sim_job_form {
    SIM_JOB_FORM_ERROR_CODE, /* FAIL with error_code and fail_reason */
    SIM_JOB_FORM_NOT_FOUND,  /* FAIL with NOT_FOUND_ERROR */
    SIM_JOB_FORM_ENTITIES,   /* FAIL with ELB.2050 inside entities */
    SIM_JOB_FORM_MESSAGE,    /* FAIL with code and message */
    SIM_JOB_FORM_WORD,       /* an unknown status word */
    SIM_JOB_FORM_RUNNING,    /* RUNNING for ever */
} sim_job_form;

typedef enum sim_applied {
    SIM_APPLIED_NO,
    SIM_APPLIED_YES,
    SIM_APPLIED_SOME /* every second record, from the first on */
} sim_applied;

typedef struct sim_fault {
    int on; /* a sim_kind, or SIM_N_KINDS for any */
    char *method, *path;
    uint32_t from, count, every;
    int kind;
    uint32_t status;
    char *code, *message;
    int shape;
    char *retry_after, *location;
    int acts; /* 0: as the kind does; 1: yes; 2: no */
    uint32_t ms, bytes, mib;
    int form;
    char *word;
    int applied;

    unsigned seen, fired; /* requests that matched, and that got the fault */
    unsigned users;
    struct sim_fault *next;
} sim_fault;

extern const sim_option sim_faults_table[];

typedef struct sim_faults {
    sim_fault *first, **end;
} sim_faults;

void sim_faults_init(sim_faults *faults);
void sim_faults_clear(sim_faults *faults);

/* "on=add,kind=reset-after", or a JSON object. */
int sim_faults_add_text(sim_faults *faults, const char *rule, rp_error **error);

/* A rule, or an array of rules: all of them or none. */
int sim_faults_add(sim_faults *faults, const rp_json *rules, rp_error **error);

/* The fault of this request, or NULL. Counts the request as seen by each rule up to the first that fires. The
   caller releases the fault under the same lock. */
sim_fault *sim_faults_fire(sim_faults *faults, sim_kind kind, const char *method, const char *path);
void sim_fault_release(sim_fault *fault);

/* Whether the request is carried out. */
bool sim_fault_acts(const sim_fault *fault);

void sim_faults_write(const sim_faults *faults, rp_json_writer *writer);

/* The name of the fault's kind. */
const char *sim_fault_name(const sim_fault *fault);

#endif
