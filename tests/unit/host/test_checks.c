/*
 * What is left of an answer that breaks a rule, and what is told of events, time
 * and arguments that are NULL.
 */
#include "host/answer.h"
#include "host/rphost.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/writer.h"

#define ck_assert_has(text, part) ck_assert_msg(strstr(text, part), "\"%s\" does not say \"%s\"", text, part)

static rphost *host;

static void open_faulty(void)
{
    host = rphost_open(PLUGINS "/faulty.so", "{}", 2);
    ck_assert_ptr_null(rphost_error(host));
}

static void close_faulty(void)
{
    rphost_close(host);
}

typedef struct seen {
    char events[1000];
    pthread_t thread;
} seen;

static void keep_event(void *context, const char *event, size_t len)
{
    seen *kept = context;

    kept->thread = pthread_self();
    snprintf(kept->events + strlen(kept->events), sizeof(kept->events) - strlen(kept->events), "%.*s\n",
             (int)len, event);
}

/* Has records named as given, each letter one, answered with the document and the status. */
static rphost_answer *answered(const char *names, int32_t status, const char *document, const char *word,
                               seen *events)
{
    rp_buffer text = RP_BUFFER(1 << 20);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    _cleanup_(rp_freep) char *request = NULL;
    char whole[4000];

    snprintf(whole, sizeof(whole), "%d %s", (int)status, document);
    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "resource", "note");
    rp_write_text_member(&writer, "answer", whole);
    if (word)
        rp_write_text_member(&writer, word, "");
    rp_write_name(&writer, "records");
    rp_write_begin(&writer, '[');
    for (; *names; names++) {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "name", (char[]){*names, 0});
        rp_write_end(&writer, '}');
    }
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    request = rp_buffer_take(&text);
    return rphost_call(host, "create", request, strlen(request), 0, events ? keep_event : NULL, events);
}

static const rp_json *result(rphost_answer *answer, size_t index)
{
    return rp_json_at(rp_json_get(rp_answer_document(answer), "results"), index);
}

static const char *text(const rp_json *object, const char *name)
{
    const char *found = rp_json_text(rp_json_get(object, name));

    return found ? found : "(none)";
}

/* The text is what rp_answer_document has parsed. */
static void expect_count(rphost_answer *answer, size_t count)
{
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;

    ck_assert_int_eq(rp_json_parse(rphost_json(answer), strlen(rphost_json(answer)), &parsed, NULL), 0);
    ck_assert_uint_eq(rp_json_count(rp_json_get(parsed, "results")), count);
    ck_assert_uint_eq(rp_json_count(rp_json_get(rp_answer_document(answer), "results")), count);
}

static void expect_broken(const rp_json *one, const char *outcome, const char *words)
{
    const rp_json *why = rp_json_at(rp_json_get(one, "diagnostics"), 0);

    ck_assert_str_eq(text(one, "status"), "contract");
    ck_assert_str_eq(text(one, "outcome"), outcome);
    ck_assert_str_eq(text(why, "code"), "host.contract");
    ck_assert_str_eq(text(why, "status"), "contract");
    ck_assert_has(text(why, "summary"), words);
}

START_TEST(a_result_that_breaks_a_rule_keeps_its_state_and_the_others_stay)
{
    rphost_answer *answer =
        answered("abc", RP_OK,
                 "{\"results\":["
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\"}},"
                 "{\"status\":\"ok\",\"state\":{\"id\":\"b\",\"name\":\"b\",\"text\":\"x\"}},"
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":7,\"name\":\"c\"}}]}",
                 NULL, NULL);

    ck_assert_int_eq(rphost_status(answer), RP_CONTRACT);
    expect_count(answer, 3);
    ck_assert_str_eq(text(result(answer, 0), "status"), "ok");
    expect_broken(result(answer, 1), "unknown", "create: results[1] has no outcome (abi/README.md, Outcome)");
    ck_assert_str_eq(text(rp_json_get(result(answer, 1), "state"), "text"), "x");
    expect_broken(result(answer, 2), "done", "results[2].state.id is an integer, not a string");
    ck_assert_str_eq(text(rp_json_get(result(answer, 2), "state"), "name"), "c");
    ck_assert(!rp_json_has(rp_json_get(result(answer, 2), "state"), "id"));
    rphost_release(answer);
}
END_TEST

START_TEST(a_state_of_another_object_is_no_records_but_is_not_lost)
{
    rphost_answer *answer =
        answered("ab", RP_OK,
                 "{\"results\":["
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"b\",\"name\":\"b\"}},"
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"b\",\"name\":\"b\"}}]}",
                 NULL, NULL);
    const rp_json *why = rp_json_at(rp_json_get(result(answer, 0), "diagnostics"), 0);

    expect_broken(result(answer, 0), "unknown", "another object's: its name is not records[0]'s");
    ck_assert(!rp_json_has(result(answer, 0), "state"));
    ck_assert_str_eq(text(rp_json_get(rp_json_get(rp_json_get(why, "data"), "result"), "state"), "id"), "b");
    ck_assert_str_eq(text(result(answer, 1), "status"), "ok");
    rphost_release(answer);
}
END_TEST

START_TEST(a_secret_that_came_back_goes_no_further)
{
    rphost_answer *answer = answered("a", RP_OK,
                                     "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":"
                                     "{\"id\":\"a\",\"name\":\"a\",\"secret\":\"hunter2\"}}]}",
                                     NULL, NULL);

    expect_broken(result(answer, 0), "done", "has secret, which the schema calls write-only");
    ck_assert_ptr_null(strstr(rphost_json(answer), "hunter2"));
    rphost_release(answer);
}
END_TEST

START_TEST(an_answer_that_cannot_be_read_leaves_every_record_unknown)
{
    static const char *const documents[] = {"{\"results\":[", "[]", "{}", "{\"results\":[]}",
                                            "{\"results\":{}}"};

    for (size_t i = 0; i < rp_count_of(documents); i++) {
        rphost_answer *answer = answered("abc", RP_OK, documents[i], NULL, NULL);
        ck_assert_int_eq(rphost_status(answer), RP_CONTRACT);
        expect_count(answer, 3);
        for (size_t j = 0; j < 3; j++)
            expect_broken(result(answer, j), "unknown", "(abi/README.md, Documents)");
        rphost_release(answer);
    }
}
END_TEST

START_TEST(a_refusal_of_the_whole_is_one_whatever_else_is_wrong)
{
    rphost_answer *answer = answered(
        "ab", RP_INVALID_ARGUMENT, "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\"}]}", NULL, NULL);

    ck_assert_int_eq(rphost_status(answer), RP_CONTRACT);
    expect_count(answer, 0);
    rphost_release(answer);
}
END_TEST

START_TEST(results_in_the_wrong_number_are_matched_by_their_keys)
{
    rphost_answer *answer =
        answered("ab", RP_OK,
                 "{\"results\":["
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\"}},"
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"c\",\"name\":\"c\"}},"
                 "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"d\",\"name\":\"d\"}}]}",
                 NULL, NULL);

    expect_count(answer, 2);
    ck_assert_str_eq(text(result(answer, 0), "status"), "ok");
    ck_assert_str_eq(text(result(answer, 1), "outcome"), "unknown");
    ck_assert_has(rphost_json(answer), "the answer has 3 results for 2 records");
    ck_assert_has(rphost_json(answer), "\"id\":\"c\"");
    ck_assert_has(rphost_json(answer), "\"id\":\"d\"");
    rphost_release(answer);
}
END_TEST

START_TEST(results_win_over_a_wrong_sum)
{
    rphost_answer *answer = answered(
        "a", RP_CONFLICT,
        "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\"}}],"
        "\"diagnostics\":[{\"severity\":\"warning\",\"summary\":\"kept\"}]}",
        NULL, NULL);
    const rp_json *whole = rp_json_get(rp_answer_document(answer), "diagnostics");

    ck_assert_int_eq(rphost_status(answer), RP_CONTRACT);
    ck_assert_str_eq(text(result(answer, 0), "status"), "ok");
    ck_assert_str_eq(text(rp_json_at(whole, 0), "summary"),
                     "create: the status of the response is 200 (conflict), that of its results is 0 (ok) "
                     "(abi/README.md, Responses)");
    ck_assert_str_eq(text(rp_json_at(whole, 1), "summary"), "kept");
    rphost_release(answer);
}
END_TEST

#define FINE                                                                                                 \
    "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\"}}]}"

START_TEST(an_event_of_another_thread_is_told_and_passed_on_by_the_callers)
{
    seen events = {0};
    rphost_answer *answer = answered("a", RP_OK, FINE, "elsewhere", &events);

    ck_assert_has(events.events, "\"text\":\"stray\"");
    ck_assert(pthread_equal(events.thread, pthread_self()));
    ck_assert_has(rphost_json(answer),
                  "create: an event came on a thread that is not the caller's (abi/README.md, Events)");
    ck_assert_str_eq(text(result(answer, 0), "status"), "ok");
    rphost_release(answer);
}
END_TEST

/* The event of the first call comes while the second runs. */
START_TEST(an_event_after_the_return_is_told_and_reaches_nobody)
{
    seen before = {0}, after = {0};
    rphost_answer *answer = answered("a", RP_OK, FINE, "late", &before);

    ck_assert_int_eq(rphost_status(answer), RP_OK);
    rphost_release(answer);
    answer = answered("a", RP_OK, FINE, NULL, &after);
    ck_assert_str_eq(before.events, "");
    ck_assert_str_eq(after.events, "");
    ck_assert_has(rphost_json(answer),
                  "create: an event came after an earlier hook had returned (abi/README.md, Events)");
    ck_assert_str_eq(text(result(answer, 0), "status"), "ok");
    rphost_release(answer);
}
END_TEST

START_TEST(nothing_that_is_null_is_followed)
{
    rphost *none = rphost_open(NULL, NULL, 0);
    rphost_answer *answer = rphost_call(none, "describe", NULL, 0, 0, NULL, NULL);

    ck_assert_str_eq(rphost_error(none), "the name of the plugin is NULL");
    ck_assert_int_eq(rphost_status(answer), RP_CONTRACT);
    ck_assert_has(rphost_json(answer), "host.misuse");
    rphost_release(answer);
    rphost_close(none);

    ck_assert_str_eq(rphost_error(NULL), "the handle is NULL");
    answer = rphost_call(NULL, "create", "{}", 2, 0, NULL, NULL);
    ck_assert_int_eq(rphost_status(answer), RP_CONTRACT);
    ck_assert_has(rphost_json(answer), "the handle is NULL");
    rphost_release(answer);
    answer = rphost_call(host, NULL, "{}", 2, 0, NULL, NULL);
    ck_assert_has(rphost_json(answer), "the name of the hook is NULL");
    rphost_release(answer);
    answer = rphost_call(host, "create", NULL, 2, 0, NULL, NULL);
    ck_assert_has(rphost_json(answer), "the request is NULL, but its length is not 0");
    rphost_release(answer);
    answer = rphost_call_with(host, "describe", NULL, 0, NULL);
    ck_assert_int_eq(rphost_status(answer), RP_OK);
    rphost_release(answer);

    none = rphost_open(PLUGINS "/faulty.so", NULL, 3);
    ck_assert_has(rphost_error(none), "the config is NULL");
    rphost_close(none);

    ck_assert_int_eq(rphost_status(NULL), RP_CONTRACT);
    ck_assert_has(rphost_json(NULL), "the answer is NULL");
    ck_assert_int_eq(rphost_status_value(NULL), -1);
    rphost_cancel(NULL, 1);
    rphost_watchdog(NULL, NULL, NULL);
    rphost_release(NULL);
    rphost_close(NULL);
}
END_TEST

static void keep_words(void *context, const char *words)
{
    strncat(context, words, 199);
}

START_TEST(a_watchdog_tells_of_a_call_that_is_late)
{
    char words[200] = "";
    rphost_answer *answer;

    rphost_watchdog(host, keep_words, words);
    answer = rphost_call(host, "read", "{}", 2, 100, NULL, NULL);
    ck_assert_str_eq(words,
                     "read: has not returned 1000 ms after its timeout of 100 ms (abi/README.md, Time and "
                     "cancellation)");
    rphost_release(answer);
}
END_TEST

START_TEST(a_watchdog_tells_of_a_call_that_is_deaf_to_cancellation)
{
    char words[200] = "";
    rphost_answer *answer;

    rphost_watchdog(host, keep_words, words);
    rphost_cancel(host, 1);
    answer = rphost_call(host, "read", "{}", 2, 0, NULL, NULL);
    ck_assert_str_eq(words, "read: has not returned 2000 ms after it was cancelled (abi/README.md, Time and "
                            "cancellation)");
    rphost_release(answer);
    rphost_watchdog(host, NULL, NULL);
}
END_TEST

START_TEST(a_watchdog_says_nothing_of_calls_in_time)
{
    char words[200] = "";

    rphost_watchdog(host, keep_words, words);
    rphost_release(answered("a", RP_OK, FINE, NULL, NULL));
    ck_assert_str_eq(words, "");
}
END_TEST

static void ask_who_runs(void *context, const char *event, size_t len)
{
    const char **names = context;

    (void)event, (void)len;
    rphost_running(&names[0], &names[1]);
}

START_TEST(who_runs_is_known_while_it_runs)
{
    static const char request[] = "{}";
    const char *names[2] = {"", ""};
    rphost *probe = rphost_open(PLUGINS "/probe.so", "{}", 2);

    rphost_release(rphost_call(probe, "update", request, 2, 0, ask_who_runs, names));
    ck_assert_str_eq(names[0], "probe");
    ck_assert_str_eq(names[1], "update");
    ck_assert_int_eq(rphost_running(&names[0], &names[1]), 0);
    ck_assert_ptr_null(names[0]);
    ck_assert_ptr_null(names[1]);
    rphost_close(probe);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checks of answers");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(all, open_faulty, close_faulty);
    tcase_add_test(all, a_result_that_breaks_a_rule_keeps_its_state_and_the_others_stay);
    tcase_add_test(all, a_state_of_another_object_is_no_records_but_is_not_lost);
    tcase_add_test(all, a_secret_that_came_back_goes_no_further);
    tcase_add_test(all, an_answer_that_cannot_be_read_leaves_every_record_unknown);
    tcase_add_test(all, a_refusal_of_the_whole_is_one_whatever_else_is_wrong);
    tcase_add_test(all, results_in_the_wrong_number_are_matched_by_their_keys);
    tcase_add_test(all, results_win_over_a_wrong_sum);
    tcase_add_test(all, an_event_of_another_thread_is_told_and_passed_on_by_the_callers);
    tcase_add_test(all, an_event_after_the_return_is_told_and_reaches_nobody);
    tcase_add_test(all, nothing_that_is_null_is_followed);
    tcase_add_test(all, a_watchdog_tells_of_a_call_that_is_late);
    tcase_add_test(all, a_watchdog_tells_of_a_call_that_is_deaf_to_cancellation);
    tcase_add_test(all, a_watchdog_says_nothing_of_calls_in_time);
    tcase_add_test(all, who_runs_is_known_while_it_runs);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
