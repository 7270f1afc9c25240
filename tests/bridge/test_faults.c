/*
 * One fault of the server's, then apply once more: what is configured is there, and nothing twice. As
 * Terraform does it, without Terraform: each run has a process of its own, which refreshes, plans and
 * applies.
 */
#include "requests.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "simulator.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTENER                RP_SIM_TCP_LISTENER
#define MEMBER(server, address) "\"server_id\":\"" server "\",\"address\":\"" address "\""

static rp_json *table;
static rp_sim *sim;

static const rp_json *fault_at(size_t index)
{
    const rp_json *faults = rp_json_get(table, "faults"), *more = rp_json_get(table, "more");
    size_t count = rp_json_count(faults);

    return index < count ? rp_json_at(faults, index) : rp_json_at(more, index - count);
}

/* What Terraform knows of a resource between two runs. */
typedef struct resource {
    const char *type, *config;
    bool is_there, is_tainted;
    ProtobufCBinaryData state, kept; /* in the test's arena */
    bool changes;                    /* of the latest plan */
    int32_t apply;
    Tf__PlanResourceChangeResponse *planned;
} resource;

static ProtobufCBinaryData copy_of(ProtobufCBinaryData from)
{
    return (ProtobufCBinaryData){from.len,
                                 (uint8_t *)arena_copy(&memory, from.len ? (char *)from.data : "", from.len)};
}

static Tf__DynamicValue *state_of(const resource *one)
{
    Tf__DynamicValue *made;

    if (!one->is_there)
        return NULL;
    made = arena_alloc(&memory, sizeof(*made));
    tf__dynamic_value__init(made);
    made->msgpack = one->state;
    return made;
}

static void keep(resource *one, const Tf__DynamicValue *state, ProtobufCBinaryData kept)
{
    one->is_there = !value_is_null(plain(state));
    one->state = copy_of(state->msgpack);
    one->kept = copy_of(kept);
}

static size_t errors_of(size_t count, Tf__Diagnostic **items)
{
    size_t errors = 0;

    for (size_t i = 0; i < count; i++)
        errors += items[i]->severity == TF__DIAGNOSTIC__SEVERITY__ERROR;
    return errors;
}

static void refresh(resource *one)
{
    Tf__ReadResourceResponse *seen;

    if (!one->is_there)
        return;
    seen = look(one->type, state_of(one), one->kept);
    keep(one, seen->new_state, seen->private_);
    FREE(seen);
}

static void plan_one(resource *one)
{
    bool fresh = !one->is_there || one->is_tainted;

    one->planned = plan(one->type, one->config, fresh ? NULL : state_of(one), one->kept);
    ck_assert_uint_eq(errors_of(one->planned->n_diagnostics, one->planned->diagnostics), 0);
    one->changes = fresh || !value_same(plain(one->planned->planned_state), plain(state_of(one)));
}

static void finish(resource *one, bool creates)
{
    Tf__ApplyResourceChangeResponse *reply = end_apply(one->apply);

    keep(one, reply->new_state, reply->private_);
    one->is_tainted = creates && one->is_there && errors_of(reply->n_diagnostics, reply->diagnostics);
    FREE(reply);
}

/* A tainted object is destroyed before it is made again. */
static void clear_tainted(resource *one)
{
    if (!one->is_there || !one->is_tainted)
        return;
    one->apply = begin_apply(one->type, "null", state_of(one), dynamic("null"), one->kept);
    finish(one, false);
    one->is_tainted = one->is_there;
}

static bool run(resource *items, size_t count, bool apply)
{
    bool changes = false;

    bridge = client_start(BRIDGE_ELB, CLIENT_PLAIN);
    configure_with(arena_format(&memory,
                                "{\"endpoint\":\"%s\",\"project_id\":\"" RP_SIM_PROJECT
                                "\",\"token\":\"" RP_SIM_TOKEN "\",\"poll_min_ms\":20,\"settle_ms\":700}",
                                rp_sim_url(sim)));
    for (size_t i = 0; i < count; i++)
        refresh(&items[i]);
    for (size_t i = 0; i < count; i++) {
        plan_one(&items[i]);
        changes |= items[i].changes;
    }
    for (size_t i = 0; apply && i < count; i++) {
        clear_tainted(&items[i]);
        items[i].changes &= !items[i].is_tainted;
    }
    for (size_t i = 0; apply && i < count; i++)
        if (items[i].changes)
            items[i].apply = begin_apply(items[i].type, items[i].config, state_of(&items[i]),
                                         items[i].planned->planned_state, items[i].kept);
    for (size_t i = 0; i < count; i++) {
        if (apply && items[i].changes)
            finish(&items[i], !items[i].is_there);
        FREE(items[i].planned);
    }
    ck_assert_int_eq(client_end(bridge), 0);
    client_free(bridge);
    return changes;
}

static void check_members(const char *name)
{
    _cleanup_(rp_json_freep) rp_json *state = simulator_read(sim, "state");
    const rp_json *members = rp_json_get(rp_json_at(rp_json_get(state, "listeners"), 0), "members");
    const char *expected[] = {"a", "b"};

    ck_assert_msg(rp_json_count(members) == 2, "%s: there are %zu members", name, rp_json_count(members));
    for (size_t i = 0; i < 2; i++) {
        bool has = false;

        for (size_t j = 0; j < 2; j++)
            has |= !strcmp(rp_json_text(rp_json_get(rp_json_at(members, j), "server_id")), expected[i]);
        ck_assert_msg(has, "%s: there is no %s", name, expected[i]);
    }
}

static void check_met(const char *name)
{
    _cleanup_(rp_json_freep) rp_json *config = simulator_read(sim, "config");
    int64_t fired = 0;

    rp_json_integer(rp_json_get(rp_json_at(rp_json_get(config, "faults"), 0), "fired"), &fired);
    ck_assert_msg(fired == 1, "%s: nothing met the fault", name);
}

static char *printed(const rp_json *json)
{
    rp_buffer text = RP_BUFFER(4096);

    rp_json_print(json, false, &text);
    return rp_buffer_take(&text);
}

static void meet(size_t index, resource *items, size_t count)
{
    const rp_json *row = fault_at(index), *rule = rp_json_get(row, "fault");
    const char *name = rp_json_text(rp_json_get(row, "name")),
               *empty = rp_json_text(rp_json_get(row, "empty"));
    _cleanup_(rp_freep) char *text = printed(rule);

    if (rule)
        simulator_control(sim, "faults", "%s", text);
    else
        simulator_set(sim, "empty", empty);
    run(items, count, true);
    if (rule)
        check_met(name);
    else
        simulator_control(sim, "members", "{\"listener_id\":\"" LISTENER "\",\"clear\":true}");
    run(items, count, true);
    check_members(name);
    ck_assert_msg(!run(items, count, false), "%s: there are changes after two runs", name);
}

START_TEST(single_ones_meet_a_fault)
{
    resource items[] = {
        {.type = "elb_member", .config = "{\"listener_id\":\"" LISTENER "\"," MEMBER("a", "10.0.0.1") "}"},
        {.type = "elb_member", .config = "{\"listener_id\":\"" LISTENER "\"," MEMBER("b", "10.0.0.2") "}"},
    };

    meet((size_t)_i, items, 2);
}
END_TEST

START_TEST(a_set_meets_a_fault)
{
    resource set = {.type = "elb_member_set",
                    .config = "{\"listener_id\":\"" LISTENER "\",\"records\":{\"x\":{" MEMBER(
                        "a", "10.0.0.1") "},\"y\":{" MEMBER("b", "10.0.0.2") "}}}"};

    meet((size_t)_i, &set, 1);
}
END_TEST

static void setup(void)
{
    const rp_sim_options options = {.settings = (const char *const[]){"job-ms", "60", NULL}};

    ck_assert_int_eq(rp_sim_start(&options, &sim, NULL), 0);
}

static void teardown(void)
{
    rp_sim_stopp(&sim);
    arena_done(&memory);
}

static void read_table(void)
{
    rp_buffer text = RP_BUFFER(65536);
    FILE *file = fopen(BRIDGE_FAULTS, "re");
    char bytes[4096];
    size_t len;

    while (file && (len = fread(bytes, 1, sizeof(bytes), file)) > 0)
        rp_buffer_add(&text, bytes, len);
    if (!file || rp_json_parse(rp_buffer_text(&text), text.len, &table, NULL) < 0) {
        fprintf(stderr, "%s: cannot be read\n", BRIDGE_FAULTS);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    rp_buffer_done(&text);
}

int main(void)
{
    Suite *suite = suite_create("bridge_faults");
    TCase *tests = tcase_create("faults");
    SRunner *runner;
    int count, failed;

    signal(SIGPIPE, SIG_IGN);
    read_table();
    count = (int)(rp_json_count(rp_json_get(table, "faults")) + rp_json_count(rp_json_get(table, "more")));
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, single_ones_meet_a_fault, 0, count);
    tcase_add_loop_test(tests, a_set_meets_a_fault, 0, count);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    rp_json_free(table);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
