#include "base/text.h"

#include "base/cleanup.h"
#include "suites.h"

#include <string.h>

START_TEST(formatting_allocates_the_whole_text)
{
    _cleanup_(rp_freep) char *made = rp_format("%s/%d", "a", 7);
    ck_assert_str_eq(made, "a/7");
}
END_TEST

START_TEST(a_start_is_recognised)
{
    ck_assert(rp_starts_with("https://a", "https://"));
    ck_assert(rp_starts_with("a", ""));
    ck_assert(rp_starts_with("", ""));
    ck_assert(!rp_starts_with("http", "https"));
    ck_assert(!rp_starts_with("", "a"));
    ck_assert(!rp_starts_with("xhttp", "http"));
}
END_TEST

START_TEST(the_hash_is_fnv_1a_and_can_be_chained)
{
    uint64_t whole = rp_hash(RP_HASH_START, "foobar", 6);

    ck_assert_uint_eq(whole, 0x85944171f73967e8ull);
    ck_assert_uint_eq(rp_hash(rp_hash(RP_HASH_START, "foo", 3), "bar", 3), whole);
    ck_assert_uint_eq(rp_hash(RP_HASH_START, "", 0), RP_HASH_START);
}
END_TEST

START_TEST(case_is_that_of_ascii)
{
    char text[] = "IAM.Eu-DE\xc9Z[";

    rp_lower_text(text);
    ck_assert_str_eq(text, "iam.eu-de\xc9z[");
    ck_assert_int_eq(rp_compare_any_case("Date", "dATE"), 0);
    ck_assert_int_lt(rp_compare_any_case("date", "dates"), 0);
    ck_assert_int_gt(rp_compare_any_case("Z", "a"), 0);
    ck_assert_int_ne(rp_compare_any_case("\xc9", "\xe9"), 0);
    ck_assert(rp_starts_with_any_case("HTTPS://a", "https:"));
    ck_assert(!rp_starts_with_any_case("http", "https"));
}
END_TEST

START_TEST(a_text_is_copied_and_null_is_null)
{
    _cleanup_(rp_freep) char *copy = NULL;
    rp_error *error = NULL;

    ck_assert_int_eq(rp_copy_text(&copy, "abc", &error), 0);
    ck_assert_str_eq(copy, "abc");
    free(rp_take(copy));
    ck_assert_int_eq(rp_copy_text(&copy, NULL, &error), 0);
    ck_assert_ptr_null(copy);
    ck_assert_ptr_null(error);
}
END_TEST

static const struct {
    const char *one, *other;
    unsigned distance;
} words[] = {
    {"", "", 0},     {"same", "same", 0},      {"", "abc", 3},
    {"abc", "", 3},  {"adress", "address", 1}, {"kitten", "sitting", 3},
    {"ab", "ba", 2}, {"flaw", "lawn", 2},
};

START_TEST(edit_distance_counts_single_letter_edits)
{
    ck_assert_uint_eq(rp_edit_distance(words[_i].one, words[_i].other), words[_i].distance);
    ck_assert_uint_eq(rp_edit_distance(words[_i].other, words[_i].one), words[_i].distance);
}
END_TEST

START_TEST(edit_distance_looks_at_63_letters_at_most)
{
    char one[201], other[201];

    memset(one, 'a', 200);
    memset(other, 'a', 200);
    one[200] = other[200] = '\0';
    memset(other + 63, 'b', 100);
    ck_assert_uint_eq(rp_edit_distance(one, other), 0);
    other[62] = 'b';
    ck_assert_uint_eq(rp_edit_distance(one, other), 1);
    ck_assert_uint_eq(rp_edit_distance(one, ""), 63);
}
END_TEST

static const struct {
    const char *text, *canonical; /* NULL: no address */
} addresses[] = {
    {"192.168.0.1", "192.168.0.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"::ffff:1.2.3.4", "1.2.3.4"},
    {"::FFFF:0102:0304", "1.2.3.4"},
    {"0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"},
    {"2001:DB8::0:1", "2001:db8::1"},
    {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"::", "::"},
    {"::1", "::1"},
    {"", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"256.1.1.1", NULL},
    {"01.2.3.4", NULL},
    {"1.2.3.4 ", NULL},
    {" ::1", NULL},
    {"1::2::3", NULL},
    {"fe80::1%eth0", NULL},
    {"[::1]", NULL},
    {"12345::", NULL},
    {"example.com", NULL},
};

START_TEST(addresses_have_one_canonical_spelling)
{
    char out[RP_ADDRESS_SIZE] = "untouched";
    bool is_address = rp_canonical_address(addresses[_i].text, out);

    ck_assert_msg(is_address == (addresses[_i].canonical != NULL), "%s", addresses[_i].text);
    ck_assert_str_eq(out, is_address ? addresses[_i].canonical : "untouched");
}
END_TEST

START_TEST(the_longest_address_fits)
{
    char out[RP_ADDRESS_SIZE];

    ck_assert(rp_canonical_address("abcd:abcd:abcd:abcd:abcd:abcd:255.255.255.255", out));
    ck_assert_str_eq(out, "abcd:abcd:abcd:abcd:abcd:abcd:ffff:ffff");
}
END_TEST

TCase *text_tests(void)
{
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, formatting_allocates_the_whole_text);
    tcase_add_test(tests, a_start_is_recognised);
    tcase_add_test(tests, case_is_that_of_ascii);
    tcase_add_test(tests, a_text_is_copied_and_null_is_null);
    tcase_add_test(tests, the_hash_is_fnv_1a_and_can_be_chained);
    tcase_add_loop_test(tests, edit_distance_counts_single_letter_edits, 0, (int)rp_count_of(words));
    tcase_add_test(tests, edit_distance_looks_at_63_letters_at_most);
    tcase_add_loop_test(tests, addresses_have_one_canonical_spelling, 0, (int)rp_count_of(addresses));
    tcase_add_test(tests, the_longest_address_fits);
    return tests;
}
