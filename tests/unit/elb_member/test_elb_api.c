/*
 * Requests built and replies read, on bodies as the reference prints them and
 * as servers sent them.
 */
#include "elb_member/elb_api.h"
#include "elb_member/elb_errors.h"
#include "fixture.h"
#include "resource_plugin.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define JUNK_BYTES (4u << 20)

/* --- what is sent ------------------------------------------------------------- */

static void matches_fixture(elb_body *body, const char *name)
{
    _cleanup_(rp_freep) char *wanted = fixture_body(name);

    ck_assert(rp_buffer_ok(&body->text));
    ck_assert_str_eq(body->text.data, wanted);
    rp_buffer_done(&body->text);
}

START_TEST(an_add_is_the_printed_array)
{
    elb_body body;

    elb_add_begin(&body);
    elb_add_member(&body, "dbecb618-2259-405f-ab17-9b68c4f541b0", "172.16.0.31");
    elb_add_end(&body);
    matches_fixture(&body, "docs/add_request");
}
END_TEST

START_TEST(a_remove_is_the_printed_object)
{
    elb_body body;

    elb_remove_begin(&body);
    elb_remove_member(&body, "34695d664b182fa69b98228032b0e239");
    elb_remove_end(&body);
    matches_fixture(&body, "docs/remove_request");
}
END_TEST

START_TEST(an_id_may_stand_in_a_path)
{
    static const struct {
        const char *text;
        bool good;
    } ids[] = {{"0b074eebc8cf46bb8cd41d0ca41a7a5b", true},
               {"dbecb618-2259-405f-ab17-9b68c4f541b0", true},
               {"a.b_c~d", true},
               {"...", true},
               {"", false},
               {".", false},
               {"..", false},
               {"a/b", false},
               {"a%2fb", false},
               {"a b", false},
               {"\xc3\xa4", false},
               {"0123456789012345678901234567890123456789012345678901234567890123", true},
               {"01234567890123456789012345678901234567890123456789012345678901234", false}};

    for (size_t i = 0; i < rp_count_of(ids); i++)
        ck_assert_msg(elb_is_id(ids[i].text) == ids[i].good, "\"%s\"", ids[i].text);
}
END_TEST

/* --- what comes back ------------------------------------------------------------ */

START_TEST(the_printed_list_is_read)
{
    _cleanup_(rp_freep) char *body = fixture_body("docs/members_list");
    _cleanup_(page_unrefp) page *shown = NULL;
    rp_http_reply reply = reply_of(200, body);

    ck_assert_int_eq(elb_read_members(&reply, &shown, NULL), 0);
    ck_assert_uint_eq(shown->count, 2);
    ck_assert_str_eq(shown->members[0].id, "4ac8777333bc20777147ab160ea61baf");
    ck_assert_str_eq(shown->members[0].address, "172.16.0.16");
    ck_assert_str_eq(shown->members[0].floating_address, "100.64.27.96");
    ck_assert_ptr_null(shown->members[0].server_name);
    ck_assert_str_eq(shown->members[1].health_status, "ABNORMAL");
    ck_assert_str_eq(shown->members[1].listeners[1], "a659fe780a542e1adf204db767a021a3");
    ck_assert_ptr_null(shown->members[1].listeners[2]);
}
END_TEST

START_TEST(an_empty_list_has_three_spellings)
{
    static const char *const bodies[] = {"{}", "[]", "null", " [ ] \n"};

    for (size_t i = 0; i < rp_count_of(bodies); i++) {
        _cleanup_(page_unrefp) page *shown = NULL;
        rp_http_reply reply = reply_of(200, bodies[i]);

        ck_assert_int_eq(elb_read_members(&reply, &shown, NULL), 0);
        ck_assert_uint_eq(shown->count, 0);
    }
}
END_TEST

START_TEST(addresses_are_compared_by_value)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    rp_http_reply reply =
        reply_of(200, "[{\"id\":\"a\",\"server_id\":\"s\",\"server_address\":\"2001:DB8::0:1\"},"
                      "{\"id\":\"b\",\"server_id\":\"s\",\"server_address\":null}]");

    ck_assert_int_eq(elb_read_members(&reply, &shown, NULL), 0);
    ck_assert_str_eq(shown->members[0].address, "2001:DB8::0:1");
    ck_assert_str_eq(shown->members[0].canonical, "2001:db8::1");
    ck_assert_str_eq(shown->members[1].canonical, "");
}
END_TEST

/* None of these may be taken for a list, least of all for an empty one. */
START_TEST(what_is_no_list_is_lost)
{
    static const char *const bodies[] = {"",
                                         "<html>busy</html>",
                                         "[{\"id\":\"a\",\"server_id\":\"s\"",
                                         "{\"members\":[]}",
                                         "\"none\"",
                                         "0",
                                         "[null]",
                                         "[{\"server_id\":\"s\"}]",
                                         "[{\"id\":\"a\"}]",
                                         "[{\"id\":\"a/b\",\"server_id\":\"s\"}]",
                                         "[{\"id\":5,\"server_id\":\"s\"}]",
                                         "[{\"id\":\"a\\u0000b\",\"server_id\":\"s\"}]"};

    for (size_t i = 0; i < rp_count_of(bodies); i++) {
        page *shown = NULL;
        rp_error *error = NULL;
        rp_http_reply reply = reply_of(200, bodies[i]);

        ck_assert_msg(elb_read_members(&reply, &shown, &error) == RP_E_LOST, "%s", bodies[i]);
        ck_assert_ptr_null(shown);
        ck_assert_int_eq(error->code, RP_E_LOST);
        rp_error_free(error);
    }
}
END_TEST

START_TEST(megabytes_of_junk_are_lost)
{
    _cleanup_(rp_freep) char *junk = malloc(JUNK_BYTES + 1);
    page *shown = NULL;
    rp_http_reply reply;

    memset(junk, '[', JUNK_BYTES);
    junk[JUNK_BYTES] = '\0';
    reply = reply_of(200, junk);
    ck_assert_int_eq(elb_read_members(&reply, &shown, NULL), RP_E_LOST);
}
END_TEST

START_TEST(an_accepted_request_has_a_job)
{
    static const char *const names[] = {"docs/add_response", "docs/remove_response"};

    for (size_t i = 0; i < rp_count_of(names); i++) {
        _cleanup_(rp_freep) char *body = fixture_body(names[i]);
        rp_http_reply reply = reply_of(200, body);
        char job_id[ELB_ID_SIZE], uri[ELB_URI_SIZE];

        ck_assert_int_eq(elb_read_accepted(&reply, job_id, uri, NULL), 0);
        ck_assert_uint_eq(strlen(job_id), 32);
        ck_assert_ptr_nonnull(strstr(uri, "/v1/"));
        ck_assert_ptr_nonnull(strstr(uri, job_id));
    }
}
END_TEST

START_TEST(without_a_job_an_answer_is_lost)
{
    static const char *const bodies[] = {"",
                                         "{}",
                                         "null",
                                         "{\"job_id\":null}",
                                         "{\"job_id\":\"../x\"}",
                                         "{\"job_id\":7}",
                                         "{\"uri\":\"/v1/p/jobs/j\"}"};

    for (size_t i = 0; i < rp_count_of(bodies); i++) {
        rp_http_reply reply = reply_of(200, bodies[i]);
        char job_id[ELB_ID_SIZE], uri[ELB_URI_SIZE];

        ck_assert_msg(elb_read_accepted(&reply, job_id, uri, NULL) == RP_E_LOST, "%s", bodies[i]);
    }
}
END_TEST

static elb_job_end end_of(const char *body, failure **why, int64_t *took_ms)
{
    rp_http_reply reply = reply_of(200, body);
    elb_job_end end = ELB_JOB_RUNS;

    *why = NULL;
    ck_assert_int_eq(elb_read_job(&reply, &end, why, took_ms, NULL), 0);
    return end;
}

START_TEST(the_printed_jobs_are_read)
{
    _cleanup_(rp_freep) char *running = fixture_body("docs/job_running_deleteELB");
    _cleanup_(rp_freep) char *ended = fixture_body("docs/job_success_createELB");
    failure *why;
    int64_t took_ms;

    ck_assert_int_eq(end_of(running, &why, &took_ms), ELB_JOB_RUNS);
    ck_assert_int_eq(took_ms, 0);
    ck_assert_int_eq(end_of(ended, &why, &took_ms), ELB_JOB_SUCCEEDED);
    ck_assert_int_eq(took_ms, 25873);
    ck_assert_ptr_null(why);
}
END_TEST

START_TEST(only_the_status_decides)
{
    failure *why;
    int64_t took_ms;

    ck_assert_int_eq(end_of("{\"status\":\"INIT\",\"entities\":{}}", &why, &took_ms), ELB_JOB_RUNS);
    ck_assert_int_eq(
        end_of("{\"status\":\"RUNNING\",\"entities\":{\"members\":[{\"id\":\"a\"}]}}", &why, &took_ms),
        ELB_JOB_RUNS);
    ck_assert_int_eq(end_of("{\"status\":\"DELAY_SCHEDULED\"}", &why, &took_ms), ELB_JOB_RUNS);
}
END_TEST

START_TEST(a_failed_job_tells_why)
{
    static const struct {
        const char *body, *server_code, *code;
        blame blame;
        meaning meaning;
    } rows[] = {
        {"{\"status\":\"FAIL\",\"error_code\":\"ELB.2021\",\"fail_reason\":\"no\"}", "ELB.2021",
         "elb.address_invalid", BLAME_RECORD, MEANS_NOTHING_MORE},
        {"{\"status\":\"FAIL\",\"error_code\":\"NOT_FOUND_ERROR\",\"fail_reason\":\"no\"}", "NOT_FOUND_ERROR",
         "elb.member_not_found", BLAME_RECORD, MEANS_MEMBER_GONE},
        {"{\"status\":\"FAIL\",\"error_code\":null,\"fail_reason\":null,\"entities\":{\"x\":\"ELB.2050: no\"}}",
         "ELB.2050", "elb.parent_not_found", BLAME_WHOLE, MEANS_PARENT_GONE},
        {"{\"status\":\"FAIL\",\"code\":\"ELB.9001\",\"message\":\"no\"}", "ELB.9001", "elb.server_fault",
         BLAME_SERVER, MEANS_NOTHING_MORE},
        {"{\"status\":\"FAIL\"}", "", "elb.job_failed", BLAME_RECORD, MEANS_NOTHING_MORE},
        {"{\"status\":\"FAIL\",\"error_code\":\"X.1\",\"fail_reason\":\"no\"}", "X.1", "elb.job_failed",
         BLAME_RECORD, MEANS_NOTHING_MORE},
    };

    for (size_t i = 0; i < rp_count_of(rows); i++) {
        failure *why;
        int64_t took_ms;

        ck_assert_int_eq(end_of(rows[i].body, &why, &took_ms), ELB_JOB_FAILED);
        ck_assert_int_eq(why->status, RP_JOB_FAILED);
        ck_assert_str_eq(why->server_code, rows[i].server_code);
        ck_assert_str_eq(why->code, rows[i].code);
        ck_assert_int_eq(why->blame, rows[i].blame);
        ck_assert_int_eq(why->meaning, rows[i].meaning);
        failure_unref(why);
    }
}
END_TEST

START_TEST(a_listener_has_a_protocol)
{
    _cleanup_(rp_freep) char *body = fixture_body("docs/listener_details_1");
    rp_http_reply reply = reply_of(200, body), none = reply_of(200, "{}");
    char protocol[16];

    ck_assert_int_eq(elb_read_protocol(&reply, protocol, NULL), 0);
    ck_assert_str_eq(protocol, "TCP");
    ck_assert_int_eq(elb_read_protocol(&none, protocol, NULL), RP_E_LOST);
}
END_TEST

/* --- refusals -------------------------------------------------------------------- */

START_TEST(a_refusal_is_found_in_every_shape)
{
    static const struct {
        int status;
        const char *body, *server_code, *message, *code;
    } rows[] = {
        {400, "{\"error\":{\"message\":\"m\",\"code\":\"ELB.2012\"}}", "ELB.2012", "m",
         "elb.member_not_found"},
        {404, "{\"error_msg\":\"m\",\"error_code\":\"APIGW.0101\",\"request_id\":\"r\"}", "APIGW.0101", "m",
         "elb.no_such_api"},
        {404, "{\"error_msg\":\"m\",\"error_code\":\"APIG.0101\"}", "APIG.0101", "m", "elb.no_such_api"},
        {401, "{\"error\":{\"code\":401,\"message\":\"m\",\"title\":\"Unauthorized\"}}", "401", "m",
         "elb.unauthenticated"},
        {400, "{\"code\":\"ELB.2021\",\"message\":\"m\"}", "ELB.2021", "m", "elb.address_invalid"},
        {403, "{\"errorCode\":\"ELB.2001\",\"errorMessage\":\"m\"}", "ELB.2001", "m", "elb.member_quota"},
        {502, "<html>bad</html>", "", "<html>bad</html>", "elb.server_fault"},
        {404, "<html>what</html>", "", "<html>what</html>", "elb.not_the_service"},
        {404, "{\"error\":{\"message\":\"m\",\"code\":\"ELB.9999\"}}", "ELB.9999", "m",
         "elb.parent_not_found"},
        {302, "", "", NULL, "elb.unexpected_status"},
        {418, "{}", "", NULL, "elb.not_the_service"},
        {400, "{\"badRequest\":{\"message\":\"m\",\"code\":400}}", "400", "m", "elb.bad_request"},
        {403, "{\"forbidden\":{\"message\":\"m\",\"code\":403}}", "403", "m", "elb.forbidden"},
        {400, "{\"code\":\"PROXY-7\"}", "PROXY-7", NULL, "elb.not_the_service"},
        {500, "{\"error\":{\"message\":\"m\",\"code\":\"ELB.2001\"}}", "ELB.2001", "m", "elb.server_fault"},
    };

    for (size_t i = 0; i < rp_count_of(rows); i++) {
        rp_http_reply reply = reply_of(rows[i].status, rows[i].body);
        failure *why = elb_failure_of_reply(&reply);

        ck_assert_int_eq(why->http_status, rows[i].status);
        ck_assert_str_eq(why->server_code, rows[i].server_code);
        ck_assert_str_eq(why->code, rows[i].code);
        ck_assert_pstr_eq(why->server_message, rows[i].message);
        ck_assert_ptr_nonnull(why->summary);
        failure_unref(why);
    }
}
END_TEST

START_TEST(the_words_of_a_server_are_bounded_and_on_one_line)
{
    _cleanup_(rp_freep) char *long_words = malloc(5000);
    rp_http_reply reply;
    failure *why;

    memset(long_words, '\n', 4999);
    long_words[4999] = '\0';
    reply = reply_of(500, long_words);
    why = elb_failure_of_reply(&reply);
    ck_assert_uint_le(strlen(why->server_message), 500);
    ck_assert_ptr_null(strchr(why->summary, '\n'));
    failure_unref(why);
}
END_TEST

START_TEST(every_printed_code_has_a_row)
{
    _cleanup_(rp_json_freep) rp_json *root = fixture_read("errors/elb_classic_codes");
    const rp_json *codes = rp_json_get(root, "codes");

    ck_assert_uint_eq(rp_json_count(codes), 111);
    for (size_t i = 0; i < rp_json_count(codes); i++) {
        const char *code = rp_json_text(rp_json_get(rp_json_at(codes, i), "code"));
        ck_assert_msg(elb_error_by_code(code) != NULL, "%s", code);
    }
}
END_TEST

START_TEST(retries_follow_the_row)
{
    static const struct {
        int status;
        const char *body;
        rp_verdict verdict;
        bool unauthenticated;
    } rows[] = {
        {200, "[]", RP_VERDICT_FINAL, false},
        {200, "<html>", RP_VERDICT_MALFORMED, false},
        {204, "", RP_VERDICT_MALFORMED, false},
        {200, " {} \r\n", RP_VERDICT_FINAL, false},
        {200, "null", RP_VERDICT_FINAL, false},
        {200, "[{\"id\":\"1\"},{\"id\":\"2\"}", RP_VERDICT_MALFORMED, false},
        {200, "{", RP_VERDICT_MALFORMED, false},
        {429, "", RP_VERDICT_THROTTLED, false},
        {403, "{\"error_code\":\"APIGW.0308\"}", RP_VERDICT_THROTTLED, false},
        {400, "{\"error\":{\"code\":\"ELB.2003\"}}", RP_VERDICT_TRANSIENT, false},
        {400, "{\"error\":{\"code\":\"ELB.1102\"}}", RP_VERDICT_FINAL, true},
        {401, "{\"error_code\":\"APIGW.0307\"}", RP_VERDICT_FINAL, true},
        {503, "", RP_VERDICT_TRANSIENT, false},
        {503, "{\"error\":{\"code\":\"ELB.6002\"}}", RP_VERDICT_FINAL, false},
        {404, "{\"error_code\":\"APIGW.0101\"}", RP_VERDICT_FINAL, false},
        {401, "<html>", RP_VERDICT_FINAL, true},
        {403, "<html>", RP_VERDICT_NOT_THE_SERVER, false},
        {403, "{\"message\":\"no\"}", RP_VERDICT_NOT_THE_SERVER, false},
        {403, "{\"forbidden\":{\"message\":\"m\",\"code\":403}}", RP_VERDICT_FINAL, false},
        {403, "{\"error_code\":\"APIGW.0302\"}", RP_VERDICT_FINAL, false},
        {404, "", RP_VERDICT_NOT_THE_SERVER, false},
        {404, "{\"message\":\"job not found\",\"code\":\"404\"}", RP_VERDICT_FINAL, false},
        {400, "{\"error\":{\"code\":\"ELB.9803\"}}", RP_VERDICT_FINAL, false},
        {409, "<html>", RP_VERDICT_FINAL, false},
        {302, "", RP_VERDICT_NOT_THE_SERVER, false},
        {307, "", RP_VERDICT_FINAL, false},
    };

    for (size_t i = 0; i < rp_count_of(rows); i++) {
        rp_http_reply reply = reply_of(rows[i].status, rows[i].body);

        ck_assert_int_eq(elb_judge(&reply), rows[i].verdict);
        ck_assert_int_eq(elb_is_unauthenticated(&reply), rows[i].unauthenticated);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("elb_api");

    tcase_add_test(tests, an_add_is_the_printed_array);
    tcase_add_test(tests, a_remove_is_the_printed_object);
    tcase_add_test(tests, an_id_may_stand_in_a_path);
    tcase_add_test(tests, the_printed_list_is_read);
    tcase_add_test(tests, an_empty_list_has_three_spellings);
    tcase_add_test(tests, addresses_are_compared_by_value);
    tcase_add_test(tests, what_is_no_list_is_lost);
    tcase_add_test(tests, megabytes_of_junk_are_lost);
    tcase_add_test(tests, an_accepted_request_has_a_job);
    tcase_add_test(tests, without_a_job_an_answer_is_lost);
    tcase_add_test(tests, the_printed_jobs_are_read);
    tcase_add_test(tests, only_the_status_decides);
    tcase_add_test(tests, a_failed_job_tells_why);
    tcase_add_test(tests, a_listener_has_a_protocol);
    tcase_add_test(tests, a_refusal_is_found_in_every_shape);
    tcase_add_test(tests, the_words_of_a_server_are_bounded_and_on_one_line);
    tcase_add_test(tests, every_printed_code_has_a_row);
    tcase_add_test(tests, retries_follow_the_row);
    return run_case("elb_api", tests);
}
