/*
 * The authentication of one attempt of a request: a token or a signature. It is
 * kept for as long as the attempt lasts.
 */
#ifndef RP_OTC_REQUEST_AUTH_H
#define RP_OTC_REQUEST_AUTH_H

#include "otc/identity.h"
#include "otc/signer.h"

typedef struct otc_request_auth {
    rp_secret *token; /* a copy: the session's may be renewed meanwhile */
    rp_secret *security_token;
    char *authorization;
    char date[OTC_DATE_SIZE];
} otc_request_auth;

/* With the token as X-Auth-Token. The request borrows from `auth` from here on. RP_E_NO_MEMORY. */
int otc_request_auth_token(otc_request_auth *auth, const rp_secret *token, rp_http_request *request,
                           rp_error **error);

/* What a request is signed for: NULL where it is for none. Borrowed for as long as the attempt lasts. */
typedef struct otc_auth_scope {
    const char *project_id, *domain_id;
} otc_auth_scope;

/* The keys to sign with. Borrowed during the call. */
typedef struct otc_keys {
    otc_signing scheme;
    const char *access_key;
    const rp_secret *secret_key;
    const rp_secret *security_token; /* of temporary keys, or NULL */
} otc_keys;

/* Signs the request at this time (seconds since 1970). The request borrows from `auth` from here on. */
int otc_request_auth_sign(otc_request_auth *auth, const otc_keys *keys, const otc_auth_scope *scope,
                          int64_t now_s, rp_http_request *request, rp_error **error);

void otc_request_auth_done(otc_request_auth *auth);

#endif
