#include "suites.h"

#include "http/date.h"

#include <stddef.h>

static const struct {
    const char *text;
    int64_t seconds; /* -1: no date */
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
    {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
    {"Sun, 06 Nov 1994 25:49:37 GMT", -1},
    {"Sun, 41 Nov 1994 08:49:37 GMT", -1},
    {"soon", -1},
    {"", -1},
};

START_TEST(a_date_has_three_forms)
{
    int64_t seconds = -1;

    ck_assert_int_eq(rp_http_parse_date(dates[_i].text, &seconds), dates[_i].seconds >= 0);
    ck_assert_int_eq(seconds, dates[_i].seconds);
}
END_TEST

TCase *date_tests(void)
{
    TCase *tests = tcase_create("date");

    tcase_add_loop_test(tests, a_date_has_three_forms, 0, (int)(sizeof(dates) / sizeof(dates[0])));
    return tests;
}
