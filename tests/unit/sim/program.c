#include "client.h"
#include "suites.h"

#include "base/text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* elb-sim as a process of its own. */
struct program {
    pid_t pid;
    int to;    /* its standard input */
    FILE *out; /* its standard output and error */
};

static struct program run(const char *const *arguments)
{
    const char *argv[16] = {RP_ELB_SIM};
    struct program program;
    int in[2], out[2];

    for (int i = 0; arguments[i]; i++)
        argv[i + 1] = arguments[i];
    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    program.pid = fork();
    ck_assert_int_ge(program.pid, 0);
    if (!program.pid) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        execv(RP_ELB_SIM, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    program.to = in[1];
    program.out = fdopen(out[0], "r");
    return program;
}

/* Its exit status, -1 if a signal ended it. */
static int wait_for(struct program *program)
{
    int status = 0;

    ck_assert_int_eq(waitpid(program->pid, &status, 0), program->pid);
    fclose(program->out);
    if (program->to >= 0)
        close(program->to);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *read_all(struct program *program)
{
    rp_buffer text = RP_BUFFER(1u << 20);
    int c;

    while ((c = fgetc(program->out)) != EOF)
        rp_buffer_add_char(&text, (char)c);
    return rp_buffer_take(&text);
}

static size_t pass_over(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

/* Reads its first line, the URL: the status of the answer to GET url/path. */
static answer ask_program(struct program *program, const char *path, const char *ca_file)
{
    char line[256];
    CURL *handle = curl_easy_init();
    answer got = {.body = RP_BUFFER(1u << 20)};
    _cleanup_(rp_freep) char *url = NULL;

    ck_assert_ptr_nonnull(fgets(line, sizeof(line), program->out));
    line[strcspn(line, "\n")] = '\0';
    url = rp_format("%s%s", line, path);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    if (ca_file)
        curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, pass_over);
    got.code = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &got.status);
    curl_easy_cleanup(handle);
    return got;
}

static const int ends[] = {SIGTERM, SIGINT};

START_TEST(it_tells_its_url_first_serves_and_ends_on_a_signal)
{
    struct program program = run((const char *const[]){"--port", "0", NULL});
    _cleanup_(answer_done) answer got = ask_program(&program, "/v1.0", NULL);

    ck_assert_int_eq(got.status, 200);
    kill(program.pid, ends[_i]);
    ck_assert_int_eq(wait_for(&program), 0);
}
END_TEST

START_TEST(it_ends_with_its_standard_input_if_told)
{
    struct program program = run((const char *const[]){"--exit-with-stdin", NULL});
    _cleanup_(answer_done) answer got = ask_program(&program, "/v1.0", NULL);

    ck_assert_int_eq(got.status, 200);
    close(program.to);
    program.to = -1;
    ck_assert_int_eq(wait_for(&program), 0);
}
END_TEST

START_TEST(it_writes_its_authority_for_https)
{
    char path[] = "/tmp/elb-sim-ca-XXXXXX";
    int fd = mkstemp(path);
    struct program program = run((const char *const[]){"--https", "--ca-file", path, NULL});
    _cleanup_(answer_done) answer got = ask_program(&program, "/v1.0", path);

    ck_assert_int_eq(got.code, CURLE_OK);
    ck_assert_int_eq(got.status, 200);
    kill(program.pid, SIGTERM);
    ck_assert_int_eq(wait_for(&program), 0);
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(it_takes_settings_faults_and_listeners)
{
    struct program program =
        run((const char *const[]){"--job-ms", "5", "--listener", "000000000000000000000000000000ff:UDP",
                                  "--fault", "on=version,status=418", NULL});
    _cleanup_(answer_done) answer got = ask_program(&program, "/v1.0", NULL);

    ck_assert_int_eq(got.status, 418);
    kill(program.pid, SIGTERM);
    ck_assert_int_eq(wait_for(&program), 0);
}
END_TEST

START_TEST(it_prints_requests_if_told)
{
    struct program program = run((const char *const[]){"--print-requests", NULL});
    _cleanup_(answer_done) answer got = ask_program(&program, "/v1.0", NULL);
    char line[256];

    ck_assert_int_eq(got.status, 200);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), program.out));
    ck_assert_str_eq(line, "GET /v1.0 200\n");
    kill(program.pid, SIGTERM);
    ck_assert_int_eq(wait_for(&program), 0);
}
END_TEST

static const char *const wrong[][4] = {{"--colour", "red"},
                                       {"--job-ms", "soon"},
                                       {"--job-ms"},
                                       {"--port", "70000"},
                                       {"--clock-skew-s", "-"},
                                       {"--clock-skew-s", "2147483648"},
                                       {"--fault", "on=x"},
                                       {"extra"},
                                       {"--ca-file", "x"},
                                       {"--address", "0.0.0.0"},
                                       {"--listener", "web"},
                                       {"--listener", RP_SIM_TCP_LISTENER ":SCTP"}};

START_TEST(what_it_does_not_know_ends_it_with_2_and_a_reason)
{
    struct program program = run(wrong[_i]);
    _cleanup_(rp_freep) char *text = read_all(&program);
    const char *name = wrong[_i][0] + strspn(wrong[_i][0], "-");

    ck_assert_int_eq(wait_for(&program), 2);
    ck_assert_msg(strstr(text, strcmp(name, "fault") ? name : "on: ") != NULL, "%s", text);
}
END_TEST

START_TEST(its_help_has_every_setting)
{
    static const char *const words[] = {
        "--port N",        "--job-ms N (300)",  "--empty object|array|null (object)",
        "reset-after",     RP_SIM_UDP_LISTENER, RP_SIM_PROJECT,
        "POST /sim/faults"};
    struct program program = run((const char *const[]){"--help", NULL});
    _cleanup_(rp_freep) char *text = read_all(&program);

    ck_assert_int_eq(wait_for(&program), 0);
    for (size_t i = 0; i < rp_count_of(words); i++)
        ck_assert_msg(strstr(text, words[i]) != NULL, "no %s", words[i]);
}
END_TEST

START_TEST(a_taken_port_is_told)
{
    rp_sim *other = NULL;
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    uint16_t port;

    start_sim();
    port = (uint16_t)atoi(strrchr(rp_sim_url(sim), ':') + 1);
    ck_assert_int_eq(rp_sim_start(&(rp_sim_options){.port = port}, &other, &error), RP_E_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error->message, "127.0.0.1"));
    ck_assert_ptr_null(other);
    stop_sim();
}
END_TEST

TCase *program_tests(void)
{
    TCase *tcase = tcase_create("program");

    tcase_add_loop_test(tcase, it_tells_its_url_first_serves_and_ends_on_a_signal, 0, rp_count_of(ends));
    tcase_add_test(tcase, it_ends_with_its_standard_input_if_told);
    tcase_add_test(tcase, it_writes_its_authority_for_https);
    tcase_add_test(tcase, it_prints_requests_if_told);
    tcase_add_test(tcase, it_takes_settings_faults_and_listeners);
    tcase_add_loop_test(tcase, what_it_does_not_know_ends_it_with_2_and_a_reason, 0, rp_count_of(wrong));
    tcase_add_test(tcase, its_help_has_every_setting);
    tcase_add_test(tcase, a_taken_port_is_told);
    return tcase;
}
