#include "signer.h"
#include "suites.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define KEYS          "/v3.0/OS-CREDENTIAL/securitytokens"
#define AGENCY        "\"domain_name\":\"sim-delegating\",\"xrole_name\":\"sim-agency\""
#define AGENCY_DOMAIN "5b1f3a0c4f1d4e5c8a36d1e0a9c4f7b2"
#define BY_NAME       "{\"project\":{\"name\":\"eu-de\"}}"
#define BY_TOKEN      "{\"methods\":[\"token\"],\"token\":{\"id\":\"" RP_SIM_TOKEN "\"}}"
#define LIFE_S        900
#define SPARE_S       20

/* The key in the settings as a temporary one. */

START_TEST(a_temporary_key_needs_its_token_signed_or_not)
{
    set("security-token", "st-1");
    assert_listed((signing){.security_token = "st-1"});
    assert_listed((signing){.security_token = "st-1", .names = "host;x-sdk-date;x-security-token"});
    assert_listed((signing){.security_token = "st-1", .scope = "/"});
    assert_listed((signing){.security_token = "st-1",
                            .project_id = RP_SIM_PROJECT,
                            .scope = "eu-de/ec2",
                            .names = "host;x-project-id;x-sdk-date;x-security-token"});
    assert_not_listed((signing){0}, NO_KEY);
    assert_not_listed((signing){.security_token = "st-2"}, "decrypt token fail");
    set("security-token", "");
    assert_not_listed((signing){.security_token = "st-1"}, "decrypt token fail");
}
END_TEST

/* Temporary keys, given out. */

static answer ask_for_key(const char *identity)
{
    _cleanup_(rp_freep) char *body = rp_format("{\"auth\":{\"identity\":%s}}", identity);

    return ask("POST", KEYS, body);
}

static signing with(const answer *given)
{
    const rp_json *credential = rp_json_get(given->json, "credential");

    ck_assert_msg(given->status == 201, "%ld %s", given->status, rp_buffer_text(&given->body));
    return (signing){.key = text_at(credential, "access"),
                     .secret = text_at(credential, "secret"),
                     .security_token = text_at(credential, "securitytoken")};
}

START_TEST(a_token_buys_a_key_for_a_quarter_of_an_hour)
{
    _cleanup_(answer_done) answer given = ask_for_key(BY_TOKEN);
    signing how = with(&given), alone = how;

    assert_listed(how);
    how.scope = "/";
    assert_listed(how);
    how.names = "host;x-sdk-date;x-security-token";
    assert_listed(how);
    alone.security_token = NULL;
    assert_not_listed(alone, NO_KEY);
    rp_sim_advance(sim, (LIFE_S - SPARE_S) * 1000);
    assert_listed(how);
    rp_sim_advance(sim, SPARE_S * 1000);
    assert_not_listed(how, "token expires");
}
END_TEST

START_TEST(the_token_may_be_in_the_header_or_be_a_signature)
{
    static const char body[] = "{\"auth\":{\"identity\":{\"methods\":[\"token\"]}}}";
    _cleanup_(answer_done) answer by_header = ask("POST", KEYS, body), by_key = {0}, by_none = {0};

    assert_listed(with(&by_header));
    by_key = ask_signed((signing){.path = KEYS "/", .payload = body}, "POST", KEYS, body);
    assert_listed(with(&by_key));
    by_none = ask("POST", KEYS, body);
    ck_assert_int_eq(by_none.status, 401);
    ck_assert_str_ne(with(&by_header).key, with(&by_key).key);
}
END_TEST

static const struct {
    const char *duration;
    long status;
} durations[] = {{"900", 201}, {"86400", 201}, {"899", 400},    {"86401", 400},
                 {"1.5", 400}, {"-1", 400},    {"\"900\"", 400}};

START_TEST(a_key_lives_as_long_as_asked_within_a_day)
{
    _cleanup_(rp_freep) char *identity =
        rp_format("{\"methods\":[\"token\"],\"token\":{\"id\":\"" RP_SIM_TOKEN "\",\"duration_seconds\":%s}}",
                  durations[_i].duration);
    _cleanup_(answer_done) answer given = ask_for_key(identity);

    ck_assert_int_eq(given.status, durations[_i].status);
    if (given.status != 201)
        return;
    rp_sim_advance(sim, (atoll(durations[_i].duration) - SPARE_S) * 1000);
    assert_listed(with(&given));
    rp_sim_advance(sim, SPARE_S * 1000);
    assert_not_listed(with(&given), "token expires");
}
END_TEST

static const struct {
    const char *identity;
    long status;
} no_keys[] = {
    {"{\"methods\":[\"token\"],\"token\":{\"id\":\"forged\"}}", 401},
    {"{\"methods\":[\"assume_role\"],\"assume_role\":{\"domain_name\":\"x\",\"xrole_name\":\"sim-agency\"}}",
     403},
    {"{\"methods\":[\"assume_role\"]}", 400},
    {"{\"methods\":[\"password\"],\"password\":{}}", 400},
    {"{\"methods\":[]}", 400},
    {"{}", 400},
};

START_TEST(who_is_not_known_gets_no_key)
{
    _cleanup_(answer_done) answer got = ask_for_key(no_keys[_i].identity);

    ck_assert_int_eq(got.status, no_keys[_i].status);
    ck_assert_ptr_null(strstr(got.body.data, "securitytoken"));
}
END_TEST

START_TEST(keys_are_locked_one_by_one_and_revoked_with_tokens)
{
    _cleanup_(answer_done) answer given = ask_for_key(BY_TOKEN);
    signing how = with(&given), wrong = how;

    wrong.secret = "guess";
    for (int i = 0; i < 5; i++)
        assert_not_listed(wrong, BAD_SIGNATURE);
    assert_not_listed(how, LOCKED);
    assert_listed((signing){0});
    ck_assert_int_eq(rp_sim_control(sim, "reset", "{\"what\":\"tokens\"}", NULL), 0);
    assert_not_listed(how, NO_KEY);
}
END_TEST

/* Agencies. */

static char *role_body(const char *role, const char *scope)
{
    return rp_format(
        "{\"auth\":{\"identity\":{\"methods\":[\"assume_role\"],\"assume_role\":{%s}},\"scope\":%s}}", role,
        scope);
}

/* By the token that is set. */
static answer assume(const char *role, const char *scope)
{
    _cleanup_(rp_freep) char *body = role_body(role, scope);

    return ask("POST", "/v3/auth/tokens", body);
}

static const struct {
    const char *role, *scope, *project_id;
} roles[] = {
    {AGENCY, BY_NAME, RP_SIM_PROJECT},
    {"\"domain_name\":\"sim-delegating\",\"agency_name\":\"sim-agency\"", BY_NAME, RP_SIM_PROJECT},
    {"\"domain_id\":\"" AGENCY_DOMAIN "\",\"xrole_name\":\"sim-agency\"", BY_NAME, RP_SIM_PROJECT},
    {AGENCY, "{\"project\":{\"id\":\"" RP_SIM_PROJECT "\"}}", RP_SIM_PROJECT},
    {AGENCY, "{\"project\":{\"name\":\"eu-de\",\"domain\":{\"name\":\"sim-delegating\"}}}", RP_SIM_PROJECT},
    {AGENCY, "{\"domain\":{\"name\":\"sim-delegating\"}}", NULL},
    {AGENCY, "{\"domain\":{\"id\":\"" AGENCY_DOMAIN "\"}}", NULL},
};

START_TEST(an_agency_opens_what_is_delegated)
{
    _cleanup_(answer_done) answer got = {0}, listed = {0};
    _cleanup_(rp_freep) char *assumed = NULL;
    const rp_json *described;

    set("delegated", "yes");
    got = assume(roles[_i].role, roles[_i].scope);
    ck_assert_msg(got.status == 201, "%ld %s", got.status, rp_buffer_text(&got.body));
    described = rp_json_get(got.json, "token");
    ck_assert_pstr_eq(text_at(rp_json_get(described, "project"), "id"), roles[_i].project_id);
    ck_assert_str_eq(rp_json_text(rp_json_at(rp_json_get(described, "methods"), 0)), "assume_role");
    token = assumed = header_in(&got, "X-Subject-Token");
    listed = list(LISTENER, "");
    ck_assert_int_eq(listed.status, roles[_i].project_id ? 200 : 403);
}
END_TEST

static const struct {
    const char *role, *scope, *caller;
    long status;
} no_roles[] = {
    {AGENCY, BY_NAME, "forged", 401},
    {AGENCY, BY_NAME, NULL, 401},
    {AGENCY, "{\"project\":{\"name\":\"eu-nl\"}}", RP_SIM_TOKEN, 401},
    {AGENCY, "{\"project\":{\"name\":\"eu-de\",\"domain\":{\"name\":\"sim-domain\"}}}", RP_SIM_TOKEN, 401},
    {AGENCY, "{\"domain\":{\"name\":\"sim-domain\"}}", RP_SIM_TOKEN, 401},
    {"\"domain_name\":\"sim-domain\",\"xrole_name\":\"sim-agency\"", BY_NAME, RP_SIM_TOKEN, 403},
    {"\"domain_name\":\"sim-delegating\",\"xrole_name\":\"other\"", BY_NAME, RP_SIM_TOKEN, 403},
    {"\"xrole_name\":\"sim-agency\"", BY_NAME, RP_SIM_TOKEN, 403},
};

START_TEST(who_may_not_assume_a_role_does_not)
{
    _cleanup_(answer_done) answer got = {0};

    token = no_roles[_i].caller;
    got = assume(no_roles[_i].role, no_roles[_i].scope);
    ck_assert_msg(got.status == no_roles[_i].status, "%ld %s", got.status, rp_buffer_text(&got.body));
    ck_assert_ptr_null(strstr(got.head.data, "X-Subject-Token"));
}
END_TEST

static const char *const statuses[] = {"403", "401", "404"};

START_TEST(an_unknown_agency_is_refused_as_set)
{
    _cleanup_(answer_done) answer got = {0};

    set("unknown-agency", statuses[_i]);
    got = assume("\"domain_name\":\"sim-delegating\",\"xrole_name\":\"other\"", BY_NAME);
    ck_assert_int_eq(got.status, atol(statuses[_i]));
}
END_TEST

START_TEST(what_is_delegated_is_not_the_users_own)
{
    _cleanup_(answer_done) answer got = {0}, given = ask_for_key(BY_TOKEN), projects = {0};
    signing how = with(&given);

    set("delegated", "yes");
    got = ask_signed((signing){0}, "GET", SIGNED_LIST, NULL);
    ck_assert_int_eq(got.status, 403);
    answer_done(&got);
    got = ask_signed(how, "GET", SIGNED_LIST, NULL);
    ck_assert_int_eq(got.status, 403);
    projects = ask_signed((signing){.path = "/v3/projects/"}, "GET", "/v3/projects", NULL);
    ck_assert_int_eq(projects.status, 200);
    ck_assert_uint_eq(rp_json_count(rp_json_get(projects.json, "projects")), 0);
}
END_TEST

START_TEST(an_agency_is_assumed_by_a_signature_and_has_a_key)
{
    _cleanup_(rp_freep) char *body = role_body(AGENCY, BY_NAME), *assumed = NULL;
    _cleanup_(answer_done) answer got = {0}, given = {0}, listed = {0}, domains = {0};

    set("delegated", "yes");
    given = ask_for_key("{\"methods\":[\"assume_role\"],\"assume_role\":{" AGENCY "}}");
    got = ask_signed((signing){.path = "/v3/auth/tokens/", .payload = body}, "POST", "/v3/auth/tokens", body);
    ck_assert_int_eq(got.status, 201);
    assert_listed(with(&given));
    token = assumed = header_in(&got, "X-Subject-Token");
    listed = list(LISTENER, "");
    ck_assert_int_eq(listed.status, 200);
    domains = ask("GET", "/v3/auth/domains", NULL);
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(domains.json, "domains"), 0), "id"), AGENCY_DOMAIN);
}
END_TEST

/* The metadata service. */

START_TEST(the_metadata_service_gives_keys_to_all)
{
    _cleanup_(answer_done) answer got = {0}, other = {0}, none = {0};
    const rp_json *credential;

    token = NULL;
    set("metadata-life-s", "2");
    got = ask("GET", "/openstack/latest/securitykey", NULL);
    ck_assert_int_eq(got.status, 200);
    credential = rp_json_get(got.json, "credential");
    assert_listed((signing){.key = text_at(credential, "access"),
                            .secret = text_at(credential, "secret"),
                            .security_token = text_at(credential, "securitytoken")});
    other = ask("GET", "/openstack/latest/securitykey", NULL);
    ck_assert_str_ne(text_at(credential, "access"), text_at(rp_json_get(other.json, "credential"), "access"));
    set("metadata", "no");
    none = ask("GET", "/openstack/latest/securitykey", NULL);
    ck_assert_int_eq(none.status, 404);
}
END_TEST

TCase *keys_tests(void)
{
    TCase *tcase = tcase_create("keys");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_test(tcase, a_temporary_key_needs_its_token_signed_or_not);
    tcase_add_test(tcase, a_token_buys_a_key_for_a_quarter_of_an_hour);
    tcase_add_test(tcase, the_token_may_be_in_the_header_or_be_a_signature);
    tcase_add_loop_test(tcase, a_key_lives_as_long_as_asked_within_a_day, 0, rp_count_of(durations));
    tcase_add_loop_test(tcase, who_is_not_known_gets_no_key, 0, rp_count_of(no_keys));
    tcase_add_test(tcase, keys_are_locked_one_by_one_and_revoked_with_tokens);
    tcase_add_loop_test(tcase, an_agency_opens_what_is_delegated, 0, rp_count_of(roles));
    tcase_add_loop_test(tcase, who_may_not_assume_a_role_does_not, 0, rp_count_of(no_roles));
    tcase_add_loop_test(tcase, an_unknown_agency_is_refused_as_set, 0, rp_count_of(statuses));
    tcase_add_test(tcase, what_is_delegated_is_not_the_users_own);
    tcase_add_test(tcase, an_agency_is_assumed_by_a_signature_and_has_a_key);
    tcase_add_test(tcase, the_metadata_service_gives_keys_to_all);
    return tcase;
}
