/*
 * What goes wrong at the server or on the way, once, and what is there in the
 * end: the members asked for, none twice, and nobody was told a lie meanwhile.
 */
#include "background.h"
#include "run.h"
#include "simulator.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define SETTLE_MS 300
#define QUICK     "\"settle_ms\": 300, \"poll_min_ms\": 10, \"poll_max_ms\": 40"

static const char *const settings[] = {"job-ms", "40", NULL};

/* What an add, or a remove ("%s"), of two members came to. */
typedef struct row {
    const char *rule;
    const char *status, *outcome; /* of each record, in the first call; NULL: they differ */
    unsigned requests;            /* of that kind the server saw, by the end of the second call */
    bool fresh;                   /* the second call is another process's */
} row;

/* clang-format off: one row a line reads as the table it is. */
static const row rows[] = {
    /* The connection. */
    {"on=%s,kind=reset-after", "ok", "done", 1, false},
    {"on=%s,kind=reset-before", "ok", "done", 2, false},
    {"on=%s,kind=close", "ok", "done", 2, false},
    {"on=%s,kind=truncate", "ok", "done", 1, false},
    {"on=%s,kind=hang", "deadline_exceeded", "unknown", 2, false},
    {"on=%s,kind=hang,acts=yes", "deadline_exceeded", "unknown", 1, false},
    {"on=list,kind=reset-after", "ok", "done", 1, false},
    {"on=list,kind=truncate", "ok", "done", 1, false},
    {"on=list,kind=hang", "deadline_exceeded", "none", 1, false},
    {"on=list,from=2,kind=reset-after", "ok", "done", 1, false},
    {"on=job,kind=reset-after", "ok", "done", 1, false},
    {"on=job,kind=truncate", "ok", "done", 1, false},
    {"on=job,kind=hang", "deadline_exceeded", "unknown", 1, false},
    /* Answers that are none. */
    {"on=%s,kind=garble", "ok", "done", 1, false},
    {"on=%s,kind=short-length", "ok", "done", 1, false},
    {"on=%s,kind=long-length", "deadline_exceeded", "unknown", 1, false},
    {"on=%s,kind=huge,mib=100", "ok", "done", 1, false},
    {"on=%s,kind=redirect", "ok", "done", 2, false},
    {"on=%s,kind=redirect,acts=yes", "ok", "done", 1, false},
    {"on=%s,kind=redirect,status=307", "unavailable", "none", 2, false},
    {"on=%s,status=502,shape=html", "ok", "done", 2, false},
    {"on=%s,status=502,shape=html,acts=yes", "ok", "done", 1, false},
    {"on=list,status=502,shape=html", "ok", "done", 1, false},
    {"on=list,from=2,status=502,shape=html", "ok", "done", 1, false},
    {"on=list,kind=garble,bytes=1", "ok", "done", 1, false},
    {"on=list,kind=short-length,bytes=1", "ok", "done", 1, false},
    {"on=list,kind=huge,mib=100", "ok", "done", 1, false},
    {"on=list,kind=redirect", "ok", "done", 1, false},
    {"on=list,kind=redirect,status=308", "unavailable", "none", 1, false},
    {"on=job,status=502,shape=html", "ok", "done", 1, false},
    {"on=job,kind=garble", "ok", "done", 1, false},
    {"on=job,kind=short-length", "ok", "done", 1, false},
    {"on=job,kind=huge,mib=100", "ok", "done", 1, false},
    /* Words of the server. */
    {"on=%s,status=429", "ok", "done", 2, false},
    {"on=%s,status=429,retry-after=1", "ok", "done", 2, false},
    {"on=%s,status=500", "ok", "done", 2, false},
    {"on=%s,status=503,acts=yes", "ok", "done", 1, false},
    {"on=%s,status=403", "permission_denied", "none", 2, false},
    {"on=%s,status=409", "ok", "done", 2, false},
    {"on=%s,kind=expired-token", "unauthenticated", "none", 2, false},
    {"on=list,kind=expired-token", "unauthenticated", "none", 1, false},
    {"on=list,status=429", "ok", "done", 1, false},
    {"on=job,kind=expired-token", "unauthenticated", "unknown", 1, false},
    {"on=job,status=503", "ok", "done", 1, false},
    {"on=job,status=429", "ok", "done", 1, false},
    {"on=job,status=404,count=0", "ok", "done", 1, false},
    {"on=job,status=400,code=ELB.1000,count=0", "ok", "done", 1, false},
    /* Jobs that fail: a batch whose job blames a record is halved. */
    {"on=%s,kind=job-fail", "job_failed", "none", 2, false},
    {"on=%s,kind=job-fail,form=message", "job_failed", "none", 2, false},
    {"on=%s,kind=job-fail,applied=yes", "ok", "done", 1, false},
    {"on=%s,kind=job-fail,applied=some", NULL, NULL, 2, false},
    {"on=%s,kind=job-fail,code=ELB.6006", "ok", "done", 3, false},
    {"on=%s,kind=job-fail,code=ELB.6006,count=0", "job_failed", "none", 4, false},
    {"on=%s,kind=job-fail,code=ELB.6006,applied=some", "ok", "done", 2, false},
    {"on=%s,kind=job-fail,form=message,code=ELB.6006", "ok", "done", 3, false},
    {"on=%s,kind=job-fail,form=not-found,applied=yes", "ok", "done", 1, false},
    {"on=%s,kind=job-fail,form=entities", "job_failed", "none", 2, false},
    {"on=%s,kind=job-fail,form=word", "deadline_exceeded", "unknown", 2, true},
    {"on=%s,kind=job-fail,form=running", "deadline_exceeded", "unknown", 2, true},
    {"on=%s,kind=job-fail,form=running,applied=yes", "deadline_exceeded", "unknown", 1, true},
};
/* clang-format on */

static answer call_within(const bed *on, const char *hook, uint32_t timeout_ms, const char *options)
{
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 2, options);
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = timeout_ms};

    return call_hook_with(on->plugin, on->instance, &call, hook, request);
}

static unsigned listed_of(const bed *on, unsigned record)
{
    char server[32];

    snprintf(server, sizeof(server), "server-%u", record);
    return rp_sim_listed_of(on->sim, LISTENER, server);
}

/* "done" is there to see, "none" left everything as it was. */
static void check_truth(const bed *on, const char *rule, const answer *told, bool adds)
{
    for (unsigned i = 0; i < 2; i++) {
        const char *outcome = result_text(told, i, "outcome");
        unsigned there = listed_of(on, i);
        if (!strcmp(outcome, "done"))
            ck_assert_msg(there == adds, "%s: record %u is told done, but %u are there", rule, i, there);
        else if (!strcmp(outcome, "none"))
            ck_assert_msg(there == !adds, "%s: record %u is told none, but %u are there", rule, i, there);
        else
            ck_assert_str_eq(outcome, "unknown");
    }
}

/* Whether the answer of the only request was lost: that the members are gone was then seen in a list. */
static bool loses_the_answer(const row *one)
{
    return !strncmp(one->rule, "on=%s", 5) && !strstr(one->rule, "job-fail") && one->requests == 1;
}

static void check_first(const bed *on, const row *one, const answer *told, bool adds)
{
    _cleanup_(rp_freep) char *text = answer_print(told);

    ck_assert_msg(count_results(told, one->status, one->outcome) == 2, "%s: %s", one->rule, text);
    check_truth(on, one->rule, told, adds);
    /* Whoever may still get a member gets a state to find out with. */
    for (unsigned i = 0; i < 2; i++)
        ck_assert_msg(has_state(told, i) == (adds && strcmp(result_text(told, i, "outcome"), "none")),
                      "%s: %s", one->rule, text);
    for (unsigned i = 0; !adds && i < 2; i++)
        if (!strcmp(result_text(told, i, "status"), "ok"))
            ck_assert_msg(rp_json_has(result_at(told, i), "existed") == !loses_the_answer(one), "%s: %s",
                          one->rule, text);
}

static void check_end(const bed *on, const row *one, const answer *told, const char *kind)
{
    _cleanup_(rp_freep) char *text = answer_print(told);
    bool adds = !strcmp(kind, "add");

    ck_assert_msg(told->status == RP_OK, "%s: %s", one->rule, text);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_msg(listed_of(on, i) == adds, "%s: %u of server-%u", one->rule, listed_of(on, i), i);
    ck_assert_msg(rp_sim_count(on->sim, kind) == one->requests, "%s: %u %s", one->rule,
                  rp_sim_count(on->sim, kind), kind);
}

static bool ends_by_time(const row *one)
{
    return one->status && !strcmp(one->status, "deadline_exceeded");
}

/* The fault, then the same again without it. */
static void suffer(const bed *on, const row *one, const char *kind)
{
    bool adds = !strcmp(kind, "add");
    const char *hook = adds ? "create" : "delete";
    bed then = *on;
    answer told;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
    simulator_fault(on->sim, one->rule, kind);
#pragma GCC diagnostic pop
    told = call_within(on, hook, ends_by_time(one) ? 800 : 10000, "");
    check_first(on, one, &told, adds);
    answer_free(&told);
    ck_assert_msg(rp_sim_count(on->sim, "faults") >= 1, "%s: nothing happened", one->rule);
    simulator_control(on->sim, "reset", "{\"what\": \"faults\"}");
    if (one->fresh)
        then.instance = bed_open(on, QUICK);
    told = call_within(&then, hook, 10000, adds ? "\"adopt\": true" : "");
    check_end(&then, one, &told, kind);
    answer_free(&told);
    if (one->fresh)
        on->plugin->close(then.instance);
}

static void *an_add(void *context)
{
    bed on = bed_make(settings, QUICK);

    suffer(&on, context, "add");
    bed_free(&on);
    return NULL;
}

static void *a_remove(void *context)
{
    bed on = bed_make(settings, QUICK);
    answer made = call_members(&on, "create", 2, "");

    ck_assert_int_eq(made.status, RP_OK);
    answer_free(&made);
    simulator_control(on.sim, "reset", "{\"what\": \"log\"}");
    suffer(&on, context, "remove");
    bed_free(&on);
    return NULL;
}

/* Each row has a server of its own, and most of it is waiting: so several at once. */
#define AT_ONCE 20
#define PARTS   ((int)((rp_count_of(rows) + AT_ONCE - 1) / AT_ONCE))

static void suffer_part(int part, void *(*change)(void *))
{
    size_t first = (size_t)part * AT_ONCE, left = rp_count_of(rows) - first;

    each_at_once(change, &rows[first], sizeof(rows[0]), left < AT_ONCE ? left : AT_ONCE);
}

START_TEST(an_add_survives)
{
    suffer_part(_i, an_add);
}
END_TEST

START_TEST(a_remove_survives)
{
    suffer_part(_i, a_remove);
}
END_TEST

/* libcurl sends a request again by itself if the kept connection it took was dead. Here it must not, and on a
   new connection neither. */
static const row losses[] = {
    {"on=add,kind=reset-after", "ok", "done", 1, false},
    {"on=add,kind=reset-before", "ok", "done", 2, false},
    {"on=add,kind=close", "ok", "done", 2, false},
    {"on=add,kind=truncate", "ok", "done", 1, false},
    {"on=add,kind=close,acts=yes", "ok", "done", 1, false},
};

static void lose(const row *one, bool kept)
{
    bed on = bed_make(settings, QUICK);
    int64_t add;
    answer told;

    /* Answers that are whole, and end with their connection. */
    if (!kept) {
        simulator_fault(on.sim, "on=list,kind=short-length,bytes=1000000,count=0");
        simulator_fault(on.sim, "on=listener,kind=short-length,bytes=1000000,count=0");
    }
    simulator_fault(on.sim, "%s", one->rule);
    told = call_within(&on, "create", 10000, "\"adopt\": true");
    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), one->requests);
    add = request_connection(&on, "add", 0);
    ck_assert_int_eq(
        add == request_connection(&on, "list", 0) || add == request_connection(&on, "listener", 0), kept);
    if (one->requests == 2)
        ck_assert_int_ge(request_ms(&on, "add", 1) - request_ms(&on, "add", 0), SETTLE_MS);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 2);
    answer_free(&told);
    bed_free(&on);
}

START_TEST(a_lost_add_is_not_repeated_on_a_kept_connection)
{
    lose(&losses[_i], true);
}
END_TEST

START_TEST(a_lost_add_is_not_repeated_on_a_new_connection)
{
    lose(&losses[_i], false);
}
END_TEST

START_TEST(a_retry_after_is_waited_for)
{
    bed on = bed_make(settings, QUICK);
    answer told;

    simulator_fault(on.sim, "on=add,status=429,retry-after=1");
    told = call_members(&on, "create", 2, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 2);
    ck_assert_int_ge(request_ms(&on, "add", 1) - request_ms(&on, "add", 0), 1000);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(throttling_to_the_end_is_told_as_throttled)
{
    bed on = bed_make(settings, QUICK);
    answer told;

    simulator_fault(on.sim, "on=add,status=429,retry-after=30,count=0");
    told = call_within(&on, "create", 600, "");
    ck_assert_uint_eq(count_results(&told, "throttled", "none"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_failed_job_is_told_with_the_servers_code_and_reason)
{
    bed on = bed_make(settings, QUICK);
    const rp_json *data;
    answer told;

    simulator_fault(on.sim, "on=add,kind=job-fail,count=0,code=ELB.6006,message=no such server");
    told = call_members(&on, "create", 1, "");
    ck_assert_uint_eq(count_results(&told, "job_failed", "none"), 1);
    data = rp_json_get(diagnostic_with(&told, 0, "elb.server_not_usable"), "data");
    ck_assert_str_eq(rp_json_text(rp_json_get(data, "server_code")), "ELB.6006");
    ck_assert_ptr_nonnull(strstr(rp_json_text(rp_json_get(data, "server_message")), "no such server"));
    answer_free(&told);
    bed_free(&on);
}
END_TEST

static const char *const empties[] = {"object", "array", "null"};

START_TEST(members_gone_behind_ones_back_are_not_found_and_come_back)
{
    bed on = bed_make(settings, QUICK);
    answer told = call_members(&on, "create", 2, "");

    answer_free(&told);
    simulator_set(on.sim, "empty", empties[_i]);
    simulator_control(on.sim, "members", "{\"listener_id\": \"%s\", \"clear\": true}", LISTENER);
    told = call_members(&on, "read", 2, "");
    ck_assert_uint_eq(count_results(&told, "not_found", NULL), 2);
    answer_free(&told);
    told = call_members(&on, "delete", 2, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 0);
    answer_free(&told);
    told = call_members(&on, "create", 2, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 2);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

static const char *const redirected[] = {"list", "add", "job", "listener"};

START_TEST(a_redirect_is_not_followed)
{
    bed on = bed_make(settings, QUICK), elsewhere = bed_make(settings, QUICK);
    answer told;

    simulator_fault(on.sim, "on=%s,kind=redirect,count=0,status=%u,location=%s/v1.0/%s/jobs/x",
                    redirected[_i], _i % 2 ? 307 : 302, rp_sim_url(elsewhere.sim), RP_SIM_PROJECT);
    told = call_within(&on, "create", 1000, "");
    ck_assert_uint_ge(rp_sim_count(on.sim, "faults"), 1);
    ck_assert_uint_eq(rp_sim_count(elsewhere.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
    bed_free(&elsewhere);
}
END_TEST

START_TEST(a_redirected_login_is_not_followed)
{
    bed on = bed_make(settings, QUICK), elsewhere = bed_make(settings, QUICK);
    _cleanup_(rp_freep) char *login = login_members(on.sim, "sim-password");
    rp_instance *given = rp_take(on.instance);
    answer told;

    on.plugin->close(given);
    on.instance = bed_open(&on, login);
    simulator_fault(on.sim, "on=token,kind=redirect,status=307,count=0,location=%s/v3/auth/tokens",
                    rp_sim_url(elsewhere.sim));
    told = call_within(&on, "create", 1000, "");
    ck_assert_int_ne(told.status, RP_OK);
    ck_assert_uint_eq(count_results(&told, NULL, "none"), 2);
    ck_assert_uint_eq(rp_sim_count(elsewhere.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
    bed_free(&elsewhere);
}
END_TEST

/* --- the token ------------------------------------------------------------------ */

static const char *const expireds[] = {"gateway", "elb", "keystone"};

static bed logged_in(const char *expired)
{
    bed on = bed_make((const char *const[]){"job-ms", "200", "token", "", "expired", expired, NULL}, QUICK);
    _cleanup_(rp_freep) char *login = login_members(on.sim, "sim-password");
    _cleanup_(rp_freep) char *all = rp_format("%s, " QUICK, login);
    answer told;

    on.plugin->close(on.instance);
    on.instance = bed_open(&on, all);
    told = call_members(&on, "read", 1, "");
    ck_assert_int_eq(told.status, RP_NOT_FOUND);
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 1);
    return on;
}

START_TEST(an_expired_token_is_renewed_once)
{
    bed on = logged_in(expireds[_i]);
    background calls[8];

    simulator_control(on.sim, "reset", "{\"what\": \"tokens\"}");
    for (unsigned i = 0; i < 8; i++)
        background_start(&calls[i], &on, "create", request_for(LISTENER, "server", i, 1, ""), 10000);
    for (unsigned i = 0; i < 8; i++) {
        background_join(&calls[i]);
        ck_assert_uint_eq(count_results(&calls[i].answer, "ok", "done"), 1);
        background_free(&calls[i]);
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 8);
    bed_free(&on);
}
END_TEST

/* The token goes while the job runs, or just before the add. */
static const char *const expiring[] = {"add", "job", "list"};

START_TEST(a_token_that_expires_in_the_middle_is_renewed_once)
{
    bed on = logged_in("gateway");
    answer told;

    simulator_fault(on.sim, "on=%s,kind=expired-token", expiring[_i]);
    told = call_members(&on, "create", 2, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), strcmp(expiring[_i], "add") ? 1 : 2);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 2);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_token_refused_again_after_renewal_is_unauthenticated)
{
    bed on = logged_in("gateway");
    answer told;

    simulator_fault(on.sim, "on=list,kind=expired-token,count=0");
    told = call_within(&on, "create", 5000, "");
    ck_assert_uint_eq(count_results(&told, "unauthenticated", "none"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 2);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

/* --- what an unanswered add may still do ------------------------------------------ */

START_TEST(an_add_whose_answer_was_lost_is_followed_to_its_end)
{
    bed on = bed_make((const char *const[]){"job-ms", "5000", "listed", "at-end", NULL},
                      "\"settle_ms\": 8000, \"poll_min_ms\": 20, \"poll_max_ms\": 100");
    background first, again, adopting, removing;

    simulator_fault(on.sim, "on=add,kind=reset-after");
    background_start(&first, &on, "create", request_for(LISTENER, "server", 0, 2, ""), 20000);
    wait_for_count(&on, "add", 1);
    simulator_set(on.sim, "job-ms", "100");
    background_start(&again, &on, "create", request_for(LISTENER, "server", 0, 2, ""), 20000);
    background_start(&adopting, &on, "create", request_for(LISTENER, "server", 0, 2, "\"adopt\": true"),
                     20000);
    pause_ms(1000);
    background_start(&removing, &on, "delete", request_for(LISTENER, "server", 0, 2, ""), 20000);
    pause_ms(1500);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 0);

    background_join(&first);
    background_join(&again);
    background_join(&adopting);
    background_join(&removing);
    ck_assert_uint_eq(count_results(&first.answer, "ok", "done"), 2);
    ck_assert_uint_eq(count_results(&again.answer, "already_exists", "none"), 2);
    ck_assert_uint_eq(count_results(&adopting.answer, "ok", "none"), 2);
    ck_assert_uint_eq(count_results(&removing.answer, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    background_free(&first);
    background_free(&again);
    background_free(&adopting);
    background_free(&removing);
    bed_free(&on);
}
END_TEST

/* Those who asked may leave; what they sent is remembered all the same. */
START_TEST(an_add_that_never_happened_is_sent_again_only_when_settled)
{
    bed on = bed_make(settings, "\"settle_ms\": 2500, \"poll_min_ms\": 10, \"poll_max_ms\": 40");
    background first, adopting, removing;

    simulator_fault(on.sim, "on=add,kind=reset-before");
    background_start(&first, &on, "create", request_for(LISTENER, "server", 0, 2, ""), 500);
    wait_for_count(&on, "add", 1);
    background_start(&adopting, &on, "create", request_for(LISTENER, "server", 0, 2, "\"adopt\": true"),
                     20000);
    background_start(&removing, &on, "delete", request_for(LISTENER, "server", 0, 2, ""), 300);
    background_join(&first);
    background_join(&removing);
    ck_assert_uint_eq(count_results(&first.answer, "unavailable", "unknown"), 2);
    ck_assert_uint_eq(count_results(&removing.answer, NULL, "none"), 2);
    background_join(&adopting);
    ck_assert_uint_eq(count_results(&adopting.answer, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 2);
    ck_assert_int_ge(request_ms(&on, "add", 1) - request_ms(&on, "add", 0), 2500);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 2);
    background_free(&first);
    background_free(&adopting);
    background_free(&removing);
    bed_free(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("faults");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, an_add_survives, 0, PARTS);
    tcase_add_loop_test(tests, a_remove_survives, 0, PARTS);
    tcase_add_loop_test(tests, a_lost_add_is_not_repeated_on_a_kept_connection, 0, (int)rp_count_of(losses));
    tcase_add_loop_test(tests, a_lost_add_is_not_repeated_on_a_new_connection, 0, (int)rp_count_of(losses));
    tcase_add_test(tests, a_retry_after_is_waited_for);
    tcase_add_test(tests, throttling_to_the_end_is_told_as_throttled);
    tcase_add_test(tests, a_failed_job_is_told_with_the_servers_code_and_reason);
    tcase_add_loop_test(tests, members_gone_behind_ones_back_are_not_found_and_come_back, 0,
                        (int)rp_count_of(empties));
    tcase_add_loop_test(tests, a_redirect_is_not_followed, 0, (int)rp_count_of(redirected));
    tcase_add_test(tests, a_redirected_login_is_not_followed);
    tcase_add_loop_test(tests, an_expired_token_is_renewed_once, 0, (int)rp_count_of(expireds));
    tcase_add_loop_test(tests, a_token_that_expires_in_the_middle_is_renewed_once, 0,
                        (int)rp_count_of(expiring));
    tcase_add_test(tests, a_token_refused_again_after_renewal_is_unauthenticated);
    tcase_add_test(tests, an_add_whose_answer_was_lost_is_followed_to_its_end);
    tcase_add_test(tests, an_add_that_never_happened_is_sent_again_only_when_settled);
    return run_case("faults", tests);
}
