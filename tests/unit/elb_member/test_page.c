/*
 * Pages: what they hold lives as long as they do, and they live as long as
 * somebody counts on them.
 */
#include "elb_member/page.h"
#include "run.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(texts_of_any_length_are_held)
{
    static const size_t lengths[] = {0, 1, 7, 8, 3990, 3999, 4000, 4001, 100000};
    _cleanup_(page_unrefp) page *one = page_new(0);
    const char *held[rp_count_of(lengths)];

    for (size_t i = 0; i < rp_count_of(lengths); i++) {
        _cleanup_(rp_freep) char *text = calloc(lengths[i] + 1, 1);
        memset(text, 'a' + (int)i, lengths[i]);
        held[i] = page_copy_text(one, text);
        ck_assert_ptr_nonnull(held[i]);
    }
    for (size_t i = 0; i < rp_count_of(lengths); i++) {
        char letter[] = {(char)('a' + (int)i), '\0'};
        ck_assert_uint_eq(strlen(held[i]), lengths[i]);
        ck_assert_uint_eq(strspn(held[i], letter), lengths[i]);
    }
}
END_TEST

START_TEST(memory_that_is_held_is_aligned_and_apart)
{
    _cleanup_(page_unrefp) page *one = page_new(0);
    char *last = NULL;

    for (size_t i = 0; i < 2000; i++) {
        size_t bytes = i % 13 + 1;
        char *held = page_alloc(one, bytes);
        ck_assert_ptr_nonnull(held);
        ck_assert_uint_eq((uintptr_t)held % sizeof(void *), 0);
        memset(held, (int)(i & 0x7f), bytes);
        if (last)
            ck_assert_int_eq(last[0], (int)((i - 1) & 0x7f));
        last = held;
    }
}
END_TEST

START_TEST(a_page_lives_until_the_last_reference_goes)
{
    page *one = page_new(3), *other = page_ref(one);
    const char *held = page_copy_text(one, "kept");

    ck_assert_ptr_eq(one, other);
    ck_assert_uint_eq(one->count, 0);
    one->members[2].id = held;
    page_unref(one);
    ck_assert_str_eq(other->members[2].id, "kept");
    page_unref(other);
}
END_TEST

START_TEST(no_page_may_be_counted_too)
{
    ck_assert_ptr_null(page_ref(NULL));
    page_unref(NULL);
}
END_TEST

START_TEST(more_members_than_there_is_memory_for_give_no_page)
{
    ck_assert_ptr_null(page_new(SIZE_MAX / 2));
}
END_TEST

/* A page asks for more memory than there is; that must fail as malloc does, not end the program. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

int main(void)
{
    TCase *tests = tcase_create("page");

    tcase_add_test(tests, texts_of_any_length_are_held);
    tcase_add_test(tests, memory_that_is_held_is_aligned_and_apart);
    tcase_add_test(tests, a_page_lives_until_the_last_reference_goes);
    tcase_add_test(tests, no_page_may_be_counted_too);
    tcase_add_test(tests, more_members_than_there_is_memory_for_give_no_page);
    return run_case("page", tests);
}
