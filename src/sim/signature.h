/*
 * Checks the signature of a request: reads its Authorization header and signs the
 * received request again, by the rules of the API signing guide (Access=) or of the
 * older Go clients (Credential=). Holds no keys and reads no clock.
 */
#ifndef RP_SIM_SIGNATURE_H
#define RP_SIM_SIGNATURE_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SIM_SIGNING_KEY_SIZE 32

/* What is signed. */
typedef struct sim_signed {
    const char *method;
    const char *target; /* path and query, as sent */
    const char *time;   /* 20060102T150405Z */
    const char *body;
    size_t body_len;
    const char *(*header)(const void *context, const char *name); /* NULL when there is none */
    const void *context;
} sim_signed;

typedef struct sim_signature {
    char *text;          /* what the others point into */
    const char *access;  /* the access key */
    const char *scope;   /* "date/region/service/sdk_request"; NULL in the Access scheme */
    const char *headers; /* "a;b" */
    const char *hex;
} sim_signature;

/* Reads an Authorization header. RP_E_INVALID when it is malformed. */
int sim_signature_read(const char *authorization, sim_signature *out, rp_error **error);
void sim_signature_done(sim_signature *signature);

/* Whether the header (name in lower case) is among the signed ones. */
bool sim_signature_covers(const sim_signature *signature, const char *name);

/* Stores whether the signature was made with the secret, by the rules of any client of the scheme. */
int sim_signature_check(const sim_signature *signature, const sim_signed *what, const char *secret,
                        bool *matches, rp_error **error);

/* The key that the Credential scheme derives for a scope. */
int sim_signing_key(const char *secret, const char *scope, unsigned char out[SIM_SIGNING_KEY_SIZE],
                    rp_error **error);

#endif
