#include "otc/signer.h"

#include "json/value.h"

#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what others published ---- */

static rp_json *read_vectors(void)
{
    static char text[65536];
    rp_json *read = NULL;
    FILE *file = fopen(RP_FIXTURES "/signing/vectors.json", "re");
    size_t len;

    ck_assert_ptr_nonnull(file);
    len = fread(text, 1, sizeof(text), file);
    fclose(file);
    ck_assert_uint_lt(len, sizeof(text));
    ck_assert_int_eq(rp_json_parse(text, len, &read, NULL), 0);
    return read;
}

static const char *text_of(const rp_json *object, const char *name)
{
    const char *text = rp_json_text(rp_json_get(object, name));

    return text ? text : "";
}

static int add_member(void *context, const char *name, const rp_json *value)
{
    otc_signed *what = context;
    rp_http_header *headers = (rp_http_header *)what->headers;

    headers[what->header_count++] = (rp_http_header){name, rp_json_text(value)};
    return 0;
}

static void check_key(const rp_json *input, const rp_json *expect, const otc_signer *signer)
{
    unsigned char key[32];
    char hex[65] = "";

    ck_assert(otc_signing_key(signer, text_of(input, "date"), key));
    for (size_t i = 0; i < sizeof(key); i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    ck_assert_str_eq(hex, text_of(expect, "signing_key_hex"));
}

static void check_parts(const otc_signer *signer, const otc_signed *what, const rp_json *expect)
{
    rp_secret *canonical = otc_canonical_request(signer->scheme, what);
    char *to_sign = otc_string_to_sign(signer, what), *authorization = otc_sign(signer, what);

    ck_assert_str_eq(rp_secret_reveal(canonical), text_of(expect, "canonical_request"));
    ck_assert_str_eq(to_sign, text_of(expect, "string_to_sign"));
    ck_assert_str_eq(authorization, text_of(expect, "authorization"));
    rp_secret_free(canonical);
    free(to_sign);
    free(authorization);
}

static void check_vector(const rp_json *vector)
{
    const rp_json *input = rp_json_get(vector, "input"), *expect = rp_json_get(vector, "expect"),
                  *query = rp_json_get(input, "query");
    rp_http_header pairs[8], headers[8];
    rp_secret *key = rp_secret_new(text_of(input, "sk"), strlen(text_of(input, "sk")));
    otc_signer signer = {!strcmp(text_of(vector, "scheme"), "Access") ? OTC_SIGNING_ACCESS
                                                                      : OTC_SIGNING_CREDENTIAL,
                         text_of(input, "ak"), key, text_of(input, "region"), text_of(input, "service")};
    otc_signed what = {.method = text_of(input, "method"),
                       .path = text_of(input, "path"),
                       .query = pairs,
                       .query_count = rp_json_count(query),
                       .headers = headers,
                       .body = text_of(input, "body"),
                       .body_len = strlen(text_of(input, "body")),
                       .date = text_of(input, "datetime")};

    for (size_t i = 0; i < what.query_count; i++)
        pairs[i] = (rp_http_header){rp_json_text(rp_json_at(rp_json_at(query, i), 0)),
                                    rp_json_text(rp_json_at(rp_json_at(query, i), 1))};
    rp_json_each(rp_json_get(input, "headers"), add_member, &what);
    if (*text_of(expect, "signing_key_hex"))
        check_key(input, expect, &signer);
    else
        check_parts(&signer, &what, expect);
    rp_secret_free(key);
}

START_TEST(the_published_vectors_of_both_schemes_come_out)
{
    rp_json *read = read_vectors();
    const rp_json *vectors = rp_json_get(read, "vectors");

    ck_assert_uint_ge(rp_json_count(vectors), 4);
    for (size_t i = 0; i < rp_json_count(vectors); i++)
        check_vector(rp_json_at(vectors, i));
    rp_json_free(read);
}
END_TEST

/* ---- what they leave out; the signatures are from an independent calculation ---- */

typedef struct sample {
    otc_signing scheme;
    const char *method, *path;
    rp_http_header query[4], headers[4];
    const char *body, *signed_names, *signature;
} sample;

#define A OTC_SIGNING_ACCESS
#define C OTC_SIGNING_CREDENTIAL
#define CASES                                                                                                \
    {                                                                                                        \
        {"b", "2"}, {"a", "z"}, {"a", "b c"}, {"B", "+&="},                                                  \
    }

/* clang-format off: one row a case reads as the table it is. */
static const sample samples[] = {
    {A,
     "POST",
     "/v1.0/p/elbaas/listeners/l/members",
     {{0}},
     {{"Content-Type", "application/json"}},
     "[{\"server_id\":\"s\",\"address\":\"10.0.0.1\"}]",
     "content-type;host;x-sdk-date",
     "51168e6e2817280cba948c078a3198bf1de834c267340d277557e98e8335d6a1"},
    {A,
     "POST",
     "/v1.0/p",
     {{0}},
     {{0}},
     NULL,
     "host;x-sdk-date",
     "f932e3d9ecb8e7725e589f99c519770295ea8a6bc378dde70e532729d7034bc8"},
    {A,
     "GET",
     "/list",
     CASES,
     {{0}},
     NULL,
     "host;x-sdk-date",
     "15ec05e115e97b0537dd3e52e902c94c95dcff96e7f8027b44abf2d4b8a45a16"},
    {A,
     "GET",
     "/v1/Z\xc3\xbcr~ich/a b/%",
     {{0}},
     {{0}},
     NULL,
     "host;x-sdk-date",
     "96655c35cd13d42a746569ad0898b91fddb9d7dea9408c2ad01df8c5d471a1c7"},
    {A,
     "GET",
     "/",
     {{"\xc3\xbc", "\xc3\xa4"}},
     {{"X-Two", " b "}, {"X-Two", "a"}, {"X_Under", "no"}},
     NULL,
     "host;x-sdk-date;x-two",
     "dc29eaf6b8eb492a550bfef164a1a69a1b2f05eb02b955c1751ff49cd4092ba5"},
    {C,
     "GET",
     "/list",
     {{"b", "2"}, {"a", "z"}, {"a", "b c"}, {"B1", "+&="}},
     {{0}},
     NULL,
     "host;x-sdk-date",
     "65e81eb64b31c4efcc5a87fd74230f5c36963ba1bca97c3995547db3f653c836"},
    {C,
     "POST",
     "/v1.0/p",
     {{"limit", "1"}},
     {{0}},
     NULL,
     "host;x-sdk-date",
     "676a7590ebeb43d7ee5b90c4f469b1baf62ee44079b639ce9f365634d9db5a90"},
    {C,
     "POST",
     "/v1.0/p",
     {{"limit", "1"}},
     {{0}},
     "x",
     "host;x-sdk-date",
     "686f3e39f5770602c13599c6ec5a00b0dc75e0ef9a5a859b5c84b392666ba823"},
    {C,
     "GET",
     "/v1/Z\xc3\xbcr~ich/a b/%",
     {{0}},
     {{"X_Under", "yes"}},
     NULL,
     "host;x-sdk-date;x_under",
     "a30ecf94555ef9ba0dedbc3f4d3b818a83c363746b4fccbd3112736fc152fab5"},
};
/* clang-format on */

static size_t count_of(const rp_http_header pairs[4])
{
    size_t count = 0;

    while (count < 4 && pairs[count].name)
        count++;
    return count;
}

START_TEST(what_the_vectors_leave_out_comes_out_too)
{
    const sample *one = &samples[_i];
    rp_secret *key = rp_secret_new("secret", 6);
    otc_signer signer = {one->scheme, "AK", key, "", ""};
    rp_http_header headers[6] = {{"X-Sdk-Date", "20240102T030405Z"}, {"Host", "elb.example"}};
    otc_signed what = {.method = one->method,
                       .path = one->path,
                       .query = one->query,
                       .query_count = count_of(one->query),
                       .headers = headers,
                       .header_count = 2 + count_of(one->headers),
                       .body = one->body,
                       .body_len = one->body ? strlen(one->body) : 0};
    char expected[256], *told;

    memcpy(headers + 2, one->headers, sizeof(one->headers));
    told = otc_sign(&signer, &what);
    snprintf(expected, sizeof(expected), "SDK-HMAC-SHA256 %s, SignedHeaders=%s, Signature=%s",
             one->scheme == A ? "Access=AK" : "Credential=AK/20240102///sdk_request", one->signed_names,
             one->signature);
    ck_assert_str_eq(told, expected);
    free(told);
    rp_secret_free(key);
}
END_TEST

START_TEST(a_given_hash_of_the_body_stands_for_it)
{
    rp_http_header headers[] = {{"x-sdk-content-sha256", "UNSIGNED-PAYLOAD"}};
    otc_signed what = {.method = "PUT",
                       .path = "/a",
                       .headers = headers,
                       .header_count = 1,
                       .body = "x",
                       .body_len = 1,
                       .date = "20240102T030405Z"};
    rp_secret *canonical = otc_canonical_request(A, &what);

    ck_assert_str_eq(rp_secret_reveal(canonical), "PUT\n/a/\n\nx-sdk-content-sha256:UNSIGNED-PAYLOAD\n\n"
                                                  "x-sdk-content-sha256\nUNSIGNED-PAYLOAD");
    rp_secret_free(canonical);
}
END_TEST

START_TEST(a_date_is_spelled_in_utc)
{
    char date[OTC_DATE_SIZE];

    otc_format_date(1573789015, date);
    ck_assert_str_eq(date, "20191115T033655Z");
    otc_format_date(0, date);
    ck_assert_str_eq(date, "19700101T000000Z");
}
END_TEST

TCase *signer_tests(void)
{
    TCase *tests = tcase_create("signer");

    tcase_add_test(tests, the_published_vectors_of_both_schemes_come_out);
    tcase_add_loop_test(tests, what_the_vectors_leave_out_comes_out_too, 0,
                        (int)(sizeof(samples) / sizeof(samples[0])));
    tcase_add_test(tests, a_given_hash_of_the_body_stands_for_it);
    tcase_add_test(tests, a_date_is_spelled_in_utc);
    return tests;
}
