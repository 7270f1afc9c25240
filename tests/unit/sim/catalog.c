#include "signer.h"
#include "suites.h"

#include "base/text.h"

#include <string.h>

#define ELSEWHERE "https://elb.example.test:8443"

static answer catalog(void)
{
    answer got = ask("GET", "/v3/auth/catalog", NULL);

    ck_assert_int_eq(got.status, 200);
    return got;
}

static const rp_json *endpoints_of(const answer *got, const char *type)
{
    const rp_json *services = rp_json_get(got->json, "catalog");

    for (size_t i = 0; i < rp_json_count(services); i++) {
        if (!strcmp(text_at(rp_json_at(services, i), "type"), type))
            return rp_json_get(rp_json_at(services, i), "endpoints");
    }
    return NULL;
}

/* The endpoint at that place is of this region and interface, and starts like this. */
static void assert_endpoint(const rp_json *endpoints, size_t i, const char *region, const char *interface,
                            const char *base)
{
    const rp_json *endpoint = rp_json_at(endpoints, i);

    ck_assert_pstr_eq(text_at(endpoint, "region"), region);
    ck_assert_pstr_eq(text_at(endpoint, "region_id"), region);
    ck_assert_pstr_eq(text_at(endpoint, "interface"), interface);
    ck_assert_msg(rp_starts_with(text_at(endpoint, "url"), base), "%s", text_at(endpoint, "url"));
}

static const struct {
    const char *setting;
    bool has_elbv1, has_elb;
} entries[] = {{"both", true, true}, {"elbv1", true, false}, {"elb", false, true}, {"none", false, false}};

START_TEST(entries_may_be_missing)
{
    _cleanup_(answer_done) answer got = {0};

    set("catalog-elb", entries[_i].setting);
    got = catalog();
    ck_assert_int_eq(endpoints_of(&got, "elbv1") != NULL, entries[_i].has_elbv1);
    ck_assert_int_eq(endpoints_of(&got, "elb") != NULL, entries[_i].has_elb);
    ck_assert_ptr_nonnull(endpoints_of(&got, "network"));
}
END_TEST

START_TEST(the_elb_may_be_elsewhere)
{
    _cleanup_(answer_done) answer got = {0};

    set("catalog-url", ELSEWHERE);
    set("catalog-elb-path", "/v1.0");
    got = catalog();
    ck_assert_str_eq(text_at(rp_json_at(endpoints_of(&got, "elbv1"), 0), "url"),
                     ELSEWHERE "/v1.0/" RP_SIM_PROJECT);
    ck_assert_str_eq(text_at(rp_json_at(endpoints_of(&got, "elb"), 0), "url"), ELSEWHERE "/v1.0");
    assert_endpoint(endpoints_of(&got, "network"), 0, "eu-de", "public", rp_sim_url(sim));
}
END_TEST

START_TEST(there_may_be_regions_and_interfaces)
{
    _cleanup_(answer_done) answer got = {0};
    const rp_json *endpoints;

    set("catalog-regions", "eu-nl=https://nl.example.test,eu-ch2");
    set("catalog-interfaces", "internal=http://10.1.1.1,public");
    got = catalog();
    endpoints = endpoints_of(&got, "elbv1");
    ck_assert_uint_eq(rp_json_count(endpoints), 6);
    assert_endpoint(endpoints, 0, "eu-nl", "internal", "https://nl.example.test/");
    assert_endpoint(endpoints, 1, "eu-nl", "public", "https://nl.example.test/");
    assert_endpoint(endpoints, 2, "eu-ch2", "internal", "http://10.1.1.1/");
    assert_endpoint(endpoints, 3, "eu-ch2", "public", rp_sim_url(sim));
    assert_endpoint(endpoints, 4, "eu-de", "internal", "http://10.1.1.1/");
    assert_endpoint(endpoints, 5, "eu-de", "public", rp_sim_url(sim));
}
END_TEST

START_TEST(a_login_has_the_same_catalog)
{
    static const char body[] =
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"" RP_SIM_TOKEN "\"}},"
        "\"scope\":{\"project\":{\"name\":\"eu-de\"}}}}";
    _cleanup_(answer_done) answer login = {0};
    const rp_json *services;

    set("catalog-elb", "elbv1");
    set("catalog-url", ELSEWHERE);
    login = ask("POST", "/v3/auth/tokens", body);
    services = rp_json_get(rp_json_get(login.json, "token"), "catalog");
    ck_assert_str_eq(text_at(rp_json_at(services, 1), "type"), "elbv1");
    assert_endpoint(rp_json_get(rp_json_at(services, 1), "endpoints"), 0, "eu-de", "public", ELSEWHERE "/");
}
END_TEST

/* The endpoint of elbv1 has the project in it. */
static const struct {
    const char *setting;
    signing how;
    bool has_project;
} signers[] = {{"main", {0}, true},
               {"domain", {0}, false},
               {"domain", {.project_id = RP_SIM_PROJECT}, true},
               {"domain", {.project_id = RP_SIM_PROJECT, .names = "host;x-project-id;x-sdk-date"}, true}};

START_TEST(a_signed_catalog_is_that_of_its_project)
{
    signing how = signers[_i].how;
    _cleanup_(answer_done) answer got = {0};

    set("catalog-unscoped", signers[_i].setting);
    how.path = "/v3/auth/catalog/";
    got = ask_signed(how, "GET", "/v3/auth/catalog", NULL);
    ck_assert_int_eq(got.status, 200);
    ck_assert_int_eq(endpoints_of(&got, "elbv1") != NULL, signers[_i].has_project);
    ck_assert_ptr_nonnull(endpoints_of(&got, "elb"));
}
END_TEST

TCase *catalog_tests(void)
{
    TCase *tcase = tcase_create("catalog");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_loop_test(tcase, entries_may_be_missing, 0, rp_count_of(entries));
    tcase_add_test(tcase, the_elb_may_be_elsewhere);
    tcase_add_test(tcase, there_may_be_regions_and_interfaces);
    tcase_add_test(tcase, a_login_has_the_same_catalog);
    tcase_add_loop_test(tcase, a_signed_catalog_is_that_of_its_project, 0, rp_count_of(signers));
    return tcase;
}
