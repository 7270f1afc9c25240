/*
 * What a session has learned so far: tokens, the project's id, the endpoint.
 * Pure: it says what is needed next before a request may go out, builds the IAM
 * request for that, and reads the reply.
 */
#ifndef RP_OTC_AUTH_STATE_H
#define RP_OTC_AUTH_STATE_H

#include "otc/identity.h"
#include "otc/metadata.h"
#include "otc/request_auth.h"

/* How long a credential of limited life is good for; by this machine's clock, in seconds since 1970. */
typedef struct otc_lifetime {
    uint64_t generation; /* grows with each renewal */
    int64_t expires_at_s;
    int64_t renew_at_s; /* earlier: so that it can be replaced before it ends */
} otc_lifetime;

typedef struct otc_token {
    rp_secret *secret; /* NULL: none, or no longer valid */
    otc_lifetime life;
} otc_token;

typedef struct otc_auth_state {
    const otc_identity *identity;
    otc_token user_token;         /* of the user, or given */
    otc_token agency_token;       /* of the agency */
    otc_temporary_keys temporary; /* from the metadata service */
    otc_lifetime temporary_life;
    char *domain_id;   /* looked up, or NULL */
    char *project_id;  /* likewise */
    rp_url endpoint;   /* likewise: host NULL */
    bool catalog_seen; /* and had no endpoint */
} otc_auth_state;

typedef enum otc_need {
    OTC_NEEDS_NOTHING,
    OTC_NEEDS_KEYS, /* temporary ones */
    OTC_NEEDS_LOGIN,
    OTC_NEEDS_AGENCY,
    OTC_NEEDS_DOMAIN,
    OTC_NEEDS_PROJECT,
    OTC_NEEDS_CATALOG,
    OTC_NEEDS_ENDPOINT /* no endpoint: otc_auth_state_no_endpoint has the message */
} otc_need;

/* Borrows the identity. */
int otc_auth_state_init(otc_auth_state *state, const otc_identity *identity, rp_error **error);
void otc_auth_state_done(otc_auth_state *state);

/* What must be had before a request can go out. */
otc_need otc_auth_state_needs(const otc_auth_state *state, int64_t now_s);

/* What is to be renewed soon, although requests can still go out: OTC_NEEDS_KEYS, _LOGIN, _AGENCY or _NOTHING. */
otc_need otc_auth_state_renews(const otc_auth_state *state, int64_t now_s);

/* Renews nothing before that time. */
void otc_auth_state_put_off_renewal(otc_auth_state *state, int64_t until_s);

/* One request to the IAM, or to the metadata service. Whoever makes it wipes and frees it with
   otc_iam_request_done. */
typedef struct otc_iam_request {
    otc_need need;
    int64_t made_at_s;
    rp_http_request request; /* without done and context */
    char *url;
    rp_secret *body;
    otc_request_auth auth;
} otc_iam_request;

int otc_iam_request_make(otc_iam_request *asked, const otc_auth_state *state, otc_need need, int64_t now_s,
                         rp_error **error);
void otc_iam_request_done(otc_iam_request *asked);

/* Takes in a reply, to a request made at that time, that is no refusal. RP_E_LOST: it has not what was asked for. RP_E_NOT_FOUND, RP_E_INVALID: what
   a setting names does not exist, or must not be used. RP_E_DENIED: it had expired when it was asked for. */
int otc_auth_state_take(otc_auth_state *state, otc_need need, const rp_http_reply *reply, int64_t made_at_s,
                        rp_error **error);

/* The catalog is not to be had, or has no endpoint: the documented host of the region is used. */
int otc_auth_state_without_catalog(otc_auth_state *state, rp_error **error);

/* Why there is no endpoint. */
int otc_auth_state_no_endpoint(const otc_auth_state *state, rp_error **error);

/* True if requests to the service are signed; else they carry a token. */
bool otc_auth_state_signs(const otc_auth_state *state);

/* Of the token or the keys that requests to the service have at present. */
uint64_t otc_auth_state_generation(const otc_auth_state *state);

/* The access key that requests are signed with at present; NULL: none. */
const char *otc_auth_state_access_key(const otc_auth_state *state);

/* Forgets the token, or the temporary keys, that requests to the service have at present. */
void otc_auth_state_forget(otc_auth_state *state);

/* Of the temporary keys; with an agency, only requests to the IAM are signed with them. 0: none yet. */
uint64_t otc_auth_state_keys_generation(const otc_auth_state *state);
void otc_auth_state_forget_keys(otc_auth_state *state);
void otc_token_forget(otc_token *token);

/* Puts endpoint, version and project before a path. Once nothing is needed. NULL when out of memory. */
char *otc_auth_state_url(const otc_auth_state *state, const char *path);

/* Authenticates a request to the service, once nothing is needed. */
int otc_auth_state_authenticate(otc_auth_state *state, otc_request_auth *auth, int64_t now_s,
                                rp_http_request *request, rp_error **error);

/* "user_name of the configuration, OS_PASSWORD of the environment": the settings that a need depends on.
   OTC_NEEDS_NOTHING: the credentials. NULL when out of memory. */
char *otc_auth_state_origins(const otc_auth_state *state, otc_need need);

#endif
