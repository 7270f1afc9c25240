#include "client.h"
#include "suites.h"

#include "base/clock.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ONE "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]"

/* Adds a member under the fault; how many there are then. */
static unsigned add_under(const char *rule, answer *got)
{
    fault(rule);
    *got = add(LISTENER, ONE);
    rp_sim_advance(sim, JOB_MS);
    return rp_sim_listed(sim, LISTENER);
}

static const struct {
    const char *rule;
    CURLcode code;
    unsigned listed;
} losses[] = {{"on=add,kind=reset-before", CURLE_RECV_ERROR, 0},
              {"on=add,kind=reset-after", CURLE_RECV_ERROR, 1},
              {"on=add,kind=close", CURLE_GOT_NOTHING, 0},
              {"on=add,kind=close,acts=yes", CURLE_GOT_NOTHING, 1},
              {"on=add,kind=truncate", CURLE_PARTIAL_FILE, 1},
              {"on=add,kind=truncate,bytes=1", CURLE_PARTIAL_FILE, 1},
              {"on=add,kind=hang,ms=10", CURLE_GOT_NOTHING, 0},
              {"on=add,kind=hang,ms=10,acts=yes", CURLE_GOT_NOTHING, 1}};

START_TEST(an_answer_is_lost_before_or_after_the_server_acts)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under(losses[_i].rule, &got), losses[_i].listed);
    ck_assert_msg(got.code == losses[_i].code, "%s: %s", losses[_i].rule, curl_easy_strerror(got.code));
    ck_assert_uint_eq(rp_sim_count(sim, "faults"), 1);
}
END_TEST

/* A plain request on a connection of its own. */
static int send_request(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port = htons((uint16_t)atoi(strrchr(rp_sim_url(sim), ':') + 1));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return fd;
}

/* How its connection ends: 0 is an orderly end, else the error. */
static int end_of_connection(void)
{
    int fd = send_request(), failed;
    char byte;
    ssize_t got = recv(fd, &byte, 1, 0);

    failed = got < 0 ? errno : 0;
    ck_assert_int_le(got, 0);
    close(fd);
    return failed;
}

START_TEST(a_reset_is_one_on_the_wire_and_a_close_is_none)
{
    fault("kind=reset-before,count=1");
    ck_assert_int_eq(end_of_connection(), ECONNRESET);
    fault("kind=close,count=1");
    ck_assert_int_eq(end_of_connection(), 0);
}
END_TEST

START_TEST(a_reset_reaches_a_client_over_https)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,kind=reset-after", &got), 1);
    ck_assert_int_eq(got.code, CURLE_RECV_ERROR);
}
END_TEST

START_TEST(a_truncation_reaches_a_client_over_https)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,kind=truncate", &got), 1);
    ck_assert_int_ne(got.code, CURLE_OK);
    ck_assert_uint_gt(got.body.len, 0);
}
END_TEST

static const struct {
    const char *rule;
    long status;
    const char *in_body, *in_head;
} statuses[] = {
    {"kind=status", 503, "\"error_code\":\"APIGW.0613\"", "application/json"},
    {"status=400", 400, "{\"error\":{\"message\":\"request parameter is not valid\",\"code\":\"ELB.1001\"}}",
     NULL},
    {"status=400,code=ELB.2012,message=gone", 400, "{\"error\":{\"message\":\"gone\",\"code\":\"ELB.2012\"}}",
     NULL},
    {"status=404", 404, "\"error_code\":\"APIGW.0101\"", NULL},
    {"status=429", 429, "APIGW.0308", NULL},
    {"status=429,retry-after=7", 429, "APIGW.0308", "Retry-After: 7\r\n"},
    {"status=500,shape=elb", 500, "ELB.9001", NULL},
    {"status=401,shape=keystone", 401, "\"code\":401", NULL},
    {"status=401,shape=elb", 401, "ELB.1102", NULL},
    {"status=409,shape=flat,code=c,message=m", 409, "{\"message\":\"m\",\"code\":\"c\"}", NULL},
    {"status=409,shape=error-code,code=c,message=m", 409, "{\"errorMessage\":\"m\",\"errorCode\":\"c\"}",
     NULL},
    {"status=502,shape=html", 502, "<h1>502 Bad Gateway</h1>", "text/html"},
    {"status=200,shape=html", 200, "<html>", "text/html"},
    {"status=503,shape=text,message=busy", 503, "busy", "text/plain"},
    {"status=504,shape=empty", 504, "", "Content-Length: 0"},
    {"kind=redirect", 302, "", "Location: http://127.0.0.1:9/\r\n"},
    {"kind=redirect,status=307,location=/elsewhere", 307, "", "Location: /elsewhere\r\n"},
    {"kind=expired-token", 401, "token expires", NULL},
    {"kind=expired-token,shape=elb", 400, "ELB.1102", NULL},
};

START_TEST(a_status_comes_in_every_shape)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under(statuses[_i].rule, &got), 0);
    ck_assert_int_eq(got.code, CURLE_OK);
    ck_assert_int_eq(got.status, statuses[_i].status);
    ck_assert_msg(strstr(rp_buffer_text(&got.body), statuses[_i].in_body) != NULL, "%s", got.body.data);
    if (statuses[_i].in_head)
        ck_assert_msg(strstr(got.head.data, statuses[_i].in_head) != NULL, "%s", got.head.data);
    else
        ck_assert_ptr_null(strstr(got.head.data, "Retry-After"));
}
END_TEST

START_TEST(a_gateways_error_names_its_request)
{
    _cleanup_(answer_done) answer faulty = {0}, refused = ask("GET", "elbaas/pools", NULL);
    answer *const both[] = {&faulty, &refused};

    fault("on=list,status=503");
    faulty = list(LISTENER, "");
    for (size_t i = 0; i < 2; i++) {
        _cleanup_(rp_freep) char *header =
            rp_format("X-Request-Id: %s\r\n", text_at(both[i]->json, "request_id"));
        ck_assert_uint_eq(strlen(text_at(both[i]->json, "request_id")), 32);
        ck_assert_ptr_nonnull(strstr(both[i]->head.data, header));
    }
}
END_TEST

START_TEST(a_server_can_act_and_answer_503)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,status=503,acts=yes", &got), 1);
    ck_assert_int_eq(got.status, 503);
}
END_TEST

START_TEST(a_garbled_answer_is_whole_and_no_json)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,kind=garble", &got), 1);
    ck_assert_int_eq(got.code, CURLE_OK);
    ck_assert_int_eq(got.status, 200);
    ck_assert_ptr_null(got.json);
    ck_assert_uint_gt(got.body.len, 0);
}
END_TEST

START_TEST(a_length_can_be_shorter_than_the_body)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,kind=short-length,bytes=20", &got), 1);
    ck_assert_ptr_nonnull(strstr(got.head.data, "Content-Length: 20\r\n"));
    ck_assert_ptr_null(strstr(strstr(got.head.data, "Content-Length") + 1, "Content-Length"));
    ck_assert_uint_eq(got.body.len, 20);
}
END_TEST

START_TEST(a_length_can_be_longer_than_the_body)
{
    CURL *handle = curl_easy_init();
    _cleanup_(answer_done) answer got = {0};

    fault("kind=long-length");
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1000000L);
    got = ask_on(handle, "GET", "/v1.0", NULL);
    ck_assert_int_eq(got.code, CURLE_OPERATION_TIMEDOUT);
    ck_assert_int_eq(got.status, 200);
    ck_assert_ptr_nonnull(got.json);
    curl_easy_cleanup(handle);
}
END_TEST

START_TEST(a_late_answer_comes_late_and_is_right)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,kind=delay,ms=150", &got), 1);
    ck_assert_int_eq(got.status, 200);
    ck_assert_double_ge(got.seconds, 0.15);
}
END_TEST

START_TEST(a_slow_answer_trickles_in)
{
    CURL *handle = curl_easy_init();
    _cleanup_(answer_done) answer got = {0};
    double first = 0;

    fault("kind=slow,ms=200");
    got = ask_on(handle, "GET", "/v3/", NULL);
    curl_easy_getinfo(handle, CURLINFO_STARTTRANSFER_TIME, &first);
    ck_assert_int_eq(got.code, CURLE_OK);
    ck_assert_ptr_nonnull(got.json);
    ck_assert_double_ge(got.seconds, 0.2);
    ck_assert_double_ge(got.seconds - first, 0.15);
    curl_easy_cleanup(handle);
}
END_TEST

START_TEST(a_huge_answer_is_as_large_as_told)
{
    _cleanup_(answer_done) answer got = {0};

    ck_assert_uint_eq(add_under("on=add,kind=huge,mib=3", &got), 1);
    ck_assert_int_eq(got.code, CURLE_OK);
    ck_assert_uint_eq(got.body.len, 3u << 20);
}
END_TEST

static void *get_root(void *got)
{
    *(answer *)got = ask("GET", "/", NULL);
    return NULL;
}

START_TEST(a_hanging_request_holds_until_the_end)
{
    answer got = {0};
    pthread_t client;

    fault("kind=hang");
    ck_assert_int_eq(pthread_create(&client, NULL, get_root, &got), 0);
    while (!rp_sim_count(sim, "version"))
        poll(NULL, 0, 1);
    rp_sim_stop(sim);
    pthread_join(client, NULL);
    ck_assert_int_ne(got.code, CURLE_OK);
    ck_assert_int_ne(got.code, CURLE_OPERATION_TIMEDOUT);
    answer_done(&got);
    start_sim();
}
END_TEST

START_TEST(a_late_answer_does_not_hold_up_the_end)
{
    int64_t before_ms = rp_now_ms(&rp_clock_system);
    answer got = {0};
    pthread_t client;

    fault("kind=delay,ms=60000");
    ck_assert_int_eq(pthread_create(&client, NULL, get_root, &got), 0);
    while (!rp_sim_count(sim, "version"))
        poll(NULL, 0, 1);
    rp_sim_stop(sim);
    pthread_join(client, NULL);
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - before_ms, 3000);
    answer_done(&got);
    start_sim();
}
END_TEST

static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;

    ck_assert_ptr_nonnull(tasks);
    while (readdir(tasks))
        n++;
    closedir(tasks);
    return n;
}

START_TEST(a_hanging_request_is_let_go_when_its_client_leaves)
{
    int before = count_threads(), fd;

    fault("kind=hang");
    fd = send_request();
    while (!rp_sim_count(sim, "version"))
        poll(NULL, 0, 1);
    ck_assert_int_gt(count_threads(), before);
    close(fd);
    for (int i = 0; i < 2000 && count_threads() > before; i++)
        poll(NULL, 0, 1);
    ck_assert_int_eq(count_threads(), before);
}
END_TEST

/* Which of nine lists got the fault, as a bit each, the first the lowest. */
static unsigned hits(const char *rule)
{
    unsigned bits = 0;

    fault(rule);
    for (int i = 0; i < 9; i++) {
        _cleanup_(answer_done) answer got = list(LISTENER, "");
        bits |= (got.status != 200 ? 1u : 0u) << i;
    }
    return bits;
}

static const struct {
    const char *rule;
    unsigned bits;
} turns[] = {{"on=list", 1},
             {"on=list,count=2", 3},
             {"on=list,from=3", 4},
             {"on=list,from=2,count=3", 2 + 4 + 8},
             {"on=list,count=0", 0x1ff},
             {"on=list,count=0,every=4", 1 + 16 + 256},
             {"on=list,from=2,count=2,every=3", 2 + 16},
             {"on=any", 1},
             {"on=add", 0},
             {"method=GET", 1},
             {"method=POST,count=0", 0},
             {"path=/members,count=1", 1},
             {"path=/jobs/,count=0", 0}};

START_TEST(a_rule_picks_its_requests)
{
    ck_assert_uint_eq(hits(turns[_i].rule), turns[_i].bits);
}
END_TEST

START_TEST(rules_take_turns_in_their_order)
{
    _cleanup_(answer_done) answer first = {0}, second = {0}, third = {0};

    fault("{\"on\":\"list\",\"status\":500}");
    fault("[{\"on\":\"list\",\"status\":502}]");
    first = list(LISTENER, "");
    second = list(LISTENER, "");
    third = list(LISTENER, "");
    ck_assert_int_eq(first.status, 500);
    ck_assert_int_eq(second.status, 502);
    ck_assert_int_eq(third.status, 200);
}
END_TEST

static const char *const wrong_rules[] = {
    "add",          "on=nothing", "kind=",           "count=many", "colour=red",
    "{\"on\":1.5}", "[1]",        "{\"on\":\"add\"", "status=-1"};

START_TEST(a_wrong_rule_is_refused_and_does_nothing)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(answer_done) answer got = {0};

    ck_assert_int_eq(rp_sim_fault(sim, wrong_rules[_i], &error), RP_E_INVALID);
    ck_assert_ptr_nonnull(error);
    got = list(LISTENER, "");
    ck_assert_int_eq(got.status, 200);
}
END_TEST

TCase *faults_tests(void)
{
    TCase *tcase = tcase_create("faults");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_loop_test(tcase, an_answer_is_lost_before_or_after_the_server_acts, 0, rp_count_of(losses));
    tcase_add_test(tcase, a_reset_is_one_on_the_wire_and_a_close_is_none);
    tcase_add_loop_test(tcase, a_status_comes_in_every_shape, 0, rp_count_of(statuses));
    tcase_add_test(tcase, a_gateways_error_names_its_request);
    tcase_add_test(tcase, a_server_can_act_and_answer_503);
    tcase_add_test(tcase, a_garbled_answer_is_whole_and_no_json);
    tcase_add_test(tcase, a_length_can_be_shorter_than_the_body);
    tcase_add_test(tcase, a_length_can_be_longer_than_the_body);
    tcase_add_test(tcase, a_late_answer_comes_late_and_is_right);
    tcase_add_test(tcase, a_slow_answer_trickles_in);
    tcase_add_test(tcase, a_huge_answer_is_as_large_as_told);
    tcase_add_test(tcase, a_hanging_request_holds_until_the_end);
    tcase_add_test(tcase, a_late_answer_does_not_hold_up_the_end);
    tcase_add_test(tcase, a_hanging_request_is_let_go_when_its_client_leaves);
    tcase_add_loop_test(tcase, a_rule_picks_its_requests, 0, rp_count_of(turns));
    tcase_add_test(tcase, rules_take_turns_in_their_order);
    tcase_add_loop_test(tcase, a_wrong_rule_is_refused_and_does_nothing, 0, rp_count_of(wrong_rules));
    return tcase;
}

TCase *https_faults_tests(void)
{
    TCase *tcase = tcase_create("faults over https");

    tcase_add_checked_fixture(tcase, start_https_sim, stop_sim);
    tcase_add_test(tcase, a_reset_reaches_a_client_over_https);
    tcase_add_test(tcase, a_truncation_reaches_a_client_over_https);
    return tcase;
}
