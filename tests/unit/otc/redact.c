#include "suites.h"

#include "base/text.h"
#include "otc/redact.h"

#include <stdlib.h>
#include <string.h>

#define SECRET "MIIabc/def+ghi\\jkl==canary"

static const struct {
    const char *text, *expected; /* NULL: nothing is found */
} texts[] = {
    {"token " SECRET ".", "token **************************."},
    {SECRET SECRET, "****************************************************"},
    /* In JSON, in JSON within JSON, in a URL. */
    {"\"MIIabc\\/def+ghi\\\\jkl==canary\"", "\"****************************\""},
    {"MIIabc\\u002fdef\\u002Bghi\\\\jkl==canary", "*************************************"},
    {"MIIabc\\\\\\/def+ghi\\\\jkl==canary", "******************************"},
    {"MIIabc%2Fdef%2bghi\\jkl==canary", "******************************"},
    /* Cut short: enough of it is as bad as all. */
    {"MIIabc/def+ghi\\j...", "****************..."},
    {"MIIabc/def+ghi\\...", NULL},
    {"MIIabc/def+ghi\\", NULL},
    {"IIabc/def+ghi\\jkl==canary", NULL},
    {"MIIabc\\u002", NULL},
    {"MIIabc%2", NULL},
    {"", NULL},
};

START_TEST(a_secret_is_found_in_each_of_its_spellings)
{
    rp_secret *secret = rp_secret_new(SECRET, strlen(SECRET));
    size_t len = strlen(texts[_i].text);
    char *text = malloc(len + 1); /* so that a sanitizer sees what is read behind it */

    memcpy(text, texts[_i].text, len + 1);
    ck_assert_int_eq(otc_repeats(text, len, secret), texts[_i].expected != NULL);
    otc_redact(text, len, secret);
    ck_assert_str_eq(text, texts[_i].expected ? texts[_i].expected : texts[_i].text);
    free(text);
    rp_secret_free(secret);
}
END_TEST

START_TEST(a_short_secret_is_found_whole)
{
    rp_secret *secret = rp_secret_new("hunter2", 7);
    char text[] = "hunter hunter2 hunter";

    otc_redact(text, strlen(text), secret);
    ck_assert_str_eq(text, "hunter ******* hunter");
    rp_secret_free(secret);
}
END_TEST

START_TEST(without_a_secret_nothing_is_found)
{
    char text[] = "words";

    ck_assert(!otc_repeats(text, strlen(text), NULL));
    otc_redact(text, strlen(text), NULL);
    ck_assert_str_eq(text, "words");
}
END_TEST

TCase *redact_tests(void)
{
    TCase *tests = tcase_create("redact");

    tcase_add_loop_test(tests, a_secret_is_found_in_each_of_its_spellings, 0, (int)rp_count_of(texts));
    tcase_add_test(tests, a_short_secret_is_found_whole);
    tcase_add_test(tests, without_a_secret_nothing_is_found);
    return tests;
}
