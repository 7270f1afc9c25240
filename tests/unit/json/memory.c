/*
 * What happens when memory runs out: each allocation fails in its turn, and the
 * answer is an error every time, until there are none left to fail.
 */
#include "kit/attributes.h"
#include "json/scan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long allowed = -1; /* allocations that still succeed; -1: all */

static bool refused(void)
{
    if (allowed < 0)
        return false;
    return allowed == 0 || !allowed--;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    return refused() ? NULL : __libc_realloc(old, size);
}

static const char document[] =
    "{\"name\":\"web\",\"b\\u0061d\":[1,2.5,\"a long string that does not fit inside\","
    "\"\\u00e9\",true,[null,{}]],\"password\":\"secret\",\"list\":[1,2,3,4,5,6]}";

/* What is left of it when it is printed. */
static const char plain[] =
    "{\"name\":\"web\",\"bad\":[1,2.5,\"a long string that does not fit inside\",\"\xc3\xa9\",true,[null,{}]],"
    "\"password\":\"secret\",\"list\":[1,2,3,4,5,6]}";

START_TEST(parsing_fails_cleanly_wherever_memory_ends)
{
    rp_error *error = NULL;
    rp_json *root = NULL;
    rp_buffer printed = RP_BUFFER(1000);
    int code = RP_E_NO_MEMORY, rounds = 0;

    for (; code < 0; rounds++) {
        ck_assert_int_lt(rounds, 1000);
        allowed = rounds;
        code = rp_json_parse(document, sizeof(document) - 1, &root, &error);
        allowed = -1;
        if (code == 0)
            break;
        ck_assert_int_eq(code, RP_E_NO_MEMORY);
        ck_assert_int_eq(error->code, RP_E_NO_MEMORY);
        ck_assert_ptr_null(root);
        rp_error_free(rp_take(error));
    }
    ck_assert_int_gt(rounds, 20);
    rp_json_print(root, false, &printed);
    ck_assert_str_eq(rp_buffer_text(&printed), plain);
    rp_buffer_done(&printed);
    rp_json_free(root);
}
END_TEST

typedef struct server {
    char *name;
    rp_secret *password;
    int mode;
} server;

static const char *const modes[] = {"one", "two", NULL};

static const char *check_name(const char *text)
{
    return strcmp(text, "bad") ? NULL : "a bad name";
}

static const rpkit_attribute fields[] = {
    {.name = "name", .kind = RPKIT_TEXT, .offset = offsetof(server, name), .check = check_name},
    {.name = "password", .kind = RPKIT_SECRET, .offset = offsetof(server, password)},
    {.name = "mode", .kind = RPKIT_WORD, .offset = offsetof(server, mode), .words = modes},
    {0}};

/* Reads with ever more memory until the answer is another one, which is returned. */
static int read_until_it_fits(const char *text, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *root = NULL;
    int code = RP_E_NO_MEMORY;

    ck_assert_int_eq(rp_json_parse(text, strlen(text), &root, NULL), 0);
    for (int rounds = 0; code == RP_E_NO_MEMORY && rounds < 100; rounds++) {
        server into = {0};
        rp_error_free(rp_take(*error));
        allowed = rounds;
        code = rpkit_attributes_read(fields, root, RPKIT_READ_STRICT, "", &into, error);
        allowed = -1;
        rpkit_attributes_clear(fields, &into);
        if (!rounds)
            ck_assert_int_eq(code, RP_E_NO_MEMORY);
    }
    return code;
}

START_TEST(reading_a_table_fails_cleanly_wherever_memory_ends)
{
    rp_error *error = NULL;

    ck_assert_int_eq(read_until_it_fits("{\"name\":\"web\",\"password\":\"pw\"}", &error), 0);
    ck_assert_ptr_null(error);
}
END_TEST

/* Of a fault that memory does not allow to be put in words at least the code is told. */
START_TEST(a_fault_is_still_an_error_wherever_memory_ends)
{
    static const char *const texts[] = {"{\"nam\":1}", "{\"colour\":1}", "{\"mode\":\"three\"}",
                                        "{\"name\":\"bad\"}"};

    for (size_t i = 0; i < rp_count_of(texts); i++)
        for (int rounds = 0; rounds < 12; rounds++) {
            _cleanup_(rp_json_freep) rp_json *root = NULL;
            _cleanup_(rp_error_freep) rp_error *error = NULL;
            server into = {0};
            int code;
            ck_assert_int_eq(rp_json_parse(texts[i], strlen(texts[i]), &root, NULL), 0);
            allowed = rounds;
            code = rpkit_attributes_read(fields, root, RPKIT_READ_STRICT, "", &into, &error);
            allowed = -1;
            ck_assert_int_lt(code, 0);
            ck_assert_ptr_nonnull(error);
            ck_assert(error->code == code || error->code == RP_E_NO_MEMORY);
            rpkit_attributes_clear(fields, &into);
        }
}
END_TEST

START_TEST(an_error_without_memory_is_the_one_that_says_so)
{
    for (int rounds = 0; rounds < 3; rounds++) {
        rp_error *error = NULL;
        int code, after;
        allowed = rounds;
        code = rp_error_set_at(&error, RP_E_INVALID, "/a", "x %d", 1);
        rp_error_add(&error, "context");
        after = rp_error_recode(&error, RP_E_LOST);
        allowed = -1;
        ck_assert_int_eq(code, RP_E_INVALID);
        ck_assert_int_eq(after, RP_E_NO_MEMORY);
        ck_assert_int_eq(error->code, RP_E_NO_MEMORY);
        ck_assert_str_eq(error->message, "out of memory");
        rp_error_free(error);
    }
}
END_TEST

START_TEST(that_a_request_was_sent_is_known_without_memory)
{
    for (int rounds = 0; rounds < 2; rounds++) {
        rp_error *error = NULL;
        int after;
        allowed = rounds;
        rp_error_set(&error, RP_E_LOST, "no whole answer from %s", "elb.example");
        after = rp_error_recode(&error, RP_E_SYSTEM);
        allowed = -1;
        ck_assert_int_eq(error->code, RP_E_LOST);
        ck_assert_int_eq(after, RP_E_LOST);
        ck_assert_str_eq(error->message, "out of memory");
        rp_error_free(error);
    }
}
END_TEST

START_TEST(an_error_survives_context_that_does_not_fit)
{
    for (int rounds = 0; rounds < 2; rounds++) {
        rp_error *error = NULL;
        rp_error_set(&error, RP_E_SYSTEM, "the cause");
        allowed = rounds;
        rp_error_add(&error, "context");
        allowed = -1;
        ck_assert_int_eq(error->code, RP_E_SYSTEM);
        ck_assert_str_eq(error->message, "the cause");
        rp_error_free(error);
    }
}
END_TEST

START_TEST(a_secret_and_a_buffer_tell_that_memory_ended)
{
    rp_buffer buffer = RP_BUFFER(100);
    rp_secret *secret;
    char *taken;
    int failure;

    allowed = 0;
    secret = rp_secret_new("pw", 2);
    rp_buffer_add_text(&buffer, "x");
    failure = buffer.failure;
    taken = rp_buffer_take(&buffer);
    allowed = -1;
    ck_assert_ptr_null(secret);
    ck_assert_int_eq(failure, RP_BUFFER_NO_MEMORY);
    ck_assert_ptr_null(taken);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, parsing_fails_cleanly_wherever_memory_ends);
    tcase_add_test(tests, reading_a_table_fails_cleanly_wherever_memory_ends);
    tcase_add_test(tests, a_fault_is_still_an_error_wherever_memory_ends);
    tcase_add_test(tests, an_error_without_memory_is_the_one_that_says_so);
    tcase_add_test(tests, that_a_request_was_sent_is_known_without_memory);
    tcase_add_test(tests, an_error_survives_context_that_does_not_fit);
    tcase_add_test(tests, a_secret_and_a_buffer_tell_that_memory_ended);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
