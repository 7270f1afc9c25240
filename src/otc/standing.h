/*
 * What a session knows by now of its identity: tokens, the project's id, the
 * endpoint. Pure: it says what is needed next before a request may go out, makes
 * the request to the IAM for that, and takes in the reply.
 */
#ifndef RP_OTC_STANDING_H
#define RP_OTC_STANDING_H

#include "otc/identity.h"
#include "otc/stamp.h"

typedef struct otc_grant {
    rp_secret *token; /* NULL: none, or no longer valid */
    uint64_t generation;
    int64_t expires_at_s;
    int64_t renew_at_s;
} otc_grant;

typedef struct otc_standing {
    const otc_identity *identity;
    otc_grant own;     /* of the user, or given */
    otc_grant assumed; /* of the agency */
    char *domain_id;   /* looked up, or NULL */
    char *project_id;  /* likewise */
    rp_url endpoint;   /* likewise: host NULL */
    bool catalog_seen; /* and had no endpoint */
} otc_standing;

typedef enum otc_need {
    OTC_NEEDS_NOTHING,
    OTC_NEEDS_LOGIN,
    OTC_NEEDS_AGENCY,
    OTC_NEEDS_DOMAIN,
    OTC_NEEDS_PROJECT,
    OTC_NEEDS_CATALOG,
    OTC_NEEDS_WHAT_IS_NOT_THERE /* no endpoint: otc_standing_lacks has the words */
} otc_need;

/* Borrows the identity. */
int otc_standing_init(otc_standing *standing, const otc_identity *identity, rp_error **error);
void otc_standing_done(otc_standing *standing);

otc_need otc_standing_needs(const otc_standing *standing, int64_t now_s);

/* A request to the IAM; its own to wipe and free. */
typedef struct otc_errand {
    otc_need need;
    rp_http_request request; /* without done and context */
    char *url;
    rp_secret *body;
    otc_stamp stamp;
} otc_errand;

int otc_errand_make(otc_errand *errand, const otc_standing *standing, otc_need need, int64_t now_s,
                    rp_error **error);
void otc_errand_done(otc_errand *errand);

/* What a reply that is no refusal brings. RP_E_LOST: nothing that was hoped for. RP_E_NOT_FOUND,
   RP_E_INVALID: what a setting names is not there, or must not be used. */
int otc_standing_take(otc_standing *standing, otc_need need, const rp_http_reply *reply, int64_t now_s,
                      rp_error **error);

/* Nothing (more) is to be had from a catalog: the documented pattern is tried. */
int otc_standing_without_catalog(otc_standing *standing, rp_error **error);

/* Why there is no endpoint. */
int otc_standing_lacks(const otc_standing *standing, rp_error **error);

/* The one whose token requests carry; NULL if they are signed. */
otc_grant *otc_standing_grant(otc_standing *standing);
bool otc_grant_is_fresh(const otc_grant *grant, int64_t now_s);
void otc_grant_forget(otc_grant *grant);

/* Puts endpoint, version and project before a path. Once nothing is needed. NULL when out of memory. */
char *otc_standing_url(const otc_standing *standing, const char *path);

/* Authenticates a request to the service, once nothing is needed. */
int otc_standing_stamp(otc_standing *standing, otc_stamp *stamp, int64_t now_s, rp_http_request *request,
                       rp_error **error);

/* "user_name of the configuration, OS_PASSWORD of the environment": what a need goes by. OTC_NEEDS_NOTHING:
   the credentials. NULL when out of memory. */
char *otc_standing_origins(const otc_standing *standing, otc_need need);

#endif
