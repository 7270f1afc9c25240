/*
 * Request signatures by access key and secret key (SDK-HMAC-SHA256). Pure: builds
 * the text to sign and the Authorization header.
 *
 * There are two schemes. "Access=" is that of the API signing guide. "Credential="
 * is that of the older Go SDKs. The table in signer.c has the differences.
 */
#ifndef RP_OTC_SIGNER_H
#define RP_OTC_SIGNER_H

#include "base/error.h"
#include "base/secret.h"
#include "http/transport.h"
#include "otc/identity.h"

/* The scheme by its name in the setting `signing`; false if the name is unknown. */
bool otc_signing_find(const char *name, otc_signing *out);

#define OTC_DATE_SIZE 17 /* "20191115T033655Z" */

/* The keys to sign with. Borrowed. */
typedef struct otc_signer {
    otc_signing scheme;
    const char *access_key;
    const rp_secret *secret_key;
    const char *region, *service; /* of the scheme Credential; "" in both Go SDKs */
} otc_signer;

/* The request to sign, without any percent-encoding. Borrowed. */
typedef struct otc_signed {
    const char *method;
    const char *path;
    const rp_http_header *query; /* names and values, in any order */
    size_t query_count;
    const rp_http_header *headers; /* all that are to be signed */
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_len;
    const char *date; /* "20191115T033655Z"; a header X-Sdk-Date takes precedence */
} otc_signed;

/* The parts, for tests; NULL when out of memory. Headers may be secret, so the canonical request is. */
rp_secret *otc_canonical_request(otc_signing scheme, const otc_signed *request);
char *otc_string_to_sign(const otc_signer *signer, const otc_signed *request);

/* The derived key of the scheme Credential for a day ("20110909"). False: libcrypto failed. */
bool otc_signing_key(const otc_signer *signer, const char *day, unsigned char key[32]);

/* The value of Authorization; NULL when out of memory. */
char *otc_sign(const otc_signer *signer, const otc_signed *request);

/* Seconds since 1970 as X-Sdk-Date. */
void otc_format_date(int64_t seconds, char out[OTC_DATE_SIZE]);

#endif
