#include "otc/request_auth.h"

#include "base/encoding.h"
#include "base/text.h"
#include "http/url.h"

#include <string.h>

#define MAX_QUERY 16

void otc_request_auth_done(otc_request_auth *auth)
{
    rp_secret_free(auth->token);
    rp_secret_free(auth->security_token);
    free(auth->authorization);
    *auth = (otc_request_auth){0};
}

int otc_request_auth_token(otc_request_auth *auth, const rp_secret *token, rp_http_request *request,
                           rp_error **error)
{
    auth->token = rp_secret_copy(token);
    if (!auth->token)
        return rp_error_no_memory(error);
    request->auth_token = auth->token;
    return 0;
}

/* ---- what of a URL is signed ---- */

/* Path and query are decoded. */
typedef struct target {
    rp_url_parts url;
    rp_http_header query[MAX_QUERY]; /* points into url.query */
    size_t query_count;
} target;

static void target_done(target *self)
{
    rp_url_parts_clear(&self->url);
}

static int split_query(target *self, rp_error **error)
{
    char *rest = self->url.query, *pair;

    while (self->query_count < MAX_QUERY && (pair = strsep(&rest, "&"))) {
        char *value = pair + strcspn(pair, "=");
        if (*value)
            *value++ = '\0';
        rp_percent_decode(pair);
        rp_percent_decode(value);
        self->query[self->query_count++] = (rp_http_header){pair, value};
    }
    return rest ? rp_error_set(error, RP_E_INVALID, "a query of more than %d names is not signed", MAX_QUERY)
                : 0;
}

static int read_target(target *self, const char *url, rp_error **error)
{
    int result = rp_url_split(url, &self->url, error);

    if (result < 0)
        return result;
    rp_percent_decode(self->url.path);
    return split_query(self, error);
}

/* ---- headers ---- */

static int add_header(rp_http_request *request, const char *name, const char *value, rp_error **error)
{
    for (size_t i = 0; i < RP_HTTP_MAX_HEADERS; i++) {
        if (request->headers[i].name)
            continue;
        request->headers[i] = (rp_http_header){name, value};
        return 0;
    }
    return rp_error_set(error, RP_E_SYSTEM, "a request has more headers than there is room for");
}

/* A project counts before a domain. */
static int add_scope(rp_http_request *request, const otc_auth_scope *scope, rp_error **error)
{
    if (scope->project_id)
        return add_header(request, "X-Project-Id", scope->project_id, error);
    return scope->domain_id ? add_header(request, "X-Domain-Id", scope->domain_id, error) : 0;
}

static int add_headers(otc_request_auth *auth, const otc_auth_scope *scope, rp_http_request *request,
                       rp_error **error)
{
    int result = add_header(request, "X-Sdk-Date", auth->date, error);

    if (result == 0)
        result = add_scope(request, scope, error);
    if (result == 0 && auth->security_token)
        result = add_header(request, "X-Security-Token", rp_secret_reveal(auth->security_token), error);
    return result;
}

/* Headers that proxies may change or add are not signed: Accept, User-Agent and others. */
static bool is_to_be_signed(const char *name)
{
    return !strcmp(name, "Content-Type") || rp_starts_with(name, "X-");
}

static size_t choose_headers(const rp_http_request *request, const target *at,
                             rp_http_header out[RP_HTTP_MAX_HEADERS + 1])
{
    size_t count = 0;

    out[count++] = (rp_http_header){"Host", at->url.authority};
    for (size_t i = 0; i < RP_HTTP_MAX_HEADERS && request->headers[i].name; i++)
        if (is_to_be_signed(request->headers[i].name))
            out[count++] = request->headers[i];
    return count;
}

/* Both Go SDKs leave region and service of the scheme Credential empty. */
static int add_authorization(otc_request_auth *auth, const otc_keys *keys, const target *at,
                             rp_http_request *request, rp_error **error)
{
    rp_http_header headers[RP_HTTP_MAX_HEADERS + 1];
    otc_signer signer = {.scheme = keys->scheme,
                         .access_key = keys->access_key,
                         .secret_key = keys->secret_key,
                         .region = "",
                         .service = ""};
    otc_signed what = {.method = request->method,
                       .path = at->url.path,
                       .query = at->query,
                       .query_count = at->query_count,
                       .headers = headers,
                       .header_count = choose_headers(request, at, headers),
                       .body = request->body,
                       .body_len = request->body_len,
                       .date = auth->date};

    auth->authorization = otc_sign(&signer, &what);
    if (!auth->authorization)
        return rp_error_no_memory(error);
    return add_header(request, "Authorization", auth->authorization, error);
}

int otc_request_auth_sign(otc_request_auth *auth, const otc_keys *keys, const otc_auth_scope *scope,
                          int64_t now_s, rp_http_request *request, rp_error **error)
{
    _cleanup_(target_done) target at = {0};
    int result;

    otc_format_date(now_s, auth->date);
    if (keys->security_token && !(auth->security_token = rp_secret_copy(keys->security_token)))
        return rp_error_no_memory(error);
    if ((result = read_target(&at, request->url, error)) < 0 ||
        (result = add_headers(auth, scope, request, error)) < 0)
        return result;
    return add_authorization(auth, keys, &at, request, error);
}
