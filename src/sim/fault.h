/*
 * What goes wrong, by rule: which requests, which of them, and how.
 */
#ifndef RP_SIM_FAULT_H
#define RP_SIM_FAULT_H

#include "sim/options.h"
#include "sim/route.h"

typedef enum sim_fault_kind {
    SIM_FAULT_STATUS,        /* an answer of that status, code, message and shape */
    SIM_FAULT_RESET_BEFORE,  /* the connection is reset, nothing done */
    SIM_FAULT_RESET_AFTER,   /* done, then reset */
    SIM_FAULT_CLOSE,         /* closed without an answer, nothing done */
    SIM_FAULT_TRUNCATE,      /* done; the answer ends early, then the connection */
    SIM_FAULT_GARBLE,        /* done; the answer ends early, and its length says so */
    SIM_FAULT_SHORT_LENGTH,  /* done; Content-Length is shorter than the body */
    SIM_FAULT_LONG_LENGTH,   /* done; Content-Length is longer, and nothing more comes */
    SIM_FAULT_HANG,          /* no answer, nothing done */
    SIM_FAULT_DELAY,         /* done, and answered later */
    SIM_FAULT_SLOW,          /* done; the answer trickles */
    SIM_FAULT_HUGE,          /* done; an answer of so many MiB */
    SIM_FAULT_REDIRECT,      /* sent elsewhere */
    SIM_FAULT_JOB,           /* an add or remove is accepted, and its job goes wrong */
    SIM_FAULT_EXPIRED_TOKEN, /* 401 as if the token had just expired */
} sim_fault_kind;

typedef enum sim_job_form {
    SIM_JOB_FORM_ERROR_CODE, /* FAIL with error_code and fail_reason */
    SIM_JOB_FORM_NOT_FOUND,  /* FAIL with NOT_FOUND_ERROR */
    SIM_JOB_FORM_ENTITIES,   /* FAIL with ELB.2050 inside entities */
    SIM_JOB_FORM_MESSAGE,    /* FAIL with code and message */
    SIM_JOB_FORM_WORD,       /* a status word nobody knows */
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

    unsigned seen, fired; /* requests that matched, and those that got it */
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

/* The fault this request gets: counts it as seen by each rule up to the first that fires. The caller gives it
   back, under the same lock. */
sim_fault *sim_faults_fire(sim_faults *faults, sim_kind kind, const char *method, const char *path);
void sim_fault_release(sim_fault *fault);

/* Is the request carried out? */
bool sim_fault_acts(const sim_fault *fault);

void sim_faults_write(const sim_faults *faults, rp_json_writer *writer);

/* The name of the fault's kind. */
const char *sim_fault_name(const sim_fault *fault);

#endif
