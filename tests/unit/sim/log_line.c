#include "client.h"
#include "suites.h"

#include "base/text.h"

#include <string.h>

static rp_buffer lines;

/* The requests of a test come one after the other. */
static void keep(void *context, const char *line)
{
    rp_buffer_format(context, "%s\n", line);
}

static void start_watched_sim(void)
{
    rp_error *error = NULL;

    start_sim();
    rp_sim_stop(sim);
    lines = RP_BUFFER(1u << 16);
    rp_sim_start(&(rp_sim_options){.on_line = keep, .on_line_context = &lines}, &sim, &error);
    ck_assert_msg(sim != NULL, "%s", error ? error->message : "no error");
}

static void stop_watched_sim(void)
{
    stop_sim();
    rp_buffer_done(&lines);
}

#define TEN "0123456789"
/* 98 letters, then one of two bytes across the hundredth. */
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567"

static const struct {
    const char *method, *path, *body, *line;
} requests[] = {
    {"GET", "elbaas/listeners/" LISTENER "/members?limit=1", NULL,
     "GET /elbaas/listeners/" LISTENER "/members?limit=1 200\n"},
    {"POST", "elbaas/listeners/" LISTENER "/members", "[{\"server_id\":\"s1\",\n\t\"address\":\"10.0.0.1\"}]",
     "POST /elbaas/listeners/" LISTENER "/members 200 [{\"server_id\":\"s1\",  \"address\":\"10.0.0.1\"}]\n"},
    {"GET", "/v1/" RP_SIM_PROJECT "/jobs/none", NULL, "GET /jobs/none 404\n"},
    {"GET", "/v3/projects", NULL, "GET /v3/projects 200\n"},
    {"GET", "/v1.0", NULL, "GET /v1.0 200\n"},
    {"POST", "/v3/auth/tokens", "{\"auth\":\"hush\"}", "POST /v3/auth/tokens 400\n"},
    {"POST", "/v3.0/OS-CREDENTIAL/securitytokens", "{\"auth\":\"hush\"}",
     "POST /v3.0/OS-CREDENTIAL/securitytokens 400\n"},
    {"POST", "elbaas/listeners", "\"" LONG "\xc3\xa4\"", "POST /elbaas/listeners 400 \"" LONG "…\n"},
    {"POST", "/v3/auth/token", "{\"auth\":\"hush\"}", "POST /v3/auth/token 404\n"},
    {"GET", "/sim/counts", NULL, ""},
};

START_TEST(a_request_is_told_in_a_line)
{
    _cleanup_(answer_done) answer got = ask(requests[_i].method, requests[_i].path, requests[_i].body);

    ck_assert_int_ne(got.status, 0);
    ck_assert_str_eq(rp_buffer_text(&lines), requests[_i].line);
}
END_TEST

/* The client sees the end of its connection before the line is there; the end of the simulator waits for it.
 */
START_TEST(a_request_without_an_answer_has_a_dash)
{
    _cleanup_(answer_done) answer got = {0};

    fault("on=quota,kind=reset-after");
    got = ask("GET", "elbaas/quotas", NULL);
    ck_assert_int_eq(got.status, 0);
    rp_sim_stop(sim);
    sim = NULL;
    ck_assert_str_eq(rp_buffer_text(&lines), "GET /elbaas/quotas -\n");
}
END_TEST

TCase *log_line_tests(void)
{
    TCase *tcase = tcase_create("line");

    tcase_add_checked_fixture(tcase, start_watched_sim, stop_watched_sim);
    tcase_add_loop_test(tcase, a_request_is_told_in_a_line, 0, rp_count_of(requests));
    tcase_add_test(tcase, a_request_without_an_answer_has_a_dash);
    return tcase;
}
