#include "client.h"
#include "suites.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define TWO                                                                                                  \
    "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"},{\"server_id\":\"s2\",\"address\":\"10.0.0.2\"}]"

static const rp_json *entities(const answer *job)
{
    return rp_json_get(rp_json_get(job->json, "entities"), "members");
}

START_TEST(an_add_is_answered_with_a_job_and_its_old_uri)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, TWO), by_uri = {0};
    _cleanup_(rp_freep) char *uri =
        rp_format("/v1/" RP_SIM_PROJECT "/jobs/%s", text_at(accepted.json, "job_id"));

    ck_assert_int_eq(accepted.status, 200);
    ck_assert_uint_eq(rp_json_count(accepted.json), 2);
    ck_assert_uint_eq(strlen(text_at(accepted.json, "job_id")), 32);
    ck_assert_str_eq(text_at(accepted.json, "uri"), uri);
    by_uri = ask("GET", uri, NULL);
    ck_assert_int_eq(by_uri.status, 200);
    ck_assert_str_eq(text_at(by_uri.json, "job_id"), text_at(accepted.json, "job_id"));
}
END_TEST

static const struct {
    int64_t at_ms;
    const char *status;
    size_t entities;
} steps[] = {{0, "INIT", 0}, {JOB_MS / 4, "RUNNING", 0}, {JOB_MS / 2, "RUNNING", 2}, {JOB_MS, "SUCCESS", 2}};

START_TEST(a_job_goes_from_init_to_success_with_entities_before_its_end)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, TWO);
    int64_t at_ms = 0;

    for (size_t i = 0; i < rp_count_of(steps); i++) {
        _cleanup_(answer_done) answer job = {0};
        rp_sim_advance(sim, steps[i].at_ms - at_ms);
        at_ms = steps[i].at_ms;
        job = job_of(&accepted);
        ck_assert_str_eq(text_at(job.json, "status"), steps[i].status);
        ck_assert_uint_eq(rp_json_count(entities(&job)), steps[i].entities);
        ck_assert_int_eq(rp_json_type_of(rp_json_get(job.json, "error_code")), RP_JSON_NULL);
        ck_assert_int_eq(*text_at(job.json, "end_time") != '\0', i == 3);
    }
}
END_TEST

START_TEST(a_job_of_no_time_has_ended_at_the_first_look)
{
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    set("job-ms", "0");
    accepted = add(LISTENER, TWO);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), "SUCCESS");
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 2);
}
END_TEST

START_TEST(an_adds_entities_have_its_records_and_the_members_ids)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, TWO), job = {0}, listed = {0};

    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    listed = list(LISTENER, "");
    ck_assert_str_eq(text_at(rp_json_get(job.json, "entities"), "listener_id"), LISTENER);
    for (size_t i = 0; i < 2; i++) {
        const rp_json *entity = rp_json_at(entities(&job), i), *shown = rp_json_at(listed.json, i);
        ck_assert_str_eq(text_at(entity, "id"), text_at(shown, "id"));
        ck_assert_str_eq(text_at(entity, "server_id"), text_at(shown, "server_id"));
        ck_assert_str_eq(text_at(entity, "address"), text_at(shown, "server_address"));
    }
}
END_TEST

START_TEST(a_removes_entities_have_ids_alone)
{
    char ids[128];
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"}]", member(LISTENER, "s1", "10.0.0.1"));
    accepted = remove_ids(LISTENER, ids);
    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    ck_assert_uint_eq(rp_json_count(entities(&job)), 1);
    ck_assert_uint_eq(rp_json_count(rp_json_at(entities(&job), 0)), 1);
}
END_TEST

START_TEST(shuffled_entities_are_in_another_order)
{
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    set("shuffle", "yes");
    accepted = add(LISTENER, TWO);
    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(rp_json_at(entities(&job), 0), "server_id"), "s2");
    ck_assert_str_eq(text_at(rp_json_at(entities(&job), 1), "server_id"), "s1");
}
END_TEST

START_TEST(the_entities_address_and_the_job_type_are_settings)
{
    _cleanup_(answer_done) answer accepted = {0}, floating = {0}, none = {0};

    set("job-type", "createMember");
    set("entity-address", "floating");
    accepted = add(LISTENER, TWO);
    rp_sim_advance(sim, JOB_MS);
    floating = job_of(&accepted);
    ck_assert_str_eq(text_at(floating.json, "job_type"), "createMember");
    ck_assert(rp_starts_with(text_at(rp_json_at(entities(&floating), 0), "address"), "100.64."));
    set("entity-address", "none");
    none = job_of(&accepted);
    ck_assert_ptr_null(rp_json_get(rp_json_at(entities(&none), 0), "address"));
}
END_TEST

START_TEST(an_unknown_job_is_refused_as_set)
{
    _cleanup_(answer_done) answer missing = ask("GET", "jobs/00000000000000000000000000000000", NULL),
                                  invalid = {0};

    ck_assert_int_eq(missing.status, 404);
    set("unknown-job", "400");
    invalid = ask("GET", "jobs/00000000000000000000000000000000", NULL);
    assert_refused(&invalid, 400, "ELB.1001");
}
END_TEST

START_TEST(a_job_can_be_forgotten_and_can_show_sub_jobs)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, TWO), text = {0}, array = {0}, late = {0};

    set("job-keep-s", "60");
    set("sub-jobs", "text");
    rp_sim_advance(sim, JOB_MS);
    text = job_of(&accepted);
    set("sub-jobs", "array");
    array = job_of(&accepted);
    rp_sim_advance(sim, 60000);
    late = job_of(&accepted);
    ck_assert_str_eq(text_at(text.json, "sub_jobs"), "");
    ck_assert_int_eq(rp_json_type_of(rp_json_get(array.json, "sub_jobs")), RP_JSON_ARRAY);
    ck_assert_int_eq(late.status, 404);
}
END_TEST

START_TEST(a_busy_listener_can_refuse_changes)
{
    _cleanup_(answer_done) answer first = {0}, second = {0}, elsewhere = {0}, later = {0};

    set("conflict", "yes");
    first = add(LISTENER, TWO);
    second = add(LISTENER, TWO);
    assert_refused(&second, 409, "ELB.8907");
    elsewhere = add(OTHER, TWO);
    ck_assert_int_eq(elsewhere.status, 200);
    rp_sim_advance(sim, JOB_MS);
    later = add(LISTENER, TWO);
    ck_assert_int_eq(later.status, 200);
}
END_TEST

START_TEST(a_job_outlives_its_listener)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, TWO), deleted = {0}, job = {0};

    deleted = ask("DELETE", "elbaas/listeners/" LISTENER, NULL);
    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), "SUCCESS");
}
END_TEST

static const struct {
    const char *form, *status, *error_code, *code;
} failures[] = {{"error-code", "FAIL", "ELB.6006", NULL}, {"not-found", "FAIL", "NOT_FOUND_ERROR", NULL},
                {"entities", "FAIL", NULL, NULL},         {"message", "FAIL", NULL, "ELB.6006"},
                {"word", "ABORTED", NULL, NULL},          {"running", "RUNNING", NULL, NULL}};

START_TEST(a_job_fails_in_every_form)
{
    char rule[128];
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    snprintf(rule, sizeof(rule), "kind=job-fail,form=%s,code=ELB.6006,message=Query ECS failed.",
             failures[_i].form);
    fault(rule);
    accepted = add(LISTENER, TWO);
    ck_assert_int_eq(accepted.status, 200);
    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), failures[_i].status);
    ck_assert_pstr_eq(text_at(job.json, "error_code"), failures[_i].error_code);
    ck_assert_pstr_eq(text_at(job.json, "code"), failures[_i].code);
    ck_assert_int_eq(strstr(job.body.data, "ELB.2050") != NULL, !strcmp(failures[_i].form, "entities"));
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
}
END_TEST

static const struct {
    const char *applied;
    unsigned added, left;
} applieds[] = {{"no", 0, 2}, {"some", 1, 1}, {"yes", 2, 0}};

START_TEST(a_failed_job_may_have_done_its_work)
{
    char rule[128], ids[256], first[64];
    _cleanup_(answer_done) answer added = {0}, removed = {0};

    snprintf(first, sizeof(first), "%s", member(OTHER, "s1", "10.0.0.1"));
    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"},{\"id\":\"%s\"}]", first, member(OTHER, "s2", "10.0.0.2"));
    snprintf(rule, sizeof(rule), "kind=job-fail,count=2,applied=%s", applieds[_i].applied);
    fault(rule);
    added = add(LISTENER, TWO);
    removed = remove_ids(OTHER, ids);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), applieds[_i].added);
    ck_assert_uint_eq(rp_sim_listed(sim, OTHER), applieds[_i].left);
}
END_TEST

TCase *jobs_tests(void)
{
    TCase *tcase = tcase_create("jobs");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_test(tcase, an_add_is_answered_with_a_job_and_its_old_uri);
    tcase_add_test(tcase, a_job_goes_from_init_to_success_with_entities_before_its_end);
    tcase_add_test(tcase, a_job_of_no_time_has_ended_at_the_first_look);
    tcase_add_test(tcase, an_adds_entities_have_its_records_and_the_members_ids);
    tcase_add_test(tcase, a_removes_entities_have_ids_alone);
    tcase_add_test(tcase, shuffled_entities_are_in_another_order);
    tcase_add_test(tcase, the_entities_address_and_the_job_type_are_settings);
    tcase_add_test(tcase, an_unknown_job_is_refused_as_set);
    tcase_add_test(tcase, a_job_can_be_forgotten_and_can_show_sub_jobs);
    tcase_add_test(tcase, a_busy_listener_can_refuse_changes);
    tcase_add_test(tcase, a_job_outlives_its_listener);
    tcase_add_loop_test(tcase, a_job_fails_in_every_form, 0, rp_count_of(failures));
    tcase_add_loop_test(tcase, a_failed_job_may_have_done_its_work, 0, rp_count_of(applieds));
    return tcase;
}
