/*
 * A client that signs requests, independent of src/otc. The canonical request is
 * written out by the test.
 */
#ifndef TEST_SIM_SIGNER_H
#define TEST_SIM_SIGNER_H

#include "client.h"

#include <stdint.h>

#define SIGNED_LIST "/v1.0/" RP_SIM_PROJECT "/elbaas/listeners/" LISTENER "/members"

/* The gateway's refusals of signatures. */
#define BAD_SIGNATURE "verify aksk signature fail"
#define NO_KEY        "err:ak not exist"
#define LOCKED        "AK access failed to reach the limit,forbidden"

/* How to sign, if not a list of the listener, as the guide does it, with the key of the settings, now. */
typedef struct signing {
    const char *key, *secret;
    const char *scope;   /* "region/service" of the Credential scheme */
    const char *day;     /* the scope's, if it is not that of the time */
    const char *names;   /* what is signed; NULL: host and x-sdk-date */
    const char *path;    /* as signed */
    const char *query;   /* as signed */
    const char *payload; /* as signed, if there is any */
    const char *hash;    /* told instead of the payload's */
    const char *time;
    const char *security_token, *project_id, *domain_id; /* headers */
} signing;

/* 20060102T150405Z; static, until the next call. */
const char *time_of(int64_t wall_s);

/* The simulator's time, from the Date header. */
int64_t now_s(void);

/* The one header of that name; the caller's to free. */
char *header_in(const answer *got, const char *name);

/* Sends a request with a signature and without a token. */
answer ask_signed(signing how, const char *method, const char *target, const char *body);

/* The signature is accepted; or refused, with `reason` in the gateway's message. */
void assert_listed(signing how);
void assert_not_listed(signing how, const char *reason);
void assert_told(const answer *got, const char *reason);

#endif
