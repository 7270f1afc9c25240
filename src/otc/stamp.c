#include "otc/stamp.h"

#include "base/encoding.h"
#include "base/text.h"

#include <string.h>

#define MAX_QUERY 16

void otc_stamp_done(otc_stamp *stamp)
{
    rp_secret_free(stamp->token);
    rp_secret_free(stamp->security_token);
    free(stamp->authorization);
    *stamp = (otc_stamp){0};
}

int otc_stamp_token(otc_stamp *stamp, const rp_secret *token, rp_http_request *request, rp_error **error)
{
    stamp->token = rp_secret_copy(token);
    if (!stamp->token)
        return rp_error_no_memory(error);
    request->auth_token = stamp->token;
    return 0;
}

/* ---- what of a URL is signed ---- */

/* Parts of a URL, decoded; they point into text. */
typedef struct target {
    char *text;
    char *host; /* with its port, as the Host header has it */
    char *path;
    rp_http_header query[MAX_QUERY];
    size_t query_count;
} target;

static void target_done(target *self)
{
    free(self->text);
}

static int cut_query(target *self, char *query, rp_error **error)
{
    char *rest = query, *pair;

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

/* The host is moved to the text's beginning, so that there is room for a NUL before the path. */
static int take_apart(target *self, const char *url, rp_error **error)
{
    const char *host = strstr(url, "://");
    size_t len;
    char *query;

    if (!host)
        return rp_error_set(error, RP_E_INVALID, "a request to be signed needs a whole URL");
    host += strlen("://");
    len = strcspn(host, "/?");
    self->text = rp_format("%.*s%c%s", (int)len, host, '\n', host + len);
    if (!self->text)
        return rp_error_no_memory(error);
    self->host = self->text;
    self->path = self->text + len + 1;
    self->text[len] = '\0';
    query = strchr(self->path, '?');
    if (query)
        *query++ = '\0';
    rp_percent_decode(self->path);
    return query ? cut_query(self, query, error) : 0;
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
static int add_bounds(rp_http_request *request, const otc_bounds *bounds, rp_error **error)
{
    if (bounds->project_id)
        return add_header(request, "X-Project-Id", bounds->project_id, error);
    return bounds->domain_id ? add_header(request, "X-Domain-Id", bounds->domain_id, error) : 0;
}

static int add_headers(otc_stamp *stamp, const otc_bounds *bounds, rp_http_request *request, rp_error **error)
{
    int result = add_header(request, "X-Sdk-Date", stamp->date, error);

    if (result == 0)
        result = add_bounds(request, bounds, error);
    if (result == 0 && stamp->security_token)
        result = add_header(request, "X-Security-Token", rp_secret_reveal(stamp->security_token), error);
    return result;
}

/* What proxies may change on the way stays unsigned: Accept, User-Agent, and whatever they add. */
static bool is_to_be_signed(const char *name)
{
    return !strcmp(name, "Content-Type") || rp_starts_with(name, "X-");
}

static size_t choose_headers(const rp_http_request *request, const target *at,
                             rp_http_header out[RP_HTTP_MAX_HEADERS + 1])
{
    size_t count = 0;

    out[count++] = (rp_http_header){"Host", at->host};
    for (size_t i = 0; i < RP_HTTP_MAX_HEADERS && request->headers[i].name; i++)
        if (is_to_be_signed(request->headers[i].name))
            out[count++] = request->headers[i];
    return count;
}

/* Both Go SDKs leave region and service of the scheme Credential empty. */
static int add_authorization(otc_stamp *stamp, const otc_identity *identity, const target *at,
                             rp_http_request *request, rp_error **error)
{
    rp_http_header headers[RP_HTTP_MAX_HEADERS + 1];
    otc_signer signer = {.scheme = identity->signing,
                         .access_key = otc_identity_text(identity, OTC_ACCESS_KEY),
                         .secret_key = identity->chosen.values[OTC_SECRET_KEY].text,
                         .region = "",
                         .service = ""};
    otc_signed what = {.method = request->method,
                       .path = at->path,
                       .query = at->query,
                       .query_count = at->query_count,
                       .headers = headers,
                       .header_count = choose_headers(request, at, headers),
                       .body = request->body,
                       .body_len = request->body_len,
                       .date = stamp->date};

    stamp->authorization = otc_sign(&signer, &what);
    if (!stamp->authorization)
        return rp_error_no_memory(error);
    return add_header(request, "Authorization", stamp->authorization, error);
}

int otc_stamp_sign(otc_stamp *stamp, const otc_identity *identity, const otc_bounds *bounds, int64_t now_s,
                   rp_http_request *request, rp_error **error)
{
    const rp_secret *security_token = identity->chosen.values[OTC_SECURITY_TOKEN].text;
    _cleanup_(target_done) target at = {0};
    int result;

    otc_format_date(now_s, stamp->date);
    if (security_token && !(stamp->security_token = rp_secret_copy(security_token)))
        return rp_error_no_memory(error);
    if ((result = take_apart(&at, request->url, error)) < 0 ||
        (result = add_headers(stamp, bounds, request, error)) < 0)
        return result;
    return add_authorization(stamp, identity, &at, request, error);
}
