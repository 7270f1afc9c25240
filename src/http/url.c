/*
 * The URL part of libcurl is pure: no handle, no global state, no socket. It is
 * used here directly, so that code that only builds URLs
 * needs no transport; it is also the parser the transport uses, and two that
 * disagree about where the host ends are a way around every check.
 */
#include "http/url.h"

#include "base/encoding.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

#define MAX_URL_BYTES 65536

static void handle_free(CURLU **handle)
{
    curl_url_cleanup(*handle);
}

static void curl_freep(char **text)
{
    curl_free(*text);
}

/* What a base URL may not have; the URL itself stays out of the words, for it may hold a password. */
static const struct forbidden {
    CURLUPart part;
    const char *name;
} forbidden[] = {
    {CURLUPART_USER, "a user name"},
    {CURLUPART_PASSWORD, "a password"},
    {CURLUPART_QUERY, "a query"},
    {CURLUPART_FRAGMENT, "a fragment"},
    {CURLUPART_ZONEID, "a zone of an IPv6 address"},
};

static int check_forbidden(CURLU *handle, rp_error **error)
{
    for (size_t i = 0; i < rp_count_of(forbidden); i++) {
        _cleanup_(curl_freep) char *found = NULL;
        CURLUcode result = curl_url_get(handle, forbidden[i].part, &found, 0);
        if (result == CURLUE_OUT_OF_MEMORY)
            return rp_error_no_memory(error);
        if (result == CURLUE_OK)
            return rp_error_set(error, RP_E_INVALID, "the URL must not have %s", forbidden[i].name);
    }
    return 0;
}

/* A copy that free() takes; libcurl's own allocator need not be malloc. */
static int copy_part(CURLU *handle, CURLUPart part, const char *name, char **out, rp_error **error)
{
    _cleanup_(curl_freep) char *found = NULL;
    CURLUcode result = curl_url_get(handle, part, &found, CURLU_DEFAULT_PORT);

    if (result == CURLUE_OK && (*out = strdup(found)))
        return 0;
    if (result == CURLUE_OK || result == CURLUE_OUT_OF_MEMORY)
        return rp_error_no_memory(error);
    return rp_error_set(error, RP_E_INVALID, "the URL has no %s", name);
}

static int check_scheme(const char *scheme, rp_error **error)
{
    if (!strcmp(scheme, "https") || !strcmp(scheme, "http"))
        return 0;
    return rp_error_set(error, RP_E_INVALID, "the URL must begin with https:// (or http://)");
}

static int copy_port(CURLU *handle, uint32_t *out, rp_error **error)
{
    _cleanup_(rp_freep) char *digits = NULL;
    int result = copy_part(handle, CURLUPART_PORT, "port", &digits, error);

    if (result < 0)
        return result;
    *out = (uint32_t)strtoul(digits, NULL, 10);
    if (*out < 1 || *out > 65535)
        return rp_error_set(error, RP_E_INVALID, "the URL has no port between 1 and 65535");
    return 0;
}

static void strip_slashes(char *path)
{
    size_t len = strlen(path);

    while (len > 0 && path[len - 1] == '/')
        path[--len] = '\0';
}

static int take_apart(CURLU *handle, rp_url *url, rp_error **error)
{
    int result;

    if ((result = copy_part(handle, CURLUPART_SCHEME, "scheme", &url->scheme, error)) < 0 ||
        (result = check_scheme(url->scheme, error)) < 0 || (result = check_forbidden(handle, error)) < 0 ||
        (result = copy_part(handle, CURLUPART_HOST, "host", &url->host, error)) < 0 ||
        (result = copy_port(handle, &url->port, error)) < 0 ||
        (result = copy_part(handle, CURLUPART_PATH, "path", &url->path, error)) < 0)
        return result;
    if (!*url->host)
        return rp_error_set(error, RP_E_INVALID, "the URL has no host");
    rp_lower_text(url->host);
    strip_slashes(url->path);
    return 0;
}

static int set_url(CURLU *handle, const char *text, unsigned flags, rp_error **error)
{
    CURLUcode result = curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | flags);

    if (result == CURLUE_OUT_OF_MEMORY)
        return rp_error_no_memory(error);
    if (result == CURLUE_BAD_SCHEME)
        return check_scheme("", error);
    return result == CURLUE_OK ? 0
                               : rp_error_set(error, RP_E_INVALID, "no URL: %s", curl_url_strerror(result));
}

int rp_url_parse(const char *text, rp_url *out, rp_error **error)
{
    _cleanup_(handle_free) CURLU *handle = curl_url();
    _cleanup_(rp_url_clear) rp_url url = {0};
    int result;

    if (!handle)
        return rp_error_no_memory(error);
    if ((result = set_url(handle, text, 0, error)) < 0 || (result = take_apart(handle, &url, error)) < 0)
        return result;
    *out = url;
    url = (rp_url){0};
    return 0;
}

void rp_url_clear(rp_url *url)
{
    free(url->scheme);
    free(url->host);
    free(url->path);
    *url = (rp_url){0};
}

static int copy_query(CURLU *handle, char **out, rp_error **error)
{
    _cleanup_(curl_freep) char *found = NULL;
    CURLUcode result = curl_url_get(handle, CURLUPART_QUERY, &found, 0);

    if (result == CURLUE_OUT_OF_MEMORY)
        return rp_error_no_memory(error);
    return rp_copy_text(out, result == CURLUE_OK ? found : NULL, error);
}

static int join_authority(rp_url_parts *parts, const char *scheme, const char *host, const char *port,
                          rp_error **error)
{
    bool usual = !strcmp(port, !strcmp(scheme, "https") ? "443" : "80");

    parts->host_port = rp_format("%s:%s", host, port);
    parts->authority = usual ? strdup(host) : rp_format("%s:%s", host, port);
    return parts->host_port && parts->authority ? 0 : rp_error_no_memory(error);
}

int rp_url_split(const char *text, rp_url_parts *out, rp_error **error)
{
    _cleanup_(handle_free) CURLU *handle = curl_url();
    _cleanup_(rp_freep) char *scheme = NULL, *host = NULL, *port = NULL;
    int result;

    *out = (rp_url_parts){0};
    if (!handle)
        return rp_error_no_memory(error);
    if ((result = set_url(handle, text, CURLU_PATH_AS_IS, error)) < 0 ||
        (result = copy_part(handle, CURLUPART_SCHEME, "scheme", &scheme, error)) < 0 ||
        (result = check_scheme(scheme, error)) < 0 ||
        (result = copy_part(handle, CURLUPART_HOST, "host", &host, error)) < 0 ||
        (result = copy_part(handle, CURLUPART_PORT, "port", &port, error)) < 0 ||
        (result = copy_part(handle, CURLUPART_PATH, "path", &out->path, error)) < 0 ||
        (result = copy_query(handle, &out->query, error)) < 0)
        return result;
    return join_authority(out, scheme, host, port, error);
}

void rp_url_parts_clear(rp_url_parts *parts)
{
    free(parts->authority);
    free(parts->host_port);
    free(parts->path);
    free(parts->query);
    *parts = (rp_url_parts){0};
}

/* An IPv6 address stands in brackets. */
static bool parse_ipv6(const char *host, struct in6_addr *out)
{
    char bare[INET6_ADDRSTRLEN];
    size_t len = strlen(host);

    if (len < 3 || len - 2 >= sizeof(bare) || host[0] != '[')
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return inet_pton(AF_INET6, bare, out) == 1;
}

bool rp_url_is_loopback(const rp_url *url)
{
    struct in6_addr six;
    struct in_addr four;

    if (!strcmp(url->host, "localhost"))
        return true;
    if (inet_pton(AF_INET, url->host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return parse_ipv6(url->host, &six) && IN6_IS_ADDR_LOOPBACK(&six);
}

bool rp_url_is_link_local(const rp_url *url)
{
    struct in6_addr six;
    struct in_addr four;

    if (inet_pton(AF_INET, url->host, &four) == 1)
        return ntohl(four.s_addr) >> 16 == 0xa9fe;
    return parse_ipv6(url->host, &six) && IN6_IS_ADDR_LINKLOCAL(&six);
}

static void add_encoded(rp_buffer *out, const char *text)
{
    rp_buffer_add_percent_encoded(out, text, strlen(text));
}

static bool is_usual_port(const rp_url *url)
{
    return url->port == (strcmp(url->scheme, "https") ? 80 : 443);
}

static void add_base(rp_buffer *out, const rp_url *base)
{
    rp_buffer_format(out, "%s://%s", base->scheme, base->host);
    if (!is_usual_port(base))
        rp_buffer_format(out, ":%u", (unsigned)base->port);
    rp_buffer_add_text(out, base->path);
}

static void add_segments(rp_buffer *out, const char *const segments[])
{
    for (size_t i = 0; segments[i]; i++) {
        rp_buffer_add_char(out, '/');
        add_encoded(out, segments[i]);
    }
}

char *rp_url_join(const rp_url *base, const char *const segments[])
{
    return rp_url_below(base, segments, "");
}

char *rp_url_path(const char *const segments[])
{
    rp_buffer path = RP_BUFFER(MAX_URL_BYTES);

    add_segments(&path, segments);
    return rp_buffer_take(&path);
}

char *rp_url_below(const rp_url *base, const char *const segments[], const char *path)
{
    rp_buffer url = RP_BUFFER(MAX_URL_BYTES);

    add_base(&url, base);
    add_segments(&url, segments);
    rp_buffer_add_text(&url, path);
    return rp_buffer_take(&url);
}

char *rp_url_with_query(char *text, const char *name, const char *value)
{
    _cleanup_(rp_freep) char *before = text;
    rp_buffer url = RP_BUFFER(MAX_URL_BYTES);

    if (!before)
        return NULL;
    rp_buffer_add_text(&url, before);
    rp_buffer_add_char(&url, strchr(before, '?') ? '&' : '?');
    add_encoded(&url, name);
    rp_buffer_add_char(&url, '=');
    add_encoded(&url, value);
    return rp_buffer_take(&url);
}
