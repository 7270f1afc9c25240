/*
 * What makes one attempt of a request authentic: a token, or a signature. It
 * lives as long as the attempt.
 */
#ifndef RP_OTC_STAMP_H
#define RP_OTC_STAMP_H

#include "otc/identity.h"
#include "otc/signer.h"

typedef struct otc_stamp {
    rp_secret *token; /* a copy: the session's may be renewed meanwhile */
    rp_secret *security_token;
    char *authorization;
    char date[OTC_DATE_SIZE];
} otc_stamp;

/* With the token as X-Auth-Token. The request borrows from the stamp from here on. RP_E_NO_MEMORY. */
int otc_stamp_token(otc_stamp *stamp, const rp_secret *token, rp_http_request *request, rp_error **error);

/* What a request is signed for: NULL where it is for none. Borrowed for as long as the attempt lasts. */
typedef struct otc_bounds {
    const char *project_id, *domain_id;
} otc_bounds;

/* With the identity's keys, at this time (seconds since 1970). */
int otc_stamp_sign(otc_stamp *stamp, const otc_identity *identity, const otc_bounds *bounds, int64_t now_s,
                   rp_http_request *request, rp_error **error);

void otc_stamp_done(otc_stamp *stamp);

#endif
