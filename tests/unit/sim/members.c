#include "client.h"
#include "suites.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define TWO                                                                                                  \
    "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"},{\"server_id\":\"s2\",\"address\":\"10.0.0.2\"}]"

#define ONE "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]"

static void add_n(const char *listener_id, int n)
{
    for (int i = 0; i < n; i++) {
        char server[16], address[32];
        snprintf(server, sizeof(server), "s%d", i);
        snprintf(address, sizeof(address), "10.0.1.%d", i);
        member(listener_id, server, address);
    }
}

START_TEST(a_list_shows_what_the_reference_prints)
{
    const char *id = member(LISTENER, "s1", "10.0.0.1");
    _cleanup_(answer_done) answer got = list(LISTENER, "");
    const rp_json *shown = rp_json_at(got.json, 0);

    ck_assert_int_eq(got.status, 200);
    ck_assert_uint_eq(rp_json_count(got.json), 1);
    ck_assert_uint_eq(rp_json_count(shown), 10);
    ck_assert_str_eq(text_at(shown, "id"), id);
    ck_assert_uint_eq(strlen(id), 32);
    ck_assert_str_eq(text_at(shown, "server_id"), "s1");
    ck_assert_str_eq(text_at(shown, "server_address"), "10.0.0.1");
    ck_assert(rp_starts_with(text_at(shown, "address"), "100.64."));
    ck_assert_str_eq(text_at(shown, "status"), "ACTIVE");
    ck_assert_str_eq(text_at(shown, "health_status"), "NORMAL");
    ck_assert_uint_eq(strlen(text_at(shown, "create_time")), strlen("2015-12-28 10:35:51"));
    ck_assert_ptr_nonnull(text_at(shown, "update_time"));
    ck_assert_int_eq(rp_json_type_of(rp_json_get(shown, "server_name")), RP_JSON_NULL);
    ck_assert_str_eq(text_at(rp_json_at(rp_json_get(shown, "listeners"), 0), "id"), LISTENER);
}
END_TEST

static const struct {
    const char *setting, *body;
} empties[] = {{"object", "{}"}, {"array", "[]"}, {"null", "null"}};

START_TEST(an_empty_list_looks_as_set)
{
    _cleanup_(answer_done) answer members = {0}, listeners = {0}, filtered = {0};

    set("empty", empties[_i].setting);
    members = list(LISTENER, "");
    listeners = ask("GET", "elbaas/listeners?name=nobody", NULL);
    member(LISTENER, "s1", "10.0.0.1");
    filtered = list(LISTENER, "?server_id=s2");
    ck_assert_str_eq(members.body.data, empties[_i].body);
    ck_assert_str_eq(listeners.body.data, empties[_i].body);
    ck_assert_str_eq(filtered.body.data, empties[_i].body);
}
END_TEST

START_TEST(a_member_is_listed_when_its_job_ends_or_at_once)
{
    _cleanup_(answer_done) answer accepted = add(LISTENER, ONE), pending = {0};

    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 1);
    set("listed", "at-once");
    answer_done(&accepted);
    accepted = add(OTHER, ONE);
    ck_assert_uint_eq(rp_sim_listed(sim, OTHER), 1);
    pending = list(OTHER, "");
    ck_assert_str_eq(text_at(rp_json_at(pending.json, 0), "status"), "PENDING");
}
END_TEST

START_TEST(a_removed_member_is_listed_until_its_job_ends_or_no_more)
{
    char ids[128];
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"}]", member(LISTENER, "s1", "10.0.0.1"));
    accepted = remove_ids(LISTENER, ids);
    ck_assert_int_eq(accepted.status, 200);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 1);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), "SUCCESS");
    ck_assert_str_eq(text_at(job.json, "job_type"), "removeMember");

    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"}]", member(LISTENER, "s1", "10.0.0.1"));
    set("listed", "at-once");
    answer_done(&accepted);
    accepted = remove_ids(LISTENER, ids);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
}
END_TEST

START_TEST(a_list_can_lag_behind_the_jobs_end)
{
    _cleanup_(answer_done) answer accepted = {0};

    set("list-lag-ms", "50000");
    accepted = add(LISTENER, ONE);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
    rp_sim_advance(sim, 50000);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 1);
}
END_TEST

START_TEST(a_filter_narrows_the_list)
{
    char by_id[128];
    const char *queries[] = {"?server_id=s2", "?server_address=10.0.0.2", NULL, "?address=100.64.0.2"};

    member(LISTENER, "s1", "10.0.0.1");
    snprintf(by_id, sizeof(by_id), "?id=%s", member(LISTENER, "s2", "10.0.0.2"));
    queries[2] = by_id;
    for (size_t i = 0; i < rp_count_of(queries); i++) {
        _cleanup_(answer_done) answer got = list(LISTENER, queries[i]);
        ck_assert_uint_eq(rp_json_count(got.json), 1);
        ck_assert_str_eq(text_at(rp_json_at(got.json, 0), "server_id"), "s2");
    }
}
END_TEST

START_TEST(status_filters_tell_members_apart)
{
    _cleanup_(answer_done) answer active = {0}, ill = {0};

    member(LISTENER, "s1", "10.0.0.1");
    active = list(LISTENER, "?status=ACTIVE");
    ill = list(LISTENER, "?health_status=ABNORMAL");
    ck_assert_uint_eq(rp_json_count(active.json), 1);
    ck_assert_str_eq(ill.body.data, "{}");
}
END_TEST

/* Reads all pages; how many there were. */
static int read_pages(int limit, int *n)
{
    char marker[64] = "", query[128];
    int pages = 0;

    for (*n = 0;; pages++) {
        snprintf(query, sizeof(query), "?limit=%d&marker=%s", limit, marker);
        _cleanup_(answer_done) answer got = list(LISTENER, query);
        size_t count = rp_json_type_of(got.json) == RP_JSON_ARRAY ? rp_json_count(got.json) : 0;
        if (!count)
            return pages;
        ck_assert_uint_le(count, (size_t)limit);
        *n += (int)count;
        snprintf(marker, sizeof(marker), "%s", text_at(rp_json_at(got.json, count - 1), "id"));
    }
}

static const char *const orders[] = {"insertion", "id"};

START_TEST(pages_bring_every_member_once)
{
    int n;

    set("order", orders[_i]);
    add_n(LISTENER, 7);
    ck_assert_int_eq(read_pages(3, &n), 3);
    ck_assert_int_eq(n, 7);
}
END_TEST

START_TEST(ids_ascend_when_set_so)
{
    _cleanup_(answer_done) answer got = {0};

    set("order", "id");
    add_n(LISTENER, 9);
    got = list(LISTENER, "?marker=0");
    ck_assert_uint_eq(rp_json_count(got.json), 9);
    for (size_t i = 1; i < 9; i++)
        ck_assert_str_lt(text_at(rp_json_at(got.json, i - 1), "id"), text_at(rp_json_at(got.json, i), "id"));
}
END_TEST

START_TEST(the_server_can_cap_a_page)
{
    _cleanup_(answer_done) answer got = {0}, wrong = {0};

    add_n(LISTENER, 5);
    set("page-cap", "2");
    got = list(LISTENER, "?limit=4");
    wrong = list(LISTENER, "?limit=x");
    ck_assert_uint_eq(rp_json_count(got.json), 2);
    assert_refused(&wrong, 400, "ELB.1001");
}
END_TEST

START_TEST(a_second_add_of_a_member_makes_another_by_default)
{
    char first[64];

    snprintf(first, sizeof(first), "%s", member(LISTENER, "s1", "10.0.0.1"));
    ck_assert_str_ne(member(LISTENER, "s1", "10.0.0.1"), first);
    ck_assert_uint_eq(rp_sim_listed_of(sim, LISTENER, "s1"), 2);
}
END_TEST

START_TEST(a_second_add_of_a_member_can_be_refused)
{
    _cleanup_(answer_done) answer again = {0}, twice = {0};

    set("duplicate", "refuse");
    member(LISTENER, "s1", "2001:db8::1");
    again = add(LISTENER, "[{\"server_id\":\"s1\",\"address\":\"2001:DB8:0::1\"}]");
    assert_refused(&again, 400, "ELB.1001");
    set("duplicate-code", "ELB.2005");
    twice = add(OTHER, "[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"},"
                       "{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"}]");
    assert_refused(&twice, 400, "ELB.2005");
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 1);
    ck_assert_uint_eq(rp_sim_listed(sim, OTHER), 0);
}
END_TEST

START_TEST(a_second_add_of_a_member_can_give_the_same_id)
{
    char first[64];

    set("duplicate", "same-id");
    snprintf(first, sizeof(first), "%s", member(LISTENER, "s1", "10.0.0.1"));
    ck_assert_str_eq(member(LISTENER, "s1", "10.0.0.1"), first);
    ck_assert_str_ne(member(LISTENER, "s1", "10.0.0.2"), first);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 2);
}
END_TEST

START_TEST(one_server_can_have_one_id_in_two_listeners)
{
    char ids[128], first[64];
    _cleanup_(answer_done) answer both = {0}, removed = {0};

    set("shared-member-ids", "yes");
    snprintf(first, sizeof(first), "%s", member(LISTENER, "s1", "10.0.0.1"));
    ck_assert_str_eq(member(OTHER, "s1", "10.0.0.1"), first);
    both = list(OTHER, "");
    ck_assert_uint_eq(rp_json_count(rp_json_get(rp_json_at(both.json, 0), "listeners")), 2);
    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"}]", first);
    removed = remove_ids(LISTENER, ids);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
    ck_assert_uint_eq(rp_sim_listed(sim, OTHER), 1);
}
END_TEST

START_TEST(a_shared_id_is_in_a_listener_once)
{
    char first[64];

    set("shared-member-ids", "yes");
    snprintf(first, sizeof(first), "%s", member(LISTENER, "s1", "10.0.0.1"));
    ck_assert_str_ne(member(LISTENER, "s1", "10.0.0.1"), first);
}
END_TEST

START_TEST(a_member_that_leaves_does_not_hide_its_twin)
{
    char ids[128];
    _cleanup_(answer_done) answer leaving = {0}, again = {0};

    member(LISTENER, "s1", "10.0.0.1");
    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"}]", member(LISTENER, "s1", "10.0.0.1"));
    leaving = remove_ids(LISTENER, ids);
    set("duplicate", "refuse");
    again = add(LISTENER, ONE);
    ck_assert_int_eq(leaving.status, 200);
    ck_assert_int_eq(again.status, 400);
}
END_TEST

START_TEST(without_shared_ids_two_listeners_have_two)
{
    char first[64];

    snprintf(first, sizeof(first), "%s", member(LISTENER, "s1", "10.0.0.1"));
    ck_assert_str_ne(member(OTHER, "s1", "10.0.0.1"), first);
}
END_TEST

#define UNKNOWN "{\"id\":\"00000000000000000000000000000000\"}"

static const struct {
    const char *setting;
    long status;
    const char *job_status;
    unsigned left;
} unknowns[] = {{"whole", 400, NULL, 1}, {"partial", 200, "FAIL", 0}, {"ignore", 200, "SUCCESS", 0}};

START_TEST(an_unknown_id_among_others_counts_as_set)
{
    char ids[256];
    _cleanup_(answer_done) answer got = {0}, job = {0}, alone = {0};

    set("remove-unknown", unknowns[_i].setting);
    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\"}," UNKNOWN "]", member(LISTENER, "s1", "10.0.0.1"));
    got = remove_ids(LISTENER, ids);
    ck_assert_int_eq(got.status, unknowns[_i].status);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), unknowns[_i].left);
    if (!unknowns[_i].job_status) {
        assert_refused(&got, 400, "ELB.2012");
        return;
    }
    job = job_of(&got);
    ck_assert_str_eq(text_at(job.json, "status"), unknowns[_i].job_status);
    alone = remove_ids(LISTENER, "[" UNKNOWN "]");
    ck_assert_int_eq(alone.status, strcmp(unknowns[_i].setting, "ignore") ? 400 : 200);
}
END_TEST

START_TEST(limits_are_kept)
{
    _cleanup_(answer_done) answer much = {0}, many = {0}, fits = {0};

    set("max-members", "2");
    set("max-request", "2");
    member(LISTENER, "s0", "10.0.0.9");
    much = add(LISTENER, TWO);
    assert_refused(&much, 403, "ELB.2001");
    many =
        add(OTHER,
            "[{\"server_id\":\"a\",\"address\":\"10.0.0.1\"},{\"server_id\":\"b\",\"address\":\"10.0.0.2\"},"
            "{\"server_id\":\"c\",\"address\":\"10.0.0.3\"}]");
    assert_refused(&many, 400, "ELB.1001");
    fits = add(OTHER, TWO);
    ck_assert_int_eq(fits.status, 200);
}
END_TEST

START_TEST(a_bad_record_fails_its_request)
{
    _cleanup_(answer_done) answer address = {0}, server = {0};

    set("bad-address", "10.0.0.7,10.0.0.2");
    address = add(LISTENER, TWO);
    assert_refused(&address, 400, "ELB.2021");
    set("bad-address", "");
    set("bad-server", "s2");
    server = add(LISTENER, TWO);
    assert_refused(&server, 400, "ELB.6006");
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
}
END_TEST

static const struct {
    const char *how;
    unsigned listed;
} bads[] = {{"job", 0}, {"job-partial", 1}};

START_TEST(a_bad_record_fails_its_job_with_or_without_the_others)
{
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    set("bad-how", bads[_i].how);
    set("bad-server", "s2");
    accepted = add(LISTENER, TWO);
    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), "FAIL");
    ck_assert_str_eq(text_at(job.json, "error_code"), "ELB.6006");
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), bads[_i].listed);
    ck_assert_uint_eq(rp_sim_listed_of(sim, LISTENER, "s2"), 0);
}
END_TEST

START_TEST(health_is_as_set_and_when_set)
{
    _cleanup_(answer_done) answer early = {0}, late = {0};

    set("health", "ABNORMAL");
    set("health-after-ms", "60000");
    member(LISTENER, "s1", "10.0.0.1");
    early = list(LISTENER, "");
    rp_sim_advance(sim, 60000);
    late = list(LISTENER, "");
    ck_assert_str_eq(text_at(rp_json_at(early.json, 0), "health_status"), "UNAVAILABLE");
    ck_assert_str_eq(text_at(rp_json_at(late.json, 0), "health_status"), "ABNORMAL");
}
END_TEST

static const struct {
    const char *body, *code;
} wrong_adds[] = {
    {"{}", "ELB.1001"},
    {"[]", "ELB.1001"},
    {"[1]", "ELB.1001"},
    {"[{\"server_id\":\"s1\"", "ELB.1001"},
    {"[{\"address\":\"10.0.0.1\"}]", "ELB.1001"},
    {"[{\"server_id\":\"\",\"address\":\"10.0.0.1\"}]", "ELB.1001"},
    {"[{\"server_id\":1,\"address\":\"10.0.0.1\"}]", "ELB.1001"},
    {"[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\",\"weight\":1}]", "ELB.1001"},
    {"[{\"server_id\":\"s1\"}]", "ELB.2021"},
    {"[{\"server_id\":\"s1\",\"address\":null}]", "ELB.2021"},
    {"[{\"server_id\":\"s1\",\"address\":\"\"}]", "ELB.2021"},
    {"[{\"server_id\":\"s1\",\"address\":\"10.0.0\"}]", "ELB.2021"},
    {"[{\"server_id\":\"s1\",\"address\":\"10.0.0.1\"},{\"server_id\":\"s2\",\"address\":\"ten\"}]",
     "ELB.2021"},
    {"", "ELB.0002"},
};

START_TEST(a_wrong_add_is_refused)
{
    _cleanup_(answer_done) answer got = add(LISTENER, wrong_adds[_i].body);

    assert_refused(&got, 400, wrong_adds[_i].code);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
}
END_TEST

static const char *const wrong_removes[] = {
    "[]", "{}", "[{}]", "[{\"id\":\"\"}]", "[{\"id\":1}]", "[{\"id\":\"a\",\"server_id\":\"b\"}]"};

START_TEST(a_wrong_remove_is_refused)
{
    _cleanup_(answer_done) answer got = remove_ids(LISTENER, wrong_removes[_i]);

    assert_refused(&got, 400, "ELB.2002");
}
END_TEST

START_TEST(a_remove_may_have_an_address_beside_the_id)
{
    char ids[128];
    _cleanup_(answer_done) answer got = {0};

    snprintf(ids, sizeof(ids), "[{\"id\":\"%s\",\"address\":\"10.0.0.1\"}]",
             member(LISTENER, "s1", "10.0.0.1"));
    got = remove_ids(LISTENER, ids);
    ck_assert_int_eq(got.status, 200);
    rp_sim_advance(sim, JOB_MS);
    ck_assert_uint_eq(rp_sim_listed(sim, LISTENER), 0);
}
END_TEST

#define MISSING "00000000000000000000000000000001"

static const struct {
    const char *method, *path, *body, *code;
} wrong_listeners[] = {
    {"GET", "elbaas/listeners/abc/members", NULL, "ELB.2010"},
    {"GET", "elbaas/listeners/E1B0000000000000000000000000000A/members", NULL, "ELB.2020"},
    {"POST", "elbaas/listeners/abc/members", ONE, "ELB.2010"},
    {"POST", "elbaas/listeners/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/members", ONE, "ELB.2020"},
    {"POST", "elbaas/listeners/" MISSING "/members", ONE, "ELB.2011"},
    {"GET", "elbaas/listeners/" MISSING "/members", NULL, "ELB.6030"},
    {"POST", "elbaas/listeners/" MISSING "/members/action", "{\"removeMember\":[{\"id\":\"a\"}]}",
     "ELB.6030"},
    {"GET", "elbaas/listeners/abc", NULL, "ELB.6000"},
    {"GET", "elbaas/listeners/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", NULL, "ELB.6010"},
    {"GET", "elbaas/listeners/" MISSING, NULL, "ELB.6030"},
    {"DELETE", "elbaas/listeners/" MISSING, NULL, "ELB.6030"},
    {"GET", "elbaas/healthcheck/" MISSING, NULL, "ELB.7020"},
    {"GET", "elbaas/loadbalancers/" MISSING, NULL, "ELB.1003"},
};

START_TEST(what_is_not_there_is_a_400_with_its_code)
{
    _cleanup_(answer_done) answer got =
        ask(wrong_listeners[_i].method, wrong_listeners[_i].path, wrong_listeners[_i].body);

    assert_refused(&got, 400, wrong_listeners[_i].code);
}
END_TEST

START_TEST(a_missing_listener_can_have_an_empty_list_and_any_id)
{
    _cleanup_(answer_done) answer got = {0};

    set("missing-listener", "empty");
    set("strict-ids", "no");
    got = list("web", "");
    ck_assert_int_eq(got.status, 200);
    ck_assert_str_eq(got.body.data, "{}");
}
END_TEST

START_TEST(a_listener_is_made_shown_and_deleted)
{
    char path[128];
    _cleanup_(answer_done) answer made = ask(
        "POST", "elbaas/listeners",
        "{\"name\":\"web\",\"loadbalancer_id\":\"0b07acf06d243925bc24a0ac7445267a\",\"protocol\":\"HTTP\","
        "\"port\":80,\"backend_protocol\":\"HTTP\",\"backend_port\":80,\"lb_algorithm\":\"roundrobin\"}");
    _cleanup_(answer_done) answer shown = {0}, deleted = {0}, gone = {0};
    int64_t number = 0;

    ck_assert_int_eq(made.status, 200);
    member(text_at(made.json, "id"), "s1", "10.0.0.1");
    snprintf(path, sizeof(path), "elbaas/listeners/%s", text_at(made.json, "id"));
    shown = ask("GET", path, NULL);
    ck_assert_str_eq(text_at(shown.json, "protocol"), "HTTP");
    ck_assert(rp_json_integer(rp_json_get(shown.json, "member_number"), &number));
    ck_assert_int_eq(number, 1);
    deleted = ask("DELETE", path, NULL);
    ck_assert_int_eq(deleted.status, 204);
    ck_assert_uint_eq(deleted.body.len, 0);
    gone = ask("GET", path, NULL);
    assert_refused(&gone, 400, "ELB.6030");
}
END_TEST

#define BALANCER "\"loadbalancer_id\":\"0b07acf06d243925bc24a0ac7445267a\""

static const struct {
    const char *body, *code;
} wrong_new_listeners[] = {
    {"{\"protocol\":\"TCP\",\"port\":80," BALANCER "}", "ELB.6001"},
    {"{\"name\":\"web\",\"protocol\":\"SCTP\",\"port\":80," BALANCER "}", "ELB.6061"},
    {"{\"name\":\"web\",\"protocol\":\"TCP\",\"port\":0," BALANCER "}", "ELB.6041"},
    {"{\"name\":\"web\",\"protocol\":\"TCP\",\"port\":\"80\"," BALANCER "}", "ELB.6041"},
    {"{\"name\":\"web\",\"protocol\":\"TCP\",\"port\":80,\"loadbalancer_id\":\"x\"}", "ELB.1003"},
    {"{\"name\":\"web\",\"protocol\":\"TCP\",\"port\":8001," BALANCER "}", "ELB.6101"}};

START_TEST(a_wrong_listener_is_refused)
{
    _cleanup_(answer_done) answer got = ask("POST", "elbaas/listeners", wrong_new_listeners[_i].body);

    assert_refused(&got, 400, wrong_new_listeners[_i].code);
}
END_TEST

START_TEST(a_health_check_is_made_shown_and_deleted)
{
    char path[128];
    _cleanup_(answer_done) answer wrong = ask("POST", "elbaas/healthcheck", "{\"listener_id\":\"x\"}");
    _cleanup_(answer_done) answer made =
        ask("POST", "elbaas/healthcheck", "{\"listener_id\":\"" LISTENER "\"}");
    _cleanup_(answer_done) answer shown = {0}, deleted = {0}, gone = {0};

    assert_refused(&wrong, 400, "ELB.7010");
    snprintf(path, sizeof(path), "elbaas/healthcheck/%s", text_at(made.json, "id"));
    shown = ask("GET", path, NULL);
    ck_assert_str_eq(text_at(shown.json, "listener_id"), LISTENER);
    deleted = ask("DELETE", path, NULL);
    ck_assert_int_eq(deleted.status, 204);
    gone = ask("DELETE", path, NULL);
    assert_refused(&gone, 400, "ELB.7020");
}
END_TEST

START_TEST(the_udp_listener_says_so_and_a_taken_port_is_refused)
{
    _cleanup_(answer_done) answer udp = ask("GET", "elbaas/listeners/" RP_SIM_UDP_LISTENER, NULL);
    _cleanup_(answer_done) answer all = ask("GET", "elbaas/listeners", NULL);
    _cleanup_(answer_done) answer taken =
        ask("POST", "elbaas/listeners",
            "{\"name\":\"web\",\"loadbalancer_id\":\"0b07acf06d243925bc24a0ac7445267a\",\"protocol\":\"TCP\","
            "\"port\":8000}");

    ck_assert_str_eq(text_at(udp.json, "protocol"), "UDP");
    ck_assert_uint_eq(rp_json_count(all.json), 4);
    assert_refused(&taken, 400, "ELB.6101");
}
END_TEST

START_TEST(the_small_apis_answer)
{
    _cleanup_(answer_done) answer balancers = ask("GET", "elbaas/loadbalancers", NULL);
    _cleanup_(answer_done) answer quotas = ask("GET", "elbaas/quotas", NULL);
    _cleanup_(answer_done) answer check = ask(
        "POST", "elbaas/healthcheck", "{\"listener_id\":\"" LISTENER "\",\"healthcheck_protocol\":\"HTTP\"}");
    _cleanup_(answer_done) answer listener = ask("GET", "elbaas/listeners/" LISTENER, NULL);

    ck_assert_str_eq(text_at(balancers.json, "instance_num"), "1");
    ck_assert_uint_eq(rp_json_count(rp_json_get(rp_json_get(quotas.json, "quotas"), "resources")), 2);
    ck_assert_str_eq(text_at(check.json, "healthcheck_protocol"), "HTTP");
    ck_assert_str_eq(text_at(listener.json, "healthcheck_id"), text_at(check.json, "id"));
}
END_TEST

TCase *members_tests(void)
{
    TCase *tcase = tcase_create("members");

    tcase_add_checked_fixture(tcase, start_sim, stop_sim);
    tcase_add_test(tcase, a_list_shows_what_the_reference_prints);
    tcase_add_loop_test(tcase, an_empty_list_looks_as_set, 0, rp_count_of(empties));
    tcase_add_test(tcase, a_member_is_listed_when_its_job_ends_or_at_once);
    tcase_add_test(tcase, a_removed_member_is_listed_until_its_job_ends_or_no_more);
    tcase_add_test(tcase, a_list_can_lag_behind_the_jobs_end);
    tcase_add_test(tcase, a_filter_narrows_the_list);
    tcase_add_test(tcase, status_filters_tell_members_apart);
    tcase_add_loop_test(tcase, pages_bring_every_member_once, 0, rp_count_of(orders));
    tcase_add_test(tcase, ids_ascend_when_set_so);
    tcase_add_test(tcase, the_server_can_cap_a_page);
    tcase_add_test(tcase, a_second_add_of_a_member_makes_another_by_default);
    tcase_add_test(tcase, a_second_add_of_a_member_can_be_refused);
    tcase_add_test(tcase, a_second_add_of_a_member_can_give_the_same_id);
    tcase_add_test(tcase, one_server_can_have_one_id_in_two_listeners);
    tcase_add_test(tcase, a_shared_id_is_in_a_listener_once);
    tcase_add_test(tcase, a_member_that_leaves_does_not_hide_its_twin);
    tcase_add_test(tcase, without_shared_ids_two_listeners_have_two);
    tcase_add_loop_test(tcase, an_unknown_id_among_others_counts_as_set, 0, rp_count_of(unknowns));
    tcase_add_test(tcase, limits_are_kept);
    tcase_add_test(tcase, a_bad_record_fails_its_request);
    tcase_add_loop_test(tcase, a_bad_record_fails_its_job_with_or_without_the_others, 0, rp_count_of(bads));
    tcase_add_test(tcase, health_is_as_set_and_when_set);
    tcase_add_loop_test(tcase, a_wrong_add_is_refused, 0, rp_count_of(wrong_adds));
    tcase_add_loop_test(tcase, a_wrong_remove_is_refused, 0, rp_count_of(wrong_removes));
    tcase_add_test(tcase, a_remove_may_have_an_address_beside_the_id);
    tcase_add_loop_test(tcase, what_is_not_there_is_a_400_with_its_code, 0, rp_count_of(wrong_listeners));
    tcase_add_test(tcase, a_missing_listener_can_have_an_empty_list_and_any_id);
    tcase_add_test(tcase, a_listener_is_made_shown_and_deleted);
    tcase_add_loop_test(tcase, a_wrong_listener_is_refused, 0, rp_count_of(wrong_new_listeners));
    tcase_add_test(tcase, a_health_check_is_made_shown_and_deleted);
    tcase_add_test(tcase, the_udp_listener_says_so_and_a_taken_port_is_refused);
    tcase_add_test(tcase, the_small_apis_answer);
    return tcase;
}
