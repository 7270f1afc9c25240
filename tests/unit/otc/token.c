#include "otc/token.h"

#include "json/value.h"

#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- documents ---- */

static rp_json *document(const char *text, size_t len)
{
    rp_json *root = NULL;
    rp_error *error = NULL;

    if (rp_json_parse(text, len, &root, &error) < 0)
        ck_abort_msg("%s: %.*s", error->message, (int)len, text);
    return root;
}

static rp_json *fixture(const char *name)
{
    char path[512];
    static char text[65536];
    size_t len;
    FILE *file;

    snprintf(path, sizeof(path), "%s/iam/%s", RP_FIXTURES, name);
    file = fopen(path, "r");
    ck_assert_msg(file, "%s", path);
    len = fread(text, 1, sizeof(text), file);
    fclose(file);
    return document(text, len);
}

/* Equal in meaning: the order of members does not count. */
static bool is_equal(const rp_json *one, const rp_json *other);

static int is_in(void *context, const char *name, const rp_json *value)
{
    return is_equal(value, rp_json_get(context, name)) ? 0 : 1;
}

static bool is_equal(const rp_json *one, const rp_json *other)
{
    if (rp_json_type_of(one) != rp_json_type_of(other) || rp_json_count(one) != rp_json_count(other))
        return false;
    if (rp_json_type_of(one) == RP_JSON_STRING)
        return !strcmp(rp_json_text(one), rp_json_text(other));
    if (rp_json_type_of(one) == RP_JSON_OBJECT)
        return rp_json_each(one, is_in, (void *)(uintptr_t)other) == 0;
    ck_assert_int_eq(rp_json_type_of(one), RP_JSON_ARRAY);
    for (size_t i = 0; i < rp_json_count(one); i++)
        if (!is_equal(rp_json_at(one, i), rp_json_at(other, i)))
            return false;
    return true;
}

static rp_json *requested(const otc_login *login)
{
    rp_secret *body = otc_token_request(login);
    rp_json *root = document(rp_secret_reveal(body), rp_secret_len(body));

    rp_secret_free(body);
    return root;
}

/* ---- requests ---- */

static const char *first_of(const rp_json *object, const char *name, const char *other)
{
    const char *text = rp_json_text(rp_json_get(object, name));

    return text ? text : rp_json_text(rp_json_get(object, other));
}

static void check_case(const rp_json *one)
{
    const rp_json *in = rp_json_get(one, "in");
    const char *password = rp_json_text(rp_json_get(in, "password"));
    rp_secret *secret = rp_secret_new(password, strlen(password));
    otc_login login = {.user_name = rp_json_text(rp_json_get(in, "username")),
                       .user_id = rp_json_text(rp_json_get(in, "user_id")),
                       .password = secret,
                       .domain_name = first_of(in, "domain_name", "scope.domain_name"),
                       .domain_id = first_of(in, "domain_id", "scope.domain_id"),
                       .project_id = rp_json_text(rp_json_get(in, "scope.project_id")),
                       .project_name = rp_json_text(rp_json_get(in, "scope.project_name"))};
    rp_json *body = requested(&login);

    ck_assert(is_equal(body, rp_json_get(one, "body")));
    rp_json_free(body);
    rp_secret_free(secret);
}

START_TEST(requests_are_those_of_a_client_that_works)
{
    rp_json *vectors = fixture("requests.json");
    const rp_json *cases = rp_json_get(vectors, "cases");
    unsigned checked = 0;

    for (size_t i = 0; i < rp_json_count(cases); i++) {
        if (rp_json_has(rp_json_get(rp_json_at(cases, i), "in"), "token_id"))
            continue; /* a token is used as it is, never traded for another */
        check_case(rp_json_at(cases, i));
        checked++;
    }
    ck_assert_uint_ge(checked, 8);
    rp_json_free(vectors);
}
END_TEST

START_TEST(a_user_named_within_a_domain_may_name_a_project_of_it)
{
    static const char expected[] =
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\"u\","
        "\"domain\":{\"name\":\"d\"},\"password\":\"p\"}}},"
        "\"scope\":{\"project\":{\"name\":\"eu-de\",\"domain\":{\"name\":\"d\"}}}}}";
    rp_secret *password = rp_secret_new("p", 1);
    otc_login login = {.user_name = "u", .password = password, .domain_name = "d", .project_name = "eu-de"};
    rp_json *body = requested(&login), *wanted = document(expected, strlen(expected));

    ck_assert(is_equal(body, wanted));
    rp_json_free(body);
    rp_json_free(wanted);
    rp_secret_free(password);
}
END_TEST

static void check_body(const otc_login *login, const char *expected)
{
    rp_json *body = requested(login), *wanted = document(expected, strlen(expected));

    ck_assert(is_equal(body, wanted));
    rp_json_free(body);
    rp_json_free(wanted);
}

/* Source: OTC IAM API reference, "Obtaining an Agency Token", the example. */
START_TEST(an_agency_is_taken_on_for_a_project_of_its_domain)
{
    otc_login login = {.agency_name = "a", .domain_name = "d", .project_name = "eu-de"};

    check_body(&login, "{\"auth\":{\"identity\":{\"methods\":[\"assume_role\"],\"assume_role\":"
                       "{\"domain_name\":\"d\",\"xrole_name\":\"a\"}},"
                       "\"scope\":{\"project\":{\"name\":\"eu-de\",\"domain\":{\"name\":\"d\"}}}}}");
    login = (otc_login){.agency_name = "a", .domain_id = "i", .project_id = "p"};
    check_body(&login,
               "{\"auth\":{\"identity\":{\"methods\":[\"assume_role\"],\"assume_role\":"
               "{\"domain_id\":\"i\",\"xrole_name\":\"a\"}},\"scope\":{\"project\":{\"id\":\"p\"}}}}");
}
END_TEST

START_TEST(a_token_may_be_for_a_domain_although_a_project_is_named)
{
    rp_secret *password = rp_secret_new("p", 1);
    otc_login login = {.user_name = "u",
                       .password = password,
                       .domain_name = "d",
                       .project_name = "eu-de",
                       .for_domain = true};

    check_body(&login, "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{"
                       "\"name\":\"u\",\"domain\":{\"name\":\"d\"},\"password\":\"p\"}}},"
                       "\"scope\":{\"domain\":{\"name\":\"d\"}}}}");
    rp_secret_free(password);
}
END_TEST

START_TEST(any_password_fits_into_the_request)
{
    char bytes[2000];
    rp_secret *password;
    rp_json *body;
    const rp_json *user;

    memset(bytes, '\x1f', sizeof(bytes));
    password = rp_secret_new(bytes, sizeof(bytes));
    body = requested(&(otc_login){.user_id = "u", .password = password, .project_id = "p"});
    user = rp_json_get(rp_json_get(body, "auth"), "identity");
    user = rp_json_get(rp_json_get(user, "password"), "user");
    ck_assert_str_eq(rp_json_text(rp_json_get(user, "password")), rp_secret_reveal(password));
    rp_json_free(body);
    rp_secret_free(password);
}
END_TEST

/* ---- replies ---- */

START_TEST(a_recorded_reply_brings_the_token_and_its_end)
{
    rp_json *recorded = fixture("token_response.json");
    rp_buffer body = RP_BUFFER(65536);
    rp_secret *token = rp_secret_new("t", 1);
    rp_http_reply reply = {.status = 201, .subject_token = token};
    int64_t expires_at = 0;

    rp_json_print(rp_json_get(recorded, "body"), false, &body);
    reply.body = rp_buffer_text(&body);
    reply.body_len = body.len;
    ck_assert_int_eq(otc_token_reply(&reply, &expires_at, NULL), 0);
    ck_assert_int_eq(expires_at, 1496456389); /* 2017-06-03T02:19:49Z */
    rp_buffer_done(&body);
    rp_secret_free(token);
    rp_json_free(recorded);
}
END_TEST

/* As Keystone says that a token is good until it is revoked. */
START_TEST(a_token_may_never_expire)
{
    static const char body[] = "{\"token\":{\"expires_at\":null}}";
    rp_secret *token = rp_secret_new("t", 1);
    rp_http_reply reply = {.status = 201, .body = body, .body_len = strlen(body), .subject_token = token};
    int64_t expires_at = 0;

    ck_assert_int_eq(otc_token_reply(&reply, &expires_at, NULL), 0);
    ck_assert_int_eq(expires_at, INT64_MAX);
    rp_secret_free(token);
}
END_TEST

START_TEST(only_a_refusal_with_a_code_is_the_services_own)
{
    static const struct {
        const char *body;
        bool own;
    } cases[] = {
        {"{\"error_msg\":\"no\",\"error_code\":\"IAM.0067\"}", true},
        {"{\"error\":{\"code\":403,\"message\":\"no\",\"title\":\"Forbidden\"}}", true},
        {"{\"error\":{\"code\":\"IAM.0061\"}}", true},
        {"{\"code\":\"APIGW.0301\",\"message\":\"no\"}", true},
        {"{\"message\":\"Forbidden\"}", false},
        {"{\"code\":403,\"message\":\"Forbidden\"}", false},
        {"{\"error\":\"Forbidden\"}", false},
        {"<html>", false},
        {"[]", false},
        {"", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_http_reply reply = {.status = 403, .body = cases[i].body, .body_len = strlen(cases[i].body)};
        ck_assert_msg(otc_is_own_refusal(&reply) == cases[i].own, "%s", cases[i].body);
    }
}
END_TEST

START_TEST(a_reply_that_is_no_token_is_lost)
{
    rp_secret *token = rp_secret_new("t", 1);
    const struct {
        int status;
        const char *body;
        const rp_secret *token;
        const char *why;
    } cases[] = {
        {200, "{\"token\":{\"expires_at\":\"2015-11-09T01:42:57Z\"}}", token, "HTTP 200"},
        {201, "{\"token\":{\"expires_at\":\"2015-11-09T01:42:57Z\"}}", NULL, "X-Subject-Token"},
        {201, "{\"token\":{\"expires_at\":\"soon\"}}", token, "expires"},
        {201, "{\"token\":{\"expires_at\":5}}", token, "expires"},
        {201, "{}", token, "expires"},
        {201, "[]", token, "expires"},
        {201, "{\"token\":", token, "cannot be read"},
        {201, "", token, "cannot be read"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_http_reply reply = {.status = cases[i].status,
                               .body = cases[i].body,
                               .body_len = strlen(cases[i].body),
                               .subject_token = cases[i].token};
        int64_t expires_at = 77;
        rp_error *error = NULL;
        ck_assert_int_eq(otc_token_reply(&reply, &expires_at, &error), RP_E_LOST);
        ck_assert_msg(strstr(error->message, cases[i].why), "%s: %s", cases[i].body, error->message);
        ck_assert_int_eq(expires_at, 77);
        rp_error_free(error);
    }
    rp_secret_free(token);
}
END_TEST

START_TEST(times_are_read_in_their_one_form)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"2015-11-09T01:42:57.527363Z", 1447033377},
        {"2015-11-09T01:42:57Z", 1447033377},
        {"1970-01-01T00:00:00.0Z", 0},
        {"2024-02-29T23:59:59Z", 1709251199},
        {"2038-01-19T03:14:08Z", 2147483648},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"2023-02-29T00:00:00Z", -1},
        {"2015-13-09T01:42:57Z", -1},
        {"2015-00-09T01:42:57Z", -1},
        {"2015-11-31T01:42:57Z", -1},
        {"2015-11-09T24:42:57Z", -1},
        {"2015-11-09T01:60:57Z", -1},
        {"2015-11-09T01:42:61Z", -1},
        {"2015-11-09T01:42:57", -1},
        {"2015-11-09T01:42:57.Z", -1},
        {"2015-11-09T01:42:57.5", -1},
        {"2015-11-09T01:42:57+01:00", -1},
        {"2015-11-09T01:42:57Zulu", -1},
        {"2015-11-09 01:42:57Z", -1},
        {"2015-11- 9T01:42:57Z", -1},
        {"+015-11-09T01:42:57Z", -1},
        {"2015-11-09", -1},
        {"", -1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = -1;
        bool read = otc_parse_time(cases[i].text, &seconds);
        ck_assert_msg(read == (cases[i].seconds >= 0) && seconds == cases[i].seconds, "%s: %lld",
                      cases[i].text, (long long)seconds);
    }
}
END_TEST

/* ---- refusals ---- */

static char *refusal(int status, const char *body)
{
    rp_secret *password = rp_secret_new("hunter2", 7);
    rp_http_reply reply = {.status = status, .body = body, .body_len = strlen(body)};
    char *words = otc_token_refusal(&reply, password);

    rp_secret_free(password);
    return words;
}

START_TEST(a_refusal_is_told_in_the_servers_words_whatever_their_shape)
{
    static const struct {
        const char *body, *words;
    } cases[] = {
        {"{\"error_msg\":\"wrong password\",\"error_code\":\"IAM.0067\"}",
         "HTTP 401 IAM.0067: wrong password"},
        {"{\"error\":{\"code\":401,\"message\":\"not you\",\"title\":\"Unauthorized\"}}",
         "HTTP 401: not you"},
        {"{\"error\":{\"code\":\"IAM.0061\",\"message\":\"no\"}}", "HTTP 401 IAM.0061: no"},
        {"{\"code\":\"X.1\",\"message\":\"two\\nlines\\u007f\"}", "HTTP 401 X.1: two lines "},
        {"{\"errorCode\":\"Y.1\",\"errorMessage\":\"other\"}", "HTTP 401 Y.1: other"},
        {"{\"error_code\":\"IAM.0067\"}", "HTTP 401 IAM.0067: no reason given"},
        {"{\"error_msg\":5}", "HTTP 401"},
        {"<html>no</html>", "HTTP 401 with a page of HTML, which is no answer of the identity service"},
        {"<!DOCTYPE html>no", "HTTP 401 with a page of HTML, which is no answer of the identity service"},
        {"", "HTTP 401"},
        {"[]", "HTTP 401"},
        {"{\"error_msg\":\"user joe, password hunter2\"}", "HTTP 401, whose text repeats a secret"},
        {"{\"error_msg\":\"no\",\"error_code\":\"hunter2\"}", "HTTP 401, whose text repeats a secret"},
        {"{\"error_msg\":\"h\\u0075nter2\"}", "HTTP 401, whose text repeats a secret"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *words = refusal(401, cases[i].body);
        ck_assert_str_eq(words, cases[i].words);
        free(words);
    }
}
END_TEST

START_TEST(a_refusal_of_many_words_is_cut)
{
    char body[4096], *words;

    snprintf(body, sizeof(body), "{\"error_msg\":\"%03000d\"}", 1);
    words = refusal(403, body);
    ck_assert_uint_lt(strlen(words), 600);
    free(words);
}
END_TEST

TCase *token_tests(void)
{
    TCase *tests = tcase_create("token");

    tcase_add_test(tests, requests_are_those_of_a_client_that_works);
    tcase_add_test(tests, a_user_named_within_a_domain_may_name_a_project_of_it);
    tcase_add_test(tests, an_agency_is_taken_on_for_a_project_of_its_domain);
    tcase_add_test(tests, a_token_may_be_for_a_domain_although_a_project_is_named);
    tcase_add_test(tests, any_password_fits_into_the_request);
    tcase_add_test(tests, a_recorded_reply_brings_the_token_and_its_end);
    tcase_add_test(tests, a_token_may_never_expire);
    tcase_add_test(tests, only_a_refusal_with_a_code_is_the_services_own);
    tcase_add_test(tests, a_reply_that_is_no_token_is_lost);
    tcase_add_test(tests, times_are_read_in_their_one_form);
    tcase_add_test(tests, a_refusal_is_told_in_the_servers_words_whatever_their_shape);
    tcase_add_test(tests, a_refusal_of_many_words_is_cut);
    return tests;
}
