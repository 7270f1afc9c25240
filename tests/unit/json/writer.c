#include "json/writer.h"

#include "suites.h"
#include "json/scan.h"

#include <string.h>

START_TEST(commas_stand_between_values_and_members_and_nowhere_else)
{
    rp_buffer out = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&out);

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "a");
    rp_write_begin(&writer, '[');
    rp_write_integer(&writer, 1);
    rp_write_boolean(&writer, true);
    rp_write_null(&writer);
    rp_write_begin(&writer, '[');
    rp_write_end(&writer, ']');
    rp_write_begin(&writer, '{');
    rp_write_end(&writer, '}');
    rp_write_text(&writer, "t");
    rp_write_raw(&writer, "[1]", 3);
    rp_write_value(&writer, NULL);
    rp_write_end(&writer, ']');
    rp_write_text_member(&writer, "b", NULL);
    rp_write_integer_member(&writer, "c", -5);
    rp_write_boolean_member(&writer, "d", false);
    rp_write_text_member(&writer, "e", "x");
    rp_write_end(&writer, '}');
    ck_assert_str_eq(rp_buffer_text(&out), "{\"a\":[1,true,null,[],{},\"t\",[1],null],\"b\":null,\"c\":-5,"
                                           "\"d\":false,\"e\":\"x\"}");
    rp_buffer_done(&out);
}
END_TEST

/* Texts that may hold a NUL carry their length. */
#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *bytes;
    size_t len;
    const char *written;
} strings[] = {
    {TEXT(""), "\"\""},
    {TEXT("plain / text"), "\"plain / text\""},
    {TEXT("\"\\"), "\"\\\"\\\\\""},
    {TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
    {TEXT("\x01\x1f\0z\x7f"), "\"\\u0001\\u001f\\u0000z\x7f\""},
    {TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {TEXT("a\xff"
          "b"),
     "\"a\xef\xbf\xbd"
     "b\""},
    {TEXT("\xc3"), "\"\xef\xbf\xbd\""},
    {TEXT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xe2\x82\xac", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {TEXT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {TEXT("\xed\xa0\x80!"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!\""},
    {TEXT("x\xef\xbf\xbf"
          "y"),
     "\"x\xef\xbf\xbdy\""},
    {TEXT("\xef\xb7\x90"), "\"\xef\xbf\xbd\""},
};

START_TEST(strings_are_escaped_and_what_is_not_utf_8_is_replaced)
{
    rp_buffer out = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&out);

    rp_write_string(&writer, strings[_i].bytes, strings[_i].len);
    ck_assert_str_eq(rp_buffer_text(&out), strings[_i].written);
    ck_assert_int_eq(rp_json_scan(out.data, out.len, NULL), 0);
    rp_buffer_done(&out);
}
END_TEST

START_TEST(any_bytes_make_a_string_the_scanner_takes)
{
    rp_buffer out = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&out);
    uint32_t state = 1;
    char bytes[32];

    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            state = state * 1664525u + 1013904223u;
            bytes[i] = (char)(state >> 24 | (round & 1 ? 0x80 : 0));
        }
        out.len = 0;
        writer.comma = false;
        rp_write_string(&writer, bytes, sizeof(bytes));
        ck_assert_int_eq(rp_json_scan(out.data, out.len, NULL), 0);
    }
    rp_buffer_done(&out);
}
END_TEST

START_TEST(names_are_escaped_too)
{
    rp_buffer out = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&out);

    rp_write_begin(&writer, '{');
    rp_write_integer_member(&writer, "a\"\n", 1);
    rp_write_end(&writer, '}');
    ck_assert_str_eq(rp_buffer_text(&out), "{\"a\\\"\\n\":1}");
    rp_buffer_done(&out);
}
END_TEST

START_TEST(a_parsed_value_is_written_in_its_place)
{
    rp_buffer out = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&out);
    _cleanup_(rp_json_freep) rp_json *value = NULL;

    ck_assert_int_eq(rp_json_parse("{\"a\": [1, 2.50]}", 16, &value, NULL), 0);
    rp_write_begin(&writer, '[');
    rp_write_value(&writer, value);
    rp_write_value(&writer, rp_json_get(value, "a"));
    rp_write_end(&writer, ']');
    ck_assert_str_eq(rp_buffer_text(&out), "[{\"a\":[1,2.50]},[1,2.50]]");
    rp_buffer_done(&out);
}
END_TEST

START_TEST(integers_of_every_size_are_written)
{
    rp_buffer out = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&out);

    rp_write_integer(&writer, INT64_MAX);
    rp_write_integer(&writer, INT64_MIN);
    rp_write_integer(&writer, 0);
    ck_assert_str_eq(rp_buffer_text(&out), "9223372036854775807,-9223372036854775808,0");
    rp_buffer_done(&out);
}
END_TEST

START_TEST(a_full_buffer_tells_and_takes_no_more)
{
    rp_buffer out = RP_BUFFER(10);
    rp_json_writer writer = RP_JSON_WRITER(&out);

    rp_write_text(&writer, "far more than ten bytes\n\n\n");
    rp_write_end(&writer, ']');
    ck_assert_int_eq(out.failure, RP_BUFFER_TOO_LONG);
    ck_assert_uint_le(out.len, 10);
    rp_buffer_done(&out);
}
END_TEST

TCase *writer_tests(void)
{
    TCase *tests = tcase_create("writer");

    tcase_add_test(tests, commas_stand_between_values_and_members_and_nowhere_else);
    tcase_add_loop_test(tests, strings_are_escaped_and_what_is_not_utf_8_is_replaced, 0,
                        (int)rp_count_of(strings));
    tcase_add_test(tests, any_bytes_make_a_string_the_scanner_takes);
    tcase_add_test(tests, names_are_escaped_too);
    tcase_add_test(tests, a_parsed_value_is_written_in_its_place);
    tcase_add_test(tests, integers_of_every_size_are_written);
    tcase_add_test(tests, a_full_buffer_tells_and_takes_no_more);
    return tests;
}
