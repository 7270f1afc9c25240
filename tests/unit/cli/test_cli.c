#include "cli/config/document.h"
#include "cli/engine/request_envelope.h"
#include "cli/output/call_report.h"
#include "cli/settings.h"

#include "host/rphost.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ck_assert_has(text, part) ck_assert_msg(strstr(text, part), "\"%s\" does not say \"%s\"", text, part)

static const rp_option options[] = {
    {"config", RP_OPTION_TEXT, offsetof(rp_settings, config), "C", "about it"},
    {"timeout", RP_OPTION_COUNT, offsetof(rp_settings, timeout_ms), "MS", "about it"},
    {"events", RP_OPTION_FLAG, offsetof(rp_settings, events), NULL, "about it"},
    {0},
};

static const rp_verb verbs[] = {
    {.name = "act", .operands = "ONE [OTHER]", .least_operands = 1, .most_operands = 2, .options = options},
    {.name = "describe", .operands = "ONE", .least_operands = 1, .most_operands = 1, .options = options},
    {0},
};

#define READ(settings, error, ...)                                                                           \
    rp_settings_read(verbs, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)),                         \
                     (char *[]){__VA_ARGS__}, settings, error)

START_TEST(options_are_read_with_one_dash_or_two_and_with_their_value_in_either_place)
{
    rp_settings one = {0}, other = {0};

    ck_assert_int_eq(READ(&one, NULL, (char *)"-config=c", (char *)"x", (char *)"--timeout", (char *)"70"),
                     0);
    ck_assert_int_eq(READ(&other, NULL, (char *)"x", (char *)"-timeout=70", (char *)"--config", (char *)"c"),
                     0);
    ck_assert_str_eq(one.config, "c");
    ck_assert_str_eq(other.config, "c");
    ck_assert_uint_eq(one.timeout_ms, 70);
    ck_assert_uint_eq(other.timeout_ms, 70);
    ck_assert_str_eq(one.operands[0], "x");
    ck_assert(!one.events);
}
END_TEST

START_TEST(a_dash_is_an_operand_and_two_end_the_options)
{
    rp_settings settings = {0};

    ck_assert_int_eq(READ(&settings, NULL, (char *)"-", (char *)"--", (char *)"--events"), 0);
    ck_assert_str_eq(settings.operands[0], "-");
    ck_assert_str_eq(settings.operands[1], "--events");
    ck_assert(!settings.events);
}
END_TEST

START_TEST(help_is_asked_for_without_any_operand)
{
    rp_settings settings = {0};

    ck_assert_int_eq(READ(&settings, NULL, (char *)"--help"), 0);
    ck_assert(settings.help);
}
END_TEST

static const struct {
    char *words[3];
    int count;
    const char *told;
} mistakes[] = {
    {{(char *)"x", (char *)"--confg", (char *)"c"}, 3, "unknown option --confg (did you mean --config?)"},
    {{(char *)"x", (char *)"--zzzzzzzz"}, 2, "unknown option --zzzzzzzz"},
    {{(char *)"x", (char *)"--config"}, 2, "--config needs a value"},
    {{(char *)"x", (char *)"--events=1"}, 2, "--events takes no value"},
    {{(char *)"x", (char *)"--timeout=1s"}, 2, "--timeout takes a whole number up to 4294967295, not \"1s\""},
    {{(char *)"x", (char *)"--timeout=-1"}, 2, "--timeout takes a whole number up to 4294967295, not \"-1\""},
    {{(char *)"x", (char *)"--timeout="}, 2, "--timeout takes a whole number up to 4294967295, not \"\""},
    {{(char *)"x", (char *)"--timeout=4294967296"}, 2, "not \"4294967296\""},
    {{(char *)"x", (char *)"y", (char *)"z"}, 3, "\"z\" is one argument too many"},
    {{NULL}, 0, "it takes ONE [OTHER]"},
};

START_TEST(a_mistake_is_told_with_the_nearest_name)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_settings settings = {0};

    ck_assert_int_eq(
        rp_settings_read(verbs, mistakes[_i].count, (char **)mistakes[_i].words, &settings, &error),
        RP_E_INVALID);
    ck_assert_has(error->message, mistakes[_i].told);
}
END_TEST

START_TEST(a_verb_is_found_or_the_nearest_is_told)
{
    _cleanup_(rp_error_freep) rp_error *near = NULL, *far = NULL;
    const rp_verb *verb = NULL;

    ck_assert_int_eq(rp_verb_find(verbs, "describe", &verb, NULL), 0);
    ck_assert_str_eq(verb->name, "describe");
    ck_assert_int_eq(rp_verb_find(verbs, "descibre", &verb, &near), RP_E_INVALID);
    ck_assert_str_eq(near->message, "unknown verb \"descibre\" (did you mean \"describe\"?)");
    ck_assert_int_eq(rp_verb_find(verbs, "obliterate", &verb, &far), RP_E_INVALID);
    ck_assert_str_eq(far->message, "unknown verb \"obliterate\"");
}
END_TEST

static const struct {
    const char *hook, *given,
        *lacking; /* lacking: what it becomes for the resource "note"; NULL: it has one */
} envelopes[] = {
    {"create", "{\"name\":\"a\"}", "{\"resource\":\"note\",\"records\":[{\"name\":\"a\"}]}"},
    {"read", "[{\"name\":\"a\"},{\"name\":\"b\"}]",
     "{\"resource\":\"note\",\"records\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"},
    {"delete", "[]", "{\"resource\":\"note\",\"records\":[]}"},
    {"create", "{}", "{\"resource\":\"note\",\"records\":[{}]}"},
    {"create", "{\"options\":{\"wait\":\"none\"}}",
     "{\"resource\":\"note\",\"records\":[{\"options\":{\"wait\":\"none\"}}]}"},
    {"create", "{\"records\":[1],\"options\":{}}", "{\"resource\":\"note\",\"records\":[1],\"options\":{}}"},
    {"create", "{\"resource\":null,\"records\":[]}", "{\"resource\":\"note\",\"records\":[]}"},
    {"create", "{\"resource\":\"note\",\"records\":[],\"x\":1}", NULL},
    {"create", "{\"config\":1}", "{\"resource\":\"note\",\"records\":[{\"config\":1}]}"},
    {"validate", "{\"config\":{\"a\":1}}", NULL},
    {"validate", "{\"name\":null}", "{\"resource\":\"note\",\"records\":[{\"name\":null}]}"},
    {"list", "{\"folder\":\"x\"}", "{\"resource\":\"note\",\"parent\":{\"folder\":\"x\"}}"},
    {"list", "{}", "{\"resource\":\"note\",\"parent\":{}}"},
    {"list", "{\"page\":\"2\",\"parent\":{}}", "{\"resource\":\"note\",\"page\":\"2\",\"parent\":{}}"},
    {"list", "{\"resource\":\"note\"}", NULL},
    {"describe", "{\"name\":\"a\"}", NULL},
    {"update", "{\"name\":\"a\"}", NULL},
};

static rp_json *parse(const char *text)
{
    rp_json *parsed = NULL;

    ck_assert_int_eq(rp_json_parse(text, strlen(text), &parsed, NULL), 0);
    return parsed;
}

START_TEST(a_bare_record_gets_its_envelope_and_a_whole_request_is_left_alone)
{
    _cleanup_(rp_json_freep) rp_json *request = parse(envelopes[_i].given);
    _cleanup_(rp_buffer_done) rp_buffer whole = RP_BUFFER(1000);
    const char *lacking = envelopes[_i].lacking;

    ck_assert_int_eq(rp_envelope_lacks_resource(envelopes[_i].hook, request), lacking != NULL);
    ck_assert_int_eq(rp_envelope_write(envelopes[_i].hook, request, "note", &whole, NULL), 0);
    ck_assert_str_eq(rp_buffer_text(&whole), lacking ? lacking : envelopes[_i].given);
}
END_TEST

START_TEST(a_request_for_another_resource_and_a_list_of_records_are_refused)
{
    _cleanup_(rp_error_freep) rp_error *other = NULL, *list = NULL;
    _cleanup_(rp_json_freep) rp_json *request = parse("{\"resource\":\"note\",\"records\":[]}");
    _cleanup_(rp_json_freep) rp_json *array = parse("[]");
    _cleanup_(rp_buffer_done) rp_buffer whole = RP_BUFFER(1000);

    ck_assert_int_eq(rp_envelope_write("read", request, "book", &whole, &other), RP_E_INVALID);
    ck_assert_str_eq(other->message, "the request is for the resource \"note\", not \"book\"");
    ck_assert_int_eq(rp_envelope_write("list", array, "note", &whole, &list), RP_E_INVALID);
    ck_assert_str_eq(list->message, "list takes an object, the parent");
}
END_TEST

START_TEST(the_only_resource_is_known_from_the_description_and_several_are_named)
{
    _cleanup_(rp_json_freep) rp_json *one = parse("{\"resources\":{\"note\":{}}}");
    _cleanup_(rp_json_freep) rp_json *two = parse("{\"resources\":{\"note\":{},\"book\":{}}}");
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const char *name = NULL;

    ck_assert_int_eq(rp_envelope_only_resource(one, &name, NULL), 0);
    ck_assert_str_eq(name, "note");
    ck_assert_int_eq(rp_envelope_only_resource(two, &name, &error), RP_E_INVALID);
    ck_assert_has(error->message, "the plugin has note, book");
}
END_TEST

/* The exit codes are a promise to scripts: all of them, spelt out. */
static const struct {
    int32_t status;
    int code;
} exits[] = {
    {RP_OK, 0},
    {RP_IN_PROGRESS, 3},
    {RP_INVALID_ARGUMENT, 10},
    {RP_UNSUPPORTED, 11},
    {RP_CONTRACT, 12},
    {RP_CONFLICT, 20},
    {RP_NOT_FOUND, 21},
    {RP_ALREADY_EXISTS, 22},
    {RP_JOB_FAILED, 23},
    {RP_PERMISSION_DENIED, 30},
    {RP_UNAUTHENTICATED, 31},
    {RP_QUOTA_EXCEEDED, 32},
    {RP_UNAVAILABLE, 40},
    {RP_THROTTLED, 41},
    {RP_DEADLINE_EXCEEDED, 42},
    {RP_CANCELLED, 43},
    {RP_INTERNAL, 50},
    {RP_NO_MEMORY, 51},
    {499, 40}, /* unknown: as its hundred */
    {-1, 50},
};

START_TEST(every_status_has_its_exit_code)
{
    ck_assert_int_eq(rp_exit_code(exits[_i].status), exits[_i].code);
}
END_TEST

/* What a function that prints has printed. */
static char printed[1000];

static FILE *paper(void)
{
    memset(printed, 0, sizeof(printed));
    return fmemopen(printed, sizeof(printed), "w");
}

static const struct {
    const char *document;
    int32_t status;
    const char *told;
} reports[] = {
    {"{\"results\":[{\"status\":\"ok\"}],\"diagnostics\":[]}", RP_OK, ""},
    {"{\"results\":[{\"status\":\"ok\"},{\"status\":\"not_found\"}]}", RP_NOT_FOUND,
     "rp: record 1: not_found\n"},
    {"{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"summary\":\"no\",\"detail\":\"because\","
     "\"code\":\"a.b\",\"path\":\"/records\"}]}",
     RP_INVALID_ARGUMENT, "rp: error: no: because (a.b, at /records)\n"},
    {"{\"results\":[{\"status\":\"ok\",\"diagnostics\":[{\"severity\":\"warning\",\"summary\":\"hm\",\"path\":\"/x\"}]}]}",
     RP_OK, "rp: record 0: warning: hm (at /x)\n"},
    {"{\"results\":[],\"diagnostics\":[{\"summary\":\"a\\u001b[2J\\u007fb\\nc\"}]}", RP_INTERNAL,
     "rp: error: a[2Jb c\n"},
    {"{\"results\":[]}", RP_CONTRACT, "rp: contract\n"},
    {"{\"name\":\"x\"}", RP_OK, ""},
};

START_TEST(diagnostics_are_told_in_words_a_line_each)
{
    _cleanup_(rp_json_freep) rp_json *document = parse(reports[_i].document);
    FILE *out = paper();

    rp_report_diagnostics(document, reports[_i].status, out);
    fclose(out);
    ck_assert_str_eq(printed, reports[_i].told);
}
END_TEST

static const struct {
    const char *event;
    bool in_words;
    const char *told;
} events[] = {
    {"{ \"kind\": \"log\",\n \"level\": \"info\", \"message\": \"m\" }", false,
     "{\"kind\":\"log\",\"level\":\"info\",\"message\":\"m\"}\n"},
    {"{\"kind\":\"log\",\"level\":\"info\",\"message\":\"m\"}", true, "info: m\n"},
    {"{\"kind\":\"progress\",\"done\":1,\"total\":3,\"message\":\"m\"}", true, "1 of 3: m\n"},
    {"{\"kind\":\"progress\",\"done\":3,\"total\":3,\"message\":\"\"}", true, "3 of 3\n"},
    {"{\"kind\":\"state\",\"record\":2,\"state\":{\"id\":\"a\"}}", true, "record 2: {\"id\":\"a\"}\n"},
    {"{\"kind\":\"new\",\"x\":[1]}", true, "{\"kind\":\"new\",\"x\":[1]}\n"},
    {"no\x1bjson", true, "nojson\n"},
};

START_TEST(an_event_is_one_line_of_json_or_of_words)
{
    FILE *out = paper();

    rp_report_event(events[_i].event, strlen(events[_i].event), events[_i].in_words, out);
    fclose(out);
    ck_assert_str_eq(printed, events[_i].told);
}
END_TEST

START_TEST(a_document_is_inline_or_a_file)
{
    _cleanup_(rp_document_done) rp_document inline_one = {0}, file = {0}, none = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    ck_assert_int_eq(rp_document_read("{\"a\":1}", &inline_one, NULL), 0);
    ck_assert_str_eq(inline_one.text, "{\"a\":1}");
    ck_assert_int_eq(rp_document_read(RP_FIXTURES "/docs/versions.json", &file, NULL), 0);
    ck_assert_has(file.text, "versions");
    ck_assert_uint_eq(file.len, strlen(file.text));
    ck_assert_int_eq(rp_document_read(NULL, &none, NULL), 0);
    ck_assert_ptr_null(none.text);
    ck_assert_int_eq(rp_document_read("absent.json", &none, &error), RP_E_SYSTEM);
    ck_assert_has(error->message, "absent.json: No such file or directory (inline JSON starts with");
}
END_TEST

START_TEST(a_document_without_end_is_refused)
{
    _cleanup_(rp_document_done) rp_document document = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    ck_assert_int_eq(rp_document_read("/dev/zero", &document, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, "/dev/zero: longer than 16777216 bytes");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, options_are_read_with_one_dash_or_two_and_with_their_value_in_either_place);
    tcase_add_test(all, a_dash_is_an_operand_and_two_end_the_options);
    tcase_add_test(all, help_is_asked_for_without_any_operand);
    tcase_add_loop_test(all, a_mistake_is_told_with_the_nearest_name, 0, rp_count_of(mistakes));
    tcase_add_test(all, a_verb_is_found_or_the_nearest_is_told);
    tcase_add_loop_test(all, a_bare_record_gets_its_envelope_and_a_whole_request_is_left_alone, 0,
                        rp_count_of(envelopes));
    tcase_add_test(all, a_request_for_another_resource_and_a_list_of_records_are_refused);
    tcase_add_test(all, the_only_resource_is_known_from_the_description_and_several_are_named);
    tcase_add_loop_test(all, every_status_has_its_exit_code, 0, rp_count_of(exits));
    tcase_add_loop_test(all, diagnostics_are_told_in_words_a_line_each, 0, rp_count_of(reports));
    tcase_add_loop_test(all, an_event_is_one_line_of_json_or_of_words, 0, rp_count_of(events));
    tcase_add_test(all, a_document_is_inline_or_a_file);
    tcase_add_test(all, a_document_without_end_is_refused);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
