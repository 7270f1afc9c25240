#include "cli/output/text.h"

#include "cli/output/json_output.h"
#include "cli/output/plan_text.h"
#include "suites.h"
#include "world.h"

static rp_buffer rendered(const char *text, bool color, bool verbose)
{
    rp_plugin_schema plugin_schema = world_plugin_schema();
    rp_project project = world_project(text, &plugin_schema);
    rp_objects objects = {0};
    rp_diff_options options = {0};
    rp_plan plan = {0};
    rp_buffer out = RP_BUFFER(RP_TEXT_MAX);

    const rp_diff_input input = {&project, &plugin_schema, "salt", &objects, NULL, NULL, &options};
    const rp_plan_style style = {color, verbose, "salt"};

    ck_assert_int_eq(rp_plan_make(&input, &plan, NULL), 0);
    rp_plan_text(&plan, &style, &out);
    rp_plan_done(&plan);
    rp_project_done(&project);
    rp_plugin_schema_done(&plugin_schema);
    return out;
}

START_TEST(a_new_object_is_shown_with_what_is_known_and_what_is_not)
{
    rp_buffer out = rendered(
        "plugin: notebook\nresources:\n  a: {type: note, record: {name: \"x\\e[2J\", password: swordfish}}\n",
        false, _i);

    ck_assert_has(rp_buffer_text(&out), "rp will perform the following actions:\n"
                                        "  + create\n\n"
                                        "  # a will be created\n"
                                        "  + note {\n"
                                        "      + name     = \"x\\u001b[2J\"\n"
                                        "      + password = (sensitive value)\n");
    ck_assert_has(rp_buffer_text(&out), _i ? "      + id       = (known after apply)\n"
                                             "      + made     = (known after apply)\n    }\n\n"
                                           : "      # 2 computed attributes known after apply\n    }\n\n");
    ck_assert_has(rp_buffer_text(&out), "Plan: 1 to add, 0 to change, 0 to destroy.\n");
    rp_buffer_done(&out);
}
END_TEST

START_TEST(more_than_ten_changes_are_a_line_each_with_their_values)
{
    rp_buffer out =
        rendered("plugin: notebook\nresources:\n  a: {type: tag, for_each: [a, b, c, d, e, f, g, h, i, j, k],"
                 " record: {word: \"${each.key}\"}}\n",
                 false, false);

    ck_assert_has(rp_buffer_text(&out), "\n  + a[\"a\"]  word = \"a\"\n  + a[\"b\"]  word = \"b\"\n");
    ck_assert_has(rp_buffer_text(&out), "\n  + a[\"k\"]  word = \"k\"\n\nPlan:");
    ck_assert_has(rp_buffer_text(&out), "Plan: 11 to add");
    rp_buffer_done(&out);
}
END_TEST

START_TEST(colours_are_there_only_when_asked_for)
{
    rp_buffer with = rendered("plugin: notebook\nresources:\n  a: {type: tag, record: {}}\n", true, false);
    rp_buffer without =
        rendered("plugin: notebook\nresources:\n  a: {type: tag, record: {}}\n", false, false);

    ck_assert_has(rp_buffer_text(&with), "\033[32m+\033[0m");
    ck_assert_ptr_null(strchr(rp_buffer_text(&without), '\033'));
    rp_buffer_done(&with);
    rp_buffer_done(&without);
}
END_TEST

START_TEST(the_same_of_many_is_one_diagnostic_with_its_place_and_what_to_do)
{
    rp_diagnostics diagnostics = {0};
    rp_buffer out = RP_BUFFER(100000);
    const char *names[] = {"a", "b", "c", "d", "e"};

    for (size_t i = 0; i < 5; i++)
        rp_diagnostics_add(&diagnostics, &(rp_subject){.address = names[i], .mark = {2, 3}}, false,
                           "full\033[2J", NULL, "x.quota", rp_advice(RP_PHASE_SERVER, "quota_exceeded"));
    rp_diagnostics_add(&diagnostics, &(rp_subject){.address = "f"}, false, "other", NULL, NULL, NULL);
    ck_assert_uint_eq(diagnostics.count, 2);
    ck_assert_uint_eq(diagnostics.errors, 6);
    rp_text_diagnostic(&diagnostics.items[0], "f.yaml", "one\n  two\nthree\n", false, &out);
    ck_assert_str_eq(rp_buffer_text(&out),
                     "Error: full[2J (x.quota)\n"
                     "  5 objects: a, b, c and 2 more\n"
                     "  f.yaml:2:3\n"
                     "      2 |   two\n"
                     "            ^\n"
                     "  Free some of the quota or have it raised, then run the command again.\n");
    rp_buffer_done(&out);
    rp_diagnostics_done(&diagnostics);
}
END_TEST

START_TEST(each_message_is_one_object_on_one_line)
{
    rp_diagnostics diagnostics = {0};
    rp_buffer out = RP_BUFFER(100000);
    rp_json *parsed = NULL;

    rp_diagnostics_add(&diagnostics, &(rp_subject){.address = "a[\"x\"]", .mark = {2, 3}}, false,
                       "two\nlines", "d", "c", NULL);
    rp_json_output_diagnostic(&diagnostics.items[0], "f.yaml", &out);
    ck_assert_ptr_eq(strchr(out.data, '\n'), out.data + out.len - 1);
    ck_assert_int_eq(rp_json_parse(out.data, out.len, &parsed, NULL), 0);
    ck_assert_str_eq(rp_json_text(rp_json_get(parsed, "type")), "diagnostic");
    ck_assert_str_eq(rp_json_text(rp_json_get(rp_json_get(parsed, "diagnostic"), "address")), "a[\"x\"]");
    rp_json_free(parsed);
    rp_buffer_done(&out);
    rp_diagnostics_done(&diagnostics);
}
END_TEST

static const struct {
    const char *said, *shown;
} unsafe[] = {
    {"a\033[2Jb", "a[2Jb"},
    {"a\xc2\x9b"
     "2Jb",
     "a2Jb"},
    {"a\xe2\x80\xae"
     "b\xe2\x81\xa6"
     "c\xe2\x80\x8f",
     "abc"},
    {"a\xd8\x9c"
     "b\xef\xbb\xbf",
     "ab"},
    {"a\nb\tc\x7f", "a b c"},
    {"\xff\xc3", "??"},
    {"\xc0\xaf", "??"},
    {"gr\xc3\xbc\xc3\x9f \xe2\x9c\x93 \xf0\x9f\x8d\xb5", "gr\xc3\xbc\xc3\x9f \xe2\x9c\x93 \xf0\x9f\x8d\xb5"},
};

START_TEST(what_a_terminal_would_obey_is_left_out)
{
    rp_buffer out = RP_BUFFER(1000);

    rp_text_clean(unsafe[_i].said, &out);
    ck_assert_str_eq(rp_buffer_text(&out), unsafe[_i].shown);
    rp_buffer_done(&out);
}
END_TEST

START_TEST(json_on_a_terminal_means_the_same)
{
    static const char json[] = "{\"a\":\"\xc2\x9b\xe2\x80\xae\xc3\xbc\"}\n";
    rp_buffer out = RP_BUFFER(1000);

    rp_text_escape_json(json, sizeof(json) - 1, &out);
    ck_assert_str_eq(rp_buffer_text(&out), "{\"a\":\"\\u009b\\u202e\xc3\xbc\"}\n");
    rp_buffer_done(&out);
}
END_TEST

TCase *text_case(void)
{
    TCase *tests = tcase_create("render");

    tcase_add_loop_test(tests, a_new_object_is_shown_with_what_is_known_and_what_is_not, 0, 2);
    tcase_add_test(tests, more_than_ten_changes_are_a_line_each_with_their_values);
    tcase_add_test(tests, colours_are_there_only_when_asked_for);
    tcase_add_test(tests, the_same_of_many_is_one_diagnostic_with_its_place_and_what_to_do);
    tcase_add_loop_test(tests, what_a_terminal_would_obey_is_left_out, 0, sizeof(unsafe) / sizeof(*unsafe));
    tcase_add_test(tests, json_on_a_terminal_means_the_same);
    tcase_add_test(tests, each_message_is_one_object_on_one_line);
    return tests;
}
