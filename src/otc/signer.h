/*
 * Request signatures by access key and secret key (SDK-HMAC-SHA256), pure: what
 * is signed, and the Authorization header that comes of it.
 *
 * Two schemes are in use. "Access=" is the one of the API signing guide; its
 * clients leave header names with an underscore unsigned. "Credential=" is that
 * of the older Go SDKs: with a derived key; of a query's names that come twice
 * only the first value counts; and a POST without a body signs its query in the
 * body's place.
 */
#ifndef RP_OTC_SIGNER_H
#define RP_OTC_SIGNER_H

#include "base/error.h"
#include "base/secret.h"
#include "http/transport.h"
#include "otc/identity.h"

#define OTC_DATE_SIZE 17 /* "20191115T033655Z" */

/* What is signed with. Borrowed. */
typedef struct otc_signer {
    otc_signing scheme;
    const char *access_key;
    const rp_secret *secret_key;
    const char *region, *service; /* of the scheme Credential; "" in both Go SDKs */
} otc_signer;

/* What is signed. All of it as meant, before any percent-encoding. Borrowed. */
typedef struct otc_signed {
    const char *method;
    const char *path;
    const rp_http_header *query; /* names and values, in any order */
    size_t query_count;
    const rp_http_header *headers; /* all that are to be signed */
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_len;
    const char *date; /* "20191115T033655Z"; a header X-Sdk-Date counts before it */
} otc_signed;

/* The parts, for tests; NULL when out of memory. A header may be a secret, so what has headers in it is one.
 */
rp_secret *otc_canonical_request(otc_signing scheme, const otc_signed *request);
char *otc_string_to_sign(const otc_signer *signer, const otc_signed *request);

/* The derived key of the scheme Credential for a day ("20110909"). False: libcrypto failed. */
bool otc_signing_key(const otc_signer *signer, const char *day, unsigned char key[32]);

/* The value of Authorization; NULL when out of memory. */
char *otc_sign(const otc_signer *signer, const otc_signed *request);

/* Seconds since 1970 as X-Sdk-Date. */
void otc_format_date(int64_t seconds, char out[OTC_DATE_SIZE]);

#endif
