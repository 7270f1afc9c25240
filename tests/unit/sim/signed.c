#include "signer.h"
#include "suites.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROJECT2 "00000000000000000000000000000002"
#define PROJECT3 "00000000000000000000000000000003"
#define ONE      "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]"
#define LIFE_S   900

/* Seconds pass while a test runs, so limits are tried with this much to spare. */
#define SPARE_S 20

/* Ways to sign. */

static const signing ways[] = {
    {0},
    {.names = "x-sdk-date"},
    {.hash = "UNSIGNED-PAYLOAD"},
    {.hash = "UNSIGNED-PAYLOAD", .names = "host;x-sdk-content-sha256;x-sdk-date"},
    {.project_id = RP_SIM_PROJECT},
    {.project_id = RP_SIM_PROJECT, .names = "host;x-project-id;x-sdk-date"},
    {.domain_id = "d78cbac186b744899480f25bd022f468"},
    {.scope = "/"},
    {.scope = "eu-de/ec2"},
    {.scope = "/", .names = "x-sdk-date"},
    {.scope = "/", .project_id = RP_SIM_PROJECT},
    {.scope = "eu-de/ec2", .project_id = RP_SIM_PROJECT, .names = "host;x-project-id;x-sdk-date"},
};

START_TEST(a_signature_opens_the_project)
{
    assert_listed(ways[_i]);
}
END_TEST

static const struct {
    signing how;
    const char *target;
} clients[] = {
    {{.query = "id=a%20b&limit=10"}, SIGNED_LIST "?limit=10&id=a+b"},
    {{.query = "Name=x&limit=10"}, SIGNED_LIST "?limit=10&Name=x"},
    {{.query = "id=&limit=10"}, SIGNED_LIST "?limit=10&id="},
    {{.query = "id=1&id=2"}, SIGNED_LIST "?id=2&id=1"},
    {{.query = "limit=10&Name=x", .scope = "/"}, SIGNED_LIST "?Name=x&limit=10"},
    {{.query = "id=2", .scope = "/"}, SIGNED_LIST "?id=2&id=1"},
    {{.query = "id=&limit=10", .scope = "/"}, SIGNED_LIST "?limit=10&id="},
    {{.query = "id&limit=10", .scope = "eu-de/ec2"}, SIGNED_LIST "?limit=10&id="},
    {{0}, SIGNED_LIST "/"},
};

START_TEST(a_request_is_taken_as_each_client_spells_it)
{
    _cleanup_(answer_done) answer got = ask_signed(clients[_i].how, "GET", clients[_i].target, NULL);

    ck_assert_msg(got.status == 200, "%ld %s", got.status, rp_buffer_text(&got.body));
}
END_TEST

static const struct {
    signing how;
    const char *target;
} misspellings[] = {
    {{.query = "limit=10&Name=x"}, SIGNED_LIST "?limit=10&Name=x"},
    {{.query = "id&limit=10"}, SIGNED_LIST "?limit=10&id="},
    {{.query = "id=2"}, SIGNED_LIST "?id=2&id=1"},
    {{.query = "id=1", .scope = "/"}, SIGNED_LIST "?id=2&id=1"},
    {{.query = "id=1"}, SIGNED_LIST "?id=2"},
    {{.path = SIGNED_LIST}, SIGNED_LIST},
    {{.path = "/v1.0/"}, SIGNED_LIST},
    {{.names = "x-sdk-date;host"}, SIGNED_LIST},
    {{.names = "host;host;x-sdk-date"}, SIGNED_LIST},
    {{.names = "Host;x-sdk-date"}, SIGNED_LIST},
    {{.names = "host;x-domain-id;x-sdk-date"}, SIGNED_LIST},
    {{.payload = "{}"}, SIGNED_LIST},
    {{.hash = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}, SIGNED_LIST},
    {{.secret = "guess"}, SIGNED_LIST},
    {{.secret = "guess", .scope = "/"}, SIGNED_LIST},
    {{.day = "20200101", .scope = "/"}, SIGNED_LIST},
    {{.names = "host"}, SIGNED_LIST},
    {{.names = "host", .scope = "/"}, SIGNED_LIST},
};

START_TEST(what_was_sent_otherwise_is_not_signed)
{
    _cleanup_(answer_done) answer got =
        ask_signed(misspellings[_i].how, "GET", misspellings[_i].target, NULL);

    assert_told(&got, BAD_SIGNATURE);
}
END_TEST

static const signing bodies[] = {
    {.payload = ONE},
    {.payload = ONE, .names = "content-type;host;x-sdk-date"},
    {.payload = ONE, .scope = "/"},
    {.payload = ONE, .scope = "eu-de/ec2", .names = "content-type;host;x-sdk-date"},
};

START_TEST(a_body_is_signed_with_its_request)
{
    _cleanup_(answer_done) answer got = ask_signed(bodies[_i], "POST", SIGNED_LIST, ONE), other = {0};
    signing changed = bodies[_i];

    ck_assert_msg(got.status == 200, "%ld %s", got.status, rp_buffer_text(&got.body));
    changed.payload = "[]";
    other = ask_signed(changed, "POST", SIGNED_LIST, ONE);
    assert_told(&other, BAD_SIGNATURE);
}
END_TEST

/* Nothing is added then; what is under test is who refuses. */
START_TEST(an_old_client_hashes_the_query_of_a_post_without_a_body)
{
    signing how = {.payload = "id=2&limit=1", .scope = "/"};
    _cleanup_(answer_done) answer old = ask_signed(how, "POST", SIGNED_LIST "?limit=1&id=2", ""), guide = {0};
    _cleanup_(answer_done) answer plain = {0};

    assert_refused(&old, 400, "ELB.0002");
    how.scope = NULL;
    guide = ask_signed(how, "POST", SIGNED_LIST "?limit=1&id=2", "");
    assert_told(&guide, BAD_SIGNATURE);
    plain = ask_signed((signing){.query = "id=2&limit=1"}, "POST", SIGNED_LIST "?limit=1&id=2", "");
    assert_refused(&plain, 400, "ELB.0002");
}
END_TEST

START_TEST(a_body_need_not_be_signed_if_that_is_told)
{
    _cleanup_(answer_done) answer got =
        ask_signed((signing){.hash = "UNSIGNED-PAYLOAD"}, "POST", SIGNED_LIST, ONE);

    ck_assert_int_eq(got.status, 200);
}
END_TEST

START_TEST(one_scheme_may_be_all_there_is)
{
    set("schemes", "credential");
    assert_listed((signing){.scope = "/"});
    assert_not_listed((signing){0}, BAD_SIGNATURE);
    set("schemes", "access");
    assert_listed((signing){0});
    assert_not_listed((signing){.scope = "/"}, BAD_SIGNATURE);
}
END_TEST

START_TEST(what_is_no_signature_is_refused)
{
    static const char *const wrong[] = {"Authorization: SDK-HMAC-SHA256",
                                        "Authorization: SDK-HMAC-SHA512 a=b",
                                        "Authorization: SDK-HMAC-SHA256 Access=a, SignedHeaders=b"};
    token = NULL;
    for (size_t i = 0; i < rp_count_of(wrong); i++) {
        _cleanup_(answer_done) answer got = {0};
        more_headers[0] = wrong[i];
        got = list(LISTENER, "");
        assert_told(&got, BAD_SIGNATURE);
    }
}
END_TEST

/* The clock. */

static const struct {
    int64_t off_s;
    bool in_time;
} offs[] = {{LIFE_S - SPARE_S, true},
            {-LIFE_S + SPARE_S, true},
            {LIFE_S + SPARE_S, false},
            {-LIFE_S - SPARE_S, false}};

START_TEST(a_clock_may_be_15_minutes_off)
{
    signing how = {.time = time_of(now_s() + offs[_i].off_s)};

    if (offs[_i].in_time)
        assert_listed(how);
    else
        assert_not_listed(how, BAD_SIGNATURE);
}
END_TEST

START_TEST(an_old_request_is_not_answered_again)
{
    signing recorded = {.time = time_of(now_s())};

    assert_listed(recorded);
    rp_sim_advance(sim, (LIFE_S - SPARE_S) * 1000);
    assert_listed(recorded);
    rp_sim_advance(sim, 2 * SPARE_S * 1000);
    assert_not_listed(recorded, BAD_SIGNATURE);
    assert_listed((signing){0});
}
END_TEST

START_TEST(a_time_is_written_in_one_way)
{
    char shorter[] = "20060102T150405Z", longer[] = "20060102T150405Zx";

    memcpy(longer, time_of(now_s()), strlen(longer) - 1);
    memcpy(shorter, longer, strlen(shorter) - 1);
    assert_listed((signing){.time = shorter});
    assert_not_listed((signing){.time = longer}, BAD_SIGNATURE);
    shorter[strlen(shorter) - 1] = '\0';
    assert_not_listed((signing){.time = shorter}, BAD_SIGNATURE);
    shorter[strlen("20060102")] = '\0';
    assert_not_listed((signing){.time = shorter}, BAD_SIGNATURE);
}
END_TEST

static const int skews[] = {3600, -3600, 100};

START_TEST(the_date_tells_a_client_how_far_its_clock_is_off)
{
    int64_t machine_s = (int64_t)time(NULL), told_s;
    char skew[16];

    snprintf(skew, sizeof(skew), "%d", skews[_i]);
    set("clock-skew-s", skew);
    told_s = now_s();
    ck_assert_int_ge(told_s, machine_s + skews[_i] - 2);
    ck_assert_int_le(told_s, machine_s + skews[_i] + SPARE_S);
    if (abs(skews[_i]) < LIFE_S)
        assert_listed((signing){.time = time_of(machine_s)});
    else
        assert_not_listed((signing){.time = time_of(machine_s)}, BAD_SIGNATURE);
    assert_listed((signing){.time = time_of(told_s)});
}
END_TEST

START_TEST(a_fault_is_dated_by_the_same_clock)
{
    set("clock-skew-s", "3600");
    fault("on=version,status=503");
    ck_assert_int_ge(now_s(), time(NULL) + 3600 - 2);
    ck_assert_uint_eq(rp_sim_count(sim, "faults"), 1);
}
END_TEST

START_TEST(a_refusal_is_dated_too)
{
    _cleanup_(answer_done) answer got = ask_signed((signing){.time = time_of(0)}, "GET", SIGNED_LIST, NULL);
    _cleanup_(rp_freep) char *date = header_in(&got, "Date");

    assert_told(&got, BAD_SIGNATURE);
    ck_assert_int_ge(curl_getdate(date, NULL), time(NULL) - SPARE_S);
}
END_TEST

/* Locks. */

START_TEST(an_unknown_key_is_named)
{
    assert_not_listed((signing){.key = "NOSUCHKEY"}, "Get secretKey failed,ak:NOSUCHKEY," NO_KEY);
    set("access-key", "");
    assert_not_listed((signing){0}, NO_KEY);
    assert_not_listed((signing){.key = ""}, NO_KEY);
}
END_TEST

static void sign_badly(int times)
{
    for (int i = 0; i < times; i++)
        assert_not_listed((signing){.secret = "guess"}, BAD_SIGNATURE);
}

START_TEST(five_bad_signatures_lock_a_key_for_five_minutes)
{
    sign_badly(5);
    assert_not_listed((signing){0}, LOCKED);
    assert_not_listed((signing){.scope = "/"}, LOCKED);
    rp_sim_advance(sim, (300 - SPARE_S) * 1000);
    assert_not_listed((signing){0}, LOCKED);
    rp_sim_advance(sim, SPARE_S * 1000);
    assert_listed((signing){0});
    sign_badly(4);
    assert_listed((signing){0});
}
END_TEST

START_TEST(a_good_signature_is_a_new_start)
{
    for (int i = 0; i < 3; i++) {
        sign_badly(4);
        assert_listed((signing){0});
    }
}
END_TEST

START_TEST(a_late_request_does_not_lock_the_key)
{
    for (int i = 0; i < 7; i++)
        assert_not_listed((signing){.time = time_of(0)}, BAD_SIGNATURE);
    assert_listed((signing){0});
}
END_TEST

START_TEST(a_lock_is_as_set)
{
    set("lock-after", "1");
    set("lock-s", "100");
    sign_badly(1);
    assert_not_listed((signing){0}, LOCKED);
    rp_sim_advance(sim, 100 * 1000);
    assert_listed((signing){0});
    set("lock-after", "0");
    sign_badly(9);
    assert_listed((signing){0});
}
END_TEST

/* Scope. */

START_TEST(a_key_opens_all_projects_of_its_user)
{
    _cleanup_(answer_done) answer other = {0}, unknown = {0};

    set("projects", PROJECT2 ":other");
    assert_listed((signing){0});
    other = ask_signed((signing){.path = "/v1.0/" PROJECT2 "/elbaas/listeners/"}, "GET",
                       "/v1.0/" PROJECT2 "/elbaas/listeners", NULL);
    ck_assert_int_eq(other.status, 200);
    unknown = ask_signed((signing){.path = "/v1.0/" PROJECT3 "/elbaas/listeners/"}, "GET",
                         "/v1.0/" PROJECT3 "/elbaas/listeners", NULL);
    ck_assert_int_eq(unknown.status, 403);
}
END_TEST

/* The first is there, but not the one in the path. */
static const signing strangers[] = {{.project_id = PROJECT2},
                                    {.project_id = PROJECT2, .names = "host;x-project-id;x-sdk-date"},
                                    {.project_id = PROJECT3},
                                    {.domain_id = PROJECT3}};

START_TEST(headers_that_name_another_project_or_domain_are_refused)
{
    _cleanup_(answer_done) answer got = {0};

    set("projects", PROJECT2 ":other");
    got = ask_signed(strangers[_i], "GET", SIGNED_LIST, NULL);
    ck_assert_int_eq(got.status, 403);
}
END_TEST

START_TEST(a_project_that_is_named_must_be_there_where_none_is_needed)
{
    _cleanup_(answer_done) answer got = ask_signed(
        (signing){.path = "/v3/auth/catalog/", .project_id = PROJECT3}, "GET", "/v3/auth/catalog", NULL);

    ck_assert_int_eq(got.status, 403);
}
END_TEST

START_TEST(the_walk_of_a_login_may_be_signed)
{
    _cleanup_(answer_done) answer projects = ask_signed(
        (signing){.path = "/v3/projects/", .query = "name=eu-de"}, "GET", "/v3/projects?name=eu-de", NULL);
    _cleanup_(answer_done) answer domains =
        ask_signed((signing){.path = "/v3/auth/domains/", .scope = "/"}, "GET", "/v3/auth/domains", NULL);
    _cleanup_(answer_done) answer catalog =
        ask_signed((signing){.path = "/v3/auth/catalog/"}, "GET", "/v3/auth/catalog", NULL);
    _cleanup_(answer_done) answer forged = ask_signed(
        (signing){.path = "/v3/auth/catalog/", .secret = "guess"}, "GET", "/v3/auth/catalog", NULL);

    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(projects.json, "projects"), 0), "id"), RP_SIM_PROJECT);
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(domains.json, "domains"), 0), "name"), "sim-domain");
    ck_assert_uint_gt(rp_json_count(rp_json_get(catalog.json, "catalog")), 2);
    assert_told(&forged, BAD_SIGNATURE);
}
END_TEST

TCase *signed_tests(void)
{
    TCase *tcase = tcase_create("signed");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_loop_test(tcase, a_signature_opens_the_project, 0, rp_count_of(ways));
    tcase_add_loop_test(tcase, a_request_is_taken_as_each_client_spells_it, 0, rp_count_of(clients));
    tcase_add_loop_test(tcase, what_was_sent_otherwise_is_not_signed, 0, rp_count_of(misspellings));
    tcase_add_loop_test(tcase, a_body_is_signed_with_its_request, 0, rp_count_of(bodies));
    tcase_add_test(tcase, an_old_client_hashes_the_query_of_a_post_without_a_body);
    tcase_add_test(tcase, a_body_need_not_be_signed_if_that_is_told);
    tcase_add_test(tcase, one_scheme_may_be_all_there_is);
    tcase_add_test(tcase, what_is_no_signature_is_refused);
    tcase_add_loop_test(tcase, a_clock_may_be_15_minutes_off, 0, rp_count_of(offs));
    tcase_add_test(tcase, an_old_request_is_not_answered_again);
    tcase_add_test(tcase, a_time_is_written_in_one_way);
    tcase_add_loop_test(tcase, the_date_tells_a_client_how_far_its_clock_is_off, 0, rp_count_of(skews));
    tcase_add_test(tcase, a_fault_is_dated_by_the_same_clock);
    tcase_add_test(tcase, a_refusal_is_dated_too);
    tcase_add_test(tcase, an_unknown_key_is_named);
    tcase_add_test(tcase, five_bad_signatures_lock_a_key_for_five_minutes);
    tcase_add_test(tcase, a_good_signature_is_a_new_start);
    tcase_add_test(tcase, a_late_request_does_not_lock_the_key);
    tcase_add_test(tcase, a_lock_is_as_set);
    tcase_add_test(tcase, a_key_opens_all_projects_of_its_user);
    tcase_add_loop_test(tcase, headers_that_name_another_project_or_domain_are_refused, 0,
                        rp_count_of(strangers));
    tcase_add_test(tcase, a_project_that_is_named_must_be_there_where_none_is_needed);
    tcase_add_test(tcase, the_walk_of_a_login_may_be_signed);
    return tcase;
}
