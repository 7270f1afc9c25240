#include "client.h"
#include "suites.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PROJECT2 "00000000000000000000000000000002"
#define USER     "\"name\":\"sim-user\",\"domain\":{\"name\":\"sim-domain\"}"
#define BY_ID    "\"id\":\"0fe36e73809d46aeae6705c39077b1b3\""

static answer log_in(const char *user, const char *password, const char *scope)
{
    _cleanup_(rp_freep) char *body = rp_format(
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{%s,\"password\":"
        "\"%s\"}}}%s%s}}",
        user, password, scope ? ",\"scope\":" : "", scope ? scope : "");
    const char *kept = token;
    answer got;

    token = NULL;
    got = ask("POST", "/v3/auth/tokens", body);
    token = kept;
    return got;
}

/* The token in the head of a login's answer; the caller's to free. */
static char *token_of(const answer *login)
{
    const char *at = strstr(rp_buffer_text(&login->head), "X-Subject-Token: ");

    ck_assert_ptr_nonnull(at);
    at += strlen("X-Subject-Token: ");
    return strndup(at, strcspn(at, "\r\n"));
}

static const struct {
    const char *user, *scope, *project;
} logins[] = {
    {USER, "{\"project\":{\"name\":\"eu-de\"}}", RP_SIM_PROJECT},
    {USER, "{\"project\":{\"id\":\"" RP_SIM_PROJECT "\"}}", RP_SIM_PROJECT},
    {USER, "{\"project\":{\"name\":\"eu-de\",\"domain\":{\"name\":\"sim-domain\"}}}", RP_SIM_PROJECT},
    {USER, "{\"project\":{\"name\":\"eu-de\"},\"domain\":{\"name\":\"sim-domain\"}}", RP_SIM_PROJECT},
    {BY_ID, "{\"project\":{\"name\":\"other\"}}", PROJECT2},
    {USER, "{\"domain\":{\"name\":\"sim-domain\"}}", NULL},
    {BY_ID, "{\"domain\":{\"id\":\"d78cbac186b744899480f25bd022f468\"}}", NULL},
    {BY_ID, NULL, NULL},
};

START_TEST(a_login_gives_a_token_of_its_scope)
{
    _cleanup_(answer_done) answer login = {0}, listed = {0};
    _cleanup_(rp_freep) char *got = NULL;
    const rp_json *described;

    set("projects", PROJECT2 ":other");
    login = log_in(logins[_i].user, "sim-password", logins[_i].scope);
    ck_assert_int_eq(login.status, 201);
    described = rp_json_get(login.json, "token");
    ck_assert_pstr_eq(text_at(rp_json_get(described, "project"), "id"), logins[_i].project);
    ck_assert_str_eq(text_at(rp_json_get(described, "user"), "name"), "sim-user");
    ck_assert_uint_eq(strlen(text_at(described, "expires_at")), strlen("2015-11-09T01:42:57.527363Z"));
    token = got = token_of(&login);
    listed = list(LISTENER, "");
    ck_assert_int_eq(listed.status, logins[_i].project && strcmp(logins[_i].project, PROJECT2) ? 200 : 403);
}
END_TEST

static const struct {
    const char *user, *password, *scope;
    long status;
} wrong_logins[] = {
    {USER, "guess", NULL, 401},
    {"\"name\":\"sim-user\"", "sim-password", NULL, 401},
    {"\"name\":\"sim-user\",\"domain\":{\"name\":\"other\"}", "sim-password", NULL, 401},
    {"\"id\":\"x\"", "sim-password", NULL, 401},
    {USER, "sim-password", "{\"project\":{\"name\":\"eu-nl\"}}", 401},
    {USER, "sim-password", "{\"domain\":{\"name\":\"other\"}}", 401},
};

START_TEST(a_wrong_login_is_refused_with_a_number_for_a_code)
{
    _cleanup_(answer_done) answer got =
        log_in(wrong_logins[_i].user, wrong_logins[_i].password, wrong_logins[_i].scope);
    int64_t code = 0;

    ck_assert_int_eq(got.status, wrong_logins[_i].status);
    ck_assert(rp_json_integer(rp_json_get(rp_json_get(got.json, "error"), "code"), &code));
    ck_assert_int_eq(code, wrong_logins[_i].status);
    ck_assert_ptr_null(strstr(got.head.data, "X-Subject-Token"));
}
END_TEST

static const char *const no_logins[] = {"{}",
                                        "[]",
                                        "",
                                        "{\"auth\":{\"identity\":{\"methods\":[]}}}",
                                        "{\"auth\":{\"identity\":{\"methods\":[\"password\"]}}}",
                                        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{}}}}"};

START_TEST(what_is_no_login_is_a_400)
{
    _cleanup_(answer_done) answer got = ask("POST", "/v3/auth/tokens", no_logins[_i]);

    ck_assert_int_eq(got.status, 400);
}
END_TEST

START_TEST(a_token_buys_a_token)
{
    static const char format[] =
        "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"%s\"}},"
        "\"scope\":{\"project\":{\"name\":\"eu-de\"}}}}";
    _cleanup_(answer_done) answer first = log_in(USER, "sim-password", NULL), second = {0}, forged = {0};
    _cleanup_(rp_freep) char *had = token_of(&first), *body = rp_format(format, had);
    _cleanup_(rp_freep) char *bad = rp_format(format, "MIIDforged");

    second = ask("POST", "/v3/auth/tokens?nocatalog=true", body);
    ck_assert_int_eq(second.status, 201);
    ck_assert_ptr_null(rp_json_get(rp_json_get(second.json, "token"), "catalog"));
    forged = ask("POST", "/v3/auth/tokens", bad);
    ck_assert_int_eq(forged.status, 401);
}
END_TEST

START_TEST(a_token_has_the_length_and_the_life_that_are_set)
{
    _cleanup_(answer_done) answer login = {0}, young = {0}, old = {0};
    _cleanup_(rp_freep) char *got = NULL;

    set("token-bytes", "4000");
    set("token-life-s", "60");
    login = log_in(USER, "sim-password", "{\"project\":{\"name\":\"eu-de\"}}");
    token = got = token_of(&login);
    ck_assert_uint_ge(strlen(got), 4000);
    young = list(LISTENER, "");
    ck_assert_int_eq(young.status, 200);
    rp_sim_advance(sim, 60000);
    old = list(LISTENER, "");
    assert_refused(&old, 401, "APIGW.0301");
    ck_assert_ptr_nonnull(strstr(old.body.data, "token expires"));
}
END_TEST

START_TEST(revoked_tokens_are_refused_at_once)
{
    _cleanup_(answer_done) answer login = log_in(USER, "sim-password", "{\"project\":{\"name\":\"eu-de\"}}");
    _cleanup_(answer_done) answer got = {0};
    _cleanup_(rp_freep) char *had = token_of(&login);

    token = had;
    ck_assert_int_eq(rp_sim_control(sim, "reset", "{\"what\":\"tokens\"}", NULL), 0);
    got = list(LISTENER, "");
    ck_assert_int_eq(got.status, 401);
}
END_TEST

static const struct {
    const char *setting;
    long status;
    const char *code;
} expireds[] = {{"gateway", 401, "APIGW.0301"}, {"elb", 400, "ELB.1102"}, {"keystone", 401, NULL}};

START_TEST(a_bad_token_is_refused_as_set)
{
    _cleanup_(answer_done) answer got = {0};

    set("expired", expireds[_i].setting);
    token = "MIIDforged";
    got = list(LISTENER, "");
    ck_assert_int_eq(got.status, expireds[_i].status);
    ck_assert_pstr_eq(error_code(&got), expireds[_i].code);
}
END_TEST

static const char *const statuses[] = {"403", "401", "404", "400"};

START_TEST(another_project_is_refused_as_set)
{
    _cleanup_(answer_done) answer got = {0};

    set("wrong-project", statuses[_i]);
    got = ask("GET", "/v1.0/" PROJECT2 "/elbaas/listeners", NULL);
    ck_assert_int_eq(got.status, atol(statuses[_i]));
}
END_TEST

START_TEST(another_project_has_nothing)
{
    _cleanup_(answer_done) answer login = {0}, listeners = {0}, members = {0}, accepted = {0}, job = {0};
    _cleanup_(rp_freep) char *got = NULL, *path = NULL;

    set("projects", "x:y," PROJECT2 ":other");
    accepted = add(LISTENER, "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]");
    login = log_in(USER, "sim-password", "{\"project\":{\"name\":\"other\"}}");
    token = got = token_of(&login);
    listeners = ask("GET", "/v1.0/" PROJECT2 "/elbaas/listeners", NULL);
    ck_assert_str_eq(listeners.body.data, "{}");
    members = ask("GET", "/v1.0/" PROJECT2 "/elbaas/listeners/" LISTENER "/members", NULL);
    assert_refused(&members, 400, "ELB.6030");
    path = rp_format("/v1.0/" PROJECT2 "/jobs/%s", text_at(accepted.json, "job_id"));
    job = ask("GET", path, NULL);
    ck_assert_int_eq(job.status, 404);
}
END_TEST

START_TEST(every_elb_call_needs_a_token)
{
    static const char *const calls[][2] = {{"GET", "elbaas/listeners/" LISTENER "/members"},
                                           {"POST", "elbaas/listeners/" LISTENER "/members"},
                                           {"POST", "elbaas/listeners/" LISTENER "/members/action"},
                                           {"GET", "jobs/00000000000000000000000000000000"},
                                           {"GET", "elbaas/listeners"},
                                           {"DELETE", "elbaas/listeners/" LISTENER},
                                           {"GET", "elbaas/loadbalancers"},
                                           {"GET", "elbaas/quotas"}};
    token = NULL;
    for (size_t i = 0; i < rp_count_of(calls); i++) {
        _cleanup_(answer_done) answer got =
            ask(calls[i][0], calls[i][1], strcmp(calls[i][0], "POST") ? NULL : "[]");
        assert_refused(&got, 401, "APIGW.0301");
        ck_assert_ptr_nonnull(strstr(got.body.data, "x-auth-token not found"));
    }
}
END_TEST

START_TEST(no_such_api_is_the_gateways_404)
{
    static const char *const calls[][2] = {{"GET", "elbaas/pools"},
                                           {"PATCH", "elbaas/listeners/" LISTENER},
                                           {"DELETE", "elbaas/listeners/" LISTENER "/members"},
                                           {"GET", "/v2.0/lbaas/pools"},
                                           {"GET", "/v1.0/a/b/c/d/e/f/g/h/i"}};
    for (size_t i = 0; i < rp_count_of(calls); i++) {
        _cleanup_(answer_done) answer got = ask(calls[i][0], calls[i][1], NULL);
        assert_refused(&got, 404, "APIGW.0101");
    }
    ck_assert_uint_eq(rp_sim_count(sim, "other"), rp_count_of(calls));
}
END_TEST

START_TEST(a_body_must_be_called_json)
{
    _cleanup_(answer_done) answer form = {0}, charset = {0}, lenient = {0};
    static const char one[] = "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]";

    content_type = "application/x-www-form-urlencoded";
    form = add(LISTENER, one);
    assert_refused(&form, 400, "ELB.1001");
    set("require-json", "no");
    lenient = add(LISTENER, one);
    ck_assert_int_eq(lenient.status, 200);
    set("require-json", "yes");
    content_type = "application/json;charset=utf8";
    charset = add(LISTENER, one);
    ck_assert_int_eq(charset.status, 200);
}
END_TEST

START_TEST(a_body_has_a_limit)
{
    size_t len = (16u << 20) + 1;
    _cleanup_(rp_freep) char *body = malloc(len + 1);
    _cleanup_(answer_done) answer got = {0};

    memset(body, ' ', len);
    body[len] = '\0';
    got = add(LISTENER, body);
    assert_refused(&got, 413, "APIGW.0201");
}
END_TEST

START_TEST(too_many_requests_in_a_second_are_throttled)
{
    _cleanup_(answer_done) answer first = {0}, second = {0}, third = {0}, later = {0};

    set("rate-limit", "1");
    first = list(LISTENER, "");
    second = list(LISTENER, "");
    set("retry-after-s", "3");
    third = list(LISTENER, "");
    /* A second may begin between two of them, not between all three. */
    ck_assert(second.status == 429 || third.status == 429);
    rp_sim_advance(sim, 1000);
    later = list(LISTENER, "");
    ck_assert_int_eq(later.status, 200);
    if (third.status == 429)
        ck_assert_ptr_nonnull(strstr(third.head.data, "Retry-After: 3\r\n"));
    if (second.status == 429) {
        assert_refused(&second, 429, "APIGW.0308");
        ck_assert_ptr_null(strstr(second.head.data, "Retry-After"));
    }
}
END_TEST

/* The path after the base URL of the service's endpoint. */
static const char *endpoint(const rp_json *catalog, const char *type)
{
    for (size_t i = 0; i < rp_json_count(catalog); i++) {
        const rp_json *service = rp_json_at(catalog, i);
        const char *url = text_at(rp_json_at(rp_json_get(service, "endpoints"), 0), "url");
        if (strcmp(text_at(service, "type"), type) != 0)
            continue;
        ck_assert(rp_starts_with(url, rp_sim_url(sim)));
        return url + strlen(rp_sim_url(sim));
    }
    return NULL;
}

START_TEST(the_catalog_leads_back_here)
{
    _cleanup_(answer_done) answer got = ask("GET", "/v3/auth/catalog", NULL);
    const rp_json *catalog = rp_json_get(got.json, "catalog");

    ck_assert_pstr_eq(endpoint(catalog, "elbv1"), "/v1.0/" RP_SIM_PROJECT);
    ck_assert_pstr_eq(endpoint(catalog, "elb"), "");
    ck_assert_pstr_eq(endpoint(catalog, "identity"), "/v3");
}
END_TEST

START_TEST(the_walk_of_a_login_finds_project_and_domain)
{
    _cleanup_(answer_done) answer version = ask("GET", "/v3/", NULL);
    _cleanup_(answer_done) answer projects = ask("GET", "/v3/projects?name=eu-de", NULL);
    _cleanup_(answer_done) answer none = ask("GET", "/v3/projects?name=eu-nl", NULL);
    _cleanup_(answer_done) answer domains = ask("GET", "/v3/auth/domains?name=sim-domain", NULL);
    _cleanup_(answer_done) answer stranger = {0};

    ck_assert_str_eq(text_at(rp_json_get(version.json, "version"), "status"), "stable");
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(projects.json, "projects"), 0), "id"), RP_SIM_PROJECT);
    ck_assert_uint_eq(rp_json_count(rp_json_get(none.json, "projects")), 0);
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(domains.json, "domains"), 0), "name"), "sim-domain");
    token = NULL;
    stranger = ask("GET", "/v3/projects", NULL);
    ck_assert_int_eq(stranger.status, 401);
}
END_TEST

START_TEST(the_versions_are_told_to_anyone)
{
    _cleanup_(answer_done) answer all = {0}, one = {0};

    token = NULL;
    all = ask("GET", "/", NULL);
    one = ask("GET", "/v1.0", NULL);
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(all.json, "versions"), 0), "id"), "v1.0");
    ck_assert_str_eq(text_at(rp_json_get(one.json, "version"), "status"), "CURRENT");
}
END_TEST

START_TEST(https_verifies_with_its_authority_alone)
{
    CURL *stranger = curl_easy_init();
    _cleanup_(answer_done) answer trusted = list(LISTENER, ""), refused = {0};

    ck_assert(rp_starts_with(rp_sim_url(sim), "https://127.0.0.1:"));
    ck_assert_msg(trusted.code == CURLE_OK, "%s", curl_easy_strerror(trusted.code));
    ck_assert_int_eq(trusted.status, 200);
    refused = ask_on(stranger, "GET", "/", NULL);
    ck_assert_int_eq(refused.code, CURLE_PEER_FAILED_VERIFICATION);
    curl_easy_cleanup(stranger);
}
END_TEST

static TCase *tests(const char *name, void (*start)(void))
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, start, stop_sim);
    return tcase;
}

TCase *access_tests(void)
{
    TCase *tcase = tests("access", start_sim);

    tcase_add_loop_test(tcase, a_login_gives_a_token_of_its_scope, 0, rp_count_of(logins));
    tcase_add_loop_test(tcase, a_wrong_login_is_refused_with_a_number_for_a_code, 0,
                        rp_count_of(wrong_logins));
    tcase_add_loop_test(tcase, what_is_no_login_is_a_400, 0, rp_count_of(no_logins));
    tcase_add_test(tcase, a_token_buys_a_token);
    tcase_add_test(tcase, a_token_has_the_length_and_the_life_that_are_set);
    tcase_add_test(tcase, revoked_tokens_are_refused_at_once);
    tcase_add_loop_test(tcase, a_bad_token_is_refused_as_set, 0, rp_count_of(expireds));
    tcase_add_loop_test(tcase, another_project_is_refused_as_set, 0, rp_count_of(statuses));
    tcase_add_test(tcase, another_project_has_nothing);
    tcase_add_test(tcase, every_elb_call_needs_a_token);
    tcase_add_test(tcase, no_such_api_is_the_gateways_404);
    tcase_add_test(tcase, a_body_must_be_called_json);
    tcase_add_test(tcase, a_body_has_a_limit);
    tcase_add_test(tcase, too_many_requests_in_a_second_are_throttled);
    tcase_add_test(tcase, the_catalog_leads_back_here);
    tcase_add_test(tcase, the_walk_of_a_login_finds_project_and_domain);
    tcase_add_test(tcase, the_versions_are_told_to_anyone);
    return tcase;
}

TCase *https_tests(void)
{
    TCase *tcase = tests("https", start_https_sim);

    tcase_add_test(tcase, https_verifies_with_its_authority_alone);
    return tcase;
}
