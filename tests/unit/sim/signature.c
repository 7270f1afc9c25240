#include "client.h"
#include "suites.h"

#include "base/text.h"
#include "sim/signature.h"
#include "sim/signature_canonical.h"

#include <stdio.h>
#include <string.h>

/* The published vectors. */

static rp_json *vectors;

static void read_vectors(void)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);
    FILE *file = fopen(RP_FIXTURES "/signing/vectors.json", "re");
    int c;

    ck_assert_msg(file != NULL, "no " RP_FIXTURES "/signing/vectors.json");
    while ((c = fgetc(file)) != EOF)
        rp_buffer_add_char(&text, (char)c);
    fclose(file);
    ck_assert_int_eq(rp_json_parse(rp_buffer_text(&text), text.len, &vectors, NULL), 0);
}

static void forget_vectors(void)
{
    rp_json_free(vectors);
}

/* Looks a header up in the vector, whose names may be in capitals; the time goes by its own. */
static const char *header_of(const void *context, const char *name)
{
    const char *value = text_at(context, name);

    if (!value && !strcmp(name, "x-sdk-date"))
        value = text_at(context, "X-Sdk-Date");
    return value;
}

/* The request of a vector as it would be sent; the target is the caller's to free. */
static sim_signed signed_of(const rp_json *input, char **target)
{
    const rp_json *headers = rp_json_get(input, "headers"), *query = rp_json_get(input, "query");
    rp_buffer text = RP_BUFFER(4096);
    sim_signed what = {.method = text_at(input, "method"),
                       .time = text_at(input, "datetime"),
                       .body = "",
                       .header = header_of,
                       .context = headers};

    for (const char *c = text_at(input, "path"); *c; c++)
        rp_buffer_add_text(&text, *c == ' ' ? "%20" : (char[]){*c, '\0'});
    for (size_t i = 0; i < rp_json_count(query); i++)
        rp_buffer_format(&text, "%c%s=%s", i ? '&' : '?', rp_json_text(rp_json_at(rp_json_at(query, i), 0)),
                         rp_json_text(rp_json_at(rp_json_at(query, i), 1)));
    what.target = *target = rp_buffer_take(&text);
    if (!what.time)
        what.time = header_of(headers, "x-sdk-date");
    return what;
}

static bool is_signed(const char *authorization, const sim_signed *what, const char *secret)
{
    _cleanup_(sim_signature_done) sim_signature signature = {0};
    bool matches = false;

    ck_assert_int_eq(sim_signature_read(authorization, &signature, NULL), 0);
    ck_assert_int_eq(sim_signature_check(&signature, what, secret, &matches, NULL), 0);
    return matches;
}

/* Its last digit, and that there is one. */
static void assert_every_digit_counts(const char *authorization, const sim_signed *what, const char *secret)
{
    _cleanup_(rp_freep) char *changed = strdup(authorization);
    char *last = changed + strlen(changed) - 1;

    *last = *last == '0' ? '1' : '0';
    ck_assert(!is_signed(changed, what, secret));
    *last = '\0';
    ck_assert(!is_signed(changed, what, secret));
}

/* Whatever is changed, the signature is no longer right. */
static void assert_nothing_may_change(const char *authorization, sim_signed what, const char *secret)
{
    _cleanup_(rp_freep) char *other = rp_format("%s%cx=y", what.target, strchr(what.target, '?') ? '&' : '?');
    sim_signed changed = what;

    ck_assert(!is_signed(authorization, &what, "another secret"));
    assert_every_digit_counts(authorization, &what, secret);
    changed.target = other;
    ck_assert(!is_signed(authorization, &changed, secret));
    changed = what;
    changed.method = "DELETE";
    ck_assert(!is_signed(authorization, &changed, secret));
    changed = what;
    changed.body = "{}";
    changed.body_len = 2;
    ck_assert(!is_signed(authorization, &changed, secret));
    changed = what;
    changed.time = "20191115T033656Z";
    ck_assert(!is_signed(authorization, &changed, secret));
}

START_TEST(published_signatures_are_right_and_only_those)
{
    const rp_json *list = rp_json_get(vectors, "vectors");
    unsigned checked = 0;

    for (size_t i = 0; i < rp_json_count(list); i++) {
        const rp_json *vector = rp_json_at(list, i), *input = rp_json_get(vector, "input");
        const char *authorization = text_at(rp_json_get(vector, "expect"), "authorization");
        _cleanup_(rp_freep) char *target = NULL;
        if (!authorization)
            continue;
        sim_signed what = signed_of(input, &target);
        ck_assert_msg(is_signed(authorization, &what, text_at(input, "sk")), "%s", text_at(vector, "name"));
        assert_nothing_may_change(authorization, what, text_at(input, "sk"));
        checked++;
    }
    ck_assert_uint_eq(checked, 3);
}
END_TEST

START_TEST(published_keys_are_derived)
{
    const rp_json *list = rp_json_get(vectors, "vectors");
    unsigned checked = 0;

    for (size_t i = 0; i < rp_json_count(list); i++) {
        const rp_json *vector = rp_json_at(list, i), *input = rp_json_get(vector, "input");
        const char *hex = text_at(rp_json_get(vector, "expect"), "signing_key_hex");
        _cleanup_(rp_freep) char *scope = NULL;
        unsigned char key[SIM_SIGNING_KEY_SIZE];
        if (!hex)
            continue;
        scope = rp_format("%s/%s/%s/sdk_request", text_at(input, "date"), text_at(input, "region"),
                          text_at(input, "service"));
        ck_assert_int_eq(sim_signing_key(text_at(input, "sk"), scope, key, NULL), 0);
        for (size_t j = 0; j < sizeof(key); j++) {
            char byte[3];
            snprintf(byte, sizeof(byte), "%02x", key[j]);
            ck_assert(!strncmp(byte, hex + 2 * j, 2));
        }
        checked++;
    }
    ck_assert_uint_eq(checked, 1);
}
END_TEST

/* The header. */

static const struct {
    const char *text, *access, *scope;
} headers[] = {
    {"SDK-HMAC-SHA256 Access=A, SignedHeaders=a;b, Signature=ff", "A", NULL},
    {"SDK-HMAC-SHA256 Access=A,SignedHeaders=a;b,Signature=ff", "A", NULL},
    {"SDK-HMAC-SHA256 Credential=A/20201019///sdk_request, SignedHeaders=a;b, Signature=ff", "A",
     "20201019///sdk_request"},
    {"SDK-HMAC-SHA256 Credential=A/20201019/eu-de/ec2/sdk_request, SignedHeaders=a;b, Signature=ff", "A",
     "20201019/eu-de/ec2/sdk_request"},
};

START_TEST(a_header_of_either_scheme_is_taken_apart)
{
    _cleanup_(sim_signature_done) sim_signature signature = {0};

    ck_assert_int_eq(sim_signature_read(headers[_i].text, &signature, NULL), 0);
    ck_assert_str_eq(signature.access, headers[_i].access);
    ck_assert_pstr_eq(signature.scope, headers[_i].scope);
    ck_assert_str_eq(signature.headers, "a;b");
    ck_assert_str_eq(signature.hex, "ff");
    ck_assert(sim_signature_covers(&signature, "b"));
    ck_assert(!sim_signature_covers(&signature, "a;b"));
}
END_TEST

static const char *const no_headers[] = {
    "",
    "SDK-HMAC-SHA256",
    "SDK-HMAC-SHA256 ",
    "Bearer Access=A, SignedHeaders=a, Signature=ff",
    "SDK-HMAC-SHA256 SignedHeaders=a, Signature=ff",
    "SDK-HMAC-SHA256 Access=A, Signature=ff",
    "SDK-HMAC-SHA256 Access=A, SignedHeaders=a",
    "SDK-HMAC-SHA256 Access=A, SignedHeaders=a, Signature=ff, More=b",
    "SDK-HMAC-SHA256 Credential=A, SignedHeaders=a, Signature=ff",
    "SDK-HMAC-SHA256 Credential=A/20201019/sdk_request, SignedHeaders=a, Signature=ff",
    "SDK-HMAC-SHA256 Credential=A/20201019///aws4_request, SignedHeaders=a, Signature=ff",
};

START_TEST(what_is_no_signature_is_not_read)
{
    sim_signature signature = {0};

    ck_assert_int_eq(sim_signature_read(no_headers[_i], &signature, NULL), RP_E_INVALID);
    ck_assert_ptr_null(signature.text);
}
END_TEST

/* The one rules. */

static const struct {
    const char *target;
    sim_canonical_rules rules;
    const char *path, *query;
} cases[] = {
    {"/", {0}, "/", ""},
    {"", {0}, "/", ""},
    {"/a/b", {0}, "/a/b/", ""},
    {"/a/b/", {0}, "/a/b/", ""},
    {"/a//b", {0}, "/a//b/", ""},
    {"/a/./../b", {0}, "/a/./../b/", ""},
    {"/a/./c/..//b", {.clean_path = true}, "/a/b/", ""},
    {"/../..", {.clean_path = true}, "/", ""},
    {"/%7euser/%e2%82%ac+%", {0}, "/~user/%E2%82%AC%2B%25/", ""},
    {"/?b=2&a=1&b=1", {0}, "/", "a=1&b=1&b=2"},
    {"/?b=2&a=1&b=1", {.any_case = true}, "/", "a=1&b=2"},
    {"/?b&a=", {0}, "/", "a=&b="},
    {"/?b&a=", {.bare_empty = true}, "/", "a&b"},
    {"/?b=1&A=2&a=3&C=4", {0}, "/", "A=2&C=4&a=3&b=1"},
    {"/?b=1&A=2&a=3&C=4", {.any_case = true}, "/", "A=2&a=3&b=1&C=4"},
    {"/?a=x+y%20z&&=q", {0}, "/", "=q&a=x%20y%20z"},
    {"/?a=b=c?d/e", {0}, "/", "a=b%3Dc%3Fd%2Fe"},
};

START_TEST(a_request_has_one_canonical_form)
{
    _cleanup_(rp_buffer_done) rp_buffer path = RP_BUFFER(1024), query = RP_BUFFER(1024);

    sim_canonical_path(cases[_i].target, &cases[_i].rules, &path);
    sim_canonical_query(cases[_i].target, &cases[_i].rules, &query);
    ck_assert_str_eq(rp_buffer_text(&path), cases[_i].path);
    ck_assert_str_eq(rp_buffer_text(&query), cases[_i].query);
}
END_TEST

START_TEST(a_query_has_a_limit)
{
    _cleanup_(rp_buffer_done) rp_buffer target = RP_BUFFER(1u << 16), query = RP_BUFFER(1u << 16);
    const sim_canonical_rules rules = {0};

    rp_buffer_add_text(&target, "/?");
    for (int i = 0; i < 2000; i++)
        rp_buffer_add_text(&target, "a&");
    sim_canonical_query(target.data, &rules, &query);
    ck_assert(!rp_buffer_ok(&query));
}
END_TEST

TCase *signature_tests(void)
{
    TCase *tcase = tcase_create("signature");

    tcase_add_checked_fixture(tcase, read_vectors, forget_vectors);
    tcase_add_test(tcase, published_signatures_are_right_and_only_those);
    tcase_add_test(tcase, published_keys_are_derived);
    tcase_add_loop_test(tcase, a_header_of_either_scheme_is_taken_apart, 0, rp_count_of(headers));
    tcase_add_loop_test(tcase, what_is_no_signature_is_not_read, 0, rp_count_of(no_headers));
    tcase_add_loop_test(tcase, a_request_has_one_canonical_form, 0, rp_count_of(cases));
    tcase_add_test(tcase, a_query_has_a_limit);
    return tcase;
}
