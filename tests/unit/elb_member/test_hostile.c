/*
 * Replies that are cut short, damaged, too deep, too large or of the wrong
 * types: each is read whole or counts as lost, and nothing else happens.
 */
#include "elb_member/elb_api.h"
#include "fixture.h"
#include "run.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define JUNK_BYTES   (10u << 20)
#define MANY_MEMBERS 20000u

/* --- one shape for all readers -------------------------------------------------- */

static int read_members(const rp_http_reply *reply, rp_error **error)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    int result = elb_read_members(reply, &shown, error);

    ck_assert_int_eq(shown != NULL, result == 0);
    return result;
}

static int read_accepted(const rp_http_reply *reply, rp_error **error)
{
    char job_id[ELB_ID_SIZE], uri[ELB_URI_SIZE];

    return elb_read_accepted(reply, job_id, uri, error);
}

static int read_protocol(const rp_http_reply *reply, rp_error **error)
{
    char protocol[16];

    return elb_read_protocol(reply, protocol, error);
}

static int read_job(const rp_http_reply *reply, rp_error **error)
{
    _cleanup_(failure_unrefp) failure *why = NULL;
    elb_job_end end = ELB_JOB_RUNS;
    int64_t took_ms = 0;

    return elb_read_job(reply, &end, &why, &took_ms, error);
}

static int (*const readers[])(const rp_http_reply *, rp_error **) = {read_members, read_accepted,
                                                                     read_protocol, read_job};

/* Recorded replies and who reads them. */
static const struct {
    const char *name;
    int (*read)(const rp_http_reply *, rp_error **);
} recorded[] = {
    {"docs/members_list", read_members},        {"docs/add_response", read_accepted},
    {"docs/remove_response", read_accepted},    {"docs/listener_details_1", read_protocol},
    {"docs/listener_details_2", read_protocol}, {"docs/job_running_deleteELB", read_job},
    {"docs/job_success_createELB", read_job},
};

/* Reads as a reply of the server and as a refusal; words are there exactly if it failed. */
static int read_bytes(int (*reader)(const rp_http_reply *, rp_error **), const char *bytes, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_http_reply reply = {.status = 200, .body = bytes, .body_len = len};
    int result = reader(&reply, &error);

    ck_assert_msg(result == 0 || result == RP_E_LOST, "the result is %d", result);
    ck_assert_int_eq(error != NULL, result < 0);
    if (error)
        ck_assert_int_eq(error->code, RP_E_LOST);
    return result;
}

static void refuse_with_bytes(const char *bytes, size_t len)
{
    static const int statuses[] = {400, 404, 429, 500};

    for (size_t i = 0; i < rp_count_of(statuses); i++) {
        rp_http_reply reply = {.status = statuses[i], .body = bytes, .body_len = len};
        _cleanup_(failure_unrefp) failure *why = elb_failure_of_reply(&reply);

        ck_assert_ptr_nonnull(why);
        ck_assert_int_ge(why->status, 100);
        ck_assert_ptr_nonnull(why->summary);
        elb_judge(&reply);
        elb_is_unauthenticated(&reply);
    }
}

/* --- tests ------------------------------------------------------------------------ */

START_TEST(a_recorded_reply_is_read_whole)
{
    _cleanup_(rp_freep) char *body = fixture_body(recorded[_i].name);

    ck_assert_int_eq(read_bytes(recorded[_i].read, body, strlen(body)), 0);
}
END_TEST

/* Each prefix in memory of its own size, so that a checker sees whoever reads on. */
START_TEST(a_reply_that_is_cut_short_anywhere_is_lost)
{
    _cleanup_(rp_freep) char *body = fixture_body(recorded[_i].name);

    for (size_t len = 0; len < strlen(body); len++) {
        _cleanup_(rp_freep) char *cut = strndup(body, len);

        ck_assert_msg(read_bytes(recorded[_i].read, cut, len) == RP_E_LOST, "\"%s\" is read", cut);
        refuse_with_bytes(cut, len);
    }
}
END_TEST

START_TEST(a_reply_with_a_byte_damaged_is_read_or_lost)
{
    static const char damages[] = {'\0', '"', '{', ']', '9', '-', '\\', (char)0xff, (char)0xc3};
    _cleanup_(rp_freep) char *body = fixture_body(recorded[_i].name);
    size_t len = strlen(body);

    for (size_t at = 0; at < len; at++)
        for (size_t i = 0; i < rp_count_of(damages); i++) {
            char was = body[at];
            body[at] = damages[i];
            read_bytes(recorded[_i].read, body, len);
            refuse_with_bytes(body, len);
            body[at] = was;
        }
    ck_assert_int_eq(read_bytes(recorded[_i].read, body, len), 0);
}
END_TEST

START_TEST(a_nul_in_or_behind_a_reply_makes_it_lost)
{
    _cleanup_(rp_freep) char *body = fixture_body(recorded[_i].name);
    size_t len = strlen(body);

    /* The NUL behind the text, counted. */
    ck_assert_int_eq(read_bytes(recorded[_i].read, body, len + 1), RP_E_LOST);
    body[len / 2] = '\0';
    ck_assert_int_eq(read_bytes(recorded[_i].read, body, len), RP_E_LOST);
}
END_TEST

/* What stands where text should: no reader takes it for text. */
static const struct {
    int (*read)(const rp_http_reply *, rp_error **);
    const char *format; /* with the value for %s */
} mistyped[] = {
    {read_members, "[{\"id\": %s, \"server_id\": \"s\"}]"},
    {read_members, "[{\"id\": \"a\", \"server_id\": %s}]"},
    {read_accepted, "{\"job_id\": %s}"},
    {read_protocol, "{\"protocol\": %s}"},
    {read_job, "{\"status\": %s}"},
};

static const char *const not_text[] = {"5", "1.5", "true", "null", "{}", "[]", "[\"a\"]", "\"a\\u0000b\""};

START_TEST(a_value_of_the_wrong_type_is_no_text)
{
    for (size_t i = 0; i < rp_count_of(not_text); i++) {
        const char *format = mistyped[_i].format, *gap = strstr(format, "%s");
        _cleanup_(rp_freep) char *body =
            rp_format("%.*s%s%s", (int)(gap - format), format, not_text[i], gap + 2);

        ck_assert_msg(read_bytes(mistyped[_i].read, body, strlen(body)) == RP_E_LOST, "%s is read", body);
    }
}
END_TEST

/* Numbers where the reference has text, and text where it has numbers: what is not needed may be anything. */
START_TEST(what_is_not_needed_may_have_any_type)
{
    static const char *const optional[] = {"server_address", "address",     "status",      "health_status",
                                           "server_name",    "create_time", "update_time", "listeners"};

    for (size_t i = 0; i < rp_count_of(optional); i++)
        for (size_t j = 0; j < rp_count_of(not_text); j++) {
            _cleanup_(rp_freep) char *body =
                rp_format("[{\"id\": \"a\", \"server_id\": \"s\", \"%s\": %s}]", optional[i], not_text[j]);
            ck_assert_msg(read_bytes(read_members, body, strlen(body)) == 0, "%s is lost", body);
        }
}
END_TEST

static char *nested(unsigned levels)
{
    char *text = malloc(2 * levels + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '[', levels);
    memset(text + levels, ']', levels);
    text[2 * levels] = '\0';
    return text;
}

START_TEST(a_reply_that_is_too_deep_is_lost)
{
    _cleanup_(rp_freep) char *deep = nested(30000), *extra = nested(63);
    _cleanup_(rp_freep) char *fits = rp_format(
        "{\"status\": \"INIT\", \"job_id\": \"j\", \"protocol\": \"TCP\", \"entities\": %s}", extra);
    _cleanup_(rp_freep) char *too_deep = rp_format(
        "{\"status\": \"INIT\", \"job_id\": \"j\", \"protocol\": \"TCP\", \"entities\": [%s]}", extra);

    for (size_t i = 0; i < rp_count_of(readers); i++) {
        ck_assert_int_eq(read_bytes(readers[i], deep, strlen(deep)), RP_E_LOST);
        ck_assert_int_eq(read_bytes(readers[i], too_deep, strlen(too_deep)), RP_E_LOST);
        if (readers[i] != read_members)
            ck_assert_int_eq(read_bytes(readers[i], fits, strlen(fits)), 0);
    }
}
END_TEST

static const char junk[] = {'[', '"', 'x', ' ', '0', (char)0xff, '\0'};

START_TEST(ten_megabytes_of_junk_are_lost)
{
    _cleanup_(rp_freep) char *bytes = malloc(JUNK_BYTES + 1);

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, junk[_i], JUNK_BYTES);
    bytes[JUNK_BYTES] = '\0';
    for (size_t i = 0; i < rp_count_of(readers); i++)
        ck_assert_int_eq(read_bytes(readers[i], bytes, JUNK_BYTES), RP_E_LOST);
    refuse_with_bytes(bytes, JUNK_BYTES);
}
END_TEST

START_TEST(a_list_of_many_members_is_read)
{
    rp_buffer text = RP_BUFFER(16u << 20);
    page *shown = NULL;
    rp_http_reply reply;

    rp_buffer_add_char(&text, '[');
    for (unsigned i = 0; i < MANY_MEMBERS; i++)
        rp_buffer_format(&text,
                         "%s{\"id\": \"m%u\", \"server_id\": \"s%u\", \"server_address\": \"2001:DB8::%x\"}",
                         i ? ", " : "", i, i, i);
    rp_buffer_add_char(&text, ']');
    reply = reply_of(200, rp_buffer_text(&text));
    ck_assert_int_eq(elb_read_members(&reply, &shown, NULL), 0);
    rp_buffer_done(&text);
    /* Nothing of it is borrowed from the reply, which is gone. */
    ck_assert_uint_eq(shown->count, MANY_MEMBERS);
    ck_assert_str_eq(shown->members[MANY_MEMBERS - 1].server_id, "s19999");
    ck_assert_str_eq(shown->members[MANY_MEMBERS - 1].canonical, "2001:db8::4e1f");
    ck_assert_str_eq(shown->members[MANY_MEMBERS - 1].address, "2001:DB8::4e1f");
    page_unref(shown);
}
END_TEST

START_TEST(one_wrong_member_makes_the_whole_list_lost)
{
    static const char body[] = "[{\"id\": \"a\", \"server_id\": \"s\"}, {\"id\": \"b\"}]";

    ck_assert_int_eq(read_bytes(read_members, body, strlen(body)), RP_E_LOST);
}
END_TEST

START_TEST(codes_and_ids_that_are_too_long_are_cut)
{
    _cleanup_(rp_freep) char *words = malloc(5001), *body = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    rp_http_reply reply;

    ck_assert_ptr_nonnull(words);
    memset(words, 'w', 5000);
    words[5000] = '\0';
    body = rp_format("{\"error_code\": \"%s\", \"error_msg\": \"%s\", \"request_id\": \"%s\"}", words, words,
                     words);
    reply = reply_of(403, body);
    reply.request_id = words;
    why = elb_failure_of_reply(&reply);
    ck_assert_str_eq(why->code, "elb.forbidden");
    ck_assert_uint_eq(strlen(why->server_code), sizeof(why->server_code) - 1);
    ck_assert_uint_eq(strlen(why->request_id), sizeof(why->request_id) - 1);
    ck_assert_uint_le(strlen(why->server_message), 500);
}
END_TEST

START_TEST(the_header_names_the_request_before_the_body_does)
{
    static const char body[] = "{\"error_code\": \"APIGW.0302\", \"request_id\": \"of-the-body\"}";
    rp_http_reply reply = reply_of(403, body);
    _cleanup_(failure_unrefp) failure *from_body = elb_failure_of_reply(&reply), *from_header = NULL;

    ck_assert_str_eq(from_body->request_id, "of-the-body");
    reply.request_id = "of-the-header";
    from_header = elb_failure_of_reply(&reply);
    ck_assert_str_eq(from_header->request_id, "of-the-header");
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

int main(void)
{
    TCase *tests = tcase_create("hostile");

    tcase_set_timeout(tests, 60);
    LOOP(tests, a_recorded_reply_is_read_whole, recorded);
    LOOP(tests, a_reply_that_is_cut_short_anywhere_is_lost, recorded);
    LOOP(tests, a_reply_with_a_byte_damaged_is_read_or_lost, recorded);
    LOOP(tests, a_nul_in_or_behind_a_reply_makes_it_lost, recorded);
    LOOP(tests, a_value_of_the_wrong_type_is_no_text, mistyped);
    tcase_add_test(tests, what_is_not_needed_may_have_any_type);
    tcase_add_test(tests, a_reply_that_is_too_deep_is_lost);
    LOOP(tests, ten_megabytes_of_junk_are_lost, junk);
    tcase_add_test(tests, a_list_of_many_members_is_read);
    tcase_add_test(tests, one_wrong_member_makes_the_whole_list_lost);
    tcase_add_test(tests, codes_and_ids_that_are_too_long_are_cut);
    tcase_add_test(tests, the_header_names_the_request_before_the_body_does);
    return run_case("hostile", tests);
}
