#include "http/curl.h"
#include "http/retry.h"
#include "http/url.h"

#include "fake.h"
#include "starve.h"
#include "suites.h"

#include <stdlib.h>
#include <string.h>

/* Each test lets the first allocation fail, then the second, and so on until all succeed. */

START_TEST(a_url_is_parsed_or_memory_is_what_it_lacks)
{
    int result = -1;

    for (unsigned nth = 1; result < 0; nth++) {
        rp_url url = {0};
        rp_error *error = NULL;
        starve(nth);
        result = rp_url_parse("https://elb.example:8443/v1.0", &url, &error);
        ck_assert_int_eq(starved(), result < 0);
        if (result < 0)
            ck_assert_int_eq(result, RP_E_NO_MEMORY);
        rp_url_clear(&url);
        rp_error_free(error);
    }
}
END_TEST

START_TEST(a_url_is_built_or_there_is_none)
{
    rp_url base = {(char[]){"https"}, (char[]){"h"}, 8443, (char[]){"/v1.0"}};
    char *url = NULL;

    for (unsigned nth = 1; !url; nth++) {
        starve(nth);
        url = rp_url_with_query(rp_url_join(&base, (const char *[]){"a", "b", NULL}), "limit", "10");
        ck_assert_int_eq(starved(), url == NULL);
    }
    ck_assert_str_eq(url, "https://h:8443/v1.0/a/b?limit=10");
    free(url);
}
END_TEST

static int start_over_curl(rp_transport **transport, rp_http_request *request, rp_error **error)
{
    static const rp_curl_options options = {.user_agent = "tester/1",
                                            .ca_file = "/ca.pem",
                                            .client_cert_file = "/cert.pem",
                                            .client_key_file = "/key.pem",
                                            .proxy = "",
                                            .no_proxy = ""};

    *transport = rp_curl_new(&options, &rp_clock_system, error);
    if (!*transport)
        return RP_E_NO_MEMORY;
    return rp_transport_start(*transport, request, NULL, error);
}

START_TEST(a_transfer_starts_or_memory_is_what_it_lacks)
{
    rp_secret *token = rp_secret_new("t0ken", 5);
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://127.0.0.1:1/");
    int result = -1;

    request.headers[0] = (rp_http_header){"Accept", "application/json"};
    request.auth_token = token;
    for (unsigned nth = 1; result < 0; nth++) {
        rp_transport *transport;
        rp_error *error = NULL;
        starve(nth);
        result = start_over_curl(&transport, &request, &error);
        ck_assert_int_eq(starved(), result < 0);
        if (result < 0)
            ck_assert_int_eq(error->code, RP_E_NO_MEMORY);
        rp_error_free(error);
        rp_transport_free(transport);
    }
    rp_secret_free(token);
}
END_TEST

/* A refused connection: its words need memory too. */
START_TEST(a_failure_without_memory_for_words_still_has_a_code)
{
    bool hit = true;

    for (unsigned nth = 1; hit; nth++) {
        outcome told = {0};
        rp_http_request request = request_for(&told, "http://127.0.0.1:1/");
        rp_transport *transport;
        ck_assert_int_eq(start_over_curl(&transport, &request, NULL), 0);
        starve(nth);
        while (!told.done) {
            rp_transport_wait(transport, 20);
            rp_transport_step(transport);
        }
        hit = starved();
        ck_assert_int_eq(told.code, hit ? RP_E_NO_MEMORY : RP_E_UNREACHED);
        rp_transport_free(transport);
    }
}
END_TEST

START_TEST(the_retries_start_or_memory_is_what_they_lack_and_the_inner_is_freed)
{
    rp_retry_options options = {.first_pause_ms = 1, .longest_pause_ms = 1};
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");
    int result = -1;

    for (unsigned nth = 1; result < 0; nth++) {
        rp_error *error = NULL;
        rp_transport *retry;
        fake inner;
        fake_init(&inner);
        starve(nth);
        retry = rp_retry_new(&inner.base, &options, &rp_clock_system, &error);
        result = retry ? rp_transport_start(retry, &request, NULL, &error) : RP_E_NO_MEMORY;
        ck_assert_int_eq(starved(), result < 0);
        if (result < 0)
            ck_assert_int_eq(error->code, RP_E_NO_MEMORY);
        rp_error_free(error);
        rp_transport_free(retry);
        ck_assert(inner.freed);
    }
}
END_TEST

TCase *memory_tests(void)
{
    TCase *tests = tcase_create("memory");

    tcase_add_test(tests, a_url_is_parsed_or_memory_is_what_it_lacks);
    tcase_add_test(tests, a_url_is_built_or_there_is_none);
    tcase_add_test(tests, a_transfer_starts_or_memory_is_what_it_lacks);
    tcase_add_test(tests, a_failure_without_memory_for_words_still_has_a_code);
    tcase_add_test(tests, the_retries_start_or_memory_is_what_they_lack_and_the_inner_is_freed);
    return tests;
}
