#include "http/url.h"

#include "suites.h"

#include <stdlib.h>
#include <string.h>

static rp_url parsed(const char *text)
{
    rp_url url = {0};
    rp_error *error = NULL;

    if (rp_url_parse(text, &url, &error) < 0)
        ck_abort_msg("%s: %s", text, error->message);
    return url;
}

START_TEST(a_url_is_taken_apart)
{
    static const struct {
        const char *text, *scheme, *host, *path;
        uint32_t port;
    } cases[] = {
        {"https://elb.example", "https", "elb.example", "", 443},
        {"https://elb.example/", "https", "elb.example", "", 443},
        {"HTTP://ELB.Example:8080/v1.0/", "http", "elb.example", "/v1.0", 8080},
        {"http://[::1]:1/a/b//", "http", "[::1]", "/a/b", 1},
        {"https://elb.example:443/a%2Fb", "https", "elb.example", "/a%2Fb", 443},
        {"http://127.0.0.1/v1.0/p", "http", "127.0.0.1", "/v1.0/p", 80},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_url url = parsed(cases[i].text);
        ck_assert_str_eq(url.scheme, cases[i].scheme);
        ck_assert_str_eq(url.host, cases[i].host);
        ck_assert_str_eq(url.path, cases[i].path);
        ck_assert_uint_eq(url.port, cases[i].port);
        rp_url_clear(&url);
        ck_assert_ptr_null(url.host);
    }
}
END_TEST

START_TEST(what_is_no_plain_base_url_is_refused_and_nothing_is_stored)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "https://"},
        {"elb.example", "https://"},
        {"/v1.0", "https://"},
        {"ftp://elb.example", "https://"},
        {"gopher-ng://elb.example", "https://"},
        {"https://", "no URL"},
        {"https://elb.example:0/", "port"},
        {"https://elb.example:99999/", "no URL"},
        {"https://elb example/", "no URL"},
        {"https://elb.example/a\nb", "no URL"},
        {"https://joe@elb.example/", "user name"},
        {"https://joe:hunter2@elb.example/", "user name"},
        {"https://:hunter2@elb.example/", "user name"},
        {"https://elb.example/?a=hunter2", "query"},
        {"https://elb.example/#hunter2", "fragment"},
        {"https://[fe80::1%25eth0]/", "zone"},
        {"https://[::1/", "no URL"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_url url = {.port = 7};
        rp_error *error = NULL;
        ck_assert_msg(rp_url_parse(cases[i].text, &url, &error) == RP_E_INVALID, "%s", cases[i].text);
        ck_assert_msg(strstr(error->message, cases[i].why), "%s: %s", cases[i].text, error->message);
        ck_assert_ptr_null(strstr(error->message, "hunter2"));
        ck_assert_uint_eq(url.port, 7);
        rp_error_free(error);
    }
}
END_TEST

START_TEST(only_this_machine_is_loopback)
{
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"http://localhost/", true},
        {"http://LOCALHOST:1/", true},
        {"http://127.0.0.1/", true},
        {"http://127.255.0.9/", true},
        {"http://[::1]/", true},
        {"http://[0:0:0:0:0:0:0:1]/", true},
        {"http://128.0.0.1/", false},
        {"http://[::2]/", false},
        {"http://localhost.example/", false},
        {"http://127.0.0.1.nip/", false},
        {"http://[::ffff:1.2.3.4]/", false},
        {"http://x/", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_url url = parsed(cases[i].text);
        ck_assert_msg(rp_url_is_loopback(&url) == cases[i].loopback, "%s", cases[i].text);
        rp_url_clear(&url);
    }
}
END_TEST

START_TEST(only_this_network_segment_is_link_local)
{
    static const struct {
        const char *text;
        bool link_local;
    } cases[] = {
        {"http://169.254.169.254/", true},    {"http://169.254.0.1:80/x", true},
        {"http://[fe80::1]/", true},          {"http://[febf::1]/", true},
        {"http://[fec0::1]/", false},         {"http://169.253.0.1/", false},
        {"http://169.255.0.1/", false},       {"http://169.254.1.1.nip/", false},
        {"http://127.0.0.1/", false},         {"http://localhost/", false},
        {"http://[::ffff:10.0.0.1]/", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rp_url url = parsed(cases[i].text);
        ck_assert_msg(rp_url_is_link_local(&url) == cases[i].link_local, "%s", cases[i].text);
        rp_url_clear(&url);
    }
}
END_TEST

static void check_join(const char *base, const char *const segments[], const char *expected)
{
    rp_url url = parsed(base);
    char *joined = rp_url_join(&url, segments);

    ck_assert_str_eq(joined, expected);
    free(joined);
    rp_url_clear(&url);
}

START_TEST(segments_are_encoded_and_cannot_leave_their_place)
{
    check_join("https://h/v1.0/", (const char *[]){"a/b", "c?d#e", "..%2f", NULL},
               "https://h/v1.0/a%2Fb/c%3Fd%23e/..%252f");
    check_join("http://[::1]:8080", (const char *[]){"AZaz09-._~", "\xc3\xa4 ", NULL},
               "http://[::1]:8080/AZaz09-._~/%C3%A4%20");
    check_join("http://h:443/x", (const char *[]){NULL}, "http://h:443/x");
    check_join("http://h:80/x", (const char *[]){NULL}, "http://h/x");
    check_join("https://h:443", (const char *[]){NULL}, "https://h");
}
END_TEST

START_TEST(query_members_are_encoded_and_joined)
{
    char *url = rp_url_with_query(strdup("https://h/a"), "limit", "10");

    url = rp_url_with_query(url, "mark er", "a&b=c+d/");
    ck_assert_str_eq(url, "https://h/a?limit=10&mark%20er=a%26b%3Dc%2Bd%2F");
    free(url);
    ck_assert_ptr_null(rp_url_with_query(NULL, "a", "b"));
}
END_TEST

START_TEST(a_path_is_made_alone_and_put_below_a_base_later)
{
    rp_url base = parsed("https://h:8443/x");
    char *path = rp_url_with_query(rp_url_path((const char *[]){"a b", "c", NULL}), "limit", "1");
    char *url = rp_url_below(&base, (const char *[]){"v1.0", "p/q", NULL}, path);

    ck_assert_str_eq(path, "/a%20b/c?limit=1");
    ck_assert_str_eq(url, "https://h:8443/x/v1.0/p%2Fq/a%20b/c?limit=1");
    free(path);
    free(url);
    rp_url_clear(&base);
}
END_TEST

START_TEST(a_url_without_end_is_refused)
{
    static char segment[70000];
    rp_url url = parsed("https://h");

    memset(segment, 'x', sizeof(segment) - 1);
    ck_assert_ptr_null(rp_url_join(&url, (const char *[]){segment, NULL}));
    rp_url_clear(&url);
}
END_TEST

TCase *url_tests(void)
{
    TCase *tests = tcase_create("url");

    tcase_add_test(tests, a_url_is_taken_apart);
    tcase_add_test(tests, what_is_no_plain_base_url_is_refused_and_nothing_is_stored);
    tcase_add_test(tests, only_this_machine_is_loopback);
    tcase_add_test(tests, only_this_network_segment_is_link_local);
    tcase_add_test(tests, segments_are_encoded_and_cannot_leave_their_place);
    tcase_add_test(tests, query_members_are_encoded_and_joined);
    tcase_add_test(tests, a_path_is_made_alone_and_put_below_a_base_later);
    tcase_add_test(tests, a_url_without_end_is_refused);
    return tests;
}
