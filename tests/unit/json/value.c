#include "json/value.h"

#include "suites.h"

#include <string.h>

static rp_json *parse(const char *text)
{
    rp_json *root = NULL;
    rp_error *error = NULL;
    int code = rp_json_parse(text, strlen(text), &root, &error);

    ck_assert_msg(code == 0, "%s: %s", text, error ? error->message : "");
    return root;
}

static const char document[] =
    "{\"null\":null,\"yes\":true,\"no\":false,\"int\":-42,\"num\":1.50,\"text\":\"a\\n\\u00e9\","
    "\"list\":[1,null,\"x\"],\"object\":{\"a\":1}}";

START_TEST(every_type_is_told_and_got)
{
    _cleanup_(rp_json_freep) rp_json *root = parse(document);
    int64_t integer = 0;
    bool yes = false, no = true;

    ck_assert_int_eq(rp_json_type_of(root), RP_JSON_OBJECT);
    ck_assert_uint_eq(rp_json_count(root), 8);
    ck_assert_int_eq(rp_json_type_of(rp_json_get(root, "null")), RP_JSON_NULL);
    ck_assert_int_eq(rp_json_type_of(rp_json_get(root, "num")), RP_JSON_NUMBER);
    ck_assert_int_eq(rp_json_type_of(rp_json_get(root, "yes")), RP_JSON_BOOLEAN);
    ck_assert_int_eq(rp_json_type_of(rp_json_get(root, "int")), RP_JSON_INTEGER);
    ck_assert(rp_json_boolean(rp_json_get(root, "yes"), &yes) && yes);
    ck_assert(rp_json_boolean(rp_json_get(root, "no"), &no) && !no);
    ck_assert(rp_json_integer(rp_json_get(root, "int"), &integer));
    ck_assert_int_eq(integer, -42);
    ck_assert_str_eq(rp_json_text(rp_json_get(root, "text")), "a\n\xc3\xa9");
    ck_assert_uint_eq(rp_json_count(rp_json_get(root, "list")), 3);
    ck_assert_str_eq(rp_json_text(rp_json_at(rp_json_get(root, "list"), 2)), "x");
}
END_TEST

START_TEST(getters_give_nothing_for_null_and_the_wrong_type)
{
    _cleanup_(rp_json_freep) rp_json *root = parse(document);
    const rp_json *list = rp_json_get(root, "list"), *text = rp_json_get(root, "text");
    int64_t integer = 7;
    bool boolean = true;
    size_t len = 7;

    ck_assert(!rp_json_integer(text, &integer) && !rp_json_integer(NULL, &integer));
    ck_assert(!rp_json_integer(rp_json_get(root, "num"), &integer));
    ck_assert(!rp_json_boolean(rp_json_get(root, "int"), &boolean) && !rp_json_boolean(NULL, &boolean));
    ck_assert(integer == 7 && boolean);
    ck_assert_ptr_null(rp_json_string(root, &len));
    ck_assert_ptr_null(rp_json_string(NULL, &len));
    ck_assert_ptr_null(rp_json_text(list));
    ck_assert_uint_eq(len, 7);
    ck_assert_ptr_null(rp_json_get(list, "a"));
    ck_assert_ptr_null(rp_json_get(NULL, "a"));
    ck_assert_ptr_null(rp_json_get(root, "absent"));
    ck_assert_ptr_null(rp_json_at(list, 3));
    ck_assert_ptr_null(rp_json_at(root, 0));
    ck_assert_ptr_null(rp_json_at(NULL, 0));
    ck_assert_uint_eq(rp_json_count(text) + rp_json_count(NULL), 0);
}
END_TEST

START_TEST(a_null_member_is_there_and_an_absent_one_is_not)
{
    _cleanup_(rp_json_freep) rp_json *root = parse(document);

    ck_assert(rp_json_has(root, "null"));
    ck_assert(rp_json_has(root, "text"));
    ck_assert(!rp_json_has(root, "absent"));
    ck_assert(!rp_json_has(rp_json_get(root, "list"), "a"));
    ck_assert(!rp_json_has(NULL, "a"));
}
END_TEST

START_TEST(a_nul_inside_a_string_is_kept_but_makes_no_c_string)
{
    _cleanup_(rp_json_freep) rp_json *root = parse("\"a\\u0000b\"");
    size_t len = 0;

    ck_assert_mem_eq(rp_json_string(root, &len), "a\0b", 4);
    ck_assert_uint_eq(len, 3);
    ck_assert_ptr_nonnull(rp_json_string(root, NULL));
    ck_assert_ptr_null(rp_json_text(root));
}
END_TEST

START_TEST(escapes_in_names_and_strings_are_undone)
{
    _cleanup_(rp_json_freep) rp_json *root =
        parse("{\"\\u0061\\/\\ud83d\\ude00\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\uD83D\\uDE00\"}");

    ck_assert_str_eq(rp_json_text(rp_json_get(root, "a/\xf0\x9f\x98\x80")),
                     "\"\\/\b\f\n\r\t\xe2\x82\xac\xf0\x9f\x98\x80");
}
END_TEST

START_TEST(the_bounds_of_integers_come_through_exactly)
{
    _cleanup_(rp_json_freep) rp_json *root = parse("[9007199254740991,-9007199254740991,-0,0]");
    static const int64_t expected[] = {9007199254740991, -9007199254740991, 0, 0};

    for (size_t i = 0; i < 4; i++) {
        int64_t value = 1;
        ck_assert(rp_json_integer(rp_json_at(root, i), &value));
        ck_assert_int_eq(value, expected[i]);
    }
}
END_TEST

START_TEST(a_document_may_be_a_single_value)
{
    _cleanup_(rp_json_freep) rp_json *number = parse(" 12 ");
    rp_json *nothing = number;
    int64_t value = 0;

    ck_assert(rp_json_integer(number, &value) && value == 12);
    ck_assert_int_eq(rp_json_parse("null", 4, &nothing, NULL), 0);
    ck_assert_ptr_null(nothing);
    rp_json_free(NULL);
}
END_TEST

START_TEST(a_fault_leaves_the_output_untouched_and_tells_where)
{
    rp_json *root = NULL;
    rp_error *error = NULL;

    ck_assert_int_eq(rp_json_parse("{\"a\":[1,\"s\",{\"b\":x", 18, &root, &error), RP_E_INVALID);
    ck_assert_ptr_null(root);
    ck_assert_str_eq(error->message, "line 1, column 18: expected a value, not x");
    rp_error_free(error);
    ck_assert_int_eq(rp_json_parse("{\"a\":1,\"a\":2}", 13, &root, NULL), RP_E_INVALID);
    ck_assert_ptr_null(root);
}
END_TEST

static int collect(void *context, const char *name, const rp_json *value)
{
    rp_buffer_format(context, "%s=%d;", name, (int)rp_json_type_of(value));
    return strcmp(name, "stop") ? 0 : 17;
}

START_TEST(members_come_in_order_until_one_says_stop)
{
    _cleanup_(rp_json_freep) rp_json *root = parse("{\"z\":1,\"a\":null,\"stop\":\"\",\"b\":2}");
    rp_buffer seen = RP_BUFFER(100);

    ck_assert_int_eq(rp_json_each(root, collect, &seen), 17);
    ck_assert_str_eq(rp_buffer_text(&seen), "z=2;a=0;stop=4;");
    ck_assert_int_eq(rp_json_each(rp_json_get(root, "z"), collect, &seen), 0);
    ck_assert_int_eq(rp_json_each(NULL, collect, &seen), 0);
    ck_assert_str_eq(rp_buffer_text(&seen), "z=2;a=0;stop=4;");
    rp_buffer_done(&seen);
}
END_TEST

START_TEST(types_have_names_for_messages)
{
    ck_assert_str_eq(rp_json_type_name(RP_JSON_NULL), "null");
    ck_assert_str_eq(rp_json_type_name(RP_JSON_BOOLEAN), "a boolean");
    ck_assert_str_eq(rp_json_type_name(RP_JSON_INTEGER), "an integer");
    ck_assert_str_eq(rp_json_type_name(RP_JSON_NUMBER), "a number");
    ck_assert_str_eq(rp_json_type_name(RP_JSON_STRING), "a string");
    ck_assert_str_eq(rp_json_type_name(RP_JSON_ARRAY), "an array");
    ck_assert_str_eq(rp_json_type_name(RP_JSON_OBJECT), "an object");
    ck_assert_str_eq(rp_json_type_name((rp_json_type)99), "unknown");
}
END_TEST

static void assert_prints(const char *text, bool pretty, const char *expected)
{
    _cleanup_(rp_json_freep) rp_json *root = parse(text);
    rp_buffer out = RP_BUFFER(10000);

    rp_json_print(root, pretty, &out);
    ck_assert(rp_buffer_ok(&out));
    ck_assert_str_eq(rp_buffer_text(&out), expected);
    rp_buffer_done(&out);
}

START_TEST(printing_is_compact_and_keeps_the_order_and_the_spelling_of_numbers)
{
    assert_prints(
        " { \"b\" : [ 1.50 , -2E+3, 0.1 ] , \"a\" : { } , \"c\": [ ], \"d\":[true,false,null,-7] } ", false,
        "{\"b\":[1.50,-2E+3,0.1],\"a\":{},\"c\":[],\"d\":[true,false,null,-7]}");
    assert_prints("\"\\u0000\\u001f\\/\\u00e9\"", false, "\"\\u0000\\u001f/\xc3\xa9\"");
    assert_prints("null", true, "null");
}
END_TEST

START_TEST(pretty_printing_indents_by_two_and_keeps_empty_containers_short)
{
    assert_prints("{\"a\":[1,{\"b\":null},[]],\"c\":{}}", true,
                  "{\n"
                  "  \"a\": [\n"
                  "    1,\n"
                  "    {\n"
                  "      \"b\": null\n"
                  "    },\n"
                  "    []\n"
                  "  ],\n"
                  "  \"c\": {}\n"
                  "}");
}
END_TEST

START_TEST(printing_stops_at_the_buffers_limit)
{
    _cleanup_(rp_json_freep) rp_json *root = parse(document);
    rp_buffer out = RP_BUFFER(20);

    rp_json_print(root, false, &out);
    ck_assert_int_eq(out.failure, RP_BUFFER_TOO_LONG);
    ck_assert_uint_le(out.len, 20);
    rp_buffer_done(&out);
}
END_TEST

START_TEST(sixty_four_levels_are_parsed_and_printed)
{
    char text[130];

    memset(text, '[', 64);
    text[64] = '7';
    memset(text + 65, ']', 64);
    text[129] = '\0';
    assert_prints(text, false, text);
}
END_TEST

START_TEST(wiping_overwrites_every_string_of_the_tree)
{
    _cleanup_(rp_json_freep) rp_json *root =
        parse("{\"a\":\"secret\",\"b\":[\"hidden\",1,{\"c\":\"deep\"}]}");
    static const char zeros[6];
    size_t len = 0;

    rp_json_wipe_strings(root);
    ck_assert_mem_eq(rp_json_string(rp_json_get(root, "a"), &len), zeros, 6);
    ck_assert_uint_eq(len, 6);
    ck_assert_mem_eq(rp_json_string(rp_json_at(rp_json_get(root, "b"), 0), NULL), zeros, 6);
    ck_assert_mem_eq(rp_json_string(rp_json_get(rp_json_at(rp_json_get(root, "b"), 2), "c"), NULL), zeros, 4);
    rp_json_wipe_strings(NULL);
}
END_TEST

START_TEST(twenty_thousand_members_all_come_through)
{
    rp_buffer text = RP_BUFFER(1000000);
    _cleanup_(rp_json_freep) rp_json *root = NULL;
    int64_t value = 0;

    for (int i = 0; i < 20000; i++)
        rp_buffer_format(&text, "%c\"m%d\":%d", i ? ',' : '{', i, i);
    rp_buffer_add_char(&text, '}');
    root = parse(rp_buffer_text(&text));
    ck_assert_uint_eq(rp_json_count(root), 20000);
    ck_assert(rp_json_integer(rp_json_get(root, "m12345"), &value) && value == 12345);
    rp_buffer_done(&text);
}
END_TEST

TCase *value_tests(void)
{
    TCase *tests = tcase_create("value");

    tcase_add_test(tests, every_type_is_told_and_got);
    tcase_add_test(tests, getters_give_nothing_for_null_and_the_wrong_type);
    tcase_add_test(tests, a_null_member_is_there_and_an_absent_one_is_not);
    tcase_add_test(tests, a_nul_inside_a_string_is_kept_but_makes_no_c_string);
    tcase_add_test(tests, escapes_in_names_and_strings_are_undone);
    tcase_add_test(tests, the_bounds_of_integers_come_through_exactly);
    tcase_add_test(tests, a_document_may_be_a_single_value);
    tcase_add_test(tests, a_fault_leaves_the_output_untouched_and_tells_where);
    tcase_add_test(tests, members_come_in_order_until_one_says_stop);
    tcase_add_test(tests, types_have_names_for_messages);
    tcase_add_test(tests, printing_is_compact_and_keeps_the_order_and_the_spelling_of_numbers);
    tcase_add_test(tests, pretty_printing_indents_by_two_and_keeps_empty_containers_short);
    tcase_add_test(tests, printing_stops_at_the_buffers_limit);
    tcase_add_test(tests, sixty_four_levels_are_parsed_and_printed);
    tcase_add_test(tests, wiping_overwrites_every_string_of_the_tree);
    tcase_add_test(tests, twenty_thousand_members_all_come_through);
    return tests;
}
