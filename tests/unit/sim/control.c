#include "client.h"
#include "suites.h"

#include "base/text.h"

#include <string.h>

#define ONE "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]"

static const rp_json *requests(const answer *log)
{
    return rp_json_get(log->json, "requests");
}

START_TEST(the_log_tells_what_came_and_what_was_answered)
{
    _cleanup_(answer_done) answer added = add(LISTENER, ONE), listed = list(LISTENER, "?limit=10");
    _cleanup_(answer_done) answer log = ask("GET", "/sim/requests", NULL);
    const rp_json *first = rp_json_at(requests(&log), 0), *second = rp_json_at(requests(&log), 1);
    int64_t status = 0, one = 0, other = 0;

    ck_assert_uint_eq(rp_json_count(requests(&log)), 2);
    ck_assert_str_eq(text_at(first, "method"), "POST");
    ck_assert_str_eq(text_at(first, "kind"), "add");
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(first, "body"), 0), "server_id"), "s1");
    ck_assert(rp_json_integer(rp_json_get(first, "status"), &status));
    ck_assert_int_eq(status, 200);
    ck_assert(strstr(text_at(second, "path"), "/members?limit=10") != NULL);
    ck_assert(rp_json_integer(rp_json_get(first, "connection"), &one));
    ck_assert(rp_json_integer(rp_json_get(second, "connection"), &other));
    ck_assert_int_ne(one, other);
}
END_TEST

START_TEST(connections_are_counted_by_who_made_them)
{
    CURL *handle = curl_easy_init();
    _cleanup_(answer_done) answer first = ask_on(handle, "GET", "/", NULL), second = {0}, watched = {0};

    second = ask_on(handle, "GET", "/v1.0", NULL);
    watched = ask("GET", "/sim/counts", NULL);
    ck_assert_uint_eq(rp_sim_count(sim, "connections"), 1);
    ck_assert_uint_eq(rp_sim_count(sim, "total"), 2);
    curl_easy_cleanup(handle);
}
END_TEST

START_TEST(the_log_keeps_no_password_and_no_token)
{
    static const char body[] =
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\"sim-user\","
        "\"domain\":{\"name\":\"sim-domain\"},\"password\":\"sim-password\"}}}}}";
    _cleanup_(answer_done) answer login = ask("POST", "/v3/auth/tokens", body), listed = list(LISTENER, "");
    _cleanup_(rp_freep) char *log = rp_sim_read(sim, "requests");

    ck_assert_int_eq(login.status, 201);
    ck_assert_ptr_nonnull(strstr(log, "/v3/auth/tokens"));
    ck_assert_ptr_null(strstr(log, "sim-password"));
    ck_assert_ptr_null(strstr(log, RP_SIM_TOKEN));
    ck_assert_ptr_null(strstr(log, "MIID"));
}
END_TEST

START_TEST(the_log_keeps_the_latest_only)
{
    _cleanup_(rp_json_freep) rp_json *log = NULL;
    _cleanup_(rp_freep) char *text = NULL;
    int64_t seq = 0;

    set("log-size", "3");
    for (int i = 0; i < 5; i++) {
        _cleanup_(answer_done) answer got = ask("GET", "/", NULL);
    }
    text = rp_sim_read(sim, "requests");
    ck_assert_int_eq(rp_json_parse(text, strlen(text), &log, NULL), 0);
    ck_assert_uint_eq(rp_json_count(rp_json_get(log, "requests")), 3);
    ck_assert(rp_json_integer(rp_json_get(rp_json_at(rp_json_get(log, "requests"), 0), "seq"), &seq));
    ck_assert_int_eq(seq, 3);
    ck_assert_uint_eq(rp_sim_count(sim, "version"), 5);
}
END_TEST

START_TEST(a_request_without_an_answer_has_status_0_and_its_fault)
{
    _cleanup_(answer_done) answer lost = {0};
    _cleanup_(rp_freep) char *log = NULL;

    fault("kind=reset-after");
    lost = add(LISTENER, ONE);
    log = rp_sim_read(sim, "requests");
    ck_assert_ptr_nonnull(strstr(log, "\"status\":0,\"fault\":\"reset-after\""));
}
END_TEST

START_TEST(settings_change_while_it_runs_all_or_none)
{
    _cleanup_(answer_done) answer wrong = {0}, right = {0}, config = {0};

    right = ask("POST", "/sim/settings", "{\"empty\":\"array\",\"job_ms\":5,\"conflict\":true}");
    wrong = ask("POST", "/sim/settings", "{\"empty\":\"null\",\"job_ms\":\"soon\"}");
    config = ask("GET", "/sim/config", NULL);
    ck_assert_int_eq(right.status, 200);
    ck_assert_int_eq(wrong.status, 400);
    ck_assert_ptr_nonnull(strstr(config.body.data, "\"empty\":\"array\""));
    ck_assert_ptr_nonnull(strstr(config.body.data, "\"job_ms\":5,"));
    ck_assert_ptr_nonnull(strstr(config.body.data, "\"conflict\":true"));
}
END_TEST

START_TEST(an_unknown_setting_is_told_with_the_nearest)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    ck_assert_int_eq(rp_sim_set(sim, "job-mss", "1", &error), RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(error->message, "\"job-ms\""));
}
END_TEST

START_TEST(faults_are_set_over_http_and_shown)
{
    _cleanup_(answer_done) answer posted =
        ask("POST", "/sim/faults", "[{\"on\":\"list\",\"status\":502,\"shape\":\"html\"}]");
    _cleanup_(answer_done) answer hit = list(LISTENER, ""),
                                  wrong = ask("POST", "/sim/faults", "[{\"on\":\"x\"}]");
    _cleanup_(answer_done) answer config = ask("GET", "/sim/config", NULL);

    ck_assert_int_eq(posted.status, 200);
    ck_assert_int_eq(hit.status, 502);
    ck_assert_int_eq(wrong.status, 400);
    ck_assert_ptr_nonnull(strstr(config.body.data, "\"seen\":1,\"fired\":1"));
}
END_TEST

START_TEST(a_reset_forgets_the_log_and_faults_and_keeps_members)
{
    _cleanup_(answer_done) answer reset = {0}, got = {0};

    member(LISTENER, "s1", "10.0.0.1");
    fault("on=list,count=0");
    reset = ask("POST", "/sim/reset", NULL);
    ck_assert_int_eq(reset.status, 200);
    ck_assert_uint_eq(rp_sim_count(sim, "total"), 0);
    got = list(LISTENER, "");
    ck_assert_int_eq(got.status, 200);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 1);
}
END_TEST

START_TEST(a_reset_of_all_leaves_empty_listeners)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, ONE), reset = {0}, job = {0}, listeners = {0},
                                  wrong = {0};

    member(OTHER, "s1", "10.0.0.1");
    reset = ask("POST", "/sim/reset", "{\"what\":\"all\"}");
    wrong = ask("POST", "/sim/reset", "{\"what\":\"everything\"}");
    ck_assert_int_eq(wrong.status, 400);
    job = job_of(&accepted);
    ck_assert_int_eq(job.status, 404);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER) + rp_sim_listed(sim, OTHER), 0);
    listeners = ask("GET", "elbaas/listeners", NULL);
    ck_assert_uint_eq(rp_json_count(listeners.json), 4);
}
END_TEST

START_TEST(members_come_and_go_behind_a_clients_back)
{
    ck_assert_int_eq(rp_sim_control(sim, "members",
                                    "{\"listener_id\":\"" LISTENER
                                    "\",\"add\":[{\"server_id\":\"s1\",\"address\":"
                                    "\"10.0.0.1\"},{\"server_id\":\"s2\",\"address\":\"10.0.0.2\"}]}",
                                    NULL),
                     0);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 2);
    ck_assert_int_eq(rp_sim_control(sim, "members",
                                    "{\"listener_id\":\"" LISTENER
                                    "\",\"remove\":[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]}",
                                    NULL),
                     0);
    ck_assert_uint_eq(rp_sim_listed_of(sim, LISTENER, "s1"), 0);
    ck_assert_uint_eq(rp_sim_listed_of(sim, LISTENER, "s2"), 1);
    ck_assert_int_eq(
        rp_sim_control(sim, "members", "{\"listener_id\":\"" LISTENER "\",\"clear\":true}", NULL), 0);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
    ck_assert_int_eq(rp_sim_control(sim, "members", "{\"listener_id\":\"nobody\"}", NULL), RP_E_NOT_FOUND);
    ck_assert_uint_eq(rp_sim_count(sim, "total"), 0);
}
END_TEST

START_TEST(listeners_come_and_go_behind_a_clients_back)
{
    static const char id[] = "000000000000000000000000000000ff";
    _cleanup_(answer_done) answer made =
        ask("POST", "/sim/listeners", "{\"id\":\"000000000000000000000000000000ff\",\"protocol\":\"UDP\"}");
    _cleanup_(answer_done) answer listed = list(id, ""), removed = {0}, gone = {0};

    ck_assert_int_eq(listed.status, 200);
    removed = ask("POST", "/sim/listeners", "{\"remove\":\"000000000000000000000000000000ff\"}");
    ck_assert_int_eq(removed.status, 200);
    gone = list(id, "");
    assert_refused(&gone, 400, "ELB.6030");
}
END_TEST

START_TEST(the_state_shows_members_not_yet_listed_and_jobs)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, ONE), state = ask("GET", "/sim/state", NULL);
    const rp_json *listener = rp_json_at(rp_json_get(state.json, "listeners"), 0);
    const rp_json *shown = rp_json_at(rp_json_get(listener, "members"), 0);
    bool listed = true;

    ck_assert_str_eq(text_at(shown, "server_id"), "s1");
    ck_assert(rp_json_boolean(rp_json_get(shown, "listed"), &listed));
    ck_assert(!listed);
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(state.json, "jobs"), 0), "status"), "INIT");
}
END_TEST

START_TEST(time_moves_over_http)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, ONE), job = {0};
    _cleanup_(answer_done) answer moved = ask("POST", "/sim/time", "{\"advance_ms\":1000000}");

    ck_assert_int_eq(moved.status, 200);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), "SUCCESS");
}
END_TEST

START_TEST(what_control_does_not_have_is_a_404)
{
    _cleanup_(answer_done) answer get = ask("GET", "/sim/nothing", NULL);
    _cleanup_(answer_done) answer post = ask("POST", "/sim/nothing", "{}");
    _cleanup_(answer_done) answer broken = ask("POST", "/sim/settings", "{");

    ck_assert_int_eq(get.status, 404);
    ck_assert_int_eq(post.status, 404);
    ck_assert_int_eq(broken.status, 400);
    ck_assert_ptr_null(rp_sim_read(sim, "nothing"));
}
END_TEST

TCase *control_tests(void)
{
    TCase *tcase = tcase_create("control");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_test(tcase, the_log_tells_what_came_and_what_was_answered);
    tcase_add_test(tcase, connections_are_counted_by_who_made_them);
    tcase_add_test(tcase, the_log_keeps_no_password_and_no_token);
    tcase_add_test(tcase, the_log_keeps_the_latest_only);
    tcase_add_test(tcase, a_request_without_an_answer_has_status_0_and_its_fault);
    tcase_add_test(tcase, settings_change_while_it_runs_all_or_none);
    tcase_add_test(tcase, an_unknown_setting_is_told_with_the_nearest);
    tcase_add_test(tcase, faults_are_set_over_http_and_shown);
    tcase_add_test(tcase, a_reset_forgets_the_log_and_faults_and_keeps_members);
    tcase_add_test(tcase, a_reset_of_all_leaves_empty_listeners);
    tcase_add_test(tcase, members_come_and_go_behind_a_clients_back);
    tcase_add_test(tcase, listeners_come_and_go_behind_a_clients_back);
    tcase_add_test(tcase, the_state_shows_members_not_yet_listed_and_jobs);
    tcase_add_test(tcase, time_moves_over_http);
    tcase_add_test(tcase, what_control_does_not_have_is_a_404);
    return tcase;
}
