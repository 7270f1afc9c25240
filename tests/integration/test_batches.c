/*
 * How few requests serve how many records: counts, which are exact or bounded
 * whatever the machine does meanwhile; times are the affair of tests/bench.
 */
#include "plugin.h"
#include "simulator.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pages of a list of 1,000 members at 500 a page: two full ones, and one that shows that there are no
 * more. */
#define PAGES_OF_1000 3

static answer create(const bed *on, unsigned count, const char *options)
{
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, count, options);

    return call_hook_with(on->plugin, on->instance, NULL, "create", request);
}

/* --- one call ---------------------------------------------------------------------- */

static const struct {
    const char *config;
    unsigned adds, lists;
} batches[] = {{"", 10, 1 + PAGES_OF_1000}, {"\"max_batch\": 1000", 1, 1 + PAGES_OF_1000}};

START_TEST(a_thousand_members_in_one_call_are_as_many_adds_as_batches)
{
    bed on = bed_make((const char *const[]){"job-ms", "100", NULL}, batches[_i].config);
    answer made = create(&on, 1000, "");

    ck_assert_uint_eq(count_results(&made, "ok", "done"), 1000);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1000);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), batches[_i].adds);
    ck_assert_uint_le(rp_sim_count(on.sim, "list"), batches[_i].lists);
    ck_assert_uint_eq(rp_sim_count(on.sim, "listener"), 1);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- one bad record ------------------------------------------------------------------ */

static const struct {
    const char *how, *status;
} bad_ways[] = {{"request", "invalid_argument"}, {"job", "job_failed"}, {"job-partial", "job_failed"}};

static bool tells(const answer *made, size_t index, const char *words)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);

    rp_json_print(result_at(made, index), false, &text);
    return strstr(rp_buffer_text(&text), words) != NULL;
}

START_TEST(one_bad_record_among_a_hundred_fails_alone_with_the_servers_words)
{
    bed on = bed_make(
        (const char *const[]){"job-ms", "20", "bad-server", "server-37", "bad-how", bad_ways[_i].how, NULL},
        "");
    answer made = create(&on, 100, "");

    ck_assert_uint_eq(count_results(&made, "ok", "done"), 99);
    ck_assert_str_eq(result_text(&made, 37, "status"), bad_ways[_i].status);
    ck_assert_str_eq(result_text(&made, 37, "outcome"), "none");
    ck_assert_msg(tells(&made, 37, "Query ECS failed."), "the server's words are not told");
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 99);
    ck_assert_uint_le(rp_sim_count(on.sim, "add"), 1 + 16);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- many threads ------------------------------------------------------------------------- */

/* Threads that take one record after another and call the hook for each alone. */
struct crowd {
    const bed *on;
    const char *hook;
    unsigned count, next, fine; /* next and fine: atomic */
};

static void *work(void *context)
{
    struct crowd *crowd = context;
    unsigned i;

    while ((i = __atomic_fetch_add(&crowd->next, 1, __ATOMIC_RELAXED)) < crowd->count) {
        _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", i, 1, "");
        answer made = call_hook_with(crowd->on->plugin, crowd->on->instance, NULL, crowd->hook, request);
        if (made.status == RP_OK)
            __atomic_fetch_add(&crowd->fine, 1, __ATOMIC_RELAXED);
        answer_free(&made);
    }
    return NULL;
}

static void call_from_threads(const bed *on, const char *hook, unsigned first, unsigned count,
                              unsigned threads)
{
    struct crowd crowd = {.on = on, .hook = hook, .next = first, .count = first + count};
    pthread_t ids[64];

    ck_assert_uint_le(threads, rp_count_of(ids));
    for (unsigned i = 0; i < threads; i++)
        ck_assert_int_eq(pthread_create(&ids[i], NULL, work, &crowd), 0);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    ck_assert_uint_eq(crowd.fine, count);
}

static const struct {
    unsigned threads, adds;
} crowds[] = {{10, 150}, {50, 40}};

START_TEST(single_creates_from_many_threads_form_batches)
{
    bed on = bed_make((const char *const[]){"latency-ms", "20", "job-ms", "100", NULL}, "");

    call_from_threads(&on, "create", 0, 1000, crowds[_i].threads);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1000);
    ck_assert_uint_le(rp_sim_count(on.sim, "add"), crowds[_i].adds);
    bed_free(&on);
}
END_TEST

START_TEST(single_reads_from_many_threads_share_lists)
{
    bed on = bed_make((const char *const[]){"latency-ms", "20", "job-ms", "0", NULL}, "");
    answer made = create(&on, 1000, "");
    unsigned before = rp_sim_count(on.sim, "list");

    call_from_threads(&on, "read", 0, 1000, 50);
    ck_assert_uint_le(rp_sim_count(on.sim, "list") - before, 60 * PAGES_OF_1000);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- waves -------------------------------------------------------------------------------- */

#define WAVES 10

/* As an orchestrator goes through its graph: so many at a time, and the next when these are done. The first
   list of all needs a further page, to learn where the listener ends. */
START_TEST(each_wave_of_creates_is_a_look_an_add_and_a_list)
{
    bed on = bed_make((const char *const[]){"latency-ms", "20", "job-ms", "50", NULL}, "");

    simulator_control(
        on.sim, "members",
        "{\"listener_id\": \"%s\", \"add\": [{\"server_id\": \"other\", \"address\": \"10.9.9.9\"}]}",
        LISTENER);
    for (unsigned i = 0; i < WAVES; i++)
        call_from_threads(&on, "create", i * 10, 10, 10);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1 + 10 * WAVES);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), WAVES);
    ck_assert_uint_le(rp_sim_count(on.sim, "list"), 2 * WAVES + 1);
    bed_free(&on);
}
END_TEST

/* --- memory ---------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_THE_SANITIZERS 1
#else
#define MEMORY_IS_THE_SANITIZERS 0
#endif

/* A simulator in a process of its own, so that its memory is not ours. It ends with us. */
struct elsewhere {
    pid_t pid;
    int to;
    char url[64];
};

static void serve_elsewhere(int from, int to)
{
    rp_sim_options options = {.settings = (const char *const[]){"job-ms", "100", NULL}};
    rp_sim *sim = NULL;
    char scrap;

    if (rp_sim_start(&options, &sim, NULL) < 0 || write(to, rp_sim_url(sim), strlen(rp_sim_url(sim))) < 0)
        _exit(1);
    close(to);
    while (read(from, &scrap, 1) > 0)
        continue;
    _exit(0);
}

static struct elsewhere start_elsewhere(void)
{
    struct elsewhere made = {0};
    int in[2], out[2];

    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    made.pid = fork();
    ck_assert_int_ge(made.pid, 0);
    if (made.pid == 0) {
        close(in[1]);
        serve_elsewhere(in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    made.to = in[1];
    ck_assert_int_gt(read(out[0], made.url, sizeof(made.url) - 1), 0);
    close(out[0]);
    return made;
}

static void stop_elsewhere(struct elsewhere *one)
{
    close(one->to);
    waitpid(one->pid, NULL, 0);
}

/* From here on the kernel keeps the peak anew. False where it may not be told to. */
static bool forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    bool told = file && fputs("5", file) >= 0;

    if (file)
        told = fclose(file) == 0 && told;
    return told;
}

/* "VmRSS:" is what is there, "VmHWM:" the peak. */
static long status_kib(const char *name)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    long kib = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file))
        if (rp_starts_with(line, name))
            kib = strtol(line + strlen(name), NULL, 10);
    fclose(file);
    return kib;
}

static long peak_kib_of_create(const struct elsewhere *server, unsigned count)
{
    const rp_plugin *plugin = plugin_load();
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, count, "");
    _cleanup_(rp_freep) char *config =
        rp_format("{\"config\": {\"endpoint\": \"%s\", \"project_id\": \"%s\", \"token\": \"%s\"}}",
                  server->url, RP_SIM_PROJECT, RP_SIM_TOKEN);
    const rp_response *opened = plugin->open(NULL, NULL, config, strlen(config)), *made;
    long before = status_kib("VmRSS:"), peak;

    ck_assert_int_eq(opened->status, RP_OK);
    made = plugin->create(opened->instance, NULL, request, strlen(request));
    peak = status_kib("VmHWM:") - before;
    ck_assert_msg(made->status == RP_OK, "%.400s", made->json);
    plugin->release(made);
    plugin->close(opened->instance);
    plugin->release(opened);
    return peak;
}

START_TEST(ten_thousand_records_need_less_than_four_kib_each)
{
    struct elsewhere server = start_elsewhere();

    if (!MEMORY_IS_THE_SANITIZERS && forget_peak())
        ck_assert_int_lt(peak_kib_of_create(&server, 10000), 4 * 10000);
    else
        printf("SKIPPED: peak memory cannot be measured here\n");
    stop_elsewhere(&server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batches");
    TCase *tests = tcase_create("batches");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_thousand_members_in_one_call_are_as_many_adds_as_batches, 0,
                        rp_count_of(batches));
    tcase_add_loop_test(tests, one_bad_record_among_a_hundred_fails_alone_with_the_servers_words, 0,
                        rp_count_of(bad_ways));
    tcase_add_loop_test(tests, single_creates_from_many_threads_form_batches, 0, rp_count_of(crowds));
    tcase_add_test(tests, single_reads_from_many_threads_share_lists);
    tcase_add_test(tests, each_wave_of_creates_is_a_look_an_add_and_a_list);
    tcase_add_test(tests, ten_thousand_records_need_less_than_four_kib_each);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
