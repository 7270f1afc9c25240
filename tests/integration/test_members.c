/*
 * Members added, read, listed and removed through the shared object, by a
 * server that is well: what comes back, and which requests it took.
 */
#include "plugin.h"
#include "run.h"
#include "simulator.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NO_SETTINGS   ((const char *const[]){NULL})
#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOBODY        "e1b0ffffffffffffffffffffffffffff" /* no listener has this id */
#define KEY(which)                                                                                           \
    "{\"listener_id\": \"" LISTENER "\", \"server_id\": \"" which "\", \"address\": \"10.0.0.1\"}"
#define RECORDS(all)   "{\"resource\": \"elb_member\", \"records\": [" all "], \"options\": {%s}}"
#define STATE_OF_FIRST "{\"resource\": \"elb_member\", \"records\": [%s], \"options\": {%s}}"

static answer run_on(const bed *on, const char *hook, const char *listener, unsigned count,
                     const char *options)
{
    _cleanup_(rp_freep) char *request = request_for(listener, "server", 0, count, options);

    return call_hook_with(on->plugin, on->instance, NULL, hook, request);
}

static answer run(const bed *on, const char *hook, unsigned count, const char *options)
{
    return run_on(on, hook, LISTENER, count, options);
}

/* The state of a result as a record to be handed in again. */
static char *state_of(const answer *one, size_t index)
{
    rp_buffer text = RP_BUFFER(65536);

    ck_assert(has_state(one, index));
    rp_json_print(rp_json_get(result_at(one, index), "state"), false, &text);
    return rp_buffer_take(&text);
}

static bool flag(const rp_json *object, const char *name)
{
    bool is = false;

    ck_assert_msg(rp_json_boolean(rp_json_get(object, name), &is), "there is no boolean %s", name);
    return is;
}

static void expect(const answer *one, size_t index, const char *status, const char *outcome)
{
    _cleanup_(rp_freep) char *all = answer_print(one);

    ck_assert_msg(!strcmp(result_text(one, index, "status"), status), "result %zu is not %s: %s", index,
                  status, all);
    ck_assert_msg(!strcmp(result_text(one, index, "outcome"), outcome), "the outcome of %zu is not %s: %s",
                  index, outcome, all);
}

/* Runs a hook that must give this for its first record. */
static void do_as_expected(const bed *on, const char *hook, const char *record, const char *options,
                           const char *status, const char *outcome)
{
    answer made = call_hook(on, hook, STATE_OF_FIRST, record, options);

    expect(&made, 0, status, outcome);
    answer_free(&made);
}

/* --- one member ---------------------------------------------------------------- */

START_TEST(a_state_has_all_members_and_what_the_server_tells)
{
    static const char *const names[] = {
        "id",          "listener_id", "server_id",        "address",       "member_id",
        "job_id",      "uri",         "floating_address", "member_status", "health_status",
        "server_name", "create_time", "update_time",      "listeners"};
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer made = run(&on, "create", 1, "");
    const rp_json *state = rp_json_get(result_at(&made, 0), "state");

    expect(&made, 0, "ok", "done");
    for (size_t i = 0; i < rp_count_of(names); i++)
        ck_assert_msg(rp_json_has(state, names[i]), "%s is missing", names[i]);
    ck_assert_str_eq(state_text(&made, 0, "id"), LISTENER "/server-0/10.0.0.1");
    ck_assert_str_eq(state_text(&made, 0, "listener_id"), LISTENER);
    ck_assert_str_eq(state_text(&made, 0, "server_id"), "server-0");
    ck_assert_str_eq(state_text(&made, 0, "address"), "10.0.0.1");
    ck_assert_str_ne(state_text(&made, 0, "floating_address"), "");
    ck_assert_str_ne(state_text(&made, 0, "floating_address"), "10.0.0.1");
    ck_assert_str_eq(state_text(&made, 0, "member_status"), "ACTIVE");
    ck_assert_str_eq(state_text(&made, 0, "health_status"), "NORMAL");
    ck_assert_int_eq(rp_json_type_of(rp_json_get(state, "server_name")), RP_JSON_NULL);
    ck_assert_ptr_nonnull(strstr(state_text(&made, 0, "uri"), state_text(&made, 0, "job_id")));
    ck_assert_uint_eq(rp_json_count(rp_json_get(state, "listeners")), 1);
    ck_assert_str_eq(rp_json_text(rp_json_at(rp_json_get(state, "listeners"), 0)), LISTENER);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* Ways to name the member that a_member_is_read_by_each_of_its_names makes; %s is its member_id. */
static const char *const names_of_it[] = {
    "{\"id\": \"" LISTENER "/server-0/10.0.0.1\"}",
    "{\"listener_id\": \"" LISTENER "\", \"member_id\": \"%s\"}",
    "{\"listener_id\": \"" LISTENER "\", \"server_id\": \"server-0\", \"address\": \"10.0.0.1\"}",
    "{\"listener_id\": \"" LISTENER "\", \"server_id\": \"server-0\", \"address\": \"::ffff:10.0.0.1\"}",
    "{\"id\": \"" LISTENER "/server-0/10.0.0.1\", \"listener_id\": \"" LISTENER
    "\", \"server_id\": \"server-0\", \"address\": \"10.0.0.1\", \"member_id\": \"%s\"}",
    /* An id that the server gave to another, or to nobody: the key decides. */
    "{\"listener_id\": \"" LISTENER
    "\", \"server_id\": \"server-0\", \"address\": \"10.0.0.1\", \"member_id\": \"gone\"}",
    "{\"id\": \"" LISTENER "/server-0/10.0.0.1\", \"of_a_later_release\": {\"a\": [1]}, \"job_id\": null}",
};

START_TEST(a_member_is_read_by_each_of_its_names)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer made = run(&on, "create", 2, "");
    _cleanup_(rp_freep) char *record = NULL;
    char *member_id = strdup(state_text(&made, 0, "member_id"));
    unsigned before = rp_sim_count(on.sim, "total");
    char *split = strstr(names_of_it[_i], "%s");
    answer told;

    record =
        split ? rp_format("%.*s%s%s", (int)(split - names_of_it[_i]), names_of_it[_i], member_id, split + 2)
              : strdup(names_of_it[_i]);
    told = call_hook(&on, "read", STATE_OF_FIRST, record, "");
    expect(&told, 0, "ok", "done");
    ck_assert_str_eq(state_text(&told, 0, "id"), LISTENER "/server-0/10.0.0.1");
    ck_assert_str_eq(state_text(&told, 0, "member_id"), member_id);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), before + 1);
    answer_free(&told);
    do_as_expected(&on, "delete", record, "", "ok", "done");
    ck_assert_uint_eq(rp_sim_listed_of(on.sim, LISTENER, "server-0"), 0);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1);
    free(member_id);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(read_gives_back_the_state_that_create_gave)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer made = run(&on, "create", 1, "");
    _cleanup_(rp_freep) char *state = state_of(&made, 0), *again = NULL;
    answer told = call_hook(&on, "read", STATE_OF_FIRST, state, "");

    again = state_of(&told, 0);
    ck_assert_str_eq(again, state);
    answer_free(&told);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(a_record_that_contradicts_its_own_id_is_refused)
{
    static const char *const records[] = {
        "{\"id\": \"" LISTENER "/a/10.0.0.1\", \"listener_id\": \"" LISTENER2 "\"}",
        "{\"id\": \"" LISTENER "/a/10.0.0.1\", \"server_id\": \"b\"}",
        "{\"id\": \"" LISTENER "/a/10.0.0.1\", \"address\": \"10.0.0.2\"}",
        "{\"id\": \"" LISTENER "\"}",
    };
    bed on = bed_make(NO_SETTINGS, "");
    answer told = call_hook(&on, _i % 2 ? "read" : "delete", STATE_OF_FIRST, records[_i / 2], "");
    const rp_json *why = diagnostic_with(&told, 0, "record.invalid");

    expect(&told, 0, "invalid_argument", "none");
    ck_assert_str_eq(rp_json_text(rp_json_get(why, "path")), "/id");
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(an_address_keeps_its_spelling_and_is_compared_by_value)
{
    static const char record[] =
        "{\"listener_id\": \"" LISTENER "\", \"server_id\": \"six\", \"address\": \"%s\"}";
    _cleanup_(rp_freep) char *first = rp_format(record, "2001:DB8::0:1");
    _cleanup_(rp_freep) char *other = rp_format(record, "2001:db8:0:0::1");
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer made = call_hook(&on, "create", STATE_OF_FIRST, first, "");
    answer told;

    expect(&made, 0, "ok", "done");
    ck_assert_str_eq(state_text(&made, 0, "address"), "2001:DB8::0:1");
    ck_assert_str_eq(state_text(&made, 0, "id"), LISTENER "/six/2001:db8::1");
    answer_free(&made);
    told = call_hook(&on, "read", STATE_OF_FIRST, other, "");
    expect(&told, 0, "ok", "done");
    ck_assert_str_eq(state_text(&told, 0, "address"), "2001:db8:0:0::1");
    ck_assert_str_eq(state_text(&told, 0, "id"), LISTENER "/six/2001:db8::1");
    answer_free(&told);
    do_as_expected(&on, "create", other, "", "already_exists", "none");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    do_as_expected(&on, "delete", other, "", "ok", "done");
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    bed_free(&on);
}
END_TEST

START_TEST(a_server_under_another_address_is_another_member)
{
    static const char there[] = KEY("two-faced");
    static const char other[] =
        "{\"listener_id\": \"" LISTENER "\", \"server_id\": \"two-faced\", \"address\": \"10.0.0.2\"}";
    bed on = bed_make(SETTINGS("job-ms", "0"), "");

    do_as_expected(&on, "create", there, "", "ok", "done");
    do_as_expected(&on, "read", other, "", "not_found", "none");
    do_as_expected(&on, "create", other, "", "ok", "done");
    do_as_expected(&on, "delete", there, "", "ok", "done");
    do_as_expected(&on, "read", other, "", "ok", "done");
    ck_assert_uint_eq(rp_sim_listed_of(on.sim, LISTENER, "two-faced"), 1);
    bed_free(&on);
}
END_TEST

/* --- what the server may do either way ----------------------------------------------- */

static const char *const empties[] = {"object", "array", "null"};

START_TEST(an_empty_list_means_absent_however_it_is_spelt)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "empty", empties[_i]), "");
    answer told = run(&on, "read", 1, "");

    expect(&told, 0, "not_found", "none");
    ck_assert(!has_state(&told, 0));
    answer_free(&told);
    told = call_hook(&on, "list",
                     "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"" LISTENER "\"}}");
    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_uint_eq(result_count(&told), 0);
    ck_assert(!rp_json_has(told.json, "next"));
    answer_free(&told);
    told = run(&on, "delete", 1, "");
    expect(&told, 0, "ok", "done");
    ck_assert(!flag(result_at(&told, 0), "existed"));
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 3);
    told = run(&on, "create", 1, "");
    expect(&told, 0, "ok", "done");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

static const struct {
    const char *job_ms, *listed, *shuffle;
    unsigned polls;
} servers[] = {
    {"0", "at-end", "no", 1},     {"0", "at-once", "yes", 1},    {"300", "at-end", "yes", 14},
    {"300", "at-once", "no", 14}, {"300", "at-once", "yes", 14},
};

/* Polls begin after 20 ms, so that a job of 300 ms takes five or six; on a busy machine fewer. */
START_TEST(a_create_and_a_delete_need_as_few_requests_as_can_be)
{
    bed on = bed_make(
        SETTINGS("job-ms", servers[_i].job_ms, "listed", servers[_i].listed, "shuffle", servers[_i].shuffle),
        "");
    answer made = run(&on, "create", 5, "");
    char address[32];

    for (unsigned i = 0; i < 5; i++) {
        snprintf(address, sizeof(address), "10.0.0.%u", i + 1);
        expect(&made, i, "ok", "done");
        ck_assert_str_eq(state_text(&made, i, "address"), address);
        ck_assert_uint_eq(strlen(state_text(&made, i, "member_id")), 32);
        ck_assert_str_eq(state_text(&made, i, "job_id"), state_text(&made, 0, "job_id"));
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "listener"), 1);
    ck_assert_uint_ge(rp_sim_count(on.sim, "job"), 1);
    ck_assert_uint_le(rp_sim_count(on.sim, "job"), servers[_i].polls);
    answer_free(&made);
    simulator_control(on.sim, "reset", "{\"what\": \"log\"}");
    made = run(&on, "delete", 5, "");
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 5);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 2);
    ck_assert_uint_le(rp_sim_count(on.sim, "job"), servers[_i].polls);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 3 + rp_sim_count(on.sim, "job"));
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* After 200 ms, growing to 2 s, jittered: eleven or so. Without growth there would be twenty-five. */
START_TEST(a_job_of_five_seconds_is_polled_less_and_less_often)
{
    bed on = bed_make(SETTINGS("job-ms", "5000"), "\"poll_min_ms\": 200, \"poll_max_ms\": 2000");
    answer made = run(&on, "create", 1, "");

    expect(&made, 0, "ok", "done");
    ck_assert_uint_ge(rp_sim_count(on.sim, "job"), 4);
    ck_assert_uint_le(rp_sim_count(on.sim, "job"), 16);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- pages ------------------------------------------------------------------------------- */

static void fill(rp_sim *sim, const char *listener, unsigned count)
{
    rp_buffer all = RP_BUFFER(16u << 20);

    rp_buffer_format(&all, "{\"listener_id\": \"%s\", \"add\": [", listener);
    for (unsigned i = 0; i < count; i++)
        rp_buffer_format(&all, "%s{\"server_id\": \"old-%u\", \"address\": \"10.0.%u.%u\"}", i ? ", " : "", i,
                         i / 250, i % 250 + 1);
    rp_buffer_add_text(&all, "]}");
    simulator_control(sim, "members", "%s", rp_buffer_text(&all));
    rp_buffer_done(&all);
    ck_assert_uint_eq(rp_sim_listed(sim, listener), count);
}

/* Marks the server of each object; 0 if one came twice. */
static unsigned mark(const answer *page, bool *seen, unsigned count)
{
    for (size_t i = 0; i < result_count(page); i++) {
        unsigned which = count;

        ck_assert_int_eq(sscanf(state_text(page, i, "server_id"), "old-%u", &which), 1);
        ck_assert_uint_lt(which, count);
        ck_assert_msg(!seen[which], "old-%u was listed twice", which);
        seen[which] = true;
        ck_assert_int_eq(rp_json_type_of(rp_json_get(rp_json_get(result_at(page, i), "state"), "job_id")),
                         RP_JSON_NULL);
    }
    return (unsigned)result_count(page);
}

/* The list hook, page after page, until there is no next. */
static unsigned list_all(const bed *on, bool *seen, unsigned count)
{
    char *next = strdup("null");
    unsigned listed = 0;

    for (unsigned pages = 0; next; pages++) {
        answer page = call_hook(on, "list",
                                "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"" LISTENER
                                "\"}, \"page\": %s}",
                                next);
        const char *marker = rp_json_text(rp_json_get(page.json, "next"));

        ck_assert_uint_lt(pages, 2000);
        ck_assert_int_eq(page.status, RP_OK);
        listed += mark(&page, seen, count);
        free(next);
        next = marker ? rp_format("\"%s\"", marker) : NULL;
        answer_free(&page);
    }
    return listed;
}

static const struct {
    const char *cap, *order;
    unsigned count, requests; /* of one whole list */
} pagings[] = {
    {"0", "insertion", 1050, 3},                              /* 500, 500, and 50 after longer ones */
    {"0", "id", 1049, 3},                                     /* the same */
    {"100", "insertion", 1050, 11}, {"10", "id", 1050, 106},  /* the last page is full: one more */
    {"10", "insertion", 13, 2},     {"7", "insertion", 6, 2}, /* 6 may be the cap: one more */
};

START_TEST(a_list_is_followed_through_all_its_pages)
{
    static bool seen[1050];
    unsigned count = pagings[_i].count;
    bed on = bed_make(SETTINGS("page-cap", pagings[_i].cap, "order", pagings[_i].order), "");

    fill(on.sim, LISTENER, count);
    memset(seen, 0, sizeof(seen));
    ck_assert_uint_eq(list_all(&on, seen, count), count);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), pagings[_i].requests);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), pagings[_i].requests);
    bed_free(&on);
}
END_TEST

/* Order by id puts a new one anywhere; the absent one is known only at the very end. */
START_TEST(a_member_is_found_and_added_beyond_the_first_page)
{
    bed on = bed_make(SETTINGS("page-cap", pagings[_i].cap, "order", pagings[_i].order, "job-ms", "0"), "");
    answer made;

    fill(on.sim, LISTENER, pagings[_i].count);
    made = run(&on, "create", 1, "");
    expect(&made, 0, "ok", "done");
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), pagings[_i].count + 1);
    answer_free(&made);
    made = run(&on, "create", 1, "");
    expect(&made, 0, "already_exists", "none");
    answer_free(&made);
    made = run(&on, "delete", 1, "");
    expect(&made, 0, "ok", "done");
    ck_assert(flag(result_at(&made, 0), "existed"));
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), pagings[_i].count);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- again and twice ------------------------------------------------------------------------ */

START_TEST(create_of_what_is_there_adds_nothing)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer made = run(&on, "create", 1, ""), told = run(&on, "create", 1, "");

    ck_assert_int_eq(told.status, RP_ALREADY_EXISTS);
    expect(&told, 0, "already_exists", "none");
    ck_assert(flag(result_at(&told, 0), "matches"));
    ck_assert(!flag(result_at(&told, 0), "retryable"));
    ck_assert_str_eq(state_text(&told, 0, "member_id"), state_text(&made, 0, "member_id"));
    answer_free(&told);
    told = run(&on, "create", 1, "\"adopt\": true");
    ck_assert_int_eq(told.status, RP_OK);
    expect(&told, 0, "ok", "none");
    ck_assert_str_eq(state_text(&told, 0, "member_id"), state_text(&made, 0, "member_id"));
    ck_assert_int_eq(rp_json_type_of(rp_json_get(rp_json_get(result_at(&told, 0), "state"), "job_id")),
                     RP_JSON_NULL);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&told);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(one_key_twice_in_a_create_is_added_once)
{
    static const char records[] = RECORDS(KEY("a") "," KEY("b") "," KEY("a"));
    bed on = bed_make(SETTINGS("job-ms", "50"), "");
    const char *options = _i ? "\"adopt\": true" : "";
    answer made = call_hook(&on, "create", records, options);

    ck_assert_int_eq(made.status, _i ? RP_OK : RP_ALREADY_EXISTS);
    expect(&made, 0, "ok", "done");
    expect(&made, 1, "ok", "done");
    expect(&made, 2, _i ? "ok" : "already_exists", "none");
    ck_assert_str_eq(state_text(&made, 2, "member_id"), state_text(&made, 0, "member_id"));
    ck_assert_str_eq(state_text(&made, 2, "id"), state_text(&made, 0, "id"));
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_listed_of(on.sim, LISTENER, "a"), 1);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(one_key_twice_in_a_delete_is_removed_once)
{
    static const char records[] = RECORDS(KEY("a") "," KEY("a"));
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer told;

    do_as_expected(&on, "create", KEY("a"), "", "ok", "done");
    told = call_hook(&on, "delete", records, "");
    ck_assert_int_eq(told.status, RP_OK);
    ck_assert(flag(result_at(&told, 0), "existed"));
    ck_assert(!flag(result_at(&told, 1), "existed"));
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_later_record_shares_the_failure_of_the_first)
{
    static const char records[] = RECORDS(KEY("a") "," KEY("a"));
    bed on = bed_make(SETTINGS("bad-server", "a"), "");
    answer told = call_hook(&on, "create", records, "");

    expect(&told, 0, "invalid_argument", "none");
    expect(&told, 1, "invalid_argument", "none");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_second_delete_says_that_it_did_not_exist)
{
    bed on = bed_make(SETTINGS("job-ms", "50"), "");
    answer told = run(&on, "create", 1, "");

    answer_free(&told);
    told = run(&on, "delete", 1, "");
    expect(&told, 0, "ok", "done");
    ck_assert(flag(result_at(&told, 0), "existed"));
    ck_assert(!rp_json_has(result_at(&told, 0), "state"));
    answer_free(&told);
    told = run(&on, "delete", 1, "");
    expect(&told, 0, "ok", "done");
    ck_assert(!flag(result_at(&told, 0), "existed"));
    answer_free(&told);
    told = run(&on, "create", 1, "");
    expect(&told, 0, "ok", "done");
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    bed_free(&on);
}
END_TEST

/* --- records share no fate ------------------------------------------------------------------- */

static const struct {
    const char *record, *path;
} wrong[] = {
    {"{\"listener_id\": \"" LISTENER "\", \"server_id\": \"w\"}", ""},
    {"{\"listener_id\": \"" LISTENER "\", \"server_id\": null, \"address\": \"10.0.0.9\"}", ""},
    {"{\"listener_id\": \"" LISTENER "\", \"server_id\": 7, \"address\": \"10.0.0.9\"}", "/server_id"},
    {"{\"listener_id\": \"" LISTENER "\", \"server_id\": \"w\", \"address\": \"10.0.0.256\"}", "/address"},
    {"{\"listener_id\": \"../x\", \"server_id\": \"w\", \"address\": \"10.0.0.9\"}", "/listener_id"},
    {"{\"listener_id\": \"..\", \"server_id\": \"w\", \"address\": \"10.0.0.9\"}", "/listener_id"},
    {"{\"listener_id\": \"" LISTENER "\", \"server_id\": \"w\", \"address\": \"10.0.0.9\", \"weight\": 1}",
     "/weight"},
    {"[]", ""},
    {"null", ""},
    {"\"" LISTENER "\"", ""},
};

START_TEST(a_wrong_record_fails_alone_and_in_its_place)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer made = call_hook(&on, "create", RECORDS(KEY("a") ", %s, " KEY("c")), wrong[_i].record, "");
    const rp_json *why = diagnostic_with(&made, 1, "record.invalid");

    ck_assert_int_eq(made.status, RP_INVALID_ARGUMENT);
    ck_assert_uint_eq(result_count(&made), 3);
    expect(&made, 0, "ok", "done");
    expect(&made, 1, "invalid_argument", "none");
    expect(&made, 2, "ok", "done");
    ck_assert_str_eq(state_text(&made, 2, "server_id"), "c");
    ck_assert(!flag(result_at(&made, 1), "retryable"));
    ck_assert_str_eq(rp_json_text(rp_json_get(why, "path")), wrong[_i].path);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 2);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(no_records_are_a_valid_request_for_nothing)
{
    static const char *const hooks[] = {"validate", "create", "read", "delete"};
    bed on = bed_make(NO_SETTINGS, "");
    answer told = call_hook(&on, hooks[_i], RECORDS(""), "");

    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_uint_eq(result_count(&told), 0);
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "diagnostics")), 0);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

/* One of sixteen is refused: at most 2 * log2(16) adds more than the refused one, and the others are added.
 */
START_TEST(the_guilty_record_of_a_batch_stands_alone_in_the_end)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "bad-address", "10.0.0.6"), "");
    answer made = run(&on, "create", 16, "");

    ck_assert_uint_eq(count_results(&made, "ok", "done"), 15);
    expect(&made, 5, "invalid_argument", "none");
    ck_assert(has_code(&made, 5, "elb.address_invalid"));
    ck_assert_uint_le(rp_sim_count(on.sim, "add"), 1 + 8);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 15);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- jobs that are not waited for -------------------------------------------------------------- */

START_TEST(what_was_not_waited_for_is_read_later_by_another_instance)
{
    bed on = bed_make(SETTINGS("job-ms", "700"), "");
    answer made = run(&on, "create", 1, "\"wait\": \"none\"");
    _cleanup_(rp_freep) char *state = state_of(&made, 0), *job_id = NULL;
    bed later = {.sim = on.sim, .plugin = on.plugin, .instance = bed_open(&on, "")};
    answer told;

    ck_assert_int_eq(made.status, RP_IN_PROGRESS);
    expect(&made, 0, "in_progress", "unknown");
    job_id = strdup(state_text(&made, 0, "job_id"));
    ck_assert_str_ne(job_id, "");
    ck_assert_str_eq(state_text(&made, 0, "member_id"), "");
    ck_assert_uint_eq(rp_sim_count(on.sim, "job"), 0);
    told = call_hook(&later, "read", STATE_OF_FIRST, state, "");
    ck_assert_int_eq(told.status, RP_IN_PROGRESS);
    ck_assert_str_eq(result_text(&told, 0, "status"), "in_progress");
    ck_assert(!rp_json_has(result_at(&told, 0), "outcome"));
    ck_assert_str_eq(state_text(&told, 0, "job_id"), job_id);
    ck_assert_uint_eq(rp_sim_count(on.sim, "job"), 1);
    answer_free(&told);
    told = call_hook(&later, "read", STATE_OF_FIRST, state, "\"wait\": \"job\"");
    expect(&told, 0, "ok", "done");
    ck_assert_str_ne(state_text(&told, 0, "member_id"), "");
    ck_assert_str_eq(state_text(&told, 0, "job_id"), job_id);
    ck_assert_uint_ge(rp_sim_count(on.sim, "job"), 2);
    answer_free(&told);
    answer_free(&made);
    on.plugin->close(later.instance);
    bed_free(&on);
}
END_TEST

START_TEST(create_create_and_delete_at_once_are_one_add_and_one_remove)
{
    bed on = bed_make(SETTINGS("job-ms", "300", "listed", _i ? "at-once" : "at-end"), "");
    answer told = run(&on, "create", 1, "\"wait\": \"none\"");

    expect(&told, 0, "in_progress", "unknown");
    answer_free(&told);
    told = run(&on, "create", 1, "\"adopt\": true");
    expect(&told, 0, "ok", "none");
    ck_assert_str_ne(state_text(&told, 0, "member_id"), "");
    answer_free(&told);
    told = run(&on, "delete", 1, "");
    expect(&told, 0, "ok", "done");
    ck_assert(flag(result_at(&told, 0), "existed"));
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    bed_free(&on);
}
END_TEST

START_TEST(a_delete_of_what_is_about_to_appear_waits_for_it)
{
    bed on = bed_make(SETTINGS("job-ms", "300"), "");
    answer told = run(&on, "create", 2, "\"wait\": \"none\"");

    answer_free(&told);
    told = run(&on, "delete", 2, "");
    ck_assert_uint_eq(count_results(&told, "ok", "done"), 2);
    ck_assert(flag(result_at(&told, 0), "existed"));
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_delete_that_is_not_waited_for_is_in_progress)
{
    bed on = bed_make(SETTINGS("job-ms", "300"), "");
    answer told = run(&on, "create", 1, "");

    answer_free(&told);
    told = run(&on, "delete", 1, "\"wait\": \"none\"");
    ck_assert_int_eq(told.status, RP_IN_PROGRESS);
    expect(&told, 0, "in_progress", "unknown");
    ck_assert(!rp_json_has(result_at(&told, 0), "state"));
    answer_free(&told);
    told = run(&on, "delete", 1, "");
    expect(&told, 0, "ok", "done");
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

/* --- listeners ----------------------------------------------------------------------------------- */

START_TEST(records_of_several_listeners_go_in_one_call)
{
    static const char *const of[] = {LISTENER, LISTENER2, RP_SIM_HTTP_LISTENER};
    rp_buffer request = RP_BUFFER(65536);
    bed on = bed_make(SETTINGS("job-ms", "100"), "");
    answer made;

    rp_buffer_add_text(&request, "{\"resource\": \"elb_member\", \"records\": [");
    for (unsigned i = 0; i < 9; i++)
        rp_buffer_format(&request,
                         "%s{\"listener_id\": \"%s\", \"server_id\": \"s%u\", \"address\": \"10.0.0.1\"}",
                         i ? ", " : "", of[i % 3], i);
    rp_buffer_add_text(&request, "]}");
    made = call_hook_with(on.plugin, on.instance, NULL, "create", rp_buffer_text(&request));
    for (unsigned i = 0; i < 9; i++) {
        char server[8];
        snprintf(server, sizeof(server), "s%u", i);
        expect(&made, i, "ok", "done");
        ck_assert_str_eq(state_text(&made, i, "listener_id"), of[i % 3]);
        ck_assert_str_eq(state_text(&made, i, "server_id"), server);
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(simulator_requests(on.sim, "add", of[i]), 1);
        ck_assert_uint_eq(simulator_requests(on.sim, "list", of[i]), 2);
        ck_assert_uint_eq(simulator_requests(on.sim, "listener", of[i]), 1);
        ck_assert_uint_eq(rp_sim_listed(on.sim, of[i]), 3);
    }
    rp_buffer_done(&request);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(a_member_of_two_listeners_is_removed_from_one)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "shared-member-ids", "yes"), "");
    answer one = run_on(&on, "create", LISTENER, 1, ""), other = run_on(&on, "create", LISTENER2, 1, "");

    ck_assert_str_eq(state_text(&one, 0, "member_id"), state_text(&other, 0, "member_id"));
    ck_assert_uint_eq(rp_json_count(rp_json_get(rp_json_get(result_at(&other, 0), "state"), "listeners")), 2);
    answer_free(&one);
    answer_free(&other);
    one = run_on(&on, "delete", LISTENER, 1, "");
    expect(&one, 0, "ok", "done");
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER2), 1);
    answer_free(&one);
    bed_free(&on);
}
END_TEST

static const struct {
    const char *listener;
    bool warned;
} protocols[] = {{RP_SIM_UDP_LISTENER, true}, {RP_SIM_TCP_LISTENER, false}, {RP_SIM_HTTP_LISTENER, false}};

START_TEST(only_a_udp_listener_warns_of_what_its_servers_must_do)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");

    for (unsigned i = 1; i <= 2; i++) {
        answer made = run_on(&on, "create", protocols[_i].listener, i, "\"adopt\": true");
        const rp_json *told = diagnostic_with(&made, i - 1, "elb.udp_listener");
        expect(&made, i - 1, "ok", "done");
        ck_assert_int_eq(told != NULL, protocols[_i].warned);
        if (told)
            ck_assert_str_eq(rp_json_text(rp_json_get(told, "severity")), "warning");
        answer_free(&made);
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "listener"), 1);
    bed_free(&on);
}
END_TEST

static const char *const missing_is[] = {"refuse", "empty"};

START_TEST(a_listener_that_is_not_there_is_a_parent_not_found)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "missing-listener", missing_is[_i]), "");
    bool told_by_list = _i == 0;
    answer told = run_on(&on, "create", NOBODY, 2, "");

    for (size_t i = 0; i < 2; i++) {
        expect(&told, i, "not_found", "none");
        ck_assert(has_code(&told, i, "elb.parent_not_found"));
        ck_assert(!flag(result_at(&told, i), "retryable"));
        ck_assert(!has_state(&told, i));
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), told_by_list ? 0 : 1);
    answer_free(&told);
    told = run_on(&on, "read", NOBODY, 1, "");
    expect(&told, 0, "not_found", "none");
    ck_assert_int_eq(has_code(&told, 0, "elb.parent_not_found"), told_by_list);
    answer_free(&told);
    told = run_on(&on, "delete", NOBODY, 1, "");
    expect(&told, 0, "ok", "done");
    ck_assert(!flag(result_at(&told, 0), "existed"));
    answer_free(&told);
    told = call_hook(&on, "list",
                     "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"" NOBODY "\"}}");
    ck_assert_int_eq(told.status, told_by_list ? RP_NOT_FOUND : RP_OK);
    if (told_by_list)
        ck_assert_str_eq(
            rp_json_text(rp_json_get(rp_json_at(rp_json_get(told.json, "diagnostics"), 0), "code")),
            "elb.parent_not_found");
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 0);
    bed_free(&on);
}
END_TEST

static const struct {
    const char *rule, *status, *code;
    int32_t as;
} strangers[] = {
    {"on=list,count=0,status=404,shape=gateway", "unsupported", "elb.no_such_api", RP_UNSUPPORTED},
    {"on=list,count=0,status=404,shape=html", "unavailable", "elb.not_the_service", RP_UNAVAILABLE},
    {"on=list,count=0,status=404,shape=empty", "unavailable", "elb.not_the_service", RP_UNAVAILABLE},
};

START_TEST(a_404_that_is_not_the_services_own_is_not_absence)
{
    static const char *const hooks[] = {"create", "read", "delete"};
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer told = run(&on, "create", 1, "");

    answer_free(&told);
    simulator_fault(on.sim, "%s", strangers[_i].rule);
    for (size_t i = 0; i < rp_count_of(hooks); i++) {
        told = run(&on, hooks[i], 1, "");
        expect(&told, 0, strangers[_i].status, "none");
        ck_assert(has_code(&told, 0, strangers[_i].code));
        answer_free(&told);
    }
    told = call_hook(&on, "list",
                     "{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"" LISTENER "\"}}");
    ck_assert_int_eq(told.status, strangers[_i].as);
    ck_assert_uint_eq(result_count(&told), 0);
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 0);
    bed_free(&on);
}
END_TEST

/* --- health ------------------------------------------------------------------------------------------ */

START_TEST(health_other_than_normal_is_told_as_a_warning)
{
    static const char *const hooks[] = {"create", "read"};
    bed on = bed_make(SETTINGS("job-ms", "0", "health", _i ? "ABNORMAL" : "NORMAL"), "");

    for (size_t i = 0; i < rp_count_of(hooks); i++) {
        answer told = run(&on, hooks[i], 1, "");
        const rp_json *warning = diagnostic_with(&told, 0, "elb.not_healthy");
        expect(&told, 0, "ok", "done");
        ck_assert_int_eq(warning != NULL, _i);
        if (warning)
            ck_assert_str_eq(rp_json_text(rp_json_get(warning, "severity")), "warning");
        ck_assert_str_eq(state_text(&told, 0, "health_status"), _i ? "ABNORMAL" : "NORMAL");
        answer_free(&told);
    }
    bed_free(&on);
}
END_TEST

/* The server's health check passes after some looks; each exchange is an event on this very thread. */
static void heal_after_looks(void *context, const char *event, size_t event_len)
{
    rp_sim *sim = context;

    (void)event_len;
    if (strstr(event, "GET") && rp_sim_count(sim, "list") == 4)
        simulator_set(sim, "health", "NORMAL");
}

START_TEST(waiting_for_health_looks_until_it_is_there)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "health", "UNAVAILABLE"), "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 2, "\"wait\": \"healthy\"");
    rp_call call = {
        .struct_size = sizeof(call), .timeout_ms = 20000, .on_event = heal_after_looks, .context = on.sim};
    answer made = call_hook_with(on.plugin, on.instance, &call, "create", request);

    ck_assert_uint_eq(count_results(&made, "ok", "done"), 2);
    ck_assert_str_eq(state_text(&made, 0, "health_status"), "NORMAL");
    ck_assert(!has_code(&made, 0, "elb.not_healthy"));
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 5);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

START_TEST(a_member_that_is_not_healthy_in_time_is_there_all_the_same)
{
    bed on = bed_make(SETTINGS("job-ms", "0", "health", "ABNORMAL"), "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 1, "\"wait\": \"healthy\"");
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = 500};
    answer made = call_hook_with(on.plugin, on.instance, &call, "create", request);

    expect(&made, 0, "deadline_exceeded", "done");
    ck_assert_str_eq(state_text(&made, 0, "health_status"), "ABNORMAL");
    ck_assert_str_ne(state_text(&made, 0, "member_id"), "");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

/* --- many --------------------------------------------------------------------------------------------- */

START_TEST(a_hundred_members_are_one_add_and_one_remove)
{
    bed on = bed_make(SETTINGS("job-ms", "100"), "");
    answer made = run(&on, "create", 100, "");

    ck_assert_int_eq(made.status, RP_OK);
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 100);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 2);
    ck_assert_uint_eq(rp_sim_count(on.sim, "listener"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 100);
    ck_assert_str_ne(state_text(&made, 99, "job_id"), "");
    ck_assert_str_ne(state_text(&made, 99, "member_id"), "");
    answer_free(&made);
    made = run(&on, "delete", 100, "");
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 100);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 4);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

static const struct {
    const char *config;
    unsigned requests;
} batches[] = {{"\"max_batch\": 100", 10}, {"\"max_batch\": 1000", 1}};

START_TEST(a_thousand_members_are_as_many_adds_as_batches)
{
    bed on = bed_make(SETTINGS("job-ms", "100"), batches[_i].config);
    answer made = run(&on, "create", 1000, "");

    ck_assert_int_eq(made.status, RP_OK);
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 1000);
    ck_assert_str_eq(state_text(&made, 999, "server_id"), "server-999");
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), batches[_i].requests);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1000);
    answer_free(&made);
    made = run(&on, "delete", 1000, "");
    ck_assert_uint_eq(count_results(&made, "ok", "done"), 1000);
    ck_assert_uint_eq(rp_sim_count(on.sim, "remove"), batches[_i].requests);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

static void add_tests_of_one(TCase *tests)
{
    tcase_add_test(tests, a_state_has_all_members_and_what_the_server_tells);
    LOOP(tests, a_member_is_read_by_each_of_its_names, names_of_it);
    tcase_add_test(tests, read_gives_back_the_state_that_create_gave);
    tcase_add_loop_test(tests, a_record_that_contradicts_its_own_id_is_refused, 0, 8);
    tcase_add_test(tests, an_address_keeps_its_spelling_and_is_compared_by_value);
    tcase_add_test(tests, a_server_under_another_address_is_another_member);
    LOOP(tests, an_empty_list_means_absent_however_it_is_spelt, empties);
    LOOP(tests, a_create_and_a_delete_need_as_few_requests_as_can_be, servers);
    tcase_add_test(tests, a_job_of_five_seconds_is_polled_less_and_less_often);
    LOOP(tests, a_list_is_followed_through_all_its_pages, pagings);
    LOOP(tests, a_member_is_found_and_added_beyond_the_first_page, pagings);
}

static void add_tests_of_several(TCase *tests)
{
    tcase_add_test(tests, create_of_what_is_there_adds_nothing);
    tcase_add_loop_test(tests, one_key_twice_in_a_create_is_added_once, 0, 2);
    tcase_add_test(tests, one_key_twice_in_a_delete_is_removed_once);
    tcase_add_test(tests, a_later_record_shares_the_failure_of_the_first);
    tcase_add_test(tests, a_second_delete_says_that_it_did_not_exist);
    LOOP(tests, a_wrong_record_fails_alone_and_in_its_place, wrong);
    tcase_add_loop_test(tests, no_records_are_a_valid_request_for_nothing, 0, 4);
    tcase_add_test(tests, the_guilty_record_of_a_batch_stands_alone_in_the_end);
    tcase_add_test(tests, what_was_not_waited_for_is_read_later_by_another_instance);
    tcase_add_loop_test(tests, create_create_and_delete_at_once_are_one_add_and_one_remove, 0, 2);
    tcase_add_test(tests, a_delete_of_what_is_about_to_appear_waits_for_it);
    tcase_add_test(tests, a_delete_that_is_not_waited_for_is_in_progress);
}

static void add_tests_of_listeners(TCase *tests)
{
    tcase_add_test(tests, records_of_several_listeners_go_in_one_call);
    tcase_add_test(tests, a_member_of_two_listeners_is_removed_from_one);
    LOOP(tests, only_a_udp_listener_warns_of_what_its_servers_must_do, protocols);
    LOOP(tests, a_listener_that_is_not_there_is_a_parent_not_found, missing_is);
    LOOP(tests, a_404_that_is_not_the_services_own_is_not_absence, strangers);
    tcase_add_loop_test(tests, health_other_than_normal_is_told_as_a_warning, 0, 2);
    tcase_add_test(tests, waiting_for_health_looks_until_it_is_there);
    tcase_add_test(tests, a_member_that_is_not_healthy_in_time_is_there_all_the_same);
    tcase_add_test(tests, a_hundred_members_are_one_add_and_one_remove);
    LOOP(tests, a_thousand_members_are_as_many_adds_as_batches, batches);
}

int main(void)
{
    TCase *tests = tcase_create("members");

    tcase_set_timeout(tests, 60);
    add_tests_of_one(tests);
    add_tests_of_several(tests);
    add_tests_of_listeners(tests);
    return run_case("members", tests);
}
