#include "base/secret.h"

#include "base/cleanup.h"
#include "suites.h"

#include <string.h>

START_TEST(a_secret_keeps_its_bytes_and_ends_in_a_nul)
{
    char source[] = "pa\0ss";
    _cleanup_(rp_secret_freep) rp_secret *secret = rp_secret_new(source, 5);

    memset(source, 'x', sizeof(source));
    ck_assert_uint_eq(rp_secret_len(secret), 5);
    ck_assert_mem_eq(rp_secret_reveal(secret), "pa\0ss", 6);
}
END_TEST

START_TEST(a_copy_outlives_what_it_was_copied_from)
{
    rp_secret *secret = rp_secret_new("token", 5);
    _cleanup_(rp_secret_freep) rp_secret *copy = rp_secret_copy(secret);

    rp_secret_free(secret);
    ck_assert_str_eq(rp_secret_reveal(copy), "token");
}
END_TEST

START_TEST(an_empty_secret_is_a_secret)
{
    _cleanup_(rp_secret_freep) rp_secret *secret = rp_secret_new("", 0);

    ck_assert_uint_eq(rp_secret_len(secret), 0);
    ck_assert_str_eq(rp_secret_reveal(secret), "");
    rp_secret_free(NULL);
}
END_TEST

START_TEST(wiping_overwrites_every_byte)
{
    char bytes[8] = "secret!";
    static const char zeros[8];

    rp_wipe(bytes, sizeof(bytes));
    ck_assert_mem_eq(bytes, zeros, sizeof(bytes));
}
END_TEST

TCase *secret_tests(void)
{
    TCase *tests = tcase_create("secret");

    tcase_add_test(tests, a_secret_keeps_its_bytes_and_ends_in_a_nul);
    tcase_add_test(tests, a_copy_outlives_what_it_was_copied_from);
    tcase_add_test(tests, an_empty_secret_is_a_secret);
    tcase_add_test(tests, wiping_overwrites_every_byte);
    return tests;
}
