#include "cli/changes.h"

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
    const char *wanted, *state, *seen_state;
    rp_object_status status;
    rp_seen seen;
    bool destroy;
    rp_action action;
    rp_reason reason;
    bool drifted, create_first;
} cases[] = {
    {A, NULL, NULL, 0, 0, false, RP_CREATE, RP_BECAUSE_NEW, false, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_SEEN_THERE, false, RP_KEEP, RP_BECAUSE_NOTHING, false, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_SEEN_NOTHING, false, RP_KEEP, RP_BECAUSE_NOTHING, false, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_SEEN_GONE, false, RP_CREATE, RP_BECAUSE_GONE, true, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_SEEN_GONE, false, RP_CREATE, RP_BECAUSE_GONE, false, false},
    {A, STATE, NULL, RP_OBJECT_TAINTED, RP_SEEN_THERE, false, RP_REPLACE, RP_BECAUSE_TAINTED, false, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_SEEN_THERE, false, RP_KEEP, RP_BECAUSE_NOTHING, false, false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_SEEN_UNDER_WAY, false, RP_KEEP, RP_BECAUSE_UNDER_WAY, false,
     false},
    {A, STATE, NULL, RP_OBJECT_IN_PROGRESS, RP_SEEN_NOTHING, false, RP_KEEP, RP_BECAUSE_UNDER_WAY, false,
     false},
    {A2, STATE, NULL, RP_OBJECT_OK, RP_SEEN_THERE, false, RP_REPLACE, RP_BECAUSE_CHANGED, false, false},
    {A, STATE, "{\"id\":\"a\",\"name\":\"a\",\"text\":\"x\",\"made\":\"today\"}", RP_OBJECT_OK, RP_SEEN_THERE,
     false, RP_REPLACE, RP_BECAUSE_CHANGED, true, false},
    {A2, STATE, "{\"id\":\"a\",\"name\":\"a\",\"text\":\"two\",\"made\":\"today\"}", RP_OBJECT_OK,
     RP_SEEN_THERE, false, RP_KEEP, RP_BECAUSE_NOTHING, true, false},
    {A, STATE, "{\"id\":\"a\",\"name\":\"a\",\"text\":\"one\",\"made\":\"later\"}", RP_OBJECT_OK,
     RP_SEEN_THERE, false, RP_KEEP, RP_BECAUSE_NOTHING, false, false},
    {NO, STATE, NULL, RP_OBJECT_OK, RP_SEEN_THERE, false, RP_DESTROY, RP_BECAUSE_NO_BLOCK, false, false},
    {NO, STATE, NULL, RP_OBJECT_OK, RP_SEEN_GONE, false, RP_KEEP, RP_BECAUSE_NO_BLOCK, true, false},
    {A, STATE, NULL, RP_OBJECT_OK, RP_SEEN_THERE, true, RP_DESTROY, RP_BECAUSE_DESTROY, false, false},
    {CF, STATE, NULL, RP_OBJECT_OK, RP_SEEN_THERE, false, RP_REPLACE, RP_BECAUSE_CHANGED, false, true},
    {CT, STATE, NULL, RP_OBJECT_OK, RP_SEEN_THERE, false, RP_REPLACE, RP_BECAUSE_CHANGED, false, false},
};

START_TEST(what_is_wanted_known_and_seen_decides)
{
    rp_catalog catalog = world_catalog();
    rp_project project = world_project(cases[_i].wanted, &catalog);
    rp_object object = {(char *)"a",
                        (char *)"",
                        (char *)"note",
                        (char *)"a",
                        cases[_i].status,
                        (char *)"{\"name\":\"a\",\"text\":\"one\"}",
                        (char *)(uintptr_t)cases[_i].state};
    rp_objects objects = {&object, cases[_i].state ? 1 : 0};
    rp_sight sight = {cases[_i].seen, (char *)(uintptr_t)cases[_i].seen_state};
    rp_aim aim = {.destroy = cases[_i].destroy};
    rp_plan plan = {0};

    ck_assert_int_eq(rp_plan_make(&project, &catalog, "salt", &objects, &sight, &aim, &plan, NULL), 0);
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
    rp_catalog_done(&catalog);
}
END_TEST

START_TEST(targets_leave_all_else_alone_and_deposed_objects_go)
{
    rp_catalog catalog = world_catalog();
    rp_project project = world_project(
        "plugin: notebook\nresources:\n  a: {type: tag, record: {}}\n  b: {type: tag, record: {}}\n",
        &catalog);
    rp_object items[] = {
        {(char *)"a", (char *)"01", (char *)"tag", (char *)"x", RP_OBJECT_OK, (char *)"{}", (char *)"{}"},
        {(char *)"c", (char *)"", (char *)"tag", (char *)"y", RP_OBJECT_OK, (char *)"{}", (char *)"{}"}};
    rp_objects objects = {items, 2};
    rp_sight sights[2] = {{RP_SEEN_THERE, NULL}, {RP_SEEN_THERE, NULL}};
    rp_aim aim = {.targets = (const char *const[]){"a"}, .target_count = 1};
    rp_plan plan = {0};

    ck_assert_int_eq(rp_plan_make(&project, &catalog, "salt", &objects, sights, &aim, &plan, NULL), 0);
    ck_assert_uint_eq(plan.count, 2);
    ck_assert_int_eq(plan.changes[0].action, RP_CREATE);
    ck_assert_int_eq(plan.changes[1].reason, RP_BECAUSE_DEPOSED);
    rp_plan_done(&plan);
    rp_project_done(&project);
    rp_catalog_done(&catalog);
}
END_TEST

START_TEST(a_hidden_value_is_compared_without_being_kept)
{
    rp_catalog catalog = world_catalog();
    rp_project project =
        world_project("plugin: notebook\nresources:\n  a: {type: note, record: {name: a, password: "
                      "swordfish, deep: {pin: 1234, open: yes}}}\n",
                      &catalog);
    char *one = rp_wanted_hidden(&project.wanted[0], "salt", NULL),
         *other = rp_wanted_hidden(&project.wanted[0], "pepper", NULL);
    rp_object object = {(char *)"a",  (char *)"", (char *)"note", (char *)"a",
                        RP_OBJECT_OK, one,        (char *)STATE};
    rp_objects objects = {&object, 1};
    rp_sight sight = {RP_SEEN_THERE, NULL};
    rp_aim aim = {0};
    rp_plan plan = {0};

    ck_assert_ptr_null(strstr(one, "swordfish"));
    ck_assert_ptr_null(strstr(one, "1234"));
    ck_assert_has(one, "\"open\":\"yes\"");
    ck_assert_str_ne(one, other);
    object.state = (char *)"{\"id\":\"a\",\"name\":\"a\"}";
    ck_assert_int_eq(rp_plan_make(&project, &catalog, "salt", &objects, &sight, &aim, &plan, NULL), 0);
    ck_assert_int_eq(plan.changes[0].action, RP_KEEP);
    rp_plan_done(&plan);
    ck_assert_int_eq(rp_plan_make(&project, &catalog, "pepper", &objects, &sight, &aim, &plan, NULL), 0);
    ck_assert_int_eq(plan.changes[0].action, RP_REPLACE);
    rp_plan_done(&plan);
    free(one);
    free(other);
    rp_project_done(&project);
    rp_catalog_done(&catalog);
}
END_TEST

TCase *changes_case(void)
{
    TCase *tests = tcase_create("changes");

    tcase_add_loop_test(tests, what_is_wanted_known_and_seen_decides, 0, sizeof(cases) / sizeof(*cases));
    tcase_add_test(tests, targets_leave_all_else_alone_and_deposed_objects_go);
    tcase_add_test(tests, a_hidden_value_is_compared_without_being_kept);
    return tests;
}
