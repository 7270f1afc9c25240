/*
 * Records read, keys told, states written; and how long jobs are taken to need.
 */
#include "elb_member/pace.h"
#include "elb_member/record.h"
#include "kit/attributes.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

static int read_known(const char *text, record *into, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *object = NULL;

    int result;

    *into = (record){0};
    ck_assert_int_eq(rp_json_parse(text, strlen(text), &object, NULL), 0);
    result = rpkit_attributes_read(record_attributes, object, RPKIT_READ_NAMING, "", into, error);
    return result == 0 ? record_complete(into, false, error) : result;
}

START_TEST(a_member_may_be_named_in_each_way)
{
    static const struct {
        const char *text;
        bool keyed;
    } rows[] = {
        {"{\"id\":\"l/s/10.0.0.1\"}", true},
        {"{\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"10.0.0.1\"}", true},
        {"{\"listener_id\":\"l\",\"member_id\":\"m\"}", false},
        {"{\"listener_id\":\"l\",\"member_id\":\"m\",\"server_id\":\"s\"}", false},
        {"{\"id\":\"l/s/10.0.0.1\",\"address\":\"::ffff:10.0.0.1\",\"whatever\":[1],\"server_name\":5}",
         true},
        {"{\"id\":\"l/s/2001:db8::1\",\"address\":\"2001:DB8::0:1\",\"member_id\":null}", true},
    };

    for (size_t i = 0; i < rp_count_of(rows); i++) {
        rp_error *error = NULL;
        record one;

        ck_assert_msg(read_known(rows[i].text, &one, &error) == 0, "%s: %s", rows[i].text,
                      error ? error->message : "");
        ck_assert_int_eq(record_has_key(&one), rows[i].keyed);
        ck_assert_str_eq(one.listener_id, "l");
        rpkit_attributes_clear(record_attributes, &one);
    }
}
END_TEST

START_TEST(what_names_no_member_is_told_where)
{
    static const struct {
        const char *text, *path;
    } rows[] = {
        {"5", ""},
        {"{}", ""},
        {"{\"listener_id\":\"l\"}", ""},
        {"{\"listener_id\":\"l\",\"server_id\":\"s\"}", ""},
        {"{\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"10.0.0\"}", "/address"},
        {"{\"listener_id\":\"..\",\"member_id\":\"m\"}", "/listener_id"},
        {"{\"listener_id\":5,\"member_id\":\"m\"}", "/listener_id"},
        {"{\"id\":\"l/s\"}", "/id"},
        {"{\"id\":\"l/s/nowhere\"}", "/id"},
        {"{\"id\":\"l/s/10.0.0.1\",\"listener_id\":\"k\"}", "/id"},
        {"{\"id\":\"l/s/10.0.0.1\",\"server_id\":\"t\"}", "/id"},
        {"{\"id\":\"l/s/10.0.0.1\",\"address\":\"10.0.0.2\"}", "/id"},
    };

    for (size_t i = 0; i < rp_count_of(rows); i++) {
        rp_error *error = NULL;
        record one;

        ck_assert_msg(read_known(rows[i].text, &one, &error) == RP_E_INVALID, "%s", rows[i].text);
        ck_assert_str_eq(error->path, rows[i].path);
        rpkit_attributes_clear(record_attributes, &one);
        rp_error_free(error);
    }
}
END_TEST

START_TEST(a_new_record_takes_its_three_members_and_no_more)
{
    static const struct {
        const char *text, *path;
    } rows[] = {
        {"{\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"10.0.0.1\"}", NULL},
        {"{\"listener_id\":\"l\",\"server_id\":\"s\",\"adress\":\"10.0.0.1\"}", "/adress"},
        {"{\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":null}", ""},
        {"{\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"10.0.0.1/24\"}", "/address"},
        {"{\"id\":\"x\",\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"10.0.0.1\"}", "/id"},
    };

    for (size_t i = 0; i < rp_count_of(rows); i++) {
        _cleanup_(rp_json_freep) rp_json *object = NULL;
        rp_error *error = NULL;
        record one = {0};
        int result;

        ck_assert_int_eq(rp_json_parse(rows[i].text, strlen(rows[i].text), &object, NULL), 0);
        result = rpkit_attributes_read(record_attributes, object, RPKIT_READ_STRICT, "", &one, &error);
        if (result == 0)
            result = record_complete(&one, true, &error);
        ck_assert_int_eq(result, rows[i].path ? RP_E_INVALID : 0);
        if (rows[i].path)
            ck_assert_str_eq(error->path, rows[i].path);
        rpkit_attributes_clear(record_attributes, &one);
        rp_error_free(error);
    }
}
END_TEST

static void check_state(const record *state, const char *wanted)
{
    rp_buffer text = RP_BUFFER(4096);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_write_begin(&writer, '{');
    rpkit_attributes_write(record_attributes, state, &writer);
    rp_write_end(&writer, '}');
    ck_assert_str_eq(rp_buffer_text(&text), wanted);
    rp_buffer_done(&text);
}

#define KEY                                                                                                  \
    "{\"id\":\"l/s/2001:db8::1\",\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"2001:DB8::0:1\","

START_TEST(a_state_leaves_out_what_the_server_did_not_tell)
{
    member seen = {.id = "m",
                   .server_id = "s",
                   .status = "ACTIVE",
                   .key = "s/2001:db8::1",
                   .missing = 1u << MEMBER_HEALTH_STATUS | 1u << MEMBER_CREATE_TIME | 1u << MEMBER_LISTENERS};
    _cleanup_(rp_freep) char *id = NULL;
    record one, state;

    ck_assert_int_eq(
        read_known("{\"listener_id\":\"l\",\"server_id\":\"s\",\"address\":\"2001:DB8::0:1\"}", &one, NULL),
        0);
    state = record_state(&one, NULL, "j", NULL, &id);
    check_state(&state,
                KEY "\"member_id\":null,\"job_id\":\"j\",\"uri\":null,\"floating_address\":null,"
                    "\"member_status\":null,\"health_status\":null,\"server_name\":null,\"create_time\":"
                    "null,\"update_time\":null,\"listeners\":null}");
    state = record_state(&one, &seen, NULL, NULL, &id);
    check_state(&state, KEY "\"member_id\":\"m\",\"job_id\":null,\"uri\":null,\"floating_address\":null,"
                            "\"member_status\":\"ACTIVE\",\"server_name\":null,\"update_time\":null}");
    rpkit_attributes_clear(record_attributes, &one);
}
END_TEST

START_TEST(a_job_is_asked_near_its_end)
{
    pace learned = {0};

    ck_assert_int_eq(pace_pause_ms(&learned, 0, 200, 150, 2000), 200);
    pace_learn(&learned, 1000);
    ck_assert_int_eq(pace_pause_ms(&learned, 0, 200, 150, 2000), 1000);
    ck_assert_int_eq(pace_pause_ms(&learned, 900, 300, 150, 2000), 150);
    ck_assert_int_eq(pace_pause_ms(&learned, 1100, 300, 150, 2000), 300);
    pace_learn(&learned, 5000);
    ck_assert_int_eq(learned.job_ms, 2000);
    pace_learn(&learned, 60000);
    ck_assert_int_eq(pace_pause_ms(&learned, 0, 200, 150, 2000), 2000);
    ck_assert_int_eq(pace_pause_ms(NULL, 0, 200, 150, 2000), 200);
}
END_TEST

/* Whatever the jobs take, and whatever was believed before, a poll comes close after a few of them. */
START_TEST(polls_alone_teach_how_long_jobs_take)
{
    static const int64_t lengths[] = {50, 400, 3000};
    pace learned = {0};

    for (size_t i = 0; i < rp_count_of(lengths); i++) {
        int64_t overshoot = 0;
        for (int nth = 0; nth < 60; nth++) {
            int64_t elapsed = 0, running = 0, pause = 200;
            while (elapsed < lengths[i]) {
                running = elapsed;
                elapsed += pace_pause_ms(&learned, elapsed, pause, 150, 2000);
                pause = pause * 3 / 2;
            }
            overshoot = elapsed - lengths[i];
            pace_learn_between(&learned, running, elapsed);
        }
        ck_assert_int_le(overshoot, 400);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("record");

    tcase_add_test(tests, a_member_may_be_named_in_each_way);
    tcase_add_test(tests, what_names_no_member_is_told_where);
    tcase_add_test(tests, a_new_record_takes_its_three_members_and_no_more);
    tcase_add_test(tests, a_state_leaves_out_what_the_server_did_not_tell);
    tcase_add_test(tests, a_job_is_asked_near_its_end);
    tcase_add_test(tests, polls_alone_teach_how_long_jobs_take);
    return run_case("record", tests);
}
