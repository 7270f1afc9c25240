#include "json/scan.h"

#include "base/buffer.h"
#include "suites.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* Texts that may hold a NUL carry their length. */
#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t len;
} sound[] = {
    {TEXT("null")},
    {TEXT(" \t\r\n true \n")},
    {TEXT("\"\"")},
    {TEXT("0")},
    {TEXT("-0")},
    {TEXT("9007199254740991")},
    {TEXT("-9007199254740991")},
    {TEXT("0.5")},
    {TEXT("-1.5E+10")},
    {TEXT("1e308")},
    {TEXT("1.7976931348623157e308")},
    {TEXT("9007199254740993.0")},
    {TEXT("1e-999999999999999999999")},
    {TEXT("0e999999999999999999999")},
    {TEXT("0.0000000000000000000000000000000000000000000000000000000001e360")},
    {TEXT("100000000000000000000000000000000000000000000000000.0e250")},
    {TEXT("[]")},
    {TEXT("{}")},
    {TEXT("[[],{},[{}]]")},
    {TEXT("{\"\":1,\" \":2}")},
    {TEXT("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}")},
    {TEXT("{\"a\":1,\"A\":2,\"ab\":3,\"a\\\"\":4}")},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u0000\"")},
    {TEXT("\"\\ud83d\\ude00 \\uD83D\\uDE00 \xf0\x9f\x98\x80\"")},
    {TEXT("\"\x7f \xc2\x80 \xe0\xa0\x80 \xef\xbf\xbd \xf4\x8f\xbf\xbd\"")},
    {TEXT("\"\xed\x9f\xbf\xee\x80\x80\"")},
};

START_TEST(i_json_passes)
{
    rp_error *error = NULL;
    int code = rp_json_scan(sound[_i].text, sound[_i].len, &error);
    ck_assert_msg(code == 0, "%s: %s", sound[_i].text, error ? error->message : "");
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *message;
} faulty[] = {
    /* nothing there, or more than one */
    {TEXT(""), "line 1, column 1: the text is empty"},
    {TEXT(" \n "), "line 1, column 1: the text is empty"},
    {TEXT("\xef\xbb\xbf{}"), "line 1, column 1: a byte order mark, which JSON does not have"},
    {TEXT("\xef\xbb\xbf"), "line 1, column 1: a byte order mark, which JSON does not have"},
    {TEXT("{} {}"), "line 1, column 4: expected nothing more, not {"},
    {TEXT("1\n2"), "line 2, column 1: expected nothing more, not 2"},
    {TEXT("{}\0"), "line 1, column 3: expected nothing more, not byte 0x00"},
    {TEXT("\0{}"), "line 1, column 1: expected a value, not byte 0x00"},
    {TEXT("\xff\xfe"), "line 1, column 1: expected a value, not byte 0xFF"},
    {TEXT("[1]\v"), "line 1, column 4: expected nothing more, not byte 0x0B"},
    /* structure */
    {TEXT("["), "line 1, column 2: expected a value or ], but the text ends"},
    {TEXT("[1,"), "line 1, column 4: expected a value, but the text ends"},
    {TEXT("[1,]"), "line 1, column 4: expected a value, not ]"},
    {TEXT("[,1]"), "line 1, column 2: expected a value or ], not ,"},
    {TEXT("[1 2]"), "line 1, column 4: expected , or ], not 2"},
    {TEXT("[1}"), "line 1, column 3: expected , or ], not }"},
    {TEXT("]"), "line 1, column 1: expected a value, not ]"},
    {TEXT("{"), "line 1, column 2: expected a name in double quotes or }, but the text ends"},
    {TEXT("{\"a\":1,}"), "line 1, column 8: expected a name in double quotes, not }"},
    {TEXT("{\"a\" 1}"), "line 1, column 6: expected : after the name, not 1"},
    {TEXT("{\"a\""), "line 1, column 5: expected : after the name, but the text ends"},
    {TEXT("{\"a\":}"), "line 1, column 6: expected a value, not }"},
    {TEXT("{\"a\":1]"), "line 1, column 7: expected , or }, not ]"},
    {TEXT("{\"a\":1 \"b\":2}"), "line 1, column 8: expected , or }, not \""},
    {TEXT("{a:1}"), "line 1, column 2: expected a name in double quotes or }, not a"},
    {TEXT("{1:1}"), "line 1, column 2: expected a name in double quotes or }, not 1"},
    /* words */
    {TEXT("nul"), "line 1, column 1: expected a value, not n"},
    {TEXT("True"), "line 1, column 1: expected a value, not T"},
    {TEXT("[truex]"), "line 1, column 6: expected , or ], not x"},
    {TEXT("[NaN]"), "line 1, column 2: JSON has no NaN"},
    {TEXT("[Infinity]"), "line 1, column 2: JSON has no Infinity"},
    {TEXT("['a']"), "line 1, column 2: a string needs double quotes"},
    {TEXT("[1, // one\n 2]"), "line 1, column 5: JSON has no comments"},
    {TEXT("/* x */ 1"), "line 1, column 1: JSON has no comments"},
    /* numbers */
    {TEXT("+1"), "line 1, column 1: a number does not begin with +"},
    {TEXT(".5"), "line 1, column 1: a number does not begin with a point"},
    {TEXT("01"), "line 1, column 1: a number does not begin with 0"},
    {TEXT("[-01]"), "line 1, column 3: a number does not begin with 0"},
    {TEXT("-"), "line 1, column 2: a number lacks a digit here"},
    {TEXT("-Infinity"), "line 1, column 2: a number lacks a digit here"},
    {TEXT("[1.]"), "line 1, column 4: a number lacks a digit here"},
    {TEXT("1e"), "line 1, column 3: a number lacks a digit here"},
    {TEXT("1e+"), "line 1, column 4: a number lacks a digit here"},
    {TEXT("1.e5"), "line 1, column 3: a number lacks a digit here"},
    {TEXT("0x10"), "line 1, column 2: expected nothing more, not x"},
    {TEXT("9007199254740992"), "line 1, column 1: an integer beyond 9007199254740991 (2^53-1)"},
    {TEXT("[-9007199254740992]"), "line 1, column 2: an integer beyond 9007199254740991 (2^53-1)"},
    {TEXT("100000000000000000000"), "line 1, column 1: an integer beyond 9007199254740991 (2^53-1)"},
    {TEXT("1e400"), "line 1, column 1: a number too large"},
    {TEXT("-1.8e308"), "line 1, column 1: a number too large"},
    {TEXT("1e999999999999999999999"), "line 1, column 1: a number too large"},
    {TEXT("100000000000000000000000000000000000000000000000000.0e260"),
     "line 1, column 1: a number too large"},
    {TEXT("0.001e312"), "line 1, column 1: a number too large"},
    /* strings */
    {TEXT("\"abc"), "line 1, column 5: the text ends in a string"},
    {TEXT("\"abc\\"), "line 1, column 6: the text ends in a string"},
    {TEXT("{\n  \"a\": 1,\n  \"b\": \"cde\nf\"}"),
     "line 3, column 12: a raw control character in a string (write \\n)"},
    {TEXT("[\"\t\"]"), "line 1, column 3: a raw control character in a string (write \\t)"},
    {TEXT("[\"\x01\"]"), "line 1, column 3: a raw control character in a string (write \\u0001)"},
    {TEXT("[\"\0\"]"), "line 1, column 3: a raw control character in a string (write \\u0000)"},
    {TEXT("[\"\\x\"]"), "line 1, column 3: an escape that JSON does not have (write \\\\ for a backslash)"},
    {TEXT("[\"\\\0\"]"), "line 1, column 3: an escape that JSON does not have (write \\\\ for a backslash)"},
    {TEXT("[\"\\u12g4\"]"), "line 1, column 3: \\u needs four hexadecimal digits"},
    {TEXT("\"\\u12"), "line 1, column 2: \\u needs four hexadecimal digits"},
    {TEXT("[\"\\ud800\"]"), "line 1, column 3: half a surrogate pair"},
    {TEXT("[\"\\udc00\\ud800\"]"), "line 1, column 3: half a surrogate pair"},
    {TEXT("[\"\\ud800\\ud800\"]"), "line 1, column 3: half a surrogate pair"},
    {TEXT("[\"\\ud800\\u0041\"]"), "line 1, column 3: half a surrogate pair"},
    {TEXT("[\"\\uffff\"]"), "line 1, column 3: U+FFFF, which is no character"},
    {TEXT("[\"\\ud83f\\udffe\"]"), "line 1, column 3: U+1FFFE, which is no character"},
    {TEXT("[\"\xef\xb7\x90\"]"), "line 1, column 3: U+FDD0, which is no character"},
    {TEXT("{\"a\\u0000\":1}"), "line 1, column 4: a NUL in a name"},
    /* UTF-8 */
    {TEXT("\"\x80\""), "line 1, column 2: byte 0x80 is not UTF-8 here"},
    {TEXT("\"\xc0\xaf\""), "line 1, column 2: byte 0xC0 is not UTF-8 here"},
    {TEXT("\"\xc1\xbf\""), "line 1, column 2: byte 0xC1 is not UTF-8 here"},
    {TEXT("\"\xe0\x9f\xbf\""), "line 1, column 2: byte 0xE0 is not UTF-8 here"},
    {TEXT("\"\xf0\x8f\xbf\xbf\""), "line 1, column 2: byte 0xF0 is not UTF-8 here"},
    {TEXT("\"\xed\xa0\x80\""), "line 1, column 2: byte 0xED is not UTF-8 here"},
    {TEXT("\"\xf4\x90\x80\x80\""), "line 1, column 2: byte 0xF4 is not UTF-8 here"},
    {TEXT("\"\xf8\x88\x80\x80\x80\""), "line 1, column 2: byte 0xF8 is not UTF-8 here"},
    {TEXT("\"\xe2\x82\""), "line 1, column 2: byte 0xE2 is not UTF-8 here"},
    {TEXT("\"\xe2\x82"), "line 1, column 2: byte 0xE2 is not UTF-8 here"},
    {TEXT("[\"\xc3\xa9\xf0\x9f\x98\x80\" x"), "line 1, column 7: expected , or ], not x"},
    /* names */
    {TEXT("{\"a\":1,\"b\":2,\"a\":3}"), "line 1, column 14: the name \"a\" a second time in one object"},
    {TEXT("{\"\":1,\"\":2}"), "line 1, column 7: the name \"\" a second time in one object"},
    {TEXT("{\"a\":1,\n\"\\u0061\":2}"), "line 2, column 1: the name \"\\u0061\" a second time in one object"},
    {TEXT("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
     "line 1, column 19: the name \"\xf0\x9f\x98\x80\" a second time in one object"},
    {TEXT("{\"\\/\":1,\"/\":2}"), "line 1, column 9: the name \"/\" a second time in one object"},
    {TEXT("{\"z\":1,\"z\":2,\"a\":3,\"a\":4}"),
     "line 1, column 8: the name \"z\" a second time in one object"},
    {TEXT("[{\"a\":{\"b\":1,\"b\":1}}]"), "line 1, column 14: the name \"b\" a second time in one object"},
    {TEXT("{\"a\":{\"b\":1},\"a\":1}"), "line 1, column 14: the name \"a\" a second time in one object"},
};

START_TEST(each_fault_is_told_with_its_line_and_column)
{
    rp_error *error = NULL;

    ck_assert_int_eq(rp_json_scan(faulty[_i].text, faulty[_i].len, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, faulty[_i].message);
    ck_assert_int_eq(error->code, RP_E_INVALID);
    rp_error_free(error);
}
END_TEST

START_TEST(no_text_at_all_is_an_empty_text)
{
    rp_error *error = NULL;

    ck_assert_int_eq(rp_json_scan(NULL, 0, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, "line 1, column 1: the text is empty");
    rp_error_free(error);
}
END_TEST

START_TEST(nothing_beyond_the_length_is_read)
{
    char *text = strdup("[1234]");
    char *exact = malloc(5);

    memcpy(exact, text, 5);
    ck_assert_int_eq(rp_json_scan(exact, 5, NULL), RP_E_INVALID);
    ck_assert_int_eq(rp_json_scan(exact + 1, 4, NULL), 0);
    free(exact);
    free(text);
}
END_TEST

static rp_buffer nested(const char *open, const char *inner, const char *close, int levels)
{
    rp_buffer text = RP_BUFFER(100000);

    for (int i = 0; i < levels; i++)
        rp_buffer_add_text(&text, open);
    rp_buffer_add_text(&text, inner);
    for (int i = 0; i < levels; i++)
        rp_buffer_add_text(&text, close);
    return text;
}

static void *scan_in_thread(void *buffer)
{
    rp_buffer *text = buffer;
    return rp_json_scan(text->data, text->len, NULL) ? buffer : NULL;
}

START_TEST(sixty_four_levels_pass_and_one_more_does_not)
{
    rp_buffer arrays = nested("[", "1", "]", 64), objects = nested("{\"a\":", "1", "}", 64);
    rp_buffer more = nested("[", "", "]", 65);
    rp_error *error = NULL;

    ck_assert_int_eq(rp_json_scan(arrays.data, arrays.len, NULL), 0);
    ck_assert_int_eq(rp_json_scan(objects.data, objects.len, NULL), 0);
    ck_assert_int_eq(rp_json_scan(more.data, more.len, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, "line 1, column 65: more than 64 levels");
    rp_error_free(error);
    rp_buffer_done(&arrays);
    rp_buffer_done(&objects);
    rp_buffer_done(&more);
}
END_TEST

/* The smallest stack a thread may have here is 16 KiB, of which some goes to the C library. */
START_TEST(the_deepest_text_needs_little_stack)
{
    rp_buffer text = nested("{\"b\":2,\"a\":", "[1.5,\"\\u0041\"]", "}", 63);
    pthread_attr_t attributes;
    pthread_t thread;
    void *failed = &text;

    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 32768), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, scan_in_thread, &text), 0);
    pthread_join(thread, &failed);
    ck_assert_ptr_null(failed);
    pthread_attr_destroy(&attributes);
    rp_buffer_done(&text);
}
END_TEST

START_TEST(a_text_beyond_the_limit_is_not_even_looked_at)
{
    rp_error *error = NULL;

    ck_assert_int_eq(rp_json_scan("", (size_t)RP_JSON_MAX_BYTES + 1, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, "the text has 16777217 bytes, more than the 16777216 allowed");
    rp_error_free(error);
}
END_TEST

START_TEST(a_text_of_just_the_limit_passes)
{
    char *text = malloc(RP_JSON_MAX_BYTES);

    memset(text, ' ', RP_JSON_MAX_BYTES);
    text[RP_JSON_MAX_BYTES - 1] = '1';
    ck_assert_int_eq(rp_json_scan(text, RP_JSON_MAX_BYTES, NULL), 0);
    free(text);
}
END_TEST

static double scan_seconds(int members, const char *last)
{
    rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    struct timespec start, end;
    int code;

    rp_buffer_add_char(&text, '{');
    for (int i = 0; i < members; i++)
        rp_buffer_format(&text, "\"member%d\":%d,", i, i);
    rp_buffer_format(&text, "\"%s\":0}", last);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    code = rp_json_scan(text.data, text.len, NULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    ck_assert_int_eq(code, strcmp(last, "member0") ? 0 : RP_E_INVALID);
    rp_buffer_done(&text);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

/* Comparing each name with each other would take hundreds of times as long for sixteen times the names. */
START_TEST(a_hundred_thousand_members_take_no_more_than_their_share)
{
    double few = scan_seconds(6250, "last"), many = scan_seconds(100000, "last");

    ck_assert_double_lt(many, (few + 0.001) * 16 * 5);
    scan_seconds(100000, "member0");
}
END_TEST

START_TEST(a_long_name_is_cut_off_in_the_message)
{
    rp_buffer text = RP_BUFFER(10000);
    rp_error *error = NULL;

    for (int i = 0; i < 2; i++) {
        rp_buffer_add_text(&text, i ? ":1,\"" : "{\"");
        for (int j = 0; j < 3000; j++)
            rp_buffer_add_char(&text, 'n');
        rp_buffer_add_char(&text, '"');
    }
    rp_buffer_add_text(&text, ":2}");
    ck_assert_int_eq(rp_json_scan(text.data, text.len, &error), RP_E_INVALID);
    ck_assert_uint_lt(strlen(error->message), 200);
    ck_assert_ptr_nonnull(strstr(error->message, "\" a second time in one object"));
    rp_error_free(error);
    rp_buffer_done(&text);
}
END_TEST

TCase *scan_tests(void)
{
    TCase *tests = tcase_create("scan");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, i_json_passes, 0, (int)rp_count_of(sound));
    tcase_add_loop_test(tests, each_fault_is_told_with_its_line_and_column, 0, (int)rp_count_of(faulty));
    tcase_add_test(tests, no_text_at_all_is_an_empty_text);
    tcase_add_test(tests, nothing_beyond_the_length_is_read);
    tcase_add_test(tests, sixty_four_levels_pass_and_one_more_does_not);
    tcase_add_test(tests, the_deepest_text_needs_little_stack);
    tcase_add_test(tests, a_text_beyond_the_limit_is_not_even_looked_at);
    tcase_add_test(tests, a_text_of_just_the_limit_passes);
    tcase_add_test(tests, a_hundred_thousand_members_take_no_more_than_their_share);
    tcase_add_test(tests, a_long_name_is_cut_off_in_the_message);
    return tests;
}
