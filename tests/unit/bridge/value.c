#include "bridge/value.h"

#include "base/cleanup.h"
#include "suites.h"

#include <string.h>

static const value *number(arena *in, const char *text)
{
    return value_number(in, text, strlen(text));
}

START_TEST(numbers_are_the_same_by_value)
{
    static const char *const same[][2] = {
        {"1", "1.0"},     {"10", "1e1"},       {"0", "-0.0"},
        {"0.10", "1e-1"}, {"-120", "-1.2E+2"}, {"12345678901234567890123", "12345678901234567890123.000"}};
    static const char *const other[][2] = {{"1", "-1"},
                                           {"1", "1.0000000000000000000000001"},
                                           {"12345678901234567890123", "12345678901234567890124"}};
    arena memory = {0};

    for (size_t i = 0; i < rp_count_of(same); i++)
        ck_assert_msg(value_same(number(&memory, same[i][0]), number(&memory, same[i][1])), "%s", same[i][0]);
    for (size_t i = 0; i < rp_count_of(other); i++)
        ck_assert_msg(!value_same(number(&memory, other[i][0]), number(&memory, other[i][1])), "%s",
                      other[i][1]);
    arena_done(&memory);
}
END_TEST

START_TEST(only_a_json_number_is_a_number)
{
    static const char *const numbers[] = {"0", "-1", "0.5", "1e5", "1E-5", "120.25e+3"};
    static const char *const others[] = {"", "-", "01", "1.", ".5", "1e", "0x1", "1 ", "inf", "nan", "+1"};

    for (size_t i = 0; i < rp_count_of(numbers); i++)
        ck_assert_msg(value_is_number(numbers[i], strlen(numbers[i])), "%s", numbers[i]);
    for (size_t i = 0; i < rp_count_of(others); i++)
        ck_assert_msg(!value_is_number(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

START_TEST(an_object_finds_its_items_in_any_order)
{
    arena memory = {0};
    value *object = value_object(&memory, 3), *sorted = value_object(&memory, 3);

    value_add(object, "b", value_integer(&memory, 2));
    value_add(object, "a", value_integer(&memory, 1));
    value_add(object, "c", value_integer(&memory, 3));
    value_add(sorted, "a", value_integer(&memory, 1));
    value_add(sorted, "b", value_integer(&memory, 2));
    value_add(sorted, "c", value_integer(&memory, 3));
    for (const char *name = "abc"; *name; name++) {
        const char text[] = {*name, '\0'};

        ck_assert_str_eq(value_get(object, text)->text, value_get(sorted, text)->text);
    }
    ck_assert_ptr_null(value_get(sorted, "d"));
    ck_assert_ptr_null(value_get(NULL, "d"));
    ck_assert(value_same(object, sorted));
    arena_done(&memory);
}
END_TEST

START_TEST(an_unknown_value_is_found_wherever_it_is)
{
    arena memory = {0};
    value *list = value_list(&memory, 2), *object = value_object(&memory, 1);

    value_add(object, "a", list);
    value_add(list, NULL, value_text(&memory, "x"));
    ck_assert(!value_has_unknown(object));
    value_add(list, NULL, &value_unknown);
    ck_assert(value_has_unknown(object));
    arena_done(&memory);
}
END_TEST

TCase *value_tests(void)
{
    TCase *tests = tcase_create("value");

    tcase_add_test(tests, numbers_are_the_same_by_value);
    tcase_add_test(tests, only_a_json_number_is_a_number);
    tcase_add_test(tests, an_object_finds_its_items_in_any_order);
    tcase_add_test(tests, an_unknown_value_is_found_wherever_it_is);
    return tests;
}
