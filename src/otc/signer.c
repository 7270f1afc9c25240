#include "otc/signer.h"

#include "base/encoding.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>

#define ALGORITHM      "SDK-HMAC-SHA256"
#define TERMINATOR     "sdk_request"
#define MAX_TEXT_BYTES (1u << 20)
#define HASH_BYTES     32

/* How the schemes differ. A new one is a row here and a value of otc_signing. */
static const struct scheme {
    const char *name;       /* in the setting `signing` */
    bool derives_key;       /* signs with a key derived for day, region and service, and names them */
    bool skips_underscores; /* does not sign headers with "_" in their name */
    bool first_value_only;  /* sorts query names in any case, and signs only the first value of each */
    bool query_as_body;     /* a POST without a body signs its query in place of the body */
} schemes[] = {
    [OTC_SIGNING_ACCESS] = {.name = "access", .skips_underscores = true},
    [OTC_SIGNING_CREDENTIAL] = {
        .name = "credential", .derives_key = true, .first_value_only = true, .query_as_body = true}};

bool otc_signing_find(const char *name, otc_signing *out)
{
    for (size_t i = 0; i < rp_count_of(schemes); i++) {
        if (strcmp(schemes[i].name, name) != 0)
            continue;
        *out = (otc_signing)i;
        return true;
    }
    return false;
}

/* Names and values, sorted, with the texts that were made for them. */
typedef struct pairs {
    rp_http_header *each;
    size_t count;
} pairs;

static void pairs_done(pairs *self)
{
    for (size_t i = 0; i < self->count; i++) {
        rp_wipe((char *)self->each[i].value, strlen(self->each[i].value));
        free((char *)self->each[i].name);
        free((char *)self->each[i].value);
    }
    free(self->each);
}

/* ---- encoding ---- */

static char *encoded(const char *text)
{
    rp_buffer out = RP_BUFFER(MAX_TEXT_BYTES);

    rp_buffer_add_percent_encoded(&out, text, strlen(text));
    return rp_buffer_take(&out);
}

static char *lower(const char *text)
{
    char *copy = strdup(text);

    if (copy)
        rp_lower_text(copy);
    return copy;
}

static char *trimmed(const char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && strchr(" \t", text[len - 1]))
        len--;
    return strndup(text, len);
}

/* ---- order ---- */

static int by_name_and_value(const void *one, const void *other)
{
    const rp_http_header *a = one, *b = other;
    int order = strcmp(a->name, b->name);

    return order ? order : strcmp(a->value, b->value);
}

static int by_name_any_case(const void *one, const void *other)
{
    const rp_http_header *a = one, *b = other;

    return rp_compare_any_case(a->name, b->name);
}

/* False when out of memory. */
static bool prepare(const rp_http_header *from, size_t count, char *(*name)(const char *),
                    char *(*value)(const char *), pairs *out)
{
    out->each = calloc(count + 1, sizeof(*out->each));
    for (size_t i = 0; out->each && i < count; i++) {
        rp_http_header made = {name(from[i].name), value(from[i].value)};
        if (!made.name || !made.value) {
            free((char *)made.name);
            free((char *)made.value);
            return false;
        }
        out->each[out->count++] = made;
    }
    return out->each;
}

static bool is_new_name(const pairs *among, size_t index)
{
    return index == 0 || strcmp(among->each[index - 1].name, among->each[index].name) != 0;
}

/* ---- the parts of a canonical request ---- */

static bool is_post_without_body(otc_signing scheme, const otc_signed *request)
{
    return schemes[scheme].query_as_body && request->body_len == 0 && !strcmp(request->method, "POST");
}

/* Each segment encoded, with a slash at the end. */
static void add_path(rp_buffer *out, const char *path)
{
    for (const char *segment = path; *segment;) {
        size_t len = strcspn(segment, "/");
        rp_buffer_add_percent_encoded(out, segment, len);
        segment += len;
        if (*segment)
            rp_buffer_add_char(out, *segment++);
    }
    if (!*path || path[strlen(path) - 1] != '/')
        rp_buffer_add_char(out, '/');
}

/* Insertion sort: stable, and a query has few names. */
static void sort_stably(pairs *all, int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < all->count; i++) {
        rp_http_header moved = all->each[i];
        size_t at = i;
        for (; at > 0 && compare(&all->each[at - 1], &moved) > 0; at--)
            all->each[at] = all->each[at - 1];
        all->each[at] = moved;
    }
}

static void write_query(rp_buffer *out, otc_signing scheme, const pairs *all)
{
    bool first = true;

    for (size_t i = 0; i < all->count; i++) {
        if (schemes[scheme].first_value_only && !is_new_name(all, i))
            continue;
        rp_buffer_format(out, "%s%s=%s", first ? "" : "&", all->each[i].name, all->each[i].value);
        first = false;
    }
}

static bool add_query(rp_buffer *out, otc_signing scheme, const otc_signed *request)
{
    _cleanup_(pairs_done) pairs all = {0};

    if (!prepare(request->query, request->query_count, encoded, encoded, &all))
        return false;
    sort_stably(&all, schemes[scheme].first_value_only ? by_name_any_case : by_name_and_value);
    write_query(out, scheme, &all);
    return rp_buffer_ok(out);
}

/* Sorted, without headers that the scheme does not sign. */
static bool prepare_headers(otc_signing scheme, const otc_signed *request, pairs *out)
{
    size_t kept = 0;

    if (!prepare(request->headers, request->header_count, lower, trimmed, out))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        if (schemes[scheme].skips_underscores && strchr(out->each[i].name, '_')) {
            free((char *)out->each[i].name);
            free((char *)out->each[i].value);
            continue;
        }
        out->each[kept++] = out->each[i];
    }
    out->count = kept;
    sort_stably(out, by_name_and_value);
    return true;
}

static void add_signed_names(rp_buffer *out, const pairs *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (is_new_name(headers, i))
            rp_buffer_format(out, "%s%s", i ? ";" : "", headers->each[i].name);
}

static bool add_hash(rp_buffer *out, const void *bytes, size_t len)
{
    unsigned char hash[HASH_BYTES];

    if (!EVP_Digest(bytes, len, hash, NULL, EVP_sha256(), NULL))
        return false;
    rp_buffer_add_hex(out, hash, sizeof(hash));
    return rp_buffer_ok(out);
}

static const char *header_named(const otc_signed *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (!rp_compare_any_case(request->headers[i].name, name))
            return request->headers[i].value;
    return NULL;
}

static bool add_body_hash(rp_buffer *out, otc_signing scheme, const otc_signed *request)
{
    const char *given = header_named(request, "X-Sdk-Content-Sha256");
    rp_buffer query = RP_BUFFER(MAX_TEXT_BYTES);
    bool added;

    if (given) {
        rp_buffer_add_text(out, given);
        return rp_buffer_ok(out);
    }
    if (!is_post_without_body(scheme, request))
        return add_hash(out, request->body ? request->body : "", request->body_len);
    added = add_query(&query, scheme, request) && add_hash(out, rp_buffer_text(&query), query.len);
    rp_buffer_done(&query);
    return added;
}

/* Upper bound of the canonical request: a buffer that grows would leave copies of a token behind. */
static size_t ample_size(const otc_signed *request)
{
    size_t bytes = 1024 + 3 * strlen(request->path);

    for (size_t i = 0; i < request->query_count; i++)
        bytes += 3 * (strlen(request->query[i].name) + strlen(request->query[i].value)) + 2;
    for (size_t i = 0; i < request->header_count; i++)
        bytes += 2 * strlen(request->headers[i].name) + strlen(request->headers[i].value) + 3;
    return bytes;
}

static bool write_canonical(rp_buffer *out, otc_signing scheme, const otc_signed *request)
{
    _cleanup_(pairs_done) pairs headers = {0};

    if (!prepare_headers(scheme, request, &headers))
        return false;
    rp_buffer_format(out, "%s\n", request->method);
    add_path(out, request->path);
    rp_buffer_add_char(out, '\n');
    if (!is_post_without_body(scheme, request) && !add_query(out, scheme, request))
        return false;
    rp_buffer_add_char(out, '\n');
    for (size_t i = 0; i < headers.count; i++)
        rp_buffer_format(out, "%s:%s\n", headers.each[i].name, headers.each[i].value);
    rp_buffer_add_char(out, '\n');
    add_signed_names(out, &headers);
    rp_buffer_add_char(out, '\n');
    return add_body_hash(out, scheme, request);
}

rp_secret *otc_canonical_request(otc_signing scheme, const otc_signed *request)
{
    _cleanup_(rp_buffer_wipe) rp_buffer out = RP_BUFFER(MAX_TEXT_BYTES);

    if (!rp_buffer_reserve(&out, ample_size(request)) || !write_canonical(&out, scheme, request) ||
        !rp_buffer_ok(&out))
        return NULL;
    return rp_secret_new(out.data, out.len);
}

/* ---- the string to sign ---- */

static const char *date_of(const otc_signed *request)
{
    const char *header = header_named(request, "X-Sdk-Date");

    return header ? header : request->date;
}

/* Length of the day, "20191115". */
static int day_len(const char *date)
{
    return (int)strnlen(date, 8);
}

char *otc_string_to_sign(const otc_signer *signer, const otc_signed *request)
{
    _cleanup_(rp_secret_freep) rp_secret *canonical = otc_canonical_request(signer->scheme, request);
    rp_buffer out = RP_BUFFER(4096);
    const char *date = date_of(request);

    if (!canonical)
        return NULL;
    rp_buffer_format(&out, ALGORITHM "\n%s\n", date);
    if (schemes[signer->scheme].derives_key)
        rp_buffer_format(&out, "%.*s/%s/%s/" TERMINATOR "\n", day_len(date), date, signer->region,
                         signer->service);
    if (!add_hash(&out, rp_secret_reveal(canonical), rp_secret_len(canonical))) {
        rp_buffer_done(&out);
        return NULL;
    }
    return rp_buffer_take(&out);
}

/* ---- the signature ---- */

static bool hmac(const void *key, size_t key_len, const char *text, size_t len, unsigned char out[HASH_BYTES])
{
    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, out, NULL);
}

/* The first key is "SDK" and the secret key; each step's result is the key of the next. */
bool otc_signing_key(const otc_signer *signer, const char *day, unsigned char key[32])
{
    const char *const steps[] = {signer->region, signer->service, TERMINATOR};
    size_t len = strlen("SDK") + rp_secret_len(signer->secret_key);
    char *first = malloc(len + 1);
    bool done;

    if (!first)
        return false;
    memcpy(first, "SDK", 3);
    memcpy(first + 3, rp_secret_reveal(signer->secret_key), rp_secret_len(signer->secret_key) + 1);
    done = hmac(first, len, day, (size_t)day_len(day), key);
    rp_wipe(first, len);
    free(first);
    for (size_t i = 0; done && i < rp_count_of(steps); i++)
        done = hmac(key, HASH_BYTES, steps[i], strlen(steps[i]), key);
    return done;
}

static bool make_signature(const otc_signer *signer, const otc_signed *request, unsigned char out[HASH_BYTES])
{
    _cleanup_(rp_freep) char *text = otc_string_to_sign(signer, request);
    unsigned char key[HASH_BYTES];
    bool done;

    if (!text)
        return false;
    if (!schemes[signer->scheme].derives_key)
        return hmac(rp_secret_reveal(signer->secret_key), rp_secret_len(signer->secret_key), text,
                    strlen(text), out);
    done = otc_signing_key(signer, date_of(request), key) && hmac(key, sizeof(key), text, strlen(text), out);
    rp_wipe(key, sizeof(key));
    return done;
}

static void add_key(rp_buffer *out, const otc_signer *signer, const char *date)
{
    if (!schemes[signer->scheme].derives_key)
        rp_buffer_format(out, "Access=%s", signer->access_key);
    else
        rp_buffer_format(out, "Credential=%s/%.*s/%s/%s/" TERMINATOR, signer->access_key, day_len(date), date,
                         signer->region, signer->service);
}

char *otc_sign(const otc_signer *signer, const otc_signed *request)
{
    _cleanup_(pairs_done) pairs headers = {0};
    rp_buffer out = RP_BUFFER(MAX_TEXT_BYTES);
    unsigned char signature[HASH_BYTES];

    if (!prepare_headers(signer->scheme, request, &headers) || !make_signature(signer, request, signature))
        return NULL;
    rp_buffer_add_text(&out, ALGORITHM " ");
    add_key(&out, signer, date_of(request));
    rp_buffer_add_text(&out, ", SignedHeaders=");
    add_signed_names(&out, &headers);
    rp_buffer_add_text(&out, ", Signature=");
    rp_buffer_add_hex(&out, signature, sizeof(signature));
    return rp_buffer_take(&out);
}

void otc_format_date(int64_t seconds, char out[OTC_DATE_SIZE])
{
    time_t at = (time_t)seconds;
    struct tm tm = {0};

    gmtime_r(&at, &tm);
    if (!strftime(out, OTC_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm))
        *out = '\0';
}
