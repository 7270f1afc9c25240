#include "otc/session.h"

#include "fake.h"
#include "starve.h"
#include "suites.h"
#include "test_identity.h"

#include <string.h>

/* An answer to whatever the IAM is asked. */
static const char answer_to_all[] =
    "{\"token\":{\"expires_at\":\"2030-01-01T00:00:00Z\",\"project\":{\"id\":\"p\"},\"catalog\":[{\"type\":\"elb\","
    "\"endpoints\":[{\"interface\":\"public\",\"url\":\"https://elb.example\"}]}]},\"error_msg\":\"no\","
    "\"projects\":[{\"id\":\"p\",\"name\":\"mine\"}],\"domains\":[{\"id\":\"i\",\"name\":\"d\"}]}";

static void answer_all(fake *inner, rp_transport *session, const rp_secret *token, int login_status)
{
    for (size_t nth = 0; nth < inner->count && nth < 8; nth++) {
        bool is_login = strstr(inner->sent[nth].url, "/auth/tokens");
        fake_reply(inner, nth,
                   (rp_http_reply){.status = is_login ? login_status : 200,
                                   .body = answer_to_all,
                                   .subject_token = token});
        rp_transport_step(session);
    }
}

/* The whole way of a request through a session, to its end; whichever allocation fails, it ends, and no
   password leaves. No assertion on the way: those allocate too. */
static void travel(outcome *told, const otc_identity *identity, int login_status)
{
    rp_secret *token = rp_secret_new("t", 1);
    rp_http_request request = request_for(told, "/x");
    rp_transport *session = NULL;
    rp_error *error = NULL;
    static fake inner;
    fake_time time;

    fake_init(&inner);
    fake_time_init(&time);
    if (token)
        session = otc_session_new(&inner.base, identity, NULL, &time.clock, &error);
    if (!session || rp_transport_start(session, &request, NULL, &error) < 0)
        told->code = error ? error->code : RP_E_NO_MEMORY;
    else
        answer_all(&inner, session, token, login_status);
    rp_error_free(error);
    rp_transport_free(session);
    rp_secret_free(token);
}

static void check_all_of(otc_identity identity, int login_status, int usual_code)
{
    bool hit = true;
    unsigned nth;

    for (nth = 1; hit; nth++) {
        outcome told = {0};
        starve(nth);
        travel(&told, &identity, login_status);
        hit = starved();
        ck_assert(told.code != 0 || told.status == 200);
        if (!hit)
            ck_assert_int_eq(told.code, usual_code);
        else if (told.code != usual_code)
            ck_assert_msg(told.code == RP_E_NO_MEMORY, "%u: %d %s", nth, told.code, told.message);
        ck_assert_ptr_null(strstr(told.message, "canary"));
    }
    ck_assert_uint_gt(nth, 10);
    otc_identity_done(&identity);
}

static void check_all(int login_status, int usual_code)
{
    check_all_of(WHOEVER("auth_url", "https://iam.example", "user_name", "joe", "password", "canary",
                         "domain_name", "d", "project_id", "p", "endpoint", "https://elb.example"),
                 login_status, usual_code);
}

START_TEST(without_memory_a_request_fails_and_says_so)
{
    check_all(201, 0);
}
END_TEST

START_TEST(without_memory_a_refusal_is_still_none_to_repeat)
{
    check_all(401, RP_E_DENIED);
}
END_TEST

START_TEST(without_memory_a_failed_login_still_ends_the_request)
{
    check_all(503, RP_E_UNAVAILABLE);
}
END_TEST

START_TEST(without_memory_a_signature_or_a_look_up_fails_and_says_so)
{
    check_all_of(WHOEVER("auth_url", "https://iam.example", "access_key", "AK", "secret_key", "canary-secret",
                         "security_token", "canary-token", "domain_name", "d", "project_name", "mine"),
                 201, 0);
}
END_TEST

START_TEST(without_memory_an_agency_fails_and_says_so)
{
    check_all_of(WHOEVER("auth_url", "https://iam.example", "user_name", "joe", "password", "canary",
                         "domain_name", "d", "project_name", "mine", "agency_name", "a", "agency_domain_name",
                         "t"),
                 201, 0);
}
END_TEST

TCase *memory_tests(void)
{
    TCase *tests = tcase_create("memory");

    tcase_add_test(tests, without_memory_a_request_fails_and_says_so);
    tcase_add_test(tests, without_memory_a_refusal_is_still_none_to_repeat);
    tcase_add_test(tests, without_memory_a_failed_login_still_ends_the_request);
    tcase_add_test(tests, without_memory_a_signature_or_a_look_up_fails_and_says_so);
    tcase_add_test(tests, without_memory_an_agency_fails_and_says_so);
    return tests;
}
