/*
 * Fault rules: which requests fail, and how.
 */
#ifndef RP_SIM_FAULT_H
#define RP_SIM_FAULT_H

#include "sim/options.h"
#include "sim/route.h"

typedef enum sim_fault_kind {
    SIM_FAULT_STATUS,        /* a response of that status, code, message and shape */
    SIM_FAULT_RESET_BEFORE,  /* not carried out; connection reset */
    SIM_FAULT_RESET_AFTER,   /* carried out, then reset */
    SIM_FAULT_CLOSE,         /* not carried out; closed without a response */
    SIM_FAULT_TRUNCATE,      /* carried out; the connection ends inside the body */
    SIM_FAULT_GARBLE,        /* carried out; the body is cut, Content-Length agrees */
    SIM_FAULT_SHORT_LENGTH,  /* carried out; Content-Length shorter than the body */
    SIM_FAULT_LONG_LENGTH,   /* carried out; Content-Length longer, the rest never comes */
    SIM_FAULT_HANG,          /* not carried out; no response */
    SIM_FAULT_DELAY,         /* carried out; late response */
    SIM_FAULT_SLOW,          /* carried out; the body is sent in small pieces */
    SIM_FAULT_HUGE,          /* carried out; a body of so many MiB */
    SIM_FAULT_REDIRECT,      /* a redirect */
    SIM_FAULT_JOB,           /* an add or remove is accepted; its job fails */
    SIM_FAULT_EXPIRED_TOKEN, /* 401 as for an expired token */
} sim_fault_kind;

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
