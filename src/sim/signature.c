#include "sim/signature.h"

#include "base/encoding.h"
#include "base/text.h"
#include "sim/signature_canonical.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM     "SDK-HMAC-SHA256"
#define MAX_CANONICAL (1u << 20)
#define HEX_SIZE      (2 * SHA256_DIGEST_LENGTH + 1)

static const sim_canonical_rules guide = {false, false, false, false};

/* The Go clients sign the path as it is; the one for Kubernetes resolves it, and leaves "=" out. */
static const sim_canonical_rules old_clients[] = {{false, true, false, true}, {true, true, true, true}};

/* What the header says. */

/* Cuts "name=value" off *rest, up to a comma or the end; NULL if that is not there. */
static const char *cut_value(char **rest, const char *name)
{
    size_t len = strlen(name);
    char *value;

    *rest += strspn(*rest, " ");
    if (strncmp(*rest, name, len) != 0 || (*rest)[len] != '=')
        return NULL;
    value = *rest + len + 1;
    *rest = value + strcspn(value, ",");
    if (**rest)
        *(*rest)++ = '\0';
    return value;
}

/* "key/date/region/service/sdk_request": the key ends at the first slash. */
static bool cut_scope(const char *credential, sim_signature *out)
{
    char *slash = strchr(credential, '/');
    size_t slashes = 0;

    if (!slash)
        return false;
    *slash = '\0';
    out->access = credential;
    out->scope = slash + 1;
    for (const char *c = out->scope; *c; c++)
        slashes += *c == '/';
    return slashes == 3 && !strcmp(strrchr(out->scope, '/'), "/sdk_request");
}

static bool cut(sim_signature *out)
{
    char *rest = out->text + strlen(ALGORITHM);
    const char *credential;

    if (!rp_starts_with(out->text, ALGORITHM " "))
        return false;
    out->access = cut_value(&rest, "Access");
    credential = out->access ? NULL : cut_value(&rest, "Credential");
    if (!out->access && (!credential || !cut_scope(credential, out)))
        return false;
    out->headers = cut_value(&rest, "SignedHeaders");
    out->hex = out->headers ? cut_value(&rest, "Signature") : NULL;
    return out->hex && !*rest;
}

int sim_signature_read(const char *authorization, sim_signature *out, rp_error **error)
{
    _cleanup_(sim_signature_done) sim_signature read = {.text = strdup(authorization)};

    if (!read.text)
        return rp_error_no_memory(error);
    if (!cut(&read))
        return rp_error_set(error, RP_E_INVALID, "no signature of the kind " ALGORITHM);
    *out = read;
    read.text = NULL;
    return 0;
}

void sim_signature_done(sim_signature *signature)
{
    free(rp_take(signature->text));
}

/* Splits the next name off a list, which moves on; false at its end. */
static bool next_name(const char **list, const char **name, size_t *len)
{
    if (!*list)
        return false;
    *name = *list;
    *len = strcspn(*list, ";");
    *list = (*name)[*len] ? *name + *len + 1 : NULL;
    return true;
}

bool sim_signature_covers(const sim_signature *signature, const char *name)
{
    const char *list = signature->headers, *listed;
    size_t len;

    while (next_name(&list, &listed, &len)) {
        if (len == strlen(name) && !strncmp(listed, name, len))
            return true;
    }
    return false;
}

/* The canonical request. */

static void hash(const void *bytes, size_t len, char out[HEX_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256(bytes, len, digest);
    rp_hex(digest, sizeof(digest), out);
}

/* Names must stand in lower case and in order, each once, and be there. */
static bool add_headers(const char *list, const sim_signed *what, rp_buffer *out)
{
    char last[128] = "";
    const char *listed;
    size_t len;

    while (next_name(&list, &listed, &len)) {
        char name[sizeof(last)];
        const char *value;
        size_t value_len;
        if (!len || len >= sizeof(name))
            return false;
        snprintf(name, sizeof(name), "%.*s", (int)len, listed);
        value = what->header(what->context, name);
        if (!value || strcmp(last, name) >= 0 || strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
            return false;
        value += strspn(value, " \t");
        value_len = strlen(value);
        while (value_len && strchr(" \t", value[value_len - 1]))
            value_len--;
        rp_buffer_format(out, "%s:%.*s\n", name, (int)value_len, value);
        memcpy(last, name, sizeof(last));
    }
    return true;
}

/* The body's hash, or what a header says in its place, which must be true or say that it is none. */
static bool add_payload(const sim_signed *what, const char *payload, size_t len, rp_buffer *out)
{
    const char *told = what->header(what->context, "X-Sdk-Content-Sha256");
    char hex[HEX_SIZE];

    hash(payload, len, hex);
    if (told && strcmp(told, "UNSIGNED-PAYLOAD") != 0 && strcasecmp(told, hex) != 0)
        return false;
    rp_buffer_add_text(out, told ? told : hex);
    return true;
}

/* False if the request can't be one that was signed like this. */
static bool write_canonical(const sim_signature *signature, const sim_signed *what,
                            const sim_canonical_rules *rules, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer query = RP_BUFFER(MAX_CANONICAL);
    bool query_hashed = rules->query_hashed && !what->body_len && !strcmp(what->method, "POST");

    sim_canonical_query(what->target, rules, &query);
    rp_buffer_format(out, "%s\n", what->method);
    sim_canonical_path(what->target, rules, out);
    rp_buffer_format(out, "\n%s\n", query_hashed ? "" : rp_buffer_text(&query));
    if (!add_headers(signature->headers, what, out))
        return false;
    rp_buffer_format(out, "\n%s\n", signature->headers);
    if (query.failure)
        out->failure = query.failure;
    return query_hashed ? add_payload(what, rp_buffer_text(&query), query.len, out)
                        : add_payload(what, what->body ? what->body : "", what->body_len, out);
}

/* Keys. */

static bool sign(const void *key, size_t key_len, const char *text, size_t len,
                 unsigned char out[SIM_SIGNING_KEY_SIZE])
{
    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, out, NULL) != NULL;
}

int sim_signing_key(const char *secret, const char *scope, unsigned char out[SIM_SIGNING_KEY_SIZE],
                    rp_error **error)
{
    _cleanup_(rp_freep) char *first = rp_format("SDK%s", secret);
    const void *key = first;
    size_t key_len = first ? strlen(first) : 0;
    bool signed_all = first != NULL;

    for (const char *at = scope; signed_all && at;) {
        size_t len = strcspn(at, "/");
        signed_all = sign(key, key_len, at, len, out);
        key = out;
        key_len = SIM_SIGNING_KEY_SIZE;
        at = at[len] ? at + len + 1 : NULL;
    }
    return signed_all ? 0 : rp_error_no_memory(error);
}

static int make_key(const sim_signature *signature, const char *secret, rp_buffer *out, rp_error **error)
{
    unsigned char derived[SIM_SIGNING_KEY_SIZE];
    int failed = 0;

    if (!signature->scope) {
        rp_buffer_add_text(out, secret);
    } else {
        failed = sim_signing_key(secret, signature->scope, derived, error);
        if (failed == 0)
            rp_buffer_add(out, derived, sizeof(derived));
    }
    return failed < 0 || rp_buffer_ok(out) ? failed : rp_error_no_memory(error);
}

/* The signature. */

static void write_to_sign(const sim_signature *signature, const sim_signed *what, const rp_buffer *canonical,
                          rp_buffer *out)
{
    char hex[HEX_SIZE];

    hash(rp_buffer_text(canonical), canonical->len, hex);
    rp_buffer_format(out, ALGORITHM "\n%s\n", what->time);
    if (signature->scope)
        rp_buffer_format(out, "%s\n", signature->scope);
    rp_buffer_add_text(out, hex);
}

static bool same_hex(const unsigned char made[SIM_SIGNING_KEY_SIZE], const char *hex)
{
    char text[HEX_SIZE];

    rp_hex(made, SIM_SIGNING_KEY_SIZE, text);
    return strlen(hex) == HEX_SIZE - 1 && !CRYPTO_memcmp(text, hex, HEX_SIZE - 1);
}

static int check_with_rules(const sim_signature *signature, const sim_signed *what,
                            const sim_canonical_rules *rules, const rp_buffer *key, bool *matches,
                            rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer canonical = RP_BUFFER(MAX_CANONICAL),
                                        to_sign = RP_BUFFER(MAX_CANONICAL);
    unsigned char made[SIM_SIGNING_KEY_SIZE];

    if (!write_canonical(signature, what, rules, &canonical))
        return 0;
    write_to_sign(signature, what, &canonical, &to_sign);
    if (!rp_buffer_ok(&canonical) || !rp_buffer_ok(&to_sign) ||
        !sign(rp_buffer_text(key), key->len, rp_buffer_text(&to_sign), to_sign.len, made))
        return rp_error_no_memory(error);
    *matches = same_hex(made, signature->hex);
    return 0;
}

/* A key is derived for a day, which is that of the request. */
static bool is_of_its_day(const sim_signature *signature, const sim_signed *what)
{
    size_t len = signature->scope ? strcspn(signature->scope, "/") : 0;

    return !signature->scope || (len == 8 && !strncmp(signature->scope, what->time, len));
}

int sim_signature_check(const sim_signature *signature, const sim_signed *what, const char *secret,
                        bool *matches, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer key = RP_BUFFER(4096);
    const sim_canonical_rules *rule_sets = signature->scope ? old_clients : &guide;
    size_t n = signature->scope ? rp_count_of(old_clients) : 1;
    int failed = make_key(signature, secret, &key, error);

    *matches = false;
    if (failed == 0 && !is_of_its_day(signature, what))
        return 0;
    for (size_t i = 0; failed == 0 && !*matches && i < n; i++)
        failed = check_with_rules(signature, what, &rule_sets[i], &key, matches, error);
    return failed;
}
