/*
 * What a session has learned so far: tokens, the project's id, the endpoint.
 * Pure: it says what is needed next before a request may go out, builds the IAM
 * request for that, and reads the reply.
 */
#ifndef RP_OTC_AUTH_STATE_H
#define RP_OTC_AUTH_STATE_H

#include "otc/identity.h"
#include "otc/request_auth.h"

typedef struct otc_token {
    rp_secret *secret; /* NULL: none, or no longer valid */
    uint64_t generation;
    int64_t expires_at_s;
    int64_t renew_at_s;
} otc_token;

typedef struct otc_auth_state {
    const otc_identity *identity;
    otc_token user_token;   /* of the user, or given */
    otc_token agency_token; /* of the agency */
    char *domain_id;        /* looked up, or NULL */
    char *project_id;       /* likewise */
    rp_url endpoint;        /* likewise: host NULL */
    bool catalog_seen;      /* and had no endpoint */
} otc_auth_state;

typedef enum otc_need {
    OTC_NEEDS_NOTHING,
    OTC_NEEDS_LOGIN,
    OTC_NEEDS_AGENCY,
    OTC_NEEDS_DOMAIN,
    OTC_NEEDS_PROJECT,
    OTC_NEEDS_CATALOG,
    OTC_NEEDS_ENDPOINT /* no endpoint: otc_auth_state_no_endpoint has the words */
} otc_need;

/* Borrows the identity. */
int otc_auth_state_init(otc_auth_state *state, const otc_identity *identity, rp_error **error);
void otc_auth_state_done(otc_auth_state *state);

otc_need otc_auth_state_needs(const otc_auth_state *state, int64_t now_s);

/* A request to the IAM; its own to wipe and free. */
typedef struct otc_iam_request {
    otc_need need;
    rp_http_request request; /* without done and context */
    char *url;
    rp_secret *body;
    otc_request_auth auth;
} otc_iam_request;

int otc_iam_request_make(otc_iam_request *asked, const otc_auth_state *state, otc_need need, int64_t now_s,
                         rp_error **error);
void otc_iam_request_done(otc_iam_request *asked);

/* What a reply that is no refusal brings. RP_E_LOST: nothing that was hoped for. RP_E_NOT_FOUND,
   RP_E_INVALID: what a setting names is not there, or must not be used. */
int otc_auth_state_take(otc_auth_state *state, otc_need need, const rp_http_reply *reply, int64_t now_s,
                        rp_error **error);

/* Nothing (more) is to be had from a catalog: the documented pattern is tried. */
int otc_auth_state_without_catalog(otc_auth_state *state, rp_error **error);

/* Why there is no endpoint. */
int otc_auth_state_no_endpoint(const otc_auth_state *state, rp_error **error);

/* The one whose token requests carry; NULL if they are signed. */
otc_token *otc_auth_state_token(otc_auth_state *state);
bool otc_token_is_fresh(const otc_token *token, int64_t now_s);
void otc_token_forget(otc_token *token);

/* Puts endpoint, version and project before a path. Once nothing is needed. NULL when out of memory. */
char *otc_auth_state_url(const otc_auth_state *state, const char *path);

/* Authenticates a request to the service, once nothing is needed. */
int otc_auth_state_authenticate(otc_auth_state *state, otc_request_auth *auth, int64_t now_s,
                                rp_http_request *request, rp_error **error);

/* "user_name of the configuration, OS_PASSWORD of the environment": what a need goes by. OTC_NEEDS_NOTHING:
   the credentials. NULL when out of memory. */
char *otc_auth_state_origins(const otc_auth_state *state, otc_need need);

#endif
