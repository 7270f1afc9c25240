#include "host/find.h"
#include "host/load.h"
#include "host/rphost.h"

#include "base/text.h"
#include "starve.h"
#include "json/value.h"

#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ck_assert_has(text, part) ck_assert_msg(strstr(text, part), "\"%s\" does not say \"%s\"", text, part)

/* A document that is parsed for as long as the test looks at it. */
static rp_json *document_of(const rphost_answer *answer)
{
    rp_json *parsed = NULL;
    const char *json = rphost_json(answer);

    ck_assert_int_eq(rp_json_parse(json, strlen(json), &parsed, NULL), 0);
    return parsed;
}

static int64_t number(const rp_json *object, const char *name)
{
    int64_t value = -1;

    rp_json_integer(rp_json_get(object, name), &value);
    return value;
}

static rphost *open_probe(const char *config)
{
    return rphost_open(PLUGINS "/probe.so", config, config ? strlen(config) : 0);
}

static rphost_answer *call(rphost *host, const char *hook, const char *request)
{
    return rphost_call(host, hook, request, strlen(request), 0, NULL, NULL);
}

/* The one diagnostic of an answer that is the host's own. */
static void expect_own(rphost_answer *answer, int32_t status, const char *code, const char *words)
{
    _cleanup_(rp_json_freep) rp_json *document = document_of(answer);
    const rp_json *one = rp_json_at(rp_json_get(document, "diagnostics"), 0);

    ck_assert_int_eq(rphost_status(answer), status);
    ck_assert_int_eq(rp_json_type_of(rp_json_get(document, "results")), RP_JSON_ARRAY);
    ck_assert_uint_eq(rp_json_count(rp_json_get(document, "results")), 0);
    ck_assert_str_eq(rp_json_text(rp_json_get(one, "severity")), "error");
    ck_assert_str_eq(rp_json_text(rp_json_get(one, "status")), rphost_status_name(status));
    ck_assert_str_eq(rp_json_text(rp_json_get(one, "code")), code);
    ck_assert_has(rp_json_text(rp_json_get(one, "summary")), words);
    rphost_release(answer);
}

START_TEST(a_name_is_looked_for_in_the_asked_folders_then_in_the_built_in_one)
{
    const rp_search_path second = {"/nowhere::" PLUGINS, "/elsewhere", NULL},
                         last = {"/nowhere", PLUGINS, NULL};
    _cleanup_(rp_freep) char *one = NULL, *other = NULL;

    ck_assert_int_eq(rp_plugin_find("probe", &second, &one, NULL), 0);
    ck_assert_str_eq(one, PLUGINS "/probe.so");
    ck_assert_int_eq(rp_plugin_find("probe", &last, &other, NULL), 0);
    ck_assert_str_eq(other, PLUGINS "/probe.so");
}
END_TEST

START_TEST(a_path_is_taken_as_it_is)
{
    const rp_search_path folders = {PLUGINS, PLUGINS, NULL};
    _cleanup_(rp_freep) char *path = NULL;

    ck_assert_int_eq(rp_plugin_find("./probe", &folders, &path, NULL), 0);
    ck_assert_str_eq(path, "./probe");
}
END_TEST

START_TEST(a_name_that_is_nowhere_tells_where_it_was_looked_for)
{
    const rp_search_path folders = {"/one:/two", "/three", "/four"};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    char *path = NULL;

    ck_assert_int_eq(rp_plugin_find("probe", &folders, &path, &error), RP_E_NOT_FOUND);
    ck_assert_ptr_null(path);
    ck_assert_str_eq(error->message,
                     "No plugin \"probe\" (a path has a '/'). Searched: /one, /two, /four, /three");
}
END_TEST

/* A table that is whole, for tests that take something out of it. */
static const rp_plugin *whole(void)
{
    static const rp_plugin *table;

    if (!table)
        ck_assert_int_eq(rp_plugin_load(PLUGINS "/probe.so", &table, NULL), 0);
    return table;
}

static void expect_fault(const rp_plugin *table, const char *words)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    ck_assert_int_eq(rp_plugin_check(table, &error), RP_E_INVALID);
    ck_assert_has(error->message, words);
}

START_TEST(a_table_that_lacks_what_every_plugin_has_is_refused)
{
    rp_plugin table = *whole();

    expect_fault(NULL, "returned NULL");
    table.release = NULL;
    expect_fault(&table, "release is NULL");
    table = *whole(), table.describe = NULL;
    expect_fault(&table, "describe is NULL");
    table = *whole(), table.open = NULL;
    expect_fault(&table, "open is NULL");
    table = *whole(), table.close = NULL;
    expect_fault(&table, "close is NULL");
    table = *whole(), table.name = NULL;
    expect_fault(&table, "name is NULL");
    table = *whole(), table.struct_size = offsetof(rp_plugin, list);
    expect_fault(&table, "shorter than ABI 1.0's");
}
END_TEST

START_TEST(a_table_that_has_grown_is_taken)
{
    rp_plugin table = *whole();

    table.struct_size += 64;
    table.abi_minor = 7;
    ck_assert_int_eq(rp_plugin_check(&table, NULL), 0);
}
END_TEST

START_TEST(another_major_is_told_by_its_number_and_nothing_below_its_head_is_read)
{
    rphost *host = rphost_open(PLUGINS "/probe_of_abi_2.so", NULL, 0);
    rp_plugin head = {
        .struct_size = offsetof(rp_plugin, release), .abi_major = 2, .name = "next", .version = "9"};

    ck_assert_str_eq(rphost_error(host),
                     PLUGINS "/probe_of_abi_2.so: probe 1.2.3 speaks ABI 2, this host ABI 1");
    expect_own(call(host, "create", "{}"), RP_UNSUPPORTED, "host.load", "speaks ABI 2");
    rphost_close(host);
    expect_fault(&head, "next 9 speaks ABI 2, this host ABI 1");
}
END_TEST

START_TEST(a_library_without_the_entry_is_no_plugin)
{
    rphost *host = rphost_open(PLUGINS "/no_plugin.so", NULL, 0);

    ck_assert_str_eq(rphost_error(host),
                     PLUGINS "/no_plugin.so: no plugin: it has no symbol resource_plugin_entry "
                             "(abi/README.md, Loading a plugin)");
    rphost_close(host);
}
END_TEST

START_TEST(a_file_that_the_loader_refuses_is_told_in_its_words)
{
    rphost *host = rphost_open("/dev/null", NULL, 0);

    ck_assert_has(rphost_error(host), "/dev/null: ");
    rphost_close(host);
    host = rphost_open(PLUGINS "/absent.so", NULL, 0);
    ck_assert_str_eq(rphost_error(host), PLUGINS "/absent.so: no such file");
    rphost_close(host);
}
END_TEST

START_TEST(the_environment_names_folders_to_look_in)
{
    rphost *host;

    setenv("RP_PLUGIN_PATH", "/nowhere:" PLUGINS, 1);
    host = rphost_open("probe", NULL, 0);
    ck_assert_ptr_null(rphost_error(host));
    rphost_close(host);
    unsetenv("RP_PLUGIN_PATH");
    host = rphost_open("probe", NULL, 0);
    ck_assert_has(rphost_error(host), "No plugin \"probe\"");
    rphost_close(host);
}
END_TEST

static void keep_event(void *context, const char *event, size_t len)
{
    snprintf(context, 100, "%.*s", (int)len, event);
}

START_TEST(a_call_carries_request_time_events_and_the_open_config)
{
    rphost *host = open_probe(" {\"a\": 1}");
    char event[100] = "";
    rphost_answer *answer = rphost_call(host, "create", "[7]x", 3, 1234, keep_event, event);
    _cleanup_(rp_json_freep) rp_json *shown = document_of(answer);

    ck_assert_int_eq(rphost_status(answer), RP_OK);
    ck_assert_int_eq(number(shown, "timeout_ms"), 1234);
    ck_assert_int_eq(number(shown, "struct_size"), sizeof(rp_call));
    ck_assert_int_eq(number(rp_json_get(rp_json_get(shown, "opened"), "config"), "a"), 1);
    ck_assert_uint_eq(rp_json_count(rp_json_get(shown, "request")), 1);
    ck_assert_str_eq(event, "{\"kind\":\"log\",\"message\":\"shown\"}");
    rphost_release(answer);
    rphost_close(host);
}
END_TEST

START_TEST(an_answer_outlives_its_handle)
{
    rphost *host = open_probe("{}");
    rphost_answer *answer = call(host, "create", "{}");

    rphost_close(host);
    ck_assert_has(rphost_json(answer), "\"timeout_ms\":0");
    rphost_release(answer);
    rphost_release(NULL);
    rphost_close(NULL);
}
END_TEST

START_TEST(cancel_holds_until_it_is_taken_back)
{
    static const struct {
        uint32_t cancel;
        int32_t status;
    } steps[] = {{1, RP_CANCELLED}, {0, RP_OK}};
    rphost *host = open_probe("{}");

    for (size_t i = 0; i < rp_count_of(steps); i++) {
        rphost_answer *answer;
        rphost_cancel(host, steps[i].cancel);
        answer = call(host, "create", "{}");
        ck_assert_int_eq(rphost_status(answer), steps[i].status);
        rphost_release(answer);
    }
    rphost_close(host);
}
END_TEST

START_TEST(a_call_of_ones_own_making_has_its_own_cancel_word)
{
    uint32_t word = 1;
    const rp_call mine = {.struct_size = sizeof(mine), .timeout_ms = 5, .cancel = &word};
    rphost *host = open_probe("{}");
    rphost_answer *answer = rphost_call_with(host, "create", "{}", 2, &mine);

    ck_assert_int_eq(rphost_status(answer), RP_CANCELLED);
    ck_assert_has(rphost_json(answer), "\"timeout_ms\":5");
    rphost_release(answer);
    rphost_close(host);
}
END_TEST

START_TEST(a_hook_that_is_not_there_is_unsupported)
{
    rphost *host = open_probe("{}");

    expect_own(call(host, "list", "{}"), RP_UNSUPPORTED, "host.hook_left_out", "probe has no list");
    expect_own(call(host, "alter", "{}"), RP_UNSUPPORTED, "host.no_such_hook", "no hook \"alter\"");
    expect_own(call(host, "open", "{}"), RP_UNSUPPORTED, "host.no_such_hook", "no hook \"open\"");
    rphost_close(host);
}
END_TEST

START_TEST(update_is_called_by_its_name)
{
    rphost *host = open_probe("{}");
    rphost_answer *answer = call(host, "update", "[8]");

    ck_assert_int_eq(rphost_status(answer), RP_OK);
    ck_assert_has(rphost_json(answer), "\"request\":[8]");
    rphost_release(answer);
    rphost_close(host);
    host = open_probe(NULL);
    expect_own(call(host, "update", "{}"), RP_CONTRACT, "host.no_instance", "update needs a config");
    rphost_close(host);
}
END_TEST

START_TEST(without_a_config_only_hooks_that_need_no_instance_are_called)
{
    rphost *host = open_probe(NULL);
    rphost_answer *answer;

    ck_assert_ptr_null(rphost_error(host));
    answer = call(host, "describe", "{}");
    ck_assert_int_eq(rphost_status(answer), RP_OK);
    ck_assert_has(rphost_json(answer), "\"opened\":null");
    rphost_release(answer);
    expect_own(call(host, "create", "{}"), RP_CONTRACT, "host.no_instance", "create needs a config");
    rphost_close(host);
}
END_TEST

START_TEST(a_refused_config_answers_every_call_in_the_plugins_words)
{
    rphost *host = open_probe("{\"refuse\":1}");
    rphost_answer *answer = call(host, "create", "{}");
    _cleanup_(rp_json_freep) rp_json *document = document_of(answer);
    const rp_json *one = rp_json_at(rp_json_get(document, "diagnostics"), 0);

    ck_assert_str_eq(rphost_error(host), "probe refuses its config: not like this (at /config/refuse)");
    ck_assert_int_eq(rphost_status(answer), RP_INVALID_ARGUMENT);
    ck_assert_str_eq(rp_json_text(rp_json_get(one, "path")), "/config/refuse");
    rphost_close(host);
    rphost_release(answer);
}
END_TEST

START_TEST(a_config_that_is_not_json_never_reaches_the_plugin)
{
    rphost *host = open_probe("{\"a\":1},\"b\":{}");

    ck_assert_has(rphost_error(host), "config: line 1, column 8");
    expect_own(call(host, "create", "{}"), RP_INVALID_ARGUMENT, "host.config", "config: line 1");
    rphost_close(host);
}
END_TEST

START_TEST(a_plugin_that_opens_nothing_is_found_out)
{
    rphost *host = open_probe("{\"nothing\":1}");

    ck_assert_str_eq(rphost_error(host),
                     "probe: open: the status is 0 (ok), but there is no instance (abi/README.md, open)");
    expect_own(call(host, "create", "{}"), RP_CONTRACT, "host.contract", "there is no instance");
    rphost_close(host);
}
END_TEST

START_TEST(a_response_that_breaks_the_rules_of_its_struct_is_told)
{
    rphost *host = open_probe("{}");

    expect_own(call(host, "read", "{}"), RP_CONTRACT, "host.contract", "read: the response is NULL");
    expect_own(call(host, "delete", "{}"), RP_CONTRACT, "host.contract", "struct_size of 8");
    expect_own(call(host, "delete", "[1]"), RP_CONTRACT, "host.contract", "no document");
    expect_own(call(host, "delete", "[2]"), RP_CONTRACT, "host.contract", "does not end in a NUL");
    rphost_close(host);
}
END_TEST

/* A call in a thread of its own, which says when it has begun. */
typedef struct waiting_call {
    rphost *host;
    sem_t begun;
    rphost_answer *answer;
} waiting_call;

static void note_beginning(void *context, const char *event, size_t len)
{
    (void)len;
    if (strstr(event, "waiting"))
        sem_post(&((waiting_call *)context)->begun);
}

static void *wait_in_plugin(void *context)
{
    waiting_call *own = context;

    own->answer = rphost_call(own->host, "validate", "{}", 2, 0, note_beginning, own);
    return NULL;
}

START_TEST(another_thread_cancels_a_call_that_waits)
{
    waiting_call own = {.host = open_probe("{}")};
    pthread_t thread;

    ck_assert_int_eq(sem_init(&own.begun, 0, 0), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_plugin, &own), 0);
    sem_wait(&own.begun);
    rphost_cancel(own.host, 1);
    pthread_join(thread, NULL);
    ck_assert_int_eq(rphost_status(own.answer), RP_CANCELLED);
    rphost_release(own.answer);
    rphost_close(own.host);
    sem_destroy(&own.begun);
}
END_TEST

static void *call_often(void *host)
{
    size_t right = 0;

    for (size_t i = 0; i < 100; i++) {
        rphost_answer *answer = rphost_call(host, "create", "{}", 2, (uint32_t)i, NULL, NULL);
        _cleanup_(rp_json_freep) rp_json *shown = document_of(answer);
        right += number(shown, "timeout_ms") == (int64_t)i;
        rphost_release(answer);
    }
    return right == 100 ? host : NULL;
}

START_TEST(many_threads_call_one_handle_at_once)
{
    rphost *host = open_probe("{}");
    pthread_t threads[4];
    void *fine;

    for (size_t i = 0; i < rp_count_of(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, host), 0);
    for (size_t i = 0; i < rp_count_of(threads); i++) {
        pthread_join(threads[i], &fine);
        ck_assert_ptr_nonnull(fine);
    }
    rphost_close(host);
}
END_TEST

static const char *const starving_configs[] = {"{}", "{\"refuse\":1}", "{\"nothing\":1}", "{"};

/* Lets the first allocation fail, then the second, and so on until all succeed. */
START_TEST(without_memory_there_is_still_an_answer_that_says_so)
{
    bool hit = true;

    for (unsigned nth = 1; hit; nth++) {
        rphost *host;
        rphost_answer *answer;
        rp_json *document;
        starve(nth);
        host = open_probe(starving_configs[_i]);
        answer = call(host, "create", "{}");
        hit = starved();
        document = document_of(answer);
        ck_assert_int_eq(rp_json_type_of(document), RP_JSON_OBJECT);
        ck_assert(hit || rphost_status(answer) != RP_NO_MEMORY);
        ck_assert((rphost_status(answer) == RP_OK) == (rphost_error(host) == NULL) ||
                  rphost_status(answer) == RP_NO_MEMORY);
        ck_assert_ptr_null(strstr(rphost_json(answer), "host.no_instance"));
        rp_json_free(document);
        rphost_release(answer);
        rphost_close(host);
    }
}
END_TEST

START_TEST(every_status_has_a_name_that_leads_back)
{
    static const int32_t statuses[] = {
        RP_OK,          RP_IN_PROGRESS,       RP_INVALID_ARGUMENT,  RP_UNSUPPORTED,
        RP_CONTRACT,    RP_CONFLICT,          RP_NOT_FOUND,         RP_ALREADY_EXISTS,
        RP_JOB_FAILED,  RP_PERMISSION_DENIED, RP_UNAUTHENTICATED,   RP_QUOTA_EXCEEDED,
        RP_UNAVAILABLE, RP_THROTTLED,         RP_DEADLINE_EXCEEDED, RP_CANCELLED,
        RP_INTERNAL,    RP_NO_MEMORY};

    for (size_t i = 0; i < rp_count_of(statuses); i++)
        ck_assert_int_eq(rphost_status_value(rphost_status_name(statuses[i])), statuses[i]);
    ck_assert_str_eq(rphost_status_name(RP_DEADLINE_EXCEEDED), "deadline_exceeded");
    ck_assert_int_eq(rphost_status_value("absent"), -1);
}
END_TEST

START_TEST(an_unknown_status_reads_as_the_first_of_its_hundred)
{
    ck_assert_str_eq(rphost_status_name(20), "ok");
    ck_assert_str_eq(rphost_status_name(199), "invalid_argument");
    ck_assert_str_eq(rphost_status_name(460), "unavailable");
    ck_assert_str_eq(rphost_status_name(900), "internal");
    ck_assert_str_eq(rphost_status_name(-5), "internal");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host");
    TCase *finding = tcase_create("finding"), *loading = tcase_create("loading"),
          *calling = tcase_create("calling");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(finding, a_name_is_looked_for_in_the_asked_folders_then_in_the_built_in_one);
    tcase_add_test(finding, a_path_is_taken_as_it_is);
    tcase_add_test(finding, a_name_that_is_nowhere_tells_where_it_was_looked_for);
    tcase_add_test(finding, the_environment_names_folders_to_look_in);
    tcase_add_test(loading, a_table_that_lacks_what_every_plugin_has_is_refused);
    tcase_add_test(loading, a_table_that_has_grown_is_taken);
    tcase_add_test(loading, another_major_is_told_by_its_number_and_nothing_below_its_head_is_read);
    tcase_add_test(loading, a_library_without_the_entry_is_no_plugin);
    tcase_add_test(loading, a_file_that_the_loader_refuses_is_told_in_its_words);
    tcase_add_test(calling, a_call_carries_request_time_events_and_the_open_config);
    tcase_add_test(calling, an_answer_outlives_its_handle);
    tcase_add_test(calling, cancel_holds_until_it_is_taken_back);
    tcase_add_test(calling, a_call_of_ones_own_making_has_its_own_cancel_word);
    tcase_add_test(calling, a_hook_that_is_not_there_is_unsupported);
    tcase_add_test(calling, update_is_called_by_its_name);
    tcase_add_test(calling, without_a_config_only_hooks_that_need_no_instance_are_called);
    tcase_add_test(calling, a_refused_config_answers_every_call_in_the_plugins_words);
    tcase_add_test(calling, a_config_that_is_not_json_never_reaches_the_plugin);
    tcase_add_test(calling, a_plugin_that_opens_nothing_is_found_out);
    tcase_add_test(calling, a_response_that_breaks_the_rules_of_its_struct_is_told);
    tcase_add_test(calling, another_thread_cancels_a_call_that_waits);
    tcase_add_test(calling, many_threads_call_one_handle_at_once);
    tcase_add_loop_test(calling, without_memory_there_is_still_an_answer_that_says_so, 0,
                        rp_count_of(starving_configs));
    tcase_add_test(calling, every_status_has_a_name_that_leads_back);
    tcase_add_test(calling, an_unknown_status_reads_as_the_first_of_its_hundred);
    suite_add_tcase(suite, finding);
    suite_add_tcase(suite, loading);
    suite_add_tcase(suite, calling);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
