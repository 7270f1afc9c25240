#include "base/encoding.h"

#include "base/cleanup.h"
#include "suites.h"

#include <string.h>

START_TEST(bytes_are_two_digits_each)
{
    static const unsigned char bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    char out[2 * sizeof(bytes) + 1];
    rp_buffer buffer = RP_BUFFER(64);

    rp_hex(bytes, sizeof(bytes), out);
    ck_assert_str_eq(out, "000fa5ff");
    rp_buffer_add_hex(&buffer, bytes, sizeof(bytes));
    ck_assert_str_eq(rp_buffer_text(&buffer), "000fa5ff");
    rp_buffer_done(&buffer);
}
END_TEST

START_TEST(a_digit_has_a_value_in_either_case)
{
    ck_assert_int_eq(rp_hex_digit('0'), 0);
    ck_assert_int_eq(rp_hex_digit('b'), 11);
    ck_assert_int_eq(rp_hex_digit('F'), 15);
    ck_assert_int_eq(rp_hex_digit('g'), -1);
    ck_assert_int_eq(rp_hex_digit('\0'), -1);
}
END_TEST

START_TEST(what_is_not_unreserved_is_encoded)
{
    rp_buffer buffer = RP_BUFFER(64);

    rp_buffer_add_percent_encoded(&buffer, "aZ09-._~ /%\xc3\xa9", 13);
    ck_assert_str_eq(rp_buffer_text(&buffer), "aZ09-._~%20%2F%25%C3%A9");
    rp_buffer_done(&buffer);
}
END_TEST

static const struct {
    const char *text, *decoded;
} decodings[] = {
    {"a%20b%2fc", "a b/c"}, {"%C3%bc+", "\xc3\xbc+"}, {"%", "%"},       {"%4", "%4"},
    {"%zz%41", "%zzA"},     {"%00x", "%00x"},         {"%2541", "%41"}, {"", ""},
};

START_TEST(decoding_undoes_what_encoding_did_and_leaves_the_rest)
{
    char text[32];

    strcpy(text, decodings[_i].text);
    rp_percent_decode(text);
    ck_assert_str_eq(text, decodings[_i].decoded);
}
END_TEST

TCase *encoding_tests(void)
{
    TCase *tests = tcase_create("encoding");

    tcase_add_test(tests, bytes_are_two_digits_each);
    tcase_add_test(tests, a_digit_has_a_value_in_either_case);
    tcase_add_test(tests, what_is_not_unreserved_is_encoded);
    tcase_add_loop_test(tests, decoding_undoes_what_encoding_did_and_leaves_the_rest, 0,
                        (int)rp_count_of(decodings));
    return tests;
}
