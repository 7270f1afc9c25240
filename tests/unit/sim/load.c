#include "client.h"
#include "suites.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS 50
#define EACH    10

static void *send_adds(void *number)
{
    CURL *handle = curl_easy_init();

    for (int i = 0; i < EACH; i++) {
        char record[128];
        _cleanup_(answer_done) answer got = {0};
        snprintf(record, sizeof(record), "[{\"server_id\":\"s%d-%d\",\"address\":\"10.0.%d.%d\"}]",
                 *(int *)number, i, *(int *)number, i);
        got = ask_on(handle, "POST", "elbaas/listeners/" LISTENER "/members", record);
        ck_assert_int_eq(got.status, 200);
    }
    curl_easy_cleanup(handle);
    return NULL;
}

static void run_clients(void *(*run)(void *))
{
    pthread_t clients[CLIENTS];
    int numbers[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&clients[i], NULL, run, &numbers[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
}

START_TEST(counts_are_exact_under_fifty_connections)
{
    set("job-ms", "0");
    run_clients(send_adds);
    ck_assert_uint_eq(rp_sim_count(sim, "add"), CLIENTS * EACH);
    ck_assert_uint_eq(rp_sim_count(sim, "connections"), CLIENTS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), CLIENTS * EACH);
}
END_TEST

static void *get_one(void *number)
{
    CURL *handle = curl_easy_init();
    _cleanup_(answer_done) answer got = ask_on(handle, "GET", "/", NULL);

    (void)number;
    ck_assert_int_eq(got.status, 200);
    ck_assert_double_ge(got.seconds, 0.1);
    curl_easy_cleanup(handle);
    return NULL;
}

START_TEST(latency_is_each_requests_own)
{
    int64_t before_ms = rp_now_ms(&rp_clock_system);

    set("latency-ms", "100");
    run_clients(get_one);
    /* One after the other they would need five seconds. */
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - before_ms, 2500);
}
END_TEST

#define MANY 10000

static void write_record(int i, rp_buffer *out)
{
    rp_buffer_format(out, "%s{\"server_id\":\"server-%d\",\"address\":\"10.%d.%d.%d\"}", i ? "," : "[", i,
                     i >> 16, (i >> 8) & 255, i & 255);
}

/* A remove of all that are listed. */
static void write_removal(const rp_json *members, rp_buffer *out)
{
    rp_buffer_add_text(out, "{\"removeMember\":");
    for (size_t i = 0; i < rp_json_count(members); i++)
        rp_buffer_format(out, "%s{\"id\":\"%s\"}", i ? "," : "[", text_at(rp_json_at(members, i), "id"));
    rp_buffer_add_text(out, "]}");
}

START_TEST(ten_thousand_members_are_no_trouble)
{
    _cleanup_(rp_buffer_done) rp_buffer body = RP_BUFFER(8u << 20);
    _cleanup_(answer_done) answer added = {0}, listed = {0}, page = {0}, removed = {0};
    char query[128];

    set("job-ms", "0");
    set("duplicate", "refuse");
    for (int i = 0; i < MANY; i++)
        write_record(i, &body);
    rp_buffer_add_char(&body, ']');
    added = add(LISTENER, body.data);
    ck_assert_int_eq(added.status, 200);
    listed = list(LISTENER, "");
    ck_assert_uint_eq(rp_json_count(listed.json), MANY);
    snprintf(query, sizeof(query), "?limit=10&marker=%s", text_at(rp_json_at(listed.json, MANY - 4), "id"));
    page = list(LISTENER, query);
    ck_assert_uint_eq(rp_json_count(page.json), 3);
    rp_buffer_done(&body);
    write_removal(listed.json, &body);
    removed = ask("POST", "elbaas/listeners/" LISTENER "/members/action", body.data);
    ck_assert_int_eq(removed.status, 200);
    rp_sim_advance(sim, 0);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
    /* Generous: a sanitizer may be watching. Squared work would need minutes. */
    ck_assert_double_lt(added.seconds + listed.seconds + page.seconds + removed.seconds, 5);
}
END_TEST

TCase *load_tests(void)
{
    TCase *tcase = tcase_create("load");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, counts_are_exact_under_fifty_connections);
    tcase_add_test(tcase, latency_is_each_requests_own);
    tcase_add_test(tcase, ten_thousand_members_are_no_trouble);
    return tcase;
}
