/*
 * Calls end when they must: out of time, cancelled, or given up on a server that
 * is not there; each tells how far it had come, and the next call works. And
 * what a host hears meanwhile.
 */
#include "background.h"
#include "peer.h"
#include "run.h"
#include "simulator.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* How late a hook may return, out of time and cancelled. */
#define LATE_MS   500
#define CANCEL_MS 1000

static char *two(const char *options)
{
    return request_for(LISTENER, "server", 0, 2, options);
}

static char *list_request(void)
{
    return rp_format("{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"%s\"}}", LISTENER);
}

static char *request_of(const char *hook)
{
    return !strcmp(hook, "list") ? list_request() : two("");
}

/* The state of a create that may come true, and only of that. */
static void check_state(const answer *told, const char *outcome, bool with_job)
{
    bool open = !strcmp(outcome, "unknown");

    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(has_state(told, i), open);
        if (open)
            ck_assert_int_eq(*state_text(told, i, "job_id") != '\0', with_job);
    }
}

/* --- servers that are no help ------------------------------------------------------ */

static const char *const hooks[] = {"create", "read", "delete", "list"};

/* A bed whose instance talks to somebody else. */
static bed bed_at(const char *url, const char *more)
{
    return (bed){.plugin = plugin_load(), .instance = open_at(plugin_load(), url, more)};
}

static void check_within(const background *one, int64_t least_ms, int64_t most_ms)
{
    ck_assert_int_ge(one->took_ms, least_ms);
    ck_assert_int_le(one->took_ms, most_ms);
}

static void *leave_mute(void *row)
{
    const char *hook = *(const char *const *)row;
    peer server = peer_mute();
    bed on = bed_at(server.url, "");
    background call;

    background_start(&call, &on, hook, request_of(hook), 700);
    background_join(&call);
    ck_assert_int_eq(call.answer.status, RP_DEADLINE_EXCEEDED);
    check_within(&call, 690, 700 + LATE_MS);
    if (!strcmp(hook, "create") || !strcmp(hook, "delete"))
        ck_assert_uint_eq(count_results(&call.answer, "deadline_exceeded", "none"), 2);
    background_free(&call);
    ck_assert_msg(peer_is_left(&server), "%s: the connection is kept though nobody waits", hook);
    on.plugin->close(on.instance);
    peer_done(&server);
    return NULL;
}

START_TEST(a_mute_server_is_left_in_time)
{
    each_at_once(leave_mute, hooks, sizeof(hooks[0]), rp_count_of(hooks));
}
END_TEST

struct hopeless {
    const char *url, *hook;
};

/* Given up after connect_timeout_ms, long before the call's own end. */
static void *give_up(void *row)
{
    const struct hopeless *at = row;
    const char *hook = at->hook;
    bed on = bed_at(at->url, "\"connect_timeout_ms\": 800");
    background call;

    background_start(&call, &on, hook, request_of(hook), 20000);
    background_join(&call);
    ck_assert_int_eq(call.answer.status, RP_UNAVAILABLE);
    check_within(&call, 700, 800 + 1000);
    if (!strcmp(hook, "create")) {
        bool retryable = false;
        ck_assert_uint_eq(count_results(&call.answer, "unavailable", "none"), 2);
        ck_assert(has_code(&call.answer, 1, "http.unreached"));
        ck_assert(rp_json_boolean(rp_json_get(result_at(&call.answer, 1), "retryable"), &retryable));
        ck_assert(retryable);
    }
    background_free(&call);
    on.plugin->close(on.instance);
    return NULL;
}

static void give_up_by_each_hook(const char *url)
{
    struct hopeless each[rp_count_of(hooks)];

    for (size_t i = 0; i < rp_count_of(hooks); i++)
        each[i] = (struct hopeless){url, hooks[i]};
    each_at_once(give_up, each, sizeof(each[0]), rp_count_of(hooks));
}

START_TEST(an_absent_server_is_given_up)
{
    peer server = peer_absent();

    give_up_by_each_hook(server.url);
    peer_done(&server);
}
END_TEST

START_TEST(an_unreachable_server_is_given_up)
{
    peer server = peer_unreachable();

    give_up_by_each_hook(server.url);
    peer_done(&server);
}
END_TEST

START_TEST(a_server_that_does_not_speak_tls_is_given_up)
{
    peer server = peer_mute();

    give_up_by_each_hook(server.secure_url);
    peer_done(&server);
}
END_TEST

START_TEST(a_short_call_to_an_unreachable_server_ends_in_time)
{
    peer server = peer_unreachable();
    bed on = bed_at(server.url, "");
    background call;

    background_start(&call, &on, "create", two(""), 500);
    background_join(&call);
    ck_assert_uint_eq(count_results(&call.answer, NULL, "none"), 2);
    check_within(&call, 490, 500 + LATE_MS);
    background_free(&call);
    on.plugin->close(on.instance);
    peer_done(&server);
}
END_TEST

START_TEST(a_call_to_an_unreachable_server_is_cancelled)
{
    peer server = peer_unreachable();
    bed on = bed_at(server.url, "");
    background call;
    int64_t cancelled_at;

    background_start(&call, &on, "create", two(""), 20000);
    pause_ms(200);
    cancelled_at = now_ms();
    background_cancel(&call);
    background_join(&call);
    ck_assert_int_le(now_ms() - cancelled_at, CANCEL_MS);
    ck_assert_uint_eq(count_results(&call.answer, "cancelled", "none"), 2);
    background_free(&call);
    on.plugin->close(on.instance);
    peer_done(&server);
}
END_TEST

/* --- each stage of a create ------------------------------------------------------------ */

typedef struct stage {
    const char *rule; /* what keeps it there */
    const char *kind; /* it is there once the server has seen so many of these */
    unsigned count;
    const char *outcome;
    bool with_job;
    const char *late; /* status when out of time there */
} stage;

/* clang-format off: one row a line reads as the table it is. */
static const stage stages[] = {
    {"on=list,kind=hang", "list", 1, "none", false, "deadline_exceeded"},
    {"on=list,kind=slow,ms=30000", "list", 1, "none", false, "deadline_exceeded"},
    {"on=list,status=503,count=0", "list", 2, "none", false, "unavailable"},
    {"on=add,kind=hang", "add", 1, "unknown", false, "deadline_exceeded"},
    {"on=add,kind=slow,ms=30000", "add", 1, "unknown", false, "deadline_exceeded"},
    {"on=add,kind=delay,ms=30000", "add", 1, "unknown", false, "deadline_exceeded"},
    {"on=add,kind=reset-before", "list", 2, "unknown", false, "unavailable"},
    {"on=add,status=429,count=0,retry-after=2", "add", 1, "none", false, "throttled"},
    {"on=add,status=409,count=0", "add", 1, "none", false, "conflict"},
    {"on=add,kind=job-fail,form=running", "job", 1, "unknown", true, "deadline_exceeded"},
    {"on=job,kind=hang", "job", 1, "unknown", true, "deadline_exceeded"},
    {"on=job,kind=slow,ms=30000", "job", 1, "unknown", true, "deadline_exceeded"},
    {"on=job,status=503,count=0", "job", 2, "unknown", true, "deadline_exceeded"},
    {"on=list,from=2,kind=hang", "list", 2, "unknown", true, "deadline_exceeded"},
    {"on=list,from=2,status=503,count=0", "list", 2, "unknown", true, "deadline_exceeded"},
};
/* clang-format on */

static bed staged(const stage *at)
{
    bed on = bed_make((const char *const[]){"job-ms", "30", NULL},
                      "\"settle_ms\": 60000, \"poll_min_ms\": 10, \"poll_max_ms\": 50");

    simulator_fault(on.sim, "%s", at->rule);
    return on;
}

/* Another record of the same listener, so nothing of the last call stands in its way. */
static void check_later_call(const bed *on)
{
    _cleanup_(rp_freep) char *request = list_request();
    answer told;

    simulator_control(on->sim, "reset", "{\"what\": \"faults\"}");
    told = call_hook_with(on->plugin, on->instance, NULL, "list", request);
    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
    told = call_hook(on, "read",
                     "{\"resource\": \"elb_member\", \"records\": [{\"listener_id\": \"%s\", \"server_id\": "
                     "\"other\", \"address\": \"10.9.9.9\"}]}",
                     LISTENER);
    ck_assert_int_eq(told.status, RP_NOT_FOUND);
    answer_free(&told);
}

static void check_stage(const answer *told, const stage *at, const char *status)
{
    _cleanup_(rp_freep) char *text = answer_print(told);

    ck_assert_msg(count_results(told, status, at->outcome) == 2, "%s: %s", at->rule, text);
    check_state(told, at->outcome, at->with_job);
}

static void *end_in_time(void *row)
{
    const stage *at = row;
    bed on = staged(at);
    background call;

    background_start(&call, &on, "create", two(""), 900);
    background_join(&call);
    check_within(&call, 890, 900 + LATE_MS);
    check_stage(&call.answer, at, at->late);
    background_free(&call);
    check_later_call(&on);
    bed_free(&on);
    return NULL;
}

START_TEST(a_create_ends_in_time_at_each_stage)
{
    each_at_once(end_in_time, stages, sizeof(stages[0]), rp_count_of(stages));
}
END_TEST

static void *be_cancelled(void *row)
{
    const stage *at = row;
    bed on = staged(at);
    background call;
    int64_t cancelled_at;

    background_start(&call, &on, "create", two(""), 30000);
    wait_for_count(&on, at->kind, at->count);
    pause_ms(20);
    cancelled_at = now_ms();
    background_cancel(&call);
    background_join(&call);
    ck_assert_int_le(now_ms() - cancelled_at, CANCEL_MS);
    check_stage(&call.answer, at, "cancelled");
    background_free(&call);
    check_later_call(&on);
    bed_free(&on);
    return NULL;
}

START_TEST(a_create_is_cancelled_at_each_stage)
{
    each_at_once(be_cancelled, stages, sizeof(stages[0]), rp_count_of(stages));
}
END_TEST

START_TEST(one_cancelled_before_it_began_sends_nothing)
{
    bed on = bed_make(NULL, "");
    uint32_t yes = 1;
    rp_call call = {.struct_size = sizeof(call), .cancel = &yes};
    _cleanup_(rp_freep) char *request = two("");
    answer told = call_hook_with(on.plugin, on.instance, &call, "create", request);

    ck_assert_uint_eq(count_results(&told, "cancelled", "none"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_call_without_a_time_takes_that_of_the_config)
{
    peer server = peer_mute();
    bed on = bed_at(server.url, "\"timeout_ms\": 600");
    background call;

    background_start(&call, &on, "create", two(""), 0);
    background_join(&call);
    ck_assert_int_eq(call.answer.status, RP_DEADLINE_EXCEEDED);
    check_within(&call, 590, 600 + LATE_MS);
    background_free(&call);
    on.plugin->close(on.instance);
    peer_done(&server);
}
END_TEST

/* --- jobs that outlive the call ---------------------------------------------------------- */

/* {"records": the states of an answer}. */
static char *records_of(const answer *told, const char *options)
{
    rp_buffer text = RP_BUFFER(1u << 20);

    rp_buffer_add_text(&text, "{\"resource\": \"elb_member\", \"records\": [");
    for (unsigned i = 0; i < result_count(told); i++) {
        rp_buffer_add_text(&text, i ? ", " : "");
        rp_json_print(rp_json_get(result_at(told, i), "state"), false, &text);
    }
    rp_buffer_format(&text, "], \"options\": {%s}}", options);
    return rp_buffer_take(&text);
}

START_TEST(a_job_that_outlives_its_call_is_picked_up_by_another_process)
{
    bed on = bed_make((const char *const[]){"job-ms", "2000", "listed", "at-end", NULL}, ""), later = on;
    _cleanup_(rp_freep) char *states = NULL, *states_and_wait = NULL;
    background call;
    answer told;

    background_start(&call, &on, "create", two(""), 500);
    background_join(&call);
    ck_assert_uint_eq(count_results(&call.answer, "deadline_exceeded", "unknown"), 2);
    check_state(&call.answer, "unknown", true);
    states = records_of(&call.answer, "");
    states_and_wait = records_of(&call.answer, "\"wait\": \"job\"");

    later.instance = bed_open(&on, "");
    told = call_hook_with(on.plugin, later.instance, NULL, "read", states);
    ck_assert_uint_eq(count_results(&told, "in_progress", NULL), 2);
    ck_assert_str_eq(state_text(&told, 0, "job_id"), state_text(&call.answer, 0, "job_id"));
    answer_free(&told);
    told = call_hook_with(on.plugin, later.instance, NULL, "read", states_and_wait);
    ck_assert_uint_eq(count_results(&told, "ok", NULL), 2);
    ck_assert_str_ne(state_text(&told, 0, "member_id"), "");
    ck_assert_str_eq(state_text(&told, 0, "job_id"), state_text(&call.answer, 0, "job_id"));
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    background_free(&call);
    on.plugin->close(later.instance);
    bed_free(&on);
}
END_TEST

/* --- events ------------------------------------------------------------------------------ */

static const char *event_text(const rp_json *event, const char *name)
{
    const char *text = rp_json_text(rp_json_get(event, name));

    ck_assert_msg(text != NULL, "the event has no text %s", name);
    return text;
}

START_TEST(a_state_is_told_with_its_job_while_the_job_runs)
{
    bed on = bed_make((const char *const[]){"job-ms", "30000", NULL}, "");
    background call;
    int64_t until = now_ms() + 5000;

    background_start(&call, &on, "create", two(""), 60000);
    while (__atomic_load_n(&call.state_count, __ATOMIC_ACQUIRE) < 2 && now_ms() < until)
        pause_ms(5);
    ck_assert_uint_eq(__atomic_load_n(&call.state_count, __ATOMIC_ACQUIRE), 2);
    background_cancel(&call);
    background_join(&call);
    for (unsigned i = 0; i < 2; i++) {
        rp_json *event = background_event(&call, "state", i);
        const rp_json *state = rp_json_get(event, "state");
        int64_t record = -1;
        ck_assert(rp_json_integer(rp_json_get(event, "record"), &record));
        ck_assert_int_eq(record, i);
        ck_assert_str_eq(event_text(state, "job_id"), state_text(&call.answer, i, "job_id"));
        ck_assert_str_eq(event_text(state, "server_id"), state_text(&call.answer, i, "server_id"));
        ck_assert_str_eq(event_text(state, "id"), state_text(&call.answer, i, "id"));
        ck_assert_int_eq(rp_json_type_of(rp_json_get(state, "member_id")), RP_JSON_NULL);
        rp_json_free(event);
    }
    background_free(&call);
    bed_free(&on);
}
END_TEST

static unsigned count_events(const background *call, const char *kind)
{
    unsigned count = 0;
    rp_json *event;

    while ((event = background_event(call, kind, count))) {
        count++;
        rp_json_free(event);
    }
    return count;
}

START_TEST(each_exchange_is_a_line_of_the_log_without_secrets)
{
    bed on = bed_make((const char *const[]){"job-ms", "200", NULL}, "");
    background call;
    unsigned lines;

    background_start(&call, &on, "create", two(""), 10000);
    background_join(&call);
    ck_assert_int_eq(call.answer.status, RP_OK);
    lines = count_events(&call, "log");
    ck_assert_uint_eq(lines, rp_sim_count(on.sim, "total"));
    for (unsigned i = 0; i < lines; i++) {
        rp_json *event = background_event(&call, "log", i);
        ck_assert_str_eq(event_text(event, "level"), "debug");
        ck_assert_msg(strstr(event_text(event, "message"), LISTENER) ||
                          strstr(event_text(event, "message"), "/jobs/"),
                      "%s", event_text(event, "message"));
        ck_assert_msg(strstr(event_text(event, "message"), "200") != NULL, "%s",
                      event_text(event, "message"));
        rp_json_free(event);
    }
    ck_assert_ptr_null(strstr(rp_buffer_text(&call.events), RP_SIM_TOKEN));
    background_free(&call);
    bed_free(&on);
}
END_TEST

START_TEST(progress_comes_after_the_states_and_ends_with_all_done)
{
    bed on = bed_make((const char *const[]){"job-ms", "100", NULL}, "");
    const char *state, *progress;
    int64_t done = -1, total = -1;
    background call;
    rp_json *event;

    background_start(&call, &on, "create", two(""), 10000);
    background_join(&call);
    event = background_event(&call, "progress", count_events(&call, "progress") - 1);
    ck_assert(rp_json_integer(rp_json_get(event, "done"), &done));
    ck_assert(rp_json_integer(rp_json_get(event, "total"), &total));
    ck_assert_int_eq(done, 2);
    ck_assert_int_eq(total, 2);
    rp_json_free(event);
    state = strstr(rp_buffer_text(&call.events), "\"kind\":\"state\"");
    progress = strstr(rp_buffer_text(&call.events), "\"done\":2");
    ck_assert(state && progress && state < progress);
    background_free(&call);
    bed_free(&on);
}
END_TEST

START_TEST(waiting_for_a_lost_answer_is_told_as_progress)
{
    bed on = bed_make((const char *const[]){"job-ms", "30", NULL}, "\"settle_ms\": 1500");
    background call;
    rp_json *event;

    simulator_fault(on.sim, "on=add,kind=reset-before");
    background_start(&call, &on, "create", two(""), 10000);
    background_join(&call);
    ck_assert_uint_eq(count_results(&call.answer, "ok", "done"), 2);
    event = background_event(&call, "progress", 0);
    ck_assert_ptr_nonnull(strstr(event_text(event, "message"), "lost"));
    rp_json_free(event);
    background_free(&call);
    bed_free(&on);
}
END_TEST

struct slow {
    unsigned events;
};

static void dawdle(void *context, const char *event, size_t len)
{
    struct slow *slow = context;

    (void)event, (void)len;
    if (slow->events++ == 0)
        pause_ms(2500);
}

static void *call_slowly(void *context)
{
    const bed *on = context;
    struct slow slow = {0};
    rp_call call = {.struct_size = sizeof(call), .on_event = dawdle, .context = &slow};
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "slow", 0, 1, "");
    answer told = call_hook_with(on->plugin, on->instance, &call, "create", request);

    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
    return NULL;
}

START_TEST(a_host_that_dawdles_over_an_event_holds_up_nobody_else)
{
    bed on = bed_make((const char *const[]){"job-ms", "30", NULL}, "");
    pthread_t slow;
    background call;

    ck_assert_int_eq(pthread_create(&slow, NULL, call_slowly, &on), 0);
    wait_for_count(&on, "list", 1);
    pause_ms(100);
    background_start(&call, &on, "create", two(""), 10000);
    background_join(&call);
    ck_assert_int_eq(call.answer.status, RP_OK);
    ck_assert_int_le(call.took_ms, 1500);
    pthread_join(slow, NULL);
    background_free(&call);
    bed_free(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("time");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_mute_server_is_left_in_time);
    tcase_add_test(tests, an_absent_server_is_given_up);
    tcase_add_test(tests, an_unreachable_server_is_given_up);
    tcase_add_test(tests, a_server_that_does_not_speak_tls_is_given_up);
    tcase_add_test(tests, a_short_call_to_an_unreachable_server_ends_in_time);
    tcase_add_test(tests, a_call_to_an_unreachable_server_is_cancelled);
    tcase_add_test(tests, a_create_ends_in_time_at_each_stage);
    tcase_add_test(tests, a_create_is_cancelled_at_each_stage);
    tcase_add_test(tests, one_cancelled_before_it_began_sends_nothing);
    tcase_add_test(tests, a_call_without_a_time_takes_that_of_the_config);
    tcase_add_test(tests, a_job_that_outlives_its_call_is_picked_up_by_another_process);
    tcase_add_test(tests, a_state_is_told_with_its_job_while_the_job_runs);
    tcase_add_test(tests, each_exchange_is_a_line_of_the_log_without_secrets);
    tcase_add_test(tests, progress_comes_after_the_states_and_ends_with_all_done);
    tcase_add_test(tests, waiting_for_a_lost_answer_is_told_as_progress);
    tcase_add_test(tests, a_host_that_dawdles_over_an_event_holds_up_nobody_else);
    return run_case("time", tests);
}
