/*
 * The cloud session against an identity service, a metadata service and a gateway
 * that misbehave: how often credentials are sent, where to, and who has to wait.
 */
#include "background.h"
#include "peer.h"
#include "run.h"
#include "simulator.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD "canary-password"
#define SECRET   "canary-secret-key"
#define QUICK    "\"settle_ms\": 300, \"poll_min_ms\": 10, \"poll_max_ms\": 40"

/* ~URL in `config` is the simulator's. */
static bed bed_with(const char *const *settings, const char *config)
{
    static const char *const credentials[] = {"password", PASSWORD, "secret-key", SECRET,
                                              "job-ms",   "20",     NULL};
    bed made = bed_make(credentials, "\"token\": \"x\"");
    rp_buffer filled = RP_BUFFER(65536);

    made.plugin->close(made.instance);
    for (size_t i = 0; settings && settings[i]; i += 2)
        simulator_set(made.sim, settings[i], settings[i + 1]);
    for (const char *at = config; *at;) {
        size_t plain = strcspn(at, "~");
        rp_buffer_add(&filled, at, plain);
        at += plain;
        if (!rp_starts_with(at, "~URL"))
            continue;
        rp_buffer_add_text(&filled, rp_sim_url(made.sim));
        at += strlen("~URL");
    }
    made.instance = open_at(made.plugin, rp_sim_url(made.sim), rp_buffer_text(&filled));
    rp_buffer_done(&filled);
    return made;
}

#define JOE                                                                                                  \
    QUICK ", \"auth_url\": \"~URL/v3\", \"user_name\": \"sim-user\", \"domain_name\": \"sim-domain\", "      \
          "\"password\": \"" PASSWORD "\""
#define KEYS     QUICK ", \"access_key\": \"" RP_SIM_ACCESS_KEY "\", \"secret_key\": \"" SECRET "\""
#define METADATA QUICK ", \"metadata\": true, \"metadata_url\": \"~URL/openstack/latest/securitykey\""

/* A read of an absent member within so much time; how it ended. */
static const char *read_within(const bed *on, uint32_t timeout_ms, int64_t *took_ms,
                               bool (*check)(const answer *))
{
    static char status[64];
    background call;

    background_start(&call, on, "read", request_for(LISTENER, "absent", 0, 1, ""), timeout_ms);
    background_join(&call);
    if (took_ms)
        *took_ms = call.took_ms;
    snprintf(status, sizeof(status), "%s", result_text(&call.answer, 0, "status"));
    if (check) {
        _cleanup_(rp_freep) char *text = answer_print(&call.answer);
        ck_assert_msg(check(&call.answer), "%s", text);
    }
    background_free(&call);
    return status;
}

static const char *read_now(const bed *on)
{
    return read_within(on, 5000, NULL, NULL);
}

/* ---- an identity service that hangs ---- */

START_TEST(a_login_without_an_answer_is_given_up_and_made_again)
{
    bed on = bed_with(NULL, JOE ", \"attempt_timeout_ms\": 300");
    int64_t took_ms;

    simulator_fault(on.sim, "on=token,kind=hang,count=1");
    ck_assert_str_eq(read_within(&on, 10000, &took_ms, NULL), "not_found");
    ck_assert_int_ge(took_ms, 300);
    ck_assert_int_lt(took_ms, 3000);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    bed_free(&on);
}
END_TEST

START_TEST(a_list_or_a_poll_without_an_answer_is_given_up_and_made_again)
{
    static const char *const kinds[] = {"list", "job"};
    bed on = bed_with(NULL, QUICK ", \"token\": \"" RP_SIM_TOKEN "\", \"attempt_timeout_ms\": 300");
    background call;

    simulator_fault(on.sim, "on=%s,kind=hang,count=1", kinds[_i]);
    background_start(&call, &on, "create", request_for(LISTENER, "server", 0, 1, ""), 10000);
    background_join(&call);
    ck_assert_uint_eq(count_results(&call.answer, "ok", "done"), 1);
    ck_assert_int_ge(call.took_ms, 300);
    ck_assert_int_lt(call.took_ms, 3000);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    background_free(&call);
    bed_free(&on);
}
END_TEST

/* A token of eight seconds is to be renewed after six. */
START_TEST(an_identity_service_that_hangs_stops_nobody_while_the_token_lives)
{
    bed on = bed_with((const char *const[]){"token-life-s", "8", NULL}, JOE);
    int64_t took_ms;

    ck_assert_str_eq(read_now(&on), "not_found");
    simulator_fault(on.sim, "on=token,kind=hang,count=0");
    while (rp_sim_count(on.sim, "token") < 2) {
        ck_assert_str_eq(read_within(&on, 5000, &took_ms, NULL), "not_found");
        pause_ms(100);
    }
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_str_eq(read_within(&on, 5000, &took_ms, NULL), "not_found");
        ck_assert_int_lt(took_ms, 1000);
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    bed_free(&on);
}
END_TEST

/* ---- an identity service that asks to wait ---- */

START_TEST(all_threads_wait_as_long_as_the_identity_service_asks)
{
    enum {
        THREADS = 16
    };
    static background calls[THREADS];
    bed on = bed_with(NULL, JOE);

    simulator_fault(on.sim, "on=token,status=%s,retry-after=1,count=1", _i ? "503" : "429");
    for (unsigned i = 0; i < THREADS; i++)
        background_start(&calls[i], &on, "create", request_for(LISTENER, "server", i, 1, ""), 10000);
    for (unsigned i = 0; i < THREADS; i++) {
        background_join(&calls[i]);
        ck_assert_uint_eq(count_results(&calls[i].answer, "ok", "done"), 1);
        ck_assert_int_ge(calls[i].took_ms, 900);
        background_free(&calls[i]);
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    ck_assert_int_ge(request_ms(&on, "token", 1) - request_ms(&on, "token", 0), 1000);
    bed_free(&on);
}
END_TEST

/* Of a pause of 30 seconds. */
static bool says_when(const answer *told)
{
    int64_t after_ms = 0;

    rp_json_integer(rp_json_get(result_at(told, 0), "retry_after_ms"), &after_ms);
    return after_ms > 25000 && after_ms <= 30000;
}

START_TEST(a_wait_longer_than_the_call_is_told)
{
    bed on = bed_with(NULL, JOE);

    simulator_fault(on.sim, "on=token,status=429,retry-after=30,count=0");
    ck_assert_str_eq(read_within(&on, 500, NULL, says_when), "throttled");
    ck_assert_str_eq(read_within(&on, 500, NULL, says_when), "throttled");
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 1);
    bed_free(&on);
}
END_TEST

START_TEST(a_failing_identity_service_is_not_asked_by_each_thread)
{
    enum {
        THREADS = 16
    };
    static background calls[THREADS];
    bed on = bed_with(NULL, JOE);
    unsigned unavailable = 0;

    simulator_fault(on.sim, "on=token,status=500,count=0");
    for (unsigned i = 0; i < THREADS; i++)
        background_start(&calls[i], &on, "read", request_for(LISTENER, "server", i, 1, ""), 3000);
    for (unsigned i = 0; i < THREADS; i++) {
        background_join(&calls[i]);
        unavailable += count_results(&calls[i].answer, "unavailable", NULL);
        ck_assert_uint_eq(count_results(&calls[i].answer, "ok", NULL), 0);
        background_free(&calls[i]);
    }
    ck_assert_uint_ge(unavailable, 1);
    ck_assert_uint_ge(rp_sim_count(on.sim, "token"), 2);
    ck_assert_uint_le(rp_sim_count(on.sim, "token"), 8);
    bed_free(&on);
}
END_TEST

/* ---- refusals ---- */

START_TEST(a_page_of_a_proxy_is_no_refusal_of_the_password)
{
    static const char *const rules[] = {"status=403,shape=html", "status=404,shape=text",
                                        "status=400,shape=empty"};
    bed on = bed_with(NULL, JOE);

    simulator_fault(on.sim, "on=token,count=1,%s", rules[_i]);
    ck_assert_str_eq(read_now(&on), "not_found");
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    bed_free(&on);
}
END_TEST

START_TEST(a_new_token_that_the_service_refuses_is_not_renewed_for_each_request)
{
    bed on = bed_with(NULL, JOE);

    simulator_fault(on.sim, "on=list,kind=expired-token,count=0");
    for (unsigned i = 0; i < 20; i++)
        ck_assert_str_eq(read_now(&on), "unauthenticated");
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    bed_free(&on);
}
END_TEST

START_TEST(keys_that_were_refused_once_are_sent_by_no_call)
{
    bed on = bed_with(NULL, KEYS);

    ck_assert_str_eq(read_now(&on), "not_found");
    simulator_set(on.sim, "secret-key", "another");
    for (unsigned i = 0; i < 10; i++)
        ck_assert_str_eq(read_now(&on), "unauthenticated");
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 2);
    bed_free(&on);
}
END_TEST

/* Fewer than the five bad signatures that lock an account, however many calls wait. */
START_TEST(keys_that_die_are_refused_four_times_at_most)
{
    enum {
        CALLS = 12
    };
    static background calls[CALLS];
    bed on = bed_with((const char *const[]){"strict-ids", "no", NULL}, KEYS ", \"max_parallel\": 12");

    ck_assert_str_eq(read_now(&on), "not_found");
    simulator_fault(on.sim, "on=list,kind=delay,ms=400,count=0");
    simulator_set(on.sim, "secret-key", "another");
    for (unsigned i = 0; i < CALLS; i++) {
        _cleanup_(rp_freep) char *listener = rp_format("listener-%u", i);
        background_start(&calls[i], &on, "read", request_for(listener, "server", 0, 1, ""), 5000);
    }
    for (unsigned i = 0; i < CALLS; i++) {
        background_join(&calls[i]);
        ck_assert_uint_eq(count_results(&calls[i].answer, "unauthenticated", NULL), 1);
        background_free(&calls[i]);
    }
    ck_assert_uint_gt(rp_sim_count(on.sim, "list"), 1);
    ck_assert_uint_le(rp_sim_count(on.sim, "list"), 1 + 4);
    bed_free(&on);
}
END_TEST

/* ---- secrets in what servers say ---- */

#define TOKEN "MIIabc/def+ghi/jkl==canary"

/* As JSON in the text of a fault, which is JSON itself. */
static const char *const spellings[] = {
    "MIIabc/def+ghi/jkl==canary",
    "MIIabc\\\\/def+ghi\\\\/jkl==canary",
    "MIIabc\\\\u002fdef\\\\u002bghi\\\\u002Fjkl==canary",
    "MIIabc/def+ghi/jkl...",
};

static bool is_silent(const answer *told)
{
    _cleanup_(rp_freep) char *text = answer_print(told);

    return strstr(text, "APIGW.0302: token *") && !strstr(text, "MIIabc") && !strstr(text, "canary");
}

START_TEST(a_token_is_in_no_message_however_the_server_spells_it)
{
    bed on = bed_with((const char *const[]){"token", TOKEN, NULL}, QUICK ", \"token\": \"" TOKEN "\"");

    simulator_control(on.sim, "faults",
                      "{\"on\": \"list\", \"status\": 403, \"shape\": \"text\", \"count\": 0, \"message\": "
                      "\"{\\\"error_code\\\": \\\"APIGW.0302\\\", \\\"error_msg\\\": \\\"token %s\\\"}\"}",
                      spellings[_i]);
    ck_assert_str_eq(read_within(&on, 3000, NULL, is_silent), "permission_denied");
    bed_free(&on);
}
END_TEST

/* ---- clocks ---- */

static bool names_the_clock(const answer *told)
{
    _cleanup_(rp_freep) char *text = answer_print(told);

    return strstr(text, "clock");
}

/* The server's clock is two days behind, so its tokens have expired when they come. */
START_TEST(a_token_that_has_expired_when_it_comes_is_told_as_the_clocks_fault)
{
    bed on = bed_with((const char *const[]){"clock-skew-s", "-172800", NULL}, JOE);
    int64_t begun = now_ms();
    unsigned calls = 0;

    for (; now_ms() - begun < 2000; calls++)
        ck_assert_str_eq(read_within(&on, 3000, NULL, names_the_clock), "unauthenticated");
    ck_assert_uint_gt(calls, 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 1);
    bed_free(&on);
}
END_TEST

START_TEST(a_signature_is_not_sent_again_while_the_clock_is_wrong)
{
    bed on = bed_with((const char *const[]){"clock-skew-s", "3600", NULL}, KEYS);

    for (unsigned i = 0; i < 10; i++)
        ck_assert_str_eq(read_within(&on, 3000, NULL, names_the_clock), "unauthenticated");
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 1);
    bed_free(&on);
}
END_TEST

/* ---- temporary keys of the server itself ---- */

START_TEST(a_server_registers_itself_with_the_keys_of_its_agency)
{
    bed on = bed_with(NULL, METADATA);
    static const char *const hooks[] = {"create", "read", "delete"};

    for (size_t i = 0; i < rp_count_of(hooks); i++) {
        answer told = call_members(&on, hooks[i], 2, "");
        ck_assert_uint_eq(count_results(&told, "ok", NULL), 2);
        answer_free(&told);
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "metadata"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 0);
    bed_free(&on);
}
END_TEST

START_TEST(temporary_keys_are_renewed_before_they_expire)
{
    bed on = bed_with((const char *const[]){"metadata-life-s", "4", NULL}, METADATA);
    int64_t begun = now_ms();

    while (now_ms() - begun < 5500) {
        ck_assert_str_eq(read_now(&on), "not_found");
        pause_ms(100);
    }
    ck_assert_uint_ge(rp_sim_count(on.sim, "metadata"), 2);
    ck_assert_uint_le(rp_sim_count(on.sim, "metadata"), 4);
    ck_assert_int_lt(request_ms(&on, "metadata", 1) - request_ms(&on, "metadata", 0), 4000);
    bed_free(&on);
}
END_TEST

static bool names_the_metadata(const answer *told)
{
    _cleanup_(rp_freep) char *text = answer_print(told);

    return strstr(text, "cannot get temporary keys at ") && strstr(text, "HTTP 404");
}

START_TEST(a_server_without_an_agency_is_told_so)
{
    bed on = bed_with((const char *const[]){"metadata", "no", NULL}, METADATA);

    ck_assert_str_eq(read_within(&on, 700, NULL, names_the_metadata), "unavailable");
    ck_assert_uint_ge(rp_sim_count(on.sim, "metadata"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 0);
    bed_free(&on);
}
END_TEST

/* A proxy gets to know nothing of them. */
START_TEST(temporary_keys_do_not_come_through_a_proxy)
{
    peer proxy = peer_absent();
    _cleanup_(rp_freep) char *config =
        rp_format(METADATA ", \"connect_timeout_ms\": 300, \"proxy\": \"%s\"", proxy.url);
    bed on = bed_with(NULL, config);

    ck_assert_str_eq(read_within(&on, 1000, NULL, NULL), "unavailable");
    ck_assert_uint_eq(rp_sim_count(on.sim, "metadata"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 0);
    bed_free(&on);
    peer_done(&proxy);
}
END_TEST

/* ---- where credentials go ---- */

/* Over plain http it would read them, and it would look for another host than this. */
START_TEST(a_proxy_of_the_environment_gets_nothing_that_is_for_this_host)
{
    peer proxy = peer_mute();
    bed on;

    setenv("http_proxy", proxy.url, 1);
    setenv("all_proxy", proxy.url, 1);
    on = bed_with(NULL, JOE);
    ck_assert_str_eq(read_now(&on), "not_found");
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 1);
    ck_assert(!peer_is_left(&proxy));
    bed_free(&on);
    peer_done(&proxy);
}
END_TEST

static const char *const traps[] = {"OS_AUTH_URL", "OS_INSECURE",    "OS_CACERT", "OS_PASSWORD",
                                    "OS_USERNAME", "OS_REGION_NAME", "OS_CLOUD",  "OS_CLIENT_CONFIG_FILE"};

static const rp_response *try_open(const char *config)
{
    _cleanup_(rp_freep) char *request = rp_format("{\"config\": {%s}}", config);

    return plugin_load()->open(NULL, NULL, request, strlen(request));
}

START_TEST(a_password_of_the_configuration_is_not_sent_where_a_variable_says)
{
    peer trap = peer_mute();
    const rp_response *told;

    setenv("OS_AUTH_URL", trap.url, 1);
    told = try_open("\"user_name\": \"u\", \"domain_name\": \"d\", \"password\": \"" PASSWORD
                    "\", \"project_id\": \"p\", \"endpoint\": \"http://127.0.0.1:9\"");
    ck_assert_int_eq(told->status, RP_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(told->json, "auth_url is missing"));
    ck_assert_ptr_nonnull(strstr(told->json, "OS_AUTH_URL of the environment"));
    plugin_load()->release(told);
    ck_assert(!peer_is_left(&trap));
    peer_done(&trap);
}
END_TEST

START_TEST(a_named_cloud_takes_nothing_from_the_environment)
{
    char path[] = "/tmp/rp-clouds-XXXXXX.yaml";
    static const char text[] =
        "clouds:\n  mine:\n    region_name: eu-de\n    auth: {username: u, user_domain_name: d}\n";
    int fd = mkstemps(path, 5);
    const rp_response *told;

    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    setenv("OS_CLIENT_CONFIG_FILE", path, 1);
    setenv("OS_PASSWORD", PASSWORD, 1);
    setenv("OS_INSECURE", "true", 1);
    told = try_open("\"cloud\": \"mine\"");
    ck_assert_int_eq(told->status, RP_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(told->json, "password is missing beside username of cloud"));
    ck_assert_ptr_nonnull(strstr(told->json, "no other variables of the environment are read"));
    plugin_load()->release(told);
    told = try_open("\"cloud\": \"mine\", \"token\": \"t\", \"project_id\": \"p\"");
    ck_assert_int_eq(told->status, RP_OK);
    ck_assert_ptr_null(strstr(told->json, "http.insecure"));
    plugin_load()->close(told->instance);
    plugin_load()->release(told);
    unlink(path);
}
END_TEST

static void forget_traps(void)
{
    for (size_t i = 0; i < rp_count_of(traps); i++)
        unsetenv(traps[i]);
}

int main(void)
{
    TCase *tests = tcase_create("session");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, forget_traps, NULL);
    tcase_add_test(tests, a_login_without_an_answer_is_given_up_and_made_again);
    tcase_add_loop_test(tests, a_list_or_a_poll_without_an_answer_is_given_up_and_made_again, 0, 2);
    tcase_add_test(tests, an_identity_service_that_hangs_stops_nobody_while_the_token_lives);
    tcase_add_loop_test(tests, all_threads_wait_as_long_as_the_identity_service_asks, 0, 2);
    tcase_add_test(tests, a_wait_longer_than_the_call_is_told);
    tcase_add_test(tests, a_failing_identity_service_is_not_asked_by_each_thread);
    tcase_add_loop_test(tests, a_page_of_a_proxy_is_no_refusal_of_the_password, 0, 3);
    tcase_add_test(tests, a_new_token_that_the_service_refuses_is_not_renewed_for_each_request);
    tcase_add_test(tests, keys_that_were_refused_once_are_sent_by_no_call);
    tcase_add_test(tests, keys_that_die_are_refused_four_times_at_most);
    tcase_add_loop_test(tests, a_token_is_in_no_message_however_the_server_spells_it, 0,
                        (int)rp_count_of(spellings));
    tcase_add_test(tests, a_token_that_has_expired_when_it_comes_is_told_as_the_clocks_fault);
    tcase_add_test(tests, a_signature_is_not_sent_again_while_the_clock_is_wrong);
    tcase_add_test(tests, a_server_registers_itself_with_the_keys_of_its_agency);
    tcase_add_test(tests, temporary_keys_are_renewed_before_they_expire);
    tcase_add_test(tests, a_server_without_an_agency_is_told_so);
    tcase_add_test(tests, temporary_keys_do_not_come_through_a_proxy);
    tcase_add_test(tests, a_proxy_of_the_environment_gets_nothing_that_is_for_this_host);
    tcase_add_test(tests, a_password_of_the_configuration_is_not_sent_where_a_variable_says);
    tcase_add_test(tests, a_named_cloud_takes_nothing_from_the_environment);
    return run_case("session", tests);
}
