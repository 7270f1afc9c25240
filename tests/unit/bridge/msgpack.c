#include "bridge/msgpack.h"

#include "bridge/type.h"
#include "suites.h"

#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

/* As JSON, what is unknown as null. */
static void check_reads(const void *bytes, size_t len, const char *json)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(100000);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    arena memory = {0};
    const value *read;

    ck_assert_msg(msgpack_read(&memory, bytes, len, &read, &error) == 0, "%s: %s", json,
                  error ? error->message : "");
    type_to_json(&type_any, read, &writer);
    ck_assert_str_eq(rp_buffer_text(&text), json);
    arena_done(&memory);
}

static void check_refuses(const void *bytes, size_t len, const char *words)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    arena memory = {0};
    const value *read = NULL;

    ck_assert_int_eq(msgpack_read(&memory, bytes, len, &read, &error), RP_E_INVALID);
    ck_assert_ptr_null(read);
    ck_assert_msg(strstr(error->message, words) != NULL, "\"%s\" does not say \"%s\"", error->message, words);
    arena_done(&memory);
}

START_TEST(every_form_of_a_value_is_read)
{
    check_reads(BYTES("\xc0"), "null");
    check_reads(BYTES("\xc2"), "false");
    check_reads(BYTES("\xc3"), "true");
    check_reads(BYTES("\x07"), "7");
    check_reads(BYTES("\xff"), "-1");
    check_reads(BYTES("\xe0"), "-32");
    check_reads(BYTES("\xcc\xff"), "255");
    check_reads(BYTES("\xcd\x01\x00"), "256");
    check_reads(BYTES("\xce\xff\xff\xff\xff"), "4294967295");
    check_reads(BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
    check_reads(BYTES("\xd0\x80"), "-128");
    check_reads(BYTES("\xd1\xff\x7f"), "-129");
    check_reads(BYTES("\xd2\x80\x00\x00\x00"), "-2147483648");
    check_reads(BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808");
    check_reads(BYTES("\xca\x3f\x00\x00\x00"), "0.5");
    check_reads(BYTES("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"), "0.1");
    check_reads(BYTES("\xa3"
                      "abc"),
                "\"abc\"");
    check_reads(BYTES("\xd9\x01"
                      "a"),
                "\"a\"");
    check_reads(BYTES("\xda\x00\x01"
                      "a"),
                "\"a\"");
    check_reads(BYTES("\xdb\x00\x00\x00\x01"
                      "a"),
                "\"a\"");
    check_reads(BYTES("\xc4\x01"
                      "a"),
                "\"a\"");
    check_reads(BYTES("\x93\x01\x02\x03"), "[1,2,3]");
    check_reads(BYTES("\xdc\x00\x01\x01"), "[1]");
    check_reads(BYTES("\xdd\x00\x00\x00\x01\x01"), "[1]");
    check_reads(BYTES("\x81\xa1"
                      "a\x01"),
                "{\"a\":1}");
    check_reads(BYTES("\xde\x00\x01\xa1"
                      "a\x01"),
                "{\"a\":1}");
    check_reads(BYTES("\xdf\x00\x00\x00\x01\xa1"
                      "a\x01"),
                "{\"a\":1}");
}
END_TEST

START_TEST(any_extension_is_an_unknown_value)
{
    static const char *const unknown[] = {"\xd4\x00\x00", "\xc7\x03\x0c\x81\x01\xc2",
                                          "\xc7\x07\x0c\x82\x01\xc2\x02\xa2p-"};
    static const size_t lengths[] = {3, 6, 10};

    for (size_t i = 0; i < rp_count_of(unknown); i++) {
        arena memory = {0};
        const value *read;

        ck_assert_int_eq(msgpack_read(&memory, unknown[i], lengths[i], &read, NULL), 0);
        ck_assert_int_eq(read->kind, VALUE_UNKNOWN);
        arena_done(&memory);
    }
}
END_TEST

START_TEST(what_is_no_whole_value_is_refused)
{
    check_refuses(BYTES(""), "too early");
    check_refuses(BYTES("\xc1"), "means nothing");
    check_refuses(BYTES("\xcd\x01"), "too early");
    check_refuses(BYTES("\xa3"
                        "ab"),
                  "longer than what follows");
    check_refuses(BYTES("\xdb\xff\xff\xff\xff"
                        "a"),
                  "longer than what follows");
    check_refuses(BYTES("\xdd\xff\xff\xff\xff\x01"), "more items");
    check_refuses(BYTES("\xdf\x7f\xff\xff\xff\xa1"), "more items");
    check_refuses(BYTES("\xc9\xff\xff\xff\xff\x01"), "longer than what follows");
    check_refuses(BYTES("\xd4\x00"), "longer than what follows");
    check_refuses(BYTES("\x01\x02"), "more bytes");
    check_refuses(BYTES("\x81\x01\x01"), "name");
    check_refuses(BYTES("\x82\xa1"
                        "a\x01\xa1"
                        "a\x02"),
                  "twice");
    check_refuses(BYTES("\x83\xa1"
                        "b\x01\xa1"
                        "a\x02\xa1"
                        "b\x02"),
                  "twice");
    check_refuses(BYTES("\x81\xa2"
                        "a\0\x01"),
                  "NUL");
    check_refuses(BYTES("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"), "not finite");
    check_refuses(BYTES("\xca\x7f\xc0\x00\x00"), "not finite");
}
END_TEST

START_TEST(nesting_has_an_end)
{
    char deep[MSGPACK_MAX_DEPTH + 2];

    memset(deep, 0x91, sizeof(deep));
    deep[sizeof(deep) - 1] = 1;
    check_refuses(deep, sizeof(deep), "too many levels");
    deep[MSGPACK_MAX_DEPTH] = 1;
    check_reads(
        deep, MSGPACK_MAX_DEPTH + 1,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1"
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
}
END_TEST

/* Numbers by their text, so that none loses a digit on the way. */
START_TEST(what_is_written_is_read_again)
{
    static const char *const numbers[] = {"0",
                                          "127",
                                          "128",
                                          "-1",
                                          "-129",
                                          "0.1",
                                          "1e300",
                                          "18446744073709551615",
                                          "-9223372036854775808",
                                          "12345678901234567890123"};
    arena memory = {0};
    value *list = value_list(&memory, 100), *object = value_object(&memory, 100);
    _cleanup_(rp_buffer_done) rp_buffer bytes = RP_BUFFER(1u << 20);
    const value *read;
    char long_text[70000];

    memset(long_text, 'x', sizeof(long_text));
    for (size_t i = 0; i < rp_count_of(numbers); i++)
        value_add(list, NULL, value_number(&memory, numbers[i], strlen(numbers[i])));
    for (size_t len = 1; len <= sizeof(long_text); len = len * 3 + 1)
        value_add(list, NULL, value_string(&memory, long_text, len));
    value_add(list, NULL, &value_null);
    value_add(list, NULL, &value_unknown);
    value_add(list, NULL, value_boolean(true));
    for (size_t i = 0; i < 20; i++)
        value_add(object, arena_format(&memory, "name %zu", i), list);
    msgpack_write(object, &bytes);
    ck_assert_int_eq(msgpack_read(&memory, rp_buffer_text(&bytes), bytes.len, &read, NULL), 0);
    for (size_t i = 0; i < rp_count_of(numbers); i++) {
        const value *number = value_get(read, "name 19")->items[i];

        /* Terraform's own way: beyond 64 bits, or with a fraction, a number is a string. */
        number = type_from_wire(&memory, &type_number, number);
        ck_assert_str_eq(number->text, numbers[i]);
    }
    ck_assert(value_same(value_get(read, "name 3")->items[15], list->items[15]));
    ck_assert_int_eq(value_get(read, "name 0")->items[list->count - 2]->kind, VALUE_UNKNOWN);
    arena_done(&memory);
}
END_TEST

TCase *msgpack_tests(void)
{
    TCase *tests = tcase_create("msgpack");

    tcase_add_test(tests, every_form_of_a_value_is_read);
    tcase_add_test(tests, any_extension_is_an_unknown_value);
    tcase_add_test(tests, what_is_no_whole_value_is_refused);
    tcase_add_test(tests, nesting_has_an_end);
    tcase_add_test(tests, what_is_written_is_read_again);
    return tests;
}
