/*
 * IAM v3 tokens, pure: the request that asks for one and the reply that brings
 * it. Source: OTC IAM API reference, "Obtaining a User Token Through Password
 * Authentication", "Obtaining an Agency Token".
 */
#ifndef RP_OTC_TOKEN_H
#define RP_OTC_TOKEN_H

#include "base/error.h"
#include "base/secret.h"
#include "http/transport.h"

#include <stdbool.h>
#include <stdint.h>

/* User, credentials and scope of a login. Borrowed; NULL if not given. */
typedef struct otc_login {
    const char *user_name, *user_id;
    const rp_secret *password;           /* of a user */
    const char *agency_name;             /* in place of a user: the sender assumes the agency's role */
    const char *domain_name, *domain_id; /* the user's, or the agency's */
    const char *project_domain_name, *project_domain_id; /* where they differ from the user's */
    const char *project_id, *project_name;
    bool for_domain; /* the token is for the domain, not for a project */
} otc_login;

/* {"auth": …}. NULL when out of memory. */
rp_secret *otc_token_request(const otc_login *login);

/* The project that the token in a reply is for, the caller's to free; NULL if it is for none, or no memory.
 */
char *otc_token_project(const rp_http_reply *reply);

/* Takes expires_at (seconds since 1970; INT64_MAX: never) from the body of a 201; RP_E_LOST if it is no such
 * reply. */
int otc_token_reply(const rp_http_reply *reply, int64_t *expires_at, rp_error **error);

/* What the reply to a refused or failed request says: "HTTP 401 IAM.0067: …", in any of the service's shapes; or
   just the status. Never the secret that was sent along, should the server repeat it. NULL when out of memory. */
char *otc_token_refusal(const rp_http_reply *reply, const rp_secret *secret);

/* True if the body is an error with a code in one of the service's own shapes, and not the page of some
 * proxy. */
bool otc_is_own_refusal(const rp_http_reply *reply);

/* "2015-11-09T01:42:57.527363Z" to seconds since 1970; false if it is not of that form. */
bool otc_parse_time(const char *text, int64_t *seconds);

#endif
