/*
 * The cloud session: a wrapper of the transport seam that adds credentials. It
 * logs in when the first request needs it, once for all that wait; renews a
 * token before it expires and once more when a reply says that it is invalid;
 * and remembers a refused password, which it never sends twice. A token that
 * cannot be renewed, because the IAM is out of reach, serves on while it lasts.
 *
 * A request that cannot be authenticated fails with RP_E_DENIED (refused: not to
 * be retried), or with RP_E_UNREACHED when the login itself could not be made;
 * nothing was sent in either case.
 */
#ifndef RP_OTC_SESSION_H
#define RP_OTC_SESSION_H

#include "base/clock.h"
#include "http/transport.h"
#include "otc/token.h"

typedef struct otc_credentials {
    const rp_secret *token; /* used as it is; or else */
    const char *auth_url;   /* of the IAM, ending in /v3 or not */
    otc_login login;        /* names for a login */
} otc_credentials;

/* True if the reply says that the token is not, or no longer, valid. NULL: status 401. */
typedef bool otc_is_unauthenticated(const rp_http_reply *reply);

/* Owns the inner transport from here on, also when it fails (NULL). Copies the credentials. */
rp_transport *otc_session_new(rp_transport *inner, const otc_credentials *credentials,
                              otc_is_unauthenticated *is_unauthenticated, const rp_clock *clock,
                              rp_error **error);

#endif
