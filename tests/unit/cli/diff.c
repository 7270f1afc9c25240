#include "cli/engine/diff.h"

#include "suites.h"
#include "world.h"

#define A  "plugin: notebook\nresources:\n  a:\n    type: note\n    record: {name: a, text: one}\n"
#define A2 "plugin: notebook\nresources:\n  a:\n    type: note\n    record: {name: a, text: two}\n"
#define NO "plugin: notebook\n"
#define CF "plugin: notebook\nresources:\n  a: {type: note, create_before_destroy: true, record: {name: b}}\n"
#define CT                                                                                                   \
    "plugin: notebook\nresources:\n  a: {type: note, create_before_destroy: true, record: {name: a, text: two}}\n"
#define STATE "{\"id\":\"a\",\"name\":\"a\",\"text\":\"one\",\"made\":\"today\"}"

/* One object, a, at most. */
static const struct {
    const char *desired, *state, *seen_state;
    rp_object_status status;
    rp_presence seen;
    bool destroy;
    rp_action action;
    rp_reason reason;
    bool drifted, create_first;
} cases[] = {
    {A, NULL, NULL, 0, 0, false, RP_CREATE, RP_REASON_NEW, false, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_PRESENT, false, RP_NO_OP, RP_REASON_NONE, false, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_NOT_READ, false, RP_NO_OP, RP_REASON_NONE, false, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_ABSENT, false, RP_CREATE, RP_REASON_ABSENT, true, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_ABSENT, false, RP_CREATE, RP_REASON_ABSENT, false, false},
    {A, STATE, NULL, RP_OBJECT_TAINTED, RP_PRESENT, false, RP_REPLACE, RP_REASON_TAINTED, false, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_PRESENT, false, RP_NO_OP, RP_REASON_NONE, false, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_PENDING, false, RP_NO_OP, RP_REASON_PENDING, false, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_NOT_READ, false, RP_NO_OP, RP_REASON_PENDING, false, false},
    {A2, STATE, NULL, RP_OBJECT_OK, RP_PRESENT, false, RP_REPLACE, RP_REASON_CHANGED, false, false},
    {A, STATE, "{\"id\":\"a\",\"name\":\"a\",\"text\":\"x\",\"made\":\"today\"}", RP_OBJECT_OK, RP_PRESENT,
     false, RP_REPLACE, RP_REASON_CHANGED, true, false},
    {A2, STATE, "{\"id\":\"a\",\"name\":\"a\",\"text\":\"two\",\"made\":\"today\"}", RP_OBJECT_OK, RP_PRESENT,
     false, RP_NO_OP, RP_REASON_NONE, true, false},
    {A, STATE, "{\"id\":\"a\",\"name\":\"a\",\"text\":\"one\",\"made\":\"later\"}", RP_OBJECT_OK, RP_PRESENT,
     false, RP_NO_OP, RP_REASON_NONE, false, false},
    {NO, STATE, NULL, RP_OBJECT_OK, RP_PRESENT, false, RP_DESTROY, RP_REASON_NO_RESOURCE, false, false},
    {NO, STATE, NULL, RP_OBJECT_OK, RP_ABSENT, false, RP_NO_OP, RP_REASON_NO_RESOURCE, true, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_PRESENT, true, RP_DESTROY, RP_REASON_DESTROY, false, false},
    {CF, STATE, NULL, RP_OBJECT_OK, RP_PRESENT, false, RP_REPLACE, RP_REASON_CHANGED, false, true},
    {CT, STATE, NULL, RP_OBJECT_OK, RP_PRESENT, false, RP_REPLACE, RP_REASON_CHANGED, false, false},
};

static int plan_from(const rp_project *project, const rp_plugin_schema *plugin_schema, const char *salt,
                     const rp_objects *objects, const rp_observed *observed, const rp_diff_options *options,
                     rp_plan *plan)
{
    const rp_diff_input input = {project, plugin_schema, salt, objects, observed, NULL, options};

    return rp_plan_make(&input, plan, NULL);
}

START_TEST(what_is_wanted_known_and_seen_decides)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project = world_project(cases[_i].desired, &plugin_schema);
    rp_object object = {(char *)"a",
                        (char *)"",
                        (char *)"note",
                        (char *)"a",
                        cases[_i].status,
                        (char *)"{\"name\":\"a\",\"text\":\"one\"}",
                        (char *)(uintptr_t)cases[_i].state,
                        NULL};
    rp_objects objects = {&object, cases[_i].state ? 1 : 0};
    rp_observed observed = {.seen = cases[_i].seen, .state = (char *)(uintptr_t)cases[_i].seen_state};
    rp_diff_options options = {.destroy = cases[_i].destroy};
    rp_plan plan = {0};

    ck_assert_int_eq(plan_from(&project, &plugin_schema, "salt", &objects, &observed, &options, &plan), 0);
    ck_assert_uint_eq(plan.count, 1);
    ck_assert_int_eq(plan.changes[0].action, cases[_i].action);
    ck_assert_int_eq(plan.changes[0].reason, cases[_i].reason);
    ck_assert_int_eq(plan.changes[0].drifted, cases[_i].drifted);
    ck_assert_int_eq(plan.changes[0].create_first && plan.changes[0].action == RP_REPLACE,
                     cases[_i].create_first);
    ck_assert_uint_eq(plan.to_add, cases[_i].action == RP_CREATE || cases[_i].action == RP_REPLACE);
    ck_assert_uint_eq(plan.to_destroy, cases[_i].action == RP_DESTROY || cases[_i].action == RP_REPLACE);
    rp_plan_done(&plan);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

START_TEST(targets_leave_all_else_alone_and_deposed_objects_go)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project = world_project(
        "plugin: notebook\nresources:\n  a: {type: tag, record: {}}\n  b: {type: tag, record: {}}\n",
        &plugin_schema);
    rp_object items[] = {{(char *)"a", (char *)"01", (char *)"tag", (char *)"x", RP_OBJECT_OK, (char *)"{}",
                          (char *)"{}", NULL},
                         {(char *)"c", (char *)"", (char *)"tag", (char *)"y", RP_OBJECT_OK, (char *)"{}",
                          (char *)"{}", NULL}};
    rp_objects objects = {items, 2};
    rp_observed observed[2] = {{.seen = RP_PRESENT}, {.seen = RP_PRESENT}};
    rp_diff_options options = {.targets = (const char *const[]){"a"}, .target_count = 1};
    rp_plan plan = {0};

    ck_assert_int_eq(plan_from(&project, &plugin_schema, "salt", &objects, observed, &options, &plan), 0);
    ck_assert_uint_eq(plan.count, 2);
    ck_assert_int_eq(plan.changes[0].action, RP_CREATE);
    ck_assert_int_eq(plan.changes[1].reason, RP_REASON_DEPOSED);
    rp_plan_done(&plan);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

START_TEST(a_hidden_value_is_compared_without_being_kept)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project =
        world_project("plugin: notebook\nresources:\n  a: {type: note, record: {name: a, password: "
                      "swordfish, deep: {pin: 1234, open: yes}}}\n",
                      &plugin_schema);
    char *one = rp_desired_hidden(&project.desired[0], "salt", NULL),
         *other = rp_desired_hidden(&project.desired[0], "pepper", NULL);
    rp_object object = {(char *)"a",  (char *)"", (char *)"note", (char *)"a",
                        RP_OBJECT_OK, one,        (char *)STATE,  NULL};
    rp_objects objects = {&object, 1};
    rp_observed observed = {.seen = RP_PRESENT};
    rp_diff_options options = {0};
    rp_plan plan = {0};

    ck_assert_ptr_null(strstr(one, "swordfish"));
    ck_assert_ptr_null(strstr(one, "1234"));
    ck_assert_has(one, "\"open\":\"yes\"");
    ck_assert_str_ne(one, other);
    object.state = (char *)"{\"id\":\"a\",\"name\":\"a\"}";
    ck_assert_int_eq(plan_from(&project, &plugin_schema, "salt", &objects, &observed, &options, &plan), 0);
    ck_assert_int_eq(plan.changes[0].action, RP_NO_OP);
    rp_plan_done(&plan);
    ck_assert_int_eq(plan_from(&project, &plugin_schema, "pepper", &objects, &observed, &options, &plan), 0);
    ck_assert_int_eq(plan.changes[0].action, RP_REPLACE);
    rp_plan_done(&plan);
    free(one);
    free(other);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

TCase *diff_case(void)
{
    TCase *tests = tcase_create("changes");

    tcase_add_loop_test(tests, what_is_wanted_known_and_seen_decides, 0, sizeof(cases) / sizeof(*cases));
    tcase_add_test(tests, targets_leave_all_else_alone_and_deposed_objects_go);
    tcase_add_test(tests, a_hidden_value_is_compared_without_being_kept);
    return tests;
}
