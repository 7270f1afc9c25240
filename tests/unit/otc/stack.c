#include "http/curl.h"
#include "http/retry.h"
#include "otc/session.h"

#include "fake.h"
#include "server.h"
#include "suites.h"
#include "test_identity.h"

#include <string.h>

/* Retries over a session over libcurl, as the plugin stacks them. */
static rp_transport *make_stack(const char *url, otc_identity *identity)
{
    static const rp_curl_options curl = {
        .user_agent = "tester/1", .connect_timeout_ms = 5000, .proxy = "", .no_proxy = ""};
    static const rp_retry_options retry = {.first_pause_ms = 1, .longest_pause_ms = 2, .unreached_ms = 50};
    rp_transport *made = rp_curl_new(&curl, &rp_clock_system, NULL);

    *identity =
        WHOEVER("auth_url", url, "endpoint", url, "user_id", "u", "password", "pass", "project_id", "p");
    made = otc_session_new(made, identity, NULL, &rp_clock_system, NULL);
    made = rp_retry_new(made, &retry, &rp_clock_system, NULL);
    ck_assert_ptr_nonnull(made);
    return made;
}

static void run(rp_transport *transport, const outcome *told)
{
    int64_t deadline = rp_now_ms(&rp_clock_system) + 20000;

    while (!told->done) {
        ck_assert_int_lt(rp_now_ms(&rp_clock_system), deadline);
        rp_transport_wait(transport, 100);
        rp_transport_step(transport);
    }
}

#define GRANT(token)                                                                                         \
    "HTTP/1.1 201 Created\r\nX-Subject-Token: " token "\r\nContent-Length: 49\r\n\r\n"                       \
    "{\"token\":{\"expires_at\":\"2222-02-22T22:22:22.2Z\"}}"

START_TEST(a_request_gets_through_a_login_a_renewal_and_a_bad_moment)
{
    static const server_answer answers[] = {
        {.bytes = GRANT("first")},
        {.bytes = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = GRANT("second")},
        {.bytes = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"},
        {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
    };
    server *peer = server_start(&(server_options){.answers = answers, .count = 5});
    otc_identity identity;
    rp_transport *stack = make_stack(server_url(peer, ""), &identity);
    outcome told = {0};
    rp_http_request request = request_for(&told, "/members");

    ck_assert_int_eq(rp_transport_start(stack, &request, NULL, NULL), 0);
    run(stack, &told);
    ck_assert_int_eq(told.status, 200);
    ck_assert_str_eq(told.body, "ok");
    ck_assert_uint_eq(server_requests(peer), 5);
    ck_assert(!strncmp(server_request(peer, 0), "POST /v3/auth/tokens HTTP/1.1\r\n", 31));
    ck_assert_ptr_nonnull(strstr(server_request(peer, 1), "\r\nX-Auth-Token: first\r\n"));
    ck_assert_ptr_nonnull(strstr(server_request(peer, 3), "\r\nX-Auth-Token: second\r\n"));
    ck_assert_ptr_nonnull(strstr(server_request(peer, 4), "\r\nX-Auth-Token: second\r\n"));
    ck_assert_uint_eq(server_connections(peer), 1);
    rp_transport_free(stack);
    otc_identity_done(&identity);
    server_stop(peer);
}
END_TEST

START_TEST(a_login_that_reaches_nobody_is_given_up_when_patience_ends)
{
    otc_identity identity;
    rp_transport *stack = make_stack("http://127.0.0.1:1", &identity);
    outcome told = {0};
    rp_http_request request = request_for(&told, "/members");

    ck_assert_int_eq(rp_transport_start(stack, &request, NULL, NULL), 0);
    run(stack, &told);
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_str_eq(told.message, "cannot log in at http://127.0.0.1:1/v3/auth/tokens: "
                                   "cannot connect to 127.0.0.1:1: connection refused");
    ck_assert_uint_ge(told.again, 1);
    rp_transport_free(stack);
    otc_identity_done(&identity);
}
END_TEST

TCase *stack_tests(void)
{
    TCase *tests = tcase_create("stack");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_request_gets_through_a_login_a_renewal_and_a_bad_moment);
    tcase_add_test(tests, a_login_that_reaches_nobody_is_given_up_when_patience_ends);
    return tests;
}
