/*
 * Where a list ends, at any cap: what proves it, and what does not.
 */
#include "elb_member/paging.h"
#include "run.h"

#include "base/cleanup.h"

#include <stdio.h>

/* The members first … first + count - 1. */
static member_set members(unsigned first, size_t count)
{
    member_set made = {0};

    for (size_t i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof(id), "m%zu", first + i);
        member_set_add(&made, id);
    }
    return made;
}

static const member_set none;

/* A listener whose last whole list had the members 1 … count, seen to end just now. */
static last_list known(size_t count)
{
    last_list made = {0};

    paging_note_whole(&made, members(1, count), true, 0);
    return made;
}

START_TEST(a_first_short_page_is_not_known_to_be_the_last)
{
    paging server = {0};
    last_list before = {0};

    paging_saw(&server, 64, 0, 64);
    ck_assert(!paging_is_certainly_last(&server, 64));
    ck_assert(!paging_is_complete(&server, 64, &before, members(1, 64), none, 0, 0));
}
END_TEST

START_TEST(an_empty_page_is_the_last)
{
    paging server = {0};

    ck_assert(paging_is_certainly_last(&server, 0));
}
END_TEST

START_TEST(a_page_shorter_than_one_before_is_the_last)
{
    paging server = {0};

    paging_saw(&server, 64, 0, 64);
    ck_assert(paging_is_certainly_last(&server, 63));
    ck_assert(!paging_is_certainly_last(&server, 64));
    ck_assert(!paging_is_certainly_last(&server, 65));
    paging_saw(&server, 10, 0, 10);
    ck_assert(paging_is_certainly_last(&server, 63));
}
END_TEST

START_TEST(the_same_members_as_before_are_all)
{
    paging server = {0};
    last_list before = known(64);

    paging_saw(&server, 64, 0, 64);
    ck_assert(paging_is_complete(&server, 64, &before, members(1, 64), none, 0, 1));
}
END_TEST

START_TEST(as_many_but_others_are_not_all)
{
    paging server = {0};
    last_list before = known(64);

    paging_saw(&server, 64, 0, 64);
    ck_assert(!paging_is_complete(&server, 64, &before, members(2, 64), none, 0, 1));
}
END_TEST

/* 64 members, and 3 that were added: the list has to show just these. */
static const struct {
    const char *what;
    size_t shown, shown_added, may_be_added;
    bool complete;
} adds[] = {
    {"all that were added are shown", 67, 3, 3, true},
    {"one is missing: it may be on the next page", 66, 2, 3, false},
    {"none is shown yet, though the list is as it was", 64, 0, 3, false},
    {"one more than was added", 68, 3, 3, false},
    {"one of an earlier request may come yet", 67, 3, 4, false},
};

START_TEST(after_an_add_the_list_is_whole_when_it_shows_what_was_added)
{
    paging server = {0};
    last_list before = known(64);
    size_t shown = adds[_i].shown;

    paging_saw(&server, shown, 0, shown);
    ck_assert_msg(paging_is_complete(&server, shown, &before, members(1, shown),
                                     members(65, adds[_i].shown_added), adds[_i].may_be_added,
                                     1) == adds[_i].complete,
                  "%s", adds[_i].what);
}
END_TEST

/* The cap cuts one of the old members, and shows somebody else's instead. */
START_TEST(a_list_with_somebody_elses_member_among_them_is_not_whole)
{
    paging server = {0};
    last_list before = known(64);

    paging_saw(&server, 65, 0, 65);
    ck_assert(!paging_is_complete(&server, 65, &before, member_set_joined(members(1, 63), members(1001, 2)),
                                  members(1001, 1), 1, 1));
}
END_TEST

START_TEST(a_page_as_long_as_the_limit_is_full)
{
    paging server = {0};
    last_list before = known(PAGING_LIMIT);

    paging_saw(&server, PAGING_LIMIT, 0, PAGING_LIMIT);
    ck_assert(!paging_is_complete(&server, PAGING_LIMIT, &before, members(1, PAGING_LIMIT), none, 0, 1));
}
END_TEST

START_TEST(once_the_cap_was_seen_only_a_shorter_page_is_the_last)
{
    paging server = {0};
    last_list before = known(64);

    paging_saw(&server, 64, 0, 64);
    paging_saw(&server, 1, 64, 1);
    ck_assert(!paging_is_complete(&server, 64, &before, members(1, 64), none, 0, 1));
    ck_assert(paging_is_certainly_last(&server, 63));
}
END_TEST

START_TEST(a_next_page_with_nothing_new_shows_no_cap)
{
    paging server = {0};
    last_list before = known(64);

    paging_saw(&server, 64, 0, 64);
    paging_saw(&server, 64, 64, 0);
    ck_assert(paging_is_complete(&server, 64, &before, members(1, 64), none, 0, 1));
}
END_TEST

/* A member was added between the first page and the next. */
START_TEST(a_longer_page_shows_that_there_was_no_cap)
{
    paging server = {0};
    last_list before = known(65);

    paging_saw(&server, 64, 0, 64);
    paging_saw(&server, 1, 64, 1);
    paging_saw(&server, 65, 0, 65);
    ck_assert(paging_is_complete(&server, 65, &before, members(1, 65), none, 0, 1));
}
END_TEST

START_TEST(from_time_to_time_the_end_is_looked_for)
{
    paging server = {0};
    last_list before = known(64);

    paging_saw(&server, 64, 0, 64);
    paging_note_whole(&before, members(1, 64), false, PAGING_TRUST_MS - 1);
    ck_assert(paging_is_complete(&server, 64, &before, members(1, 64), none, 0, PAGING_TRUST_MS - 1));
    ck_assert(!paging_is_complete(&server, 64, &before, members(1, 64), none, 0, PAGING_TRUST_MS));
    paging_note_whole(&before, members(1, 64), true, PAGING_TRUST_MS);
    ck_assert(paging_is_complete(&server, 64, &before, members(1, 64), none, 0, PAGING_TRUST_MS));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("paging");

    tcase_add_test(tests, a_first_short_page_is_not_known_to_be_the_last);
    tcase_add_test(tests, an_empty_page_is_the_last);
    tcase_add_test(tests, a_page_shorter_than_one_before_is_the_last);
    tcase_add_test(tests, the_same_members_as_before_are_all);
    tcase_add_test(tests, as_many_but_others_are_not_all);
    tcase_add_loop_test(tests, after_an_add_the_list_is_whole_when_it_shows_what_was_added, 0,
                        rp_count_of(adds));
    tcase_add_test(tests, a_list_with_somebody_elses_member_among_them_is_not_whole);
    tcase_add_test(tests, a_page_as_long_as_the_limit_is_full);
    tcase_add_test(tests, once_the_cap_was_seen_only_a_shorter_page_is_the_last);
    tcase_add_test(tests, a_next_page_with_nothing_new_shows_no_cap);
    tcase_add_test(tests, a_longer_page_shows_that_there_was_no_cap);
    tcase_add_test(tests, from_time_to_time_the_end_is_looked_for);
    return run_case("paging", tests);
}
