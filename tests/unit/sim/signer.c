#include "signer.h"

#include "base/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

const char *time_of(int64_t wall_s)
{
    static char text[32];
    time_t seconds = (time_t)wall_s;
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
    return text;
}

char *header_in(const answer *got, const char *name)
{
    _cleanup_(rp_freep) char *start = rp_format("\n%s: ", name);
    const char *at = strstr(rp_buffer_text(&got->head), start);

    ck_assert_msg(at != NULL, "no %s in: %s", name, rp_buffer_text(&got->head));
    at += strlen(start);
    ck_assert_ptr_null(strstr(at, start));
    return strndup(at, strcspn(at, "\r\n"));
}

int64_t now_s(void)
{
    _cleanup_(answer_done) answer got = ask("GET", "/v1.0", NULL);
    _cleanup_(rp_freep) char *date = header_in(&got, "Date");
    time_t seconds = curl_getdate(date, NULL);

    ck_assert_int_gt(seconds, 0);
    return (int64_t)seconds;
}

/* The signature. */

static char *hex_of(const unsigned char bytes[32])
{
    char text[65] = "";

    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return strdup(text);
}

static char *hash_of(const char *text)
{
    unsigned char bytes[32];

    ck_assert_int_eq(EVP_Digest(text, strlen(text), bytes, NULL, EVP_sha256(), NULL), 1);
    return hex_of(bytes);
}

static void hmac(const void *key, size_t len, const char *text, unsigned char out[32])
{
    ck_assert_ptr_nonnull(
        HMAC(EVP_sha256(), key, (int)len, (const unsigned char *)text, strlen(text), out, NULL));
}

/* What the header has, "" if it is not sent; whoever signs it spells its name as they like. */
static const char *value_of(const signing *how, const char *name, size_t len)
{
    const struct {
        const char *name, *value;
    } values[] = {{"content-type", content_type},           {"host", strstr(rp_sim_url(sim), "//") + 2},
                  {"x-domain-id", how->domain_id},          {"x-project-id", how->project_id},
                  {"x-sdk-content-sha256", how->hash},      {"x-sdk-date", how->time},
                  {"x-security-token", how->security_token}};

    for (size_t i = 0; i < rp_count_of(values); i++) {
        if (strlen(values[i].name) == len && !strncasecmp(values[i].name, name, len))
            return values[i].value ? values[i].value : "";
    }
    ck_abort_msg("no value of %s", name);
}

/* "host:…\nx-sdk-date:…\n". */
static char *header_lines(const signing *how)
{
    rp_buffer lines = RP_BUFFER(1u << 16);
    const char *name = how->names;

    while (*name) {
        size_t len = strcspn(name, ";");
        rp_buffer_format(&lines, "%.*s:%s\n", (int)len, name, value_of(how, name, len));
        name += len;
        name += *name == ';';
    }
    return rp_buffer_take(&lines);
}

static char *hash_request(const signing *how, const char *method)
{
    _cleanup_(rp_freep) char *payload = hash_of(how->payload ? how->payload : "");
    _cleanup_(rp_freep) char *lines = header_lines(how);
    _cleanup_(rp_freep) char *text = rp_format("%s\n%s\n%s\n%s\n%s\n%s", method, how->path, how->query, lines,
                                               how->names, how->hash ? how->hash : payload);

    return hash_of(text);
}

static char *sign_access(const signing *how, const char *method)
{
    _cleanup_(rp_freep) char *hash = hash_request(how, method);
    _cleanup_(rp_freep) char *to_sign = rp_format("SDK-HMAC-SHA256\n%s\n%s", how->time, hash), *hex = NULL;
    unsigned char made[32];

    hmac(how->secret, strlen(how->secret), to_sign, made);
    hex = hex_of(made);
    return rp_format("Authorization: SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", how->key,
                     how->names, hex);
}

static char *sign_credential(const signing *how, const char *method)
{
    _cleanup_(rp_freep) char *hash = hash_request(how, method), *region = strdup(how->scope), *hex = NULL;
    _cleanup_(rp_freep) char *day = how->day ? strdup(how->day) : rp_format("%.8s", how->time);
    _cleanup_(rp_freep) char *whole = rp_format("%s/%s/sdk_request", day, how->scope);
    _cleanup_(rp_freep) char *to_sign = rp_format("SDK-HMAC-SHA256\n%s\n%s\n%s", how->time, whole, hash);
    _cleanup_(rp_freep) char *first = rp_format("SDK%s", how->secret);
    char *service = strchr(region, '/');
    unsigned char made[32];

    *service++ = '\0';
    hmac(first, strlen(first), day, made);
    hmac(made, sizeof(made), region, made);
    hmac(made, sizeof(made), service, made);
    hmac(made, sizeof(made), "sdk_request", made);
    hmac(made, sizeof(made), to_sign, made);
    hex = hex_of(made);
    return rp_format("Authorization: SDK-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                     how->key, whole, how->names, hex);
}

/* Requests. */

/* Each header that has a value; drop_headers frees them. */
static void add_headers(const signing *how, char *authorization)
{
    const struct {
        const char *name, *value;
    } headers[] = {{"X-Sdk-Date", how->time},
                   {"X-Sdk-Content-Sha256", how->hash},
                   {"X-Security-Token", how->security_token},
                   {"X-Project-Id", how->project_id},
                   {"X-Domain-Id", how->domain_id}};
    size_t n = 0;

    more_headers[n++] = authorization;
    for (size_t i = 0; i < rp_count_of(headers); i++) {
        if (headers[i].value)
            more_headers[n++] = rp_format("%s: %s", headers[i].name, headers[i].value);
    }
    more_headers[n] = NULL;
}

static void drop_headers(void)
{
    for (size_t i = 0; more_headers[i]; i++)
        free((void *)(uintptr_t)more_headers[i]);
    more_headers[0] = NULL;
}

answer ask_signed(signing how, const char *method, const char *target, const char *body)
{
    answer got;

    token = NULL;
    how.key = how.key ? how.key : RP_SIM_ACCESS_KEY;
    how.secret = how.secret ? how.secret : RP_SIM_SECRET_KEY;
    how.names = how.names ? how.names : "host;x-sdk-date";
    how.path = how.path ? how.path : SIGNED_LIST "/";
    how.query = how.query ? how.query : "";
    how.time = how.time ? how.time : time_of(now_s());
    add_headers(&how, how.scope ? sign_credential(&how, method) : sign_access(&how, method));
    got = ask(method, target, body);
    drop_headers();
    return got;
}

void assert_listed(signing how)
{
    _cleanup_(answer_done) answer got = ask_signed(how, "GET", SIGNED_LIST, NULL);

    ck_assert_msg(got.status == 200, "%ld %s", got.status, rp_buffer_text(&got.body));
}

void assert_told(const answer *got, const char *reason)
{
    assert_refused(got, 401, "APIGW.0301");
    ck_assert_msg(strstr(text_at(got->json, "error_msg"), reason) != NULL, "%s", got->body.data);
}

void assert_not_listed(signing how, const char *reason)
{
    _cleanup_(answer_done) answer got = ask_signed(how, "GET", SIGNED_LIST, NULL);

    assert_told(&got, reason);
}
