/*
 * The cloud session: a wrapper of the transport interface that adds credentials, and
 * finds what they are for. A request's URL is a path below the service's project
 * ("/elbaas/listeners/…"), made with rp_url_path: the session puts endpoint,
 * version and project before it, so that credentials go nowhere else.
 *
 * Whatever is needed before that is asked for when the first request needs it,
 * once for all that wait: a login, an agency, the project's id, the endpoint.
 * Tokens are renewed before they expire and once more when a reply says that one
 * is invalid; one that cannot be renewed, because the IAM is out of reach, serves
 * on while it lasts. Refused credentials are remembered and never sent twice,
 * for accounts lock; keys that were never taken yet go out with one request at a
 * time.
 *
 * A request that cannot be authenticated fails with RP_E_DENIED (refused: not to
 * be retried), with RP_E_NOT_FOUND or RP_E_INVALID (what a setting names is not
 * there, or must not be used), or with RP_E_UNREACHED when the IAM could not be
 * asked; nothing was sent in either case. The note of a reply that refuses
 * credentials says where they came from.
 */
#ifndef RP_OTC_SESSION_H
#define RP_OTC_SESSION_H

#include "base/clock.h"
#include "http/transport.h"
#include "otc/identity.h"

/* True if the reply says that the credentials are not, or no longer, valid. NULL: status 401. */
typedef bool otc_is_unauthenticated(const rp_http_reply *reply);

/* Owns the inner transport from here on, also when it fails (NULL). Borrows the identity. */
rp_transport *otc_session_new(rp_transport *inner, const otc_identity *identity,
                              otc_is_unauthenticated *is_unauthenticated, const rp_clock *clock,
                              rp_error **error);

#endif
