#include "cli/config/project.h"

#include "cli/config/address.h"
#include "suites.h"
#include "world.h"

#include <stdio.h>

#define NOTES(text) "plugin: notebook\nresources:\n" text

static const struct {
    const char *record, *becomes; /* within for_each {k: {v: 010, t: \"x\", o: ${env:ONE}}} */
} expansions[] = {
    {"${each.key}", "\"k\""},
    {"a ${each.key} b", "\"a k b\""},
    {"${each.value.v}", "10"},
    {"n${each.value.v}", "\"n010\""},
    {"${each.value.t}", "\"x\""},
    {"${each.value.o}", "\"1\""},
    {"${each.value}", "{\"v\":10,\"t\":\"x\",\"o\":\"1\"}"},
    {"${env:ONE}", "\"1\""},
    {"${file:f}!", "\"from f!\""},
    {"$${env:ONE}", "\"${env:ONE}\""},
    {"$5 and $", "\"$5 and $\""},
    {"plain", "\"plain\""},
};

START_TEST(references_are_replaced_and_a_whole_value_keeps_its_type)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    char text[400];
    rp_project project;
    const char *expected = expansions[_i].becomes;

    snprintf(
        text, sizeof(text),
        NOTES("  n:\n    type: tag\n    for_each:\n      k: {v: 010, t: x, o: \"${env:ONE}\"}\n    record:\n"
              "      word: %s\n"),
        expansions[_i].record);
    project = world_project(text, &plugin_schema);
    snprintf(text, sizeof(text), "{\"word\":%s}", expected);
    ck_assert_str_eq(project.desired[0].record, text);
    ck_assert_str_eq(project.desired[0].address, "n[\"k\"]");
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

START_TEST(a_list_of_names_has_the_names_for_values)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project = world_project(
        NOTES(
            "  n:\n    type: note\n    for_each: [a, 010]\n    record: {name: \"${each.key}\", text: \"${each.value}\"}\n"),
        &plugin_schema);

    ck_assert_uint_eq(project.desired_count, 2);
    ck_assert_str_eq(project.desired[1].record, "{\"name\":\"010\",\"text\":\"010\"}");
    ck_assert_ptr_eq(rp_project_find(&project, "n[\"010\"]"), &project.desired[1]);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

START_TEST(for_each_may_be_in_a_file)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project = world_project(
        NOTES(
            "  n:\n    type: note\n    for_each: ${file:rows.csv}\n    record: {name: \"${each.key}\", text: "
            "\"${each.value.text}\", size: \"${each.value.size}\"}\n"),
        &plugin_schema);

    ck_assert_uint_eq(project.desired_count, 2);
    ck_assert_str_eq(project.desired[0].record, "{\"name\":\"a\",\"text\":\"one, two\",\"size\":7}");
    ck_assert_str_eq(project.desired[1].record, "{\"name\":\"b\",\"text\":\"07\",\"size\":8}");
    rp_project_done(&project);
    project = world_project(
        NOTES("  n:\n    type: tag\n    for_each: ${file:names.json}\n    record: {word: \"${each.key}\"}\n"),
        &plugin_schema);
    ck_assert_uint_eq(project.desired_count, 2);
    ck_assert_str_eq(project.desired[1].address, "n[\"y\"]");
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

static const struct {
    const char *text, *told;
} faults[] = {
    {NOTES("  n: {type: tag, for_each: \"${file:bad.csv}\", record: {}}\n"),
     ":3:28: bad.csv:3: 1 fields, and the header has 2"},
    {NOTES("  n: {type: tag, for_each: \"a${file:bad.csv}\", record: {}}\n"), "or ${file:PATH} and no more"},
    {"resources: {}\n", ":1:1: the file has no \"plugin\""},
    {"[]\n", ":1:1: the file must be a map, and is a list"},
    {"plugin: x\nresurces: {}\n", ":2:1: unknown key \"resurces\" (did you mean \"resources\"?)"},
    {"plugin: x\nconfig: [a]\n", ":2:9: config must be a map: the plugin's configuration, and is a list"},
    {"plugin: 7\n", ":1:9: plugin must be the name of a plugin"},
    {"plugin: x\nconfig:\n  a: ${env:TWO}\n", ":3:6: the environment variable TWO is not set: export TWO="},
    {"plugin: x\nconfig: {a: \"${file:g}\"}\n", ":2:13: g: no such file"},
    {"plugin: x\nconfig: {a: \"${each.key}\"}\n", "means something only in the record"},
    {"plugin: x\nconfig: {a: \"${what}\"}\n", "unknown reference ${what}: there are ${each.key}"},
    {"plugin: x\nconfig: {a: \"${env:ONE\"}\n", "is never closed"},
    {NOTES("  1a: {record: {}}\n"), ":3:3: \"1a\" is no name"},
    {NOTES("  n: {}\n"), ":3:3: the resource \"n\" has no \"record\""},
    {NOTES("  n: {type: note, recrd: {}}\n"), ":3:19: unknown key \"recrd\" (did you mean \"record\"?)"},
    {NOTES("  n: {type: note, create_before_destroy: yes, record: {}}\n"),
     "must be true or false, and is a string"},
    {NOTES("  n: {record: {}}\n"), ":3:3: notebook has several types, so one must be named: note, tag"},
    {NOTES("  n: {type: nota, record: {}}\n"),
     ":3:13: notebook has no type \"nota\" (did you mean \"note\"?)"},
    {NOTES("  n: {type: tag, for_each: [a, a], record: {}}\n"), ":3:32: \"a\" is given twice"},
    {NOTES("  n: {type: tag, for_each: [{a: 1}], record: {}}\n"), "an element of for_each is a name"},
    {NOTES("  n: {type: tag, for_each: {a: {}}, record: {word: \"${each.value.b}\"}}\n"),
     "has no such member"},
    {NOTES("  n: {type: tag, for_each: {a: {}}, record: {word: \"-${each.value}\"}}\n"),
     "is a map, and no text"},
    {NOTES("  n: {type: note, record: {name: a}}\n  m: {type: note, record: {name: a}}\n"),
     ":4:27: m is the same object as n"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project;
    char told[1000];
    int failed = world_load(faults[_i].text, &project, NULL);

    if (!failed)
        failed = rp_project_expand(&project, &plugin_schema, NULL);
    ck_assert_int_eq(failed, RP_E_INVALID);
    ck_assert_uint_ge(project.faults.count, 1);
    snprintf(told, sizeof(told), ":%u:%u: %s", project.faults.items[0].mark.line,
             project.faults.items[0].mark.column, project.faults.items[0].summary);
    ck_assert_has(told, faults[_i].told);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

START_TEST(all_faults_are_told_not_the_first_alone)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    static const unsigned lines[] = {3, 4, 5, 6};
    rp_project project;

    ck_assert_int_eq(world_load("plugin: x\nresources:\n  1a: {record: {}}\n  n: {recrd: {}, record: {}}\n"
                                "  m: {record: {}, type: [a]}\nconfg: {}\n",
                                &project, NULL),
                     RP_E_INVALID);
    ck_assert_uint_eq(project.faults.count, 4);
    for (size_t i = 0; i < 4; i++) {
        bool found = false;
        for (size_t n = 0; n < 4; n++)
            found |= project.faults.items[n].mark.line == lines[i];
        ck_assert_msg(found, "no fault in line %u", lines[i]);
    }
    rp_project_done(&project);
    ck_assert_int_eq(
        world_load(NOTES("  n: {type: tag, record: {word: \"${env:A}\", deep: [\"${env:B}\", \"${x}\"]}}\n"
                         "  m: {type: nota, record: {}}\n"),
                   &project, NULL),
        0);
    ck_assert_int_eq(rp_project_expand(&project, &plugin_schema, NULL), RP_E_INVALID);
    ck_assert_uint_eq(project.faults.count, 4);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

START_TEST(a_fault_of_a_value_is_blamed_on_where_it_came_from)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project = world_project(NOTES("  n:\n    type: note\n    for_each:\n      a: x\n    record:\n"
                                             "      name: ${each.key}\n      text: ${each.value}\n"),
                                       &plugin_schema);

    ck_assert_uint_eq(rp_desired_source(&project, &project.desired[0], "/text")->mark.line, 6);
    ck_assert_uint_eq(rp_desired_source(&project, &project.desired[0], "/name")->mark.line, 6);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
}
END_TEST

static const struct {
    const char *given, *tidy; /* NULL: refused */
} addresses[] = {
    {"web", "web"},           {"web[\"a\"]", "web[\"a\"]"},
    {"web[a]", "web[\"a\"]"}, {"web['a b']", "web[\"a b\"]"},
    {"web[a]b", NULL},        {"web[", NULL},
    {"1web", NULL},           {"", NULL},
    {"web[\"a]", NULL},       {"web[\"a\\u000a\"]", "web[\"a\\n\"]"},
};

START_TEST(an_address_is_read_as_a_shell_leaves_it)
{
    _cleanup_(rp_freep) char *tidy = NULL;
    int failed = rp_address_tidy(addresses[_i].given, &tidy, NULL);

    if (addresses[_i].tidy)
        ck_assert_str_eq(tidy, addresses[_i].tidy);
    else
        ck_assert_int_eq(failed, RP_E_INVALID);
}
END_TEST

START_TEST(a_target_is_one_object_or_all_of_a_name)
{
    ck_assert(rp_address_within("web[\"a\"]", "web"));
    ck_assert(rp_address_within("web", "web"));
    ck_assert(!rp_address_within("webs", "web"));
    ck_assert(!rp_address_within("web[\"a\"]", "web[\"b\"]"));
}
END_TEST

TCase *project_case(void)
{
    TCase *tests = tcase_create("project");

    tcase_add_loop_test(tests, references_are_replaced_and_a_whole_value_keeps_its_type, 0,
                        sizeof(expansions) / sizeof(*expansions));
    tcase_add_test(tests, for_each_may_be_in_a_file);
    tcase_add_test(tests, a_list_of_names_has_the_names_for_values);
    tcase_add_loop_test(tests, what_is_wrong_is_told_with_its_place, 0, sizeof(faults) / sizeof(*faults));
    tcase_add_test(tests, all_faults_are_told_not_the_first_alone);
    tcase_add_test(tests, a_fault_of_a_value_is_blamed_on_where_it_came_from);
    tcase_add_loop_test(tests, an_address_is_read_as_a_shell_leaves_it, 0,
                        sizeof(addresses) / sizeof(*addresses));
    tcase_add_test(tests, a_target_is_one_object_or_all_of_a_name);
    return tests;
}
