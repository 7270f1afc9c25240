/*
 * Glossary: an identity is the outcome of choosing from all sources (sources.h):
 * which credentials log in, to which IAM, for which project, and where the
 * service is. Choosing does no I/O.
 *
 * The first source that has any credential gives all of them. The same holds for
 * other groups, such as the id and the name of the project. Every other setting
 * comes from the first source that has it. Where credentials go (auth_url,
 * endpoint, the settings of TLS) is never taken from a source that counts less
 * than that of the credentials.
 */
#ifndef RP_OTC_IDENTITY_H
#define RP_OTC_IDENTITY_H

#include "http/url.h"
#include "otc/source.h"

typedef enum otc_auth_method {
    OTC_METHOD_TOKEN,
    OTC_METHOD_PASSWORD,
    OTC_METHOD_KEYS,
    OTC_METHOD_METADATA /* temporary keys of this machine's agency, from the metadata service */
} otc_auth_method;

typedef enum otc_signing {
    OTC_SIGNING_ACCESS,
    OTC_SIGNING_CREDENTIAL
} otc_signing;

typedef struct otc_identity {
    otc_source chosen; /* every setting that counts, and where it came from */
    otc_auth_method method;
    otc_signing signing;
    bool insecure;
    bool allow_insecure_http;
    rp_url endpoint;       /* host NULL: from the catalog */
    rp_url metadata;       /* of the metadata service; host NULL: not needed */
    rp_url auth;           /* of the IAM, without /v3; host NULL: not needed */
    char *project_id;      /* NULL: that of project_name, to be asked for */
    char *project_name;    /* NULL if project_id is not */
    char *region;          /* or NULL */
    const char *interface; /* "public", "internal", "admin" */
    char *ignored;         /* origins of settings that are not used beside these credentials; or NULL */
} otc_identity;

/* Sources in the order in which they count. RP_E_INVALID names the setting and where it came from. To be
   cleared in any case. */
int otc_identity_choose(const otc_source *const *sources, size_t count, otc_identity *into, rp_error **error);
void otc_identity_done(otc_identity *identity);

static inline const char *otc_identity_text(const otc_identity *identity, otc_setting setting)
{
    return otc_source_text(&identity->chosen, setting);
}

/* True if requests are signed with keys, unless an agency's token takes their place. */
static inline bool otc_identity_signs(const otc_identity *identity)
{
    return identity->method == OTC_METHOD_KEYS || identity->method == OTC_METHOD_METADATA;
}

static inline bool otc_identity_has_agency(const otc_identity *identity)
{
    return otc_source_has(&identity->chosen, OTC_AGENCY_NAME);
}

/* Which source gave what, without the values: one line, for a log. NULL when out of memory. */
char *otc_identity_note(const otc_identity *identity);

/* Plain http lets anybody on the way read what is sent. */
bool otc_identity_may_send_to(const otc_identity *identity, const rp_url *url);

/* Cuts "/v1.0" or "/v1.0/<project>" off an endpoint's path; the project found is the caller's to free. */
int otc_cut_version(rp_url *endpoint, char **project, rp_error **error);

#endif
