/*
 * What holds whatever a server does: nobody starves behind a request without a
 * reply, nothing is taken for a fact that the service has not said, nothing is
 * kept or asked for longer than somebody needs it.
 */
#include "background.h"
#include "plugin.h"
#include "run.h"
#include "simulator.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int64_t number(const rp_json *object, const char *name)
{
    int64_t value = 0;

    rp_json_integer(rp_json_get(object, name), &value);
    return value;
}

static bool flag(const rp_json *object, const char *name)
{
    bool value = false;

    rp_json_boolean(rp_json_get(object, name), &value);
    return value;
}

/* One call of one record on this listener. */
static answer call_one(const bed *on, const char *hook, const char *listener, const char *name,
                       const char *options, uint32_t timeout_ms)
{
    _cleanup_(rp_freep) char *request = request_for(listener, name, 0, 1, options);
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = timeout_ms};

    return call_hook_with(on->plugin, on->instance, &call, hook, request);
}

static void expect(const bed *on, const char *hook, const char *listener, const char *name,
                   const char *options, const char *status, const char *outcome)
{
    answer told = call_one(on, hook, listener, name, options, 8000);
    _cleanup_(rp_freep) char *text = answer_print(&told);

    ck_assert_msg(!strcmp(result_text(&told, 0, "status"), status), "%s: not %s: %s", hook, status, text);
    if (outcome)
        ck_assert_msg(!strcmp(result_text(&told, 0, "outcome"), outcome), "%s: not %s: %s", hook, outcome,
                      text);
    answer_free(&told);
}

/* --- requests without a reply --------------------------------------------------------- */

START_TEST(a_list_without_a_reply_is_asked_for_again)
{
    bed on = bed_make(NULL, "\"attempt_timeout_ms\": 300");
    int64_t before = now_ms();

    simulator_fault(on.sim, "on=list,kind=hang,count=1");
    expect(&on, "read", LISTENER, "server", "", "not_found", NULL);
    expect(&on, "read", LISTENER, "server", "", "not_found", NULL);
    ck_assert_int_lt(now_ms() - before, 4000);
    bed_free(&on);
}
END_TEST

START_TEST(an_add_without_a_reply_is_looked_for_and_not_sent_again)
{
    bed on = bed_make(SETTINGS("job-ms", "50"), "\"attempt_timeout_ms\": 300");

    simulator_fault(on.sim, "on=add,kind=hang,acts=yes,count=1");
    expect(&on, "create", LISTENER, "server", "", "ok", "done");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    bed_free(&on);
}
END_TEST

/* Each holds a place until its attempt ends; those that are tried again never take all of them. */
START_TEST(listeners_that_do_not_answer_stop_no_other)
{
    background stuck[6] = {0};
    bed on = bed_make(SETTINGS("strict-ids", "no"), "\"attempt_timeout_ms\": 400, \"max_parallel\": 2");
    int64_t before;

    simulator_fault(on.sim, "on=list,path=stuck,kind=hang,count=0");
    for (unsigned i = 0; i < 6; i++) {
        _cleanup_(rp_freep) char *listener = rp_format("stuck-%u", i);
        background_start(&stuck[i], &on, "read", request_for(listener, "server", 0, 1, ""), 9000);
    }
    pause_ms(2500);
    before = now_ms();
    for (int i = 0; i < 3; i++)
        expect(&on, "read", LISTENER, "server", "", "not_found", NULL);
    ck_assert_int_lt(now_ms() - before, 5000);
    for (unsigned i = 0; i < 6; i++) {
        background_cancel(&stuck[i]);
        background_join(&stuck[i]);
        background_free(&stuck[i]);
    }
    bed_free(&on);
}
END_TEST

/* --- what a reply proves ---------------------------------------------------------------- */

static const char *const poll_faults[] = {
    "on=job,status=404,shape=html,count=2",
    "on=job,status=400,shape=html,count=2",
    "on=job,status=404,code=APIGW.0101,shape=gateway,count=2",
    "on=job,status=404,count=2",
    "on=job,status=403,shape=html,count=2",
    "on=job,status=403,shape=empty,count=2",
    "on=job,status=403,code=FILTER-7,shape=flat,count=2",
    "on=job,status=405,shape=html,count=2",
    "on=job,status=413,shape=html,count=2",
    "on=job,status=418,shape=text,count=2",
    "on=job,status=404,code=ELB.3333,count=1", /* the service's own words, but once */
};

static void *create_in_spite_of(void *row)
{
    bed on = bed_make(SETTINGS("job-ms", "1500"), "\"settle_ms\": 300");

    simulator_fault(on.sim, "%s", *(const char *const *)row);
    expect(&on, "create", LISTENER, "server", "", "ok", "done");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1);
    bed_free(&on);
    return NULL;
}

START_TEST(a_job_is_unknown_only_in_the_service_s_words_and_twice)
{
    each_at_once(create_in_spite_of, poll_faults, sizeof(poll_faults[0]), rp_count_of(poll_faults));
}
END_TEST

static void *read_in_spite_of(void *row)
{
    bed on = bed_make(SETTINGS("job-ms", "3000"), "");
    answer made = call_one(&on, "create", LISTENER, "server", "\"wait\": \"none\"", 8000), told;
    _cleanup_(rp_freep) char *request =
        rp_format("{\"resource\": \"elb_member\", \"records\": [{\"id\": \"%s\", \"job_id\": \"%s\"}]}",
                  state_text(&made, 0, "id"), state_text(&made, 0, "job_id"));

    simulator_fault(on.sim, "%s", *(const char *const *)row);
    told = call_hook_with(on.plugin, on.instance, NULL, "read", request);
    ck_assert_str_eq(result_text(&told, 0, "status"), "in_progress");
    answer_free(&told);
    answer_free(&made);
    bed_free(&on);
    return NULL;
}

START_TEST(a_read_of_what_is_on_its_way_does_not_believe_a_proxy)
{
    each_at_once(read_in_spite_of, poll_faults, sizeof(poll_faults[0]), rp_count_of(poll_faults));
}
END_TEST

/* What somebody on the way there says to a list is said before the service was asked. */
static const char *const list_pages[] = {
    "status=400,shape=html", "status=403,shape=html", "status=403,shape=empty", "status=404,shape=html",
    "status=405,shape=html", "status=413,shape=html", "status=303,shape=html",
};

static void *list_in_spite_of(void *row)
{
    bed on = bed_make(SETTINGS("job-ms", "50"), "");

    simulator_fault(on.sim, "on=list,%s,count=4", *(const char *const *)row);
    expect(&on, "create", LISTENER, "server", "", "ok", "done");
    expect(&on, "read", LISTENER, "server", "", "ok", NULL);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    bed_free(&on);
    return NULL;
}

START_TEST(a_page_in_the_place_of_a_list_is_no_list)
{
    each_at_once(list_in_spite_of, list_pages, sizeof(list_pages[0]), rp_count_of(list_pages));
}
END_TEST

/* Whoever added has to see it, however long lists are answered by others. */
static void *look_in_spite_of(void *row)
{
    bed on = bed_make(SETTINGS("job-ms", "50"), "");

    simulator_fault(on.sim, "on=list,%s,from=2,count=5", *(const char *const *)row);
    expect(&on, "create", LISTENER, "server", "", "ok", "done");
    ck_assert_uint_ge(rp_sim_count(on.sim, "list"), 7);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    bed_free(&on);
    return NULL;
}

START_TEST(pages_after_an_add_end_no_create)
{
    each_at_once(look_in_spite_of, list_pages, sizeof(list_pages[0]), rp_count_of(list_pages));
}
END_TEST

START_TEST(pages_are_not_asked_for_ever)
{
    bed on = bed_make(NULL, "");

    simulator_fault(on.sim, "on=list,status=403,shape=html,count=0");
    expect(&on, "read", LISTENER, "server", "", "permission_denied", NULL);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 5);
    bed_free(&on);
}
END_TEST

/* A filter that replaces answers has let the request pass. */
static const char *const add_pages[] = {
    "status=400,shape=html",
    "status=403,shape=html",
    "status=403,shape=empty",
    "status=410,shape=html",
    "status=418,shape=text",
    "status=300,shape=html",
    "status=302,shape=html",
    "status=303,shape=html",
    "status=403,code=FILTER-7,shape=flat",
};

static void *add_in_spite_of(void *row)
{
    const char *page = *(const char *const *)row;
    bed on = bed_make(SETTINGS("job-ms", "50"), "");
    answer made;

    simulator_fault(on.sim, "on=add,%s,acts=yes,count=1", page);
    expect(&on, "create", LISTENER, "server", "", "ok", "done");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    simulator_fault(on.sim, "on=add,%s,acts=no,count=0", page);
    made = call_one(&on, "create", LISTENER2, "server", "", 700);
    ck_assert_str_eq(result_text(&made, 0, "outcome"), "unknown");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 2);
    answer_free(&made);
    bed_free(&on);
    return NULL;
}

START_TEST(a_page_in_answer_to_an_add_leaves_open_what_the_service_did)
{
    each_at_once(add_in_spite_of, add_pages, sizeof(add_pages[0]), rp_count_of(add_pages));
}
END_TEST

/* Such a page says that the request was not passed on. */
static const char *const add_refusals[] = {"status=404,shape=html", "status=405,shape=html",
                                           "status=407,shape=html", "status=413,shape=html",
                                           "status=414,shape=html", "status=431,shape=html"};

static void *add_nowhere(void *row)
{
    bed on = bed_make(NULL, "");
    answer made;

    simulator_fault(on.sim, "on=add,%s,count=0", *(const char *const *)row);
    made = call_one(&on, "create", LISTENER, "server", "", 8000);
    ck_assert_str_eq(result_text(&made, 0, "outcome"), "none");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&made);
    bed_free(&on);
    return NULL;
}

START_TEST(an_add_that_was_not_passed_on_began_nothing)
{
    each_at_once(add_nowhere, add_refusals, sizeof(add_refusals[0]), rp_count_of(add_refusals));
}
END_TEST

/* The list was requested by a read that has left, while a create keeps the listener busy. */
START_TEST(a_list_that_nobody_waits_for_tells_nothing_to_who_comes_later)
{
    background busy = {0};
    bed on = bed_make(SETTINGS("job-ms", "4000"), ""), other = on;
    answer left, gone;

    background_start(&busy, &on, "create", request_for(LISTENER, "busy", 0, 1, ""), 20000);
    wait_for_count(&on, "job", 1);
    simulator_fault(on.sim, "on=list,kind=delay,ms=2500,count=1");
    left = call_one(&on, "read", LISTENER, "server", "", 200);
    simulator_set(on.sim, "job-ms", "0");
    other.instance = bed_open(&on, "");
    expect(&other, "create", LISTENER, "server", "", "ok", "done");
    gone = call_one(&on, "delete", LISTENER, "server", "", 8000);
    ck_assert_str_eq(result_text(&gone, 0, "status"), "ok");
    ck_assert(flag(result_at(&gone, 0), "existed"));
    answer_free(&left);
    answer_free(&gone);
    background_join(&busy);
    background_free(&busy);
    on.plugin->close(other.instance);
    bed_free(&on);
}
END_TEST

/* --- places ------------------------------------------------------------------------------- */

START_TEST(a_list_call_takes_a_place_like_any_other)
{
    background slow = {0};
    bed on = bed_make(NULL, "\"max_parallel\": 1");
    answer listed;

    simulator_fault(on.sim, "on=list,kind=delay,ms=700,count=1");
    background_start(&slow, &on, "read", request_for(LISTENER, "server", 0, 1, ""), 8000);
    wait_for_count(&on, "list", 1);
    listed = call_hook(&on, "list", "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"%s\"}}",
                       LISTENER2);
    ck_assert_int_eq(listed.status, RP_OK);
    background_join(&slow);
    ck_assert_int_ge(request_ms(&on, "list", 1) - request_ms(&on, "list", 0), 650);
    answer_free(&listed);
    background_free(&slow);
    bed_free(&on);
}
END_TEST

/* --- who is to blame ------------------------------------------------------------------------ */

START_TEST(who_was_not_tried_alone_is_told_so)
{
    bed on = bed_make(SETTINGS("bad-server", "server-3", "job-ms", "20"), "\"max_bisect\": 2");
    answer made = call_members(&on, "create", 8, "");
    unsigned untried = 0;

    for (size_t i = 0; i < 8; i++) {
        const rp_json *result = result_at(&made, i);
        if (!strcmp(result_text(&made, i, "status"), "ok"))
            continue;
        untried++;
        ck_assert(has_code(&made, i, "elb.not_tried_alone"));
        ck_assert_str_ne(result_text(&made, i, "status"), "invalid_argument");
        ck_assert_str_eq(result_text(&made, i, "outcome"), "none");
        ck_assert(flag(result, "retryable"));
    }
    ck_assert_uint_eq(untried, 4);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

static const char *const no_attempts[] = {"on=add,status=409,from=2,count=3",
                                          "on=add,status=429,from=2,count=3"};

START_TEST(an_attempt_that_did_nothing_costs_no_budget)
{
    bed on = bed_make(SETTINGS("bad-server", "server-3", "job-ms", "20"), "\"max_bisect\": 6");
    answer made;

    simulator_fault(on.sim, "%s", no_attempts[_i]);
    made = call_members(&on, "create", 8, "");
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 7);
    ck_assert_str_eq(result_text(&made, 3, "status"), "invalid_argument");
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- jobs that nobody waits for ---------------------------------------------------------------- */

START_TEST(a_job_without_end_stops_no_other_key)
{
    bed on = bed_make(SETTINGS("listed", "at-once", "job-ms", "50"), "");
    int64_t before = now_ms();

    simulator_fault(on.sim, "on=add,kind=job-fail,form=running,applied=yes,count=1");
    expect(&on, "create", LISTENER, "endless", "\"wait\": \"none\"", "in_progress", "unknown");
    simulator_fault(on.sim, "on=add,status=409,count=1");
    expect(&on, "create", LISTENER, "other", "", "ok", "done");
    ck_assert_int_lt(now_ms() - before, 4000);
    bed_free(&on);
}
END_TEST

/* The list that the delete asks for shows what the create has done. */
START_TEST(a_list_settles_what_nobody_waits_for)
{
    bed on = bed_make(SETTINGS("listed", "at-once", "job-ms", "50"), "");

    simulator_fault(on.sim, "on=add,kind=job-fail,form=running,applied=yes,count=1");
    expect(&on, "create", LISTENER, "endless", "\"wait\": \"none\"", "in_progress", "unknown");
    expect(&on, "delete", LISTENER, "endless", "", "ok", "done");
    bed_free(&on);
}
END_TEST

START_TEST(a_job_without_end_stops_its_key_until_settle_ms)
{
    bed on = bed_make(SETTINGS("job-ms", "50"), "\"settle_ms\": 1500");
    int64_t before = now_ms();

    simulator_fault(on.sim, "on=add,kind=job-fail,form=running,count=1");
    expect(&on, "create", LISTENER, "endless", "\"wait\": \"none\"", "in_progress", "unknown");
    expect(&on, "create", LISTENER, "endless", "", "ok", "done");
    ck_assert_int_ge(now_ms() - before, 1400);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 2);
    bed_free(&on);
}
END_TEST

/* Jobs of which nobody has asked for the end do not count as running. */
START_TEST(after_a_conflict_adds_are_sent_at_a_pace)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");

    for (unsigned i = 0; i < 20; i++) {
        _cleanup_(rp_freep) char *name = rp_format("quick-%u", i);
        expect(&on, "create", LISTENER, name, "\"wait\": \"none\"", "in_progress", "unknown");
    }
    simulator_fault(on.sim, "on=add,status=409,count=3");
    expect(&on, "create", LISTENER, "last", "", "ok", "done");
    for (unsigned i = 20; i < 23; i++)
        ck_assert_int_ge(request_ms(&on, "add", i + 1) - request_ms(&on, "add", i), 140);
    bed_free(&on);
}
END_TEST

/* --- pauses ------------------------------------------------------------------------------------- */

START_TEST(a_long_retry_after_is_told)
{
    bed on = bed_make(NULL, "");
    answer first, second;

    simulator_fault(on.sim, "on=list,status=429,retry-after=3600,count=1");
    first = call_one(&on, "read", LISTENER, "server", "", 400);
    second = call_one(&on, "read", LISTENER2, "server", "", 400);
    ck_assert_str_eq(result_text(&first, 0, "status"), "throttled");
    ck_assert_int_eq(number(result_at(&first, 0), "retry_after_ms"), 3600000);
    ck_assert_str_eq(result_text(&second, 0, "status"), "throttled");
    ck_assert_int_gt(number(result_at(&second, 0), "retry_after_ms"), 0);
    answer_free(&first);
    answer_free(&second);
    bed_free(&on);
}
END_TEST

/* --- the listener's protocol ------------------------------------------------------------------------ */

static const char *const protocol_faults[] = {"on=listener,status=403,count=0",
                                              "on=listener,kind=hang,count=0"};

START_TEST(the_protocol_is_asked_for_once_and_waited_for_by_nobody)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "health", "UNAVAILABLE"), "\"max_parallel\": 1");
    int64_t before = now_ms();
    answer made;

    simulator_fault(on.sim, "%s", protocol_faults[_i]);
    expect(&on, "create", RP_SIM_UDP_LISTENER, "first", "", "ok", "done");
    expect(&on, "create", RP_SIM_UDP_LISTENER, "second", "", "ok", "done");
    made = call_one(&on, "create", RP_SIM_UDP_LISTENER, "third", "", 8000);
    ck_assert_int_lt(now_ms() - before, 2500);
    ck_assert_uint_eq(rp_sim_count(on.sim, "listener"), 1);
    ck_assert_ptr_nonnull(
        strstr(rp_json_text(rp_json_get(diagnostic_with(&made, 0, "elb.not_healthy"), "summary")), "UDP"));
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- pages ---------------------------------------------------------------------------------------------- */

static void fill(const bed *on, unsigned count)
{
    answer made = call_members(on, "create", count, "");

    ck_assert_uint_eq(count_results(&made, "ok", "done"), count);
    answer_free(&made);
}

static const struct {
    const char *cap;
    unsigned count;
} caps[] = {{"1", 4}, {"3", 10}, {"7", 29}, {"10", 30}, {"64", 64}, {"64", 65}, {"64", 150}, {"499", 600}};

START_TEST(no_cap_of_pages_hides_a_member)
{
    bed on = bed_make(SETTINGS("page-cap", caps[_i].cap, "job-ms", "0"), "\"max_batch\": 1000"), other = on;
    unsigned adds;
    answer told;

    fill(&on, caps[_i].count);
    adds = rp_sim_count(on.sim, "add");
    other.instance = bed_open(&on, "");
    told = call_members(&other, "read", caps[_i].count, "");
    ck_assert_uint_eq(count_results(&told, "ok", NULL), caps[_i].count);
    answer_free(&told);
    told = call_members(&on, "create", caps[_i].count, "");
    ck_assert_uint_eq(count_results(&told, "already_exists", NULL), caps[_i].count);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), adds);
    answer_free(&told);
    told = call_members(&other, "delete", caps[_i].count, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), caps[_i].count);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&told);
    on.plugin->close(other.instance);
    bed_free(&on);
}
END_TEST

/* One by one, past the cap. */
START_TEST(a_cap_is_noticed_when_the_listener_grows_past_it)
{
    bed on = bed_make(SETTINGS("page-cap", "8", "order", "id", "job-ms", "0"), "");

    for (unsigned i = 0; i < 12; i++) {
        _cleanup_(rp_freep) char *name = rp_format("grows-%u", i);
        expect(&on, "create", LISTENER, name, "", "ok", "done");
    }
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 12);
    for (unsigned i = 0; i < 12; i++) {
        _cleanup_(rp_freep) char *name = rp_format("grows-%u", i);
        expect(&on, "read", LISTENER, name, "", "ok", NULL);
    }
    bed_free(&on);
}
END_TEST

START_TEST(a_server_without_a_cap_costs_one_more_list_in_all)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), ""), other = on;
    unsigned lists;

    fill(&on, 30);
    other.instance = bed_open(&on, "");
    lists = rp_sim_count(on.sim, "list");
    for (int i = 0; i < 5; i++)
        expect(&other, "read", LISTENER, "absent", "", "not_found", NULL);
    for (unsigned i = 0; i < 5; i++) {
        _cleanup_(rp_freep) char *name = rp_format("more-%u", i);
        expect(&other, "create", LISTENER, name, "", "ok", "done");
    }
    ck_assert_uint_le(rp_sim_count(on.sim, "list") - lists, 5 + 10 + 1);
    on.plugin->close(other.instance);
    bed_free(&on);
}
END_TEST

/* --- many listeners ----------------------------------------------------------------------------------------
 */

START_TEST(listeners_come_and_go)
{
    bed on = bed_make(SETTINGS("strict-ids", "no", "missing-listener", "empty"), "");

    for (unsigned i = 0; i < 700; i++) {
        _cleanup_(rp_freep) char *listener = rp_format("listener-%u", i % 600);
        expect(&on, "read", listener, "server", "", "not_found", NULL);
    }
    bed_free(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("servers");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_list_without_a_reply_is_asked_for_again);
    tcase_add_test(tests, an_add_without_a_reply_is_looked_for_and_not_sent_again);
    tcase_add_test(tests, listeners_that_do_not_answer_stop_no_other);
    tcase_add_test(tests, a_job_is_unknown_only_in_the_service_s_words_and_twice);
    tcase_add_test(tests, a_read_of_what_is_on_its_way_does_not_believe_a_proxy);
    tcase_add_test(tests, a_page_in_the_place_of_a_list_is_no_list);
    tcase_add_test(tests, pages_after_an_add_end_no_create);
    tcase_add_test(tests, pages_are_not_asked_for_ever);
    tcase_add_test(tests, a_page_in_answer_to_an_add_leaves_open_what_the_service_did);
    tcase_add_test(tests, an_add_that_was_not_passed_on_began_nothing);
    tcase_add_test(tests, a_list_that_nobody_waits_for_tells_nothing_to_who_comes_later);
    tcase_add_test(tests, a_list_call_takes_a_place_like_any_other);
    tcase_add_test(tests, who_was_not_tried_alone_is_told_so);
    tcase_add_loop_test(tests, an_attempt_that_did_nothing_costs_no_budget, 0, rp_count_of(no_attempts));
    tcase_add_test(tests, a_job_without_end_stops_no_other_key);
    tcase_add_test(tests, a_list_settles_what_nobody_waits_for);
    tcase_add_test(tests, a_job_without_end_stops_its_key_until_settle_ms);
    tcase_add_test(tests, after_a_conflict_adds_are_sent_at_a_pace);
    tcase_add_test(tests, a_long_retry_after_is_told);
    tcase_add_loop_test(tests, the_protocol_is_asked_for_once_and_waited_for_by_nobody, 0,
                        rp_count_of(protocol_faults));
    tcase_add_loop_test(tests, no_cap_of_pages_hides_a_member, 0, rp_count_of(caps));
    tcase_add_test(tests, a_cap_is_noticed_when_the_listener_grows_past_it);
    tcase_add_test(tests, a_server_without_a_cap_costs_one_more_list_in_all);
    tcase_add_test(tests, listeners_come_and_go);
    return run_case("servers", tests);
}
