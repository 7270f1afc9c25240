#include "suites.h"

#include "base/text.h"
#include "otc/metadata.h"

#include <string.h>

static rp_http_reply reply_of(const char *body)
{
    return (rp_http_reply){.status = 200, .body = body, .body_len = strlen(body)};
}

START_TEST(temporary_keys_are_read_with_their_end)
{
    rp_http_reply reply =
        reply_of("{\"credential\":{\"access\":\"AK\",\"secret\":\"SK\",\"securitytoken\":\"ST\","
                 "\"expires_at\":\"2015-11-09T01:42:57.527363Z\"}}");
    otc_temporary_keys keys;

    ck_assert_int_eq(otc_metadata_read(&reply, &keys, NULL), 0);
    ck_assert_str_eq(keys.access_key, "AK");
    ck_assert_str_eq(rp_secret_reveal(keys.secret_key), "SK");
    ck_assert_str_eq(rp_secret_reveal(keys.security_token), "ST");
    ck_assert_int_eq(keys.expires_at_s, 1447033377);
    otc_temporary_keys_clear(&keys);
    ck_assert_ptr_null(keys.access_key);
}
END_TEST

#define REST "\"securitytoken\":\"t\",\"expires_at\":\"2015-11-09T01:42:57Z\"}}"

static const struct {
    const char *body, *words;
} faults[] = {
    {"{\"credential\":{\"secret\":\"s\"," REST, "no credential.access"},
    {"{\"credential\":{\"access\":\"\",\"secret\":\"s\"," REST, "no credential.access"},
    {"{\"credential\":{\"access\":5,\"secret\":\"s\"," REST, "no credential.access"},
    {"{\"credential\":{\"access\":\"a\"," REST, "no credential.secret"},
    {"{\"credential\":{\"access\":\"a\",\"secret\":\"s\",\"expires_at\":\"2015-11-09T01:42:57Z\"}}",
     "no credential.securitytoken"},
    {"{\"credential\":{\"access\":\"a\",\"secret\":\"s\",\"securitytoken\":\"t\"}}", "when the keys expire"},
    {"{\"credential\":{\"access\":\"a\",\"secret\":\"s\",\"securitytoken\":\"t\",\"expires_at\":\"soon\"}}",
     "when the keys expire"},
    {"{\"credential\":[]}", "no credential.access"},
    {"{\"credential\":{\"access\":", "cannot be read"},
    {"<html>", "cannot be read"},
    {"", "cannot be read"},
};

START_TEST(a_reply_without_keys_says_what_is_missing)
{
    rp_http_reply reply = reply_of(faults[_i].body);
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    otc_temporary_keys keys;

    ck_assert_int_eq(otc_metadata_read(&reply, &keys, &error), RP_E_LOST);
    ck_assert_msg(strstr(error->message, faults[_i].words) != NULL, "%s", error->message);
    ck_assert_ptr_null(keys.access_key);
    ck_assert_ptr_null(keys.secret_key);
    ck_assert_ptr_null(keys.security_token);
}
END_TEST

TCase *metadata_tests(void)
{
    TCase *tests = tcase_create("metadata");

    tcase_add_test(tests, temporary_keys_are_read_with_their_end);
    tcase_add_loop_test(tests, a_reply_without_keys_says_what_is_missing, 0, (int)rp_count_of(faults));
    return tests;
}
