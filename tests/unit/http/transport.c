#include "http/transport.h"

#include "fake.h"
#include "suites.h"

#include <stdlib.h>

static char *described(const char *url, const rp_http_reply *reply, const rp_error *error)
{
    rp_http_request request = {.method = "GET", .url = url};
    return rp_http_describe(&request, reply, error);
}

START_TEST(an_answer_is_described_by_method_path_status_and_time)
{
    rp_http_reply reply = {.status = 503, .body = "secret", .body_len = 6, .elapsed_ms = 12};
    char *text = described("https://elb.example/v1.0/p/members", &reply, NULL);

    ck_assert_str_eq(text, "GET /v1.0/p/members: HTTP 503 in 12 ms");
    free(text);
}
END_TEST

START_TEST(a_failure_is_described_by_its_words)
{
    rp_error error = {RP_E_LOST, (char[]){"the line is dead"}, NULL, 0};
    char *text = described("https://elb.example/v1.0", NULL, &error);

    ck_assert_str_eq(text, "GET /v1.0: the line is dead");
    free(text);
    text = described("https://elb.example/v1.0", NULL, NULL);
    ck_assert_str_eq(text, "GET /v1.0: no answer yet");
    free(text);
}
END_TEST

START_TEST(a_query_is_not_described)
{
    static const struct {
        const char *url, *text;
    } cases[] = {
        {"https://h/a?token=x/y", "GET /a: no answer yet"},
        {"https://h?token=x", "GET /: no answer yet"},
        {"https://h#x", "GET /: no answer yet"},
        {"https://h", "GET /: no answer yet"},
        {"/a?b", "GET /a: no answer yet"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = described(cases[i].url, NULL, NULL);
        ck_assert_str_eq(text, cases[i].text);
        free(text);
    }
}
END_TEST

START_TEST(no_exchange_and_no_transport_are_nothing_to_drop_or_free)
{
    fake inner;

    fake_init(&inner);
    rp_transport_drop(&inner.base, NULL);
    rp_transport_free(NULL);
    rp_transport_wait(&inner.base, -5);
    ck_assert_int_eq(inner.waited_ms, 0);
}
END_TEST

START_TEST(whoever_will_not_drop_need_not_keep_the_exchange)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://h/");
    fake inner;

    fake_init(&inner);
    ck_assert_int_eq(rp_transport_start(&inner.base, &request, NULL, NULL), 0);
    fake_status(&inner, 0, 204);
    rp_transport_step(&inner.base);
    ck_assert_int_eq(told.status, 204);
}
END_TEST

TCase *transport_tests(void)
{
    TCase *tests = tcase_create("transport");

    tcase_add_test(tests, an_answer_is_described_by_method_path_status_and_time);
    tcase_add_test(tests, a_failure_is_described_by_its_words);
    tcase_add_test(tests, a_query_is_not_described);
    tcase_add_test(tests, no_exchange_and_no_transport_are_nothing_to_drop_or_free);
    tcase_add_test(tests, whoever_will_not_drop_need_not_keep_the_exchange);
    return tests;
}
