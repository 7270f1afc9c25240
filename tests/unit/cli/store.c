#include "cli/state/store.h"

#include "cli/state/lock.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/rp-store-XXXXXX";
static char path[100], other[100];

static void make_folder(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s.db", folder);
    snprintf(other, sizeof(other), "%s/o.db", folder);
}

static void remove_folder(void)
{
    char command[200];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static rp_store *opened(const char *name)
{
    rp_error *error = NULL;
    rp_store *store = NULL;

    ck_assert_msg(!rp_store_open(name, &store, &error), "%s", error ? error->message : "");
    return store;
}

static void put(rp_store *store, const char *address)
{
    const rp_object object = {
        (char *)(uintptr_t)address, (char *)"", (char *)"note", (char *)"id", RP_OBJECT_TAINTED, (char *)"{}",
        (char *)"{\"id\":\"id\"}",  NULL};

    ck_assert_int_eq(rp_store_begin(store, NULL), 0);
    ck_assert_int_eq(rp_store_put(store, &object, NULL), 0);
    ck_assert_int_eq(rp_store_commit(store, NULL), 0);
}

static size_t count(rp_store *store)
{
    rp_objects objects = {0};
    size_t found;

    ck_assert_int_eq(rp_store_objects(store, &objects, NULL), 0);
    found = objects.count;
    rp_objects_done(&objects);
    return found;
}

START_TEST(what_is_committed_is_there_again_and_the_rest_is_not)
{
    rp_store *store = opened(path);
    rp_objects objects = {0};
    char lineage[RP_SALT_SIZE];

    strcpy(lineage, rp_store_about(store)->lineage);
    put(store, "a");
    ck_assert_int_eq(rp_store_begin(store, NULL), 0);
    ck_assert_int_eq(rp_store_drop(store, "a", "", NULL), 0);
    rp_store_close(store);
    store = opened(path);
    ck_assert_str_eq(rp_store_about(store)->lineage, lineage);
    ck_assert_int_eq(rp_store_about(store)->serial, 1);
    ck_assert_int_eq(rp_store_objects(store, &objects, NULL), 0);
    ck_assert_uint_eq(objects.count, 1);
    ck_assert_str_eq(objects.items[0].state, "{\"id\":\"id\"}");
    ck_assert_int_eq(objects.items[0].status, RP_OBJECT_TAINTED);
    rp_objects_done(&objects);
    rp_store_close(store);
}
END_TEST

START_TEST(an_intent_stays_until_it_is_settled_and_counts_as_no_change)
{
    rp_store *store = opened(path);
    rp_intent intent = {.address = (char *)"a",
                        .deposed = (char *)"",
                        .type = (char *)"note",
                        .record = (char *)"{}",
                        .who = (char *)"me"};
    rp_intents open = {0};

    ck_assert_int_eq(rp_store_begin(store, NULL), 0);
    ck_assert_int_eq(rp_store_intend(store, &intent, NULL), 0);
    ck_assert_int_eq(rp_store_commit(store, NULL), 0);
    ck_assert_int_eq(rp_store_accept(store, intent.number, true, "{\"job\":1}", NULL), 0);
    rp_store_close(store);
    store = opened(path);
    ck_assert_int_eq(rp_store_intents(store, &open, NULL), 0);
    ck_assert_uint_eq(open.count, 1);
    ck_assert(open.items[0].accepted && open.items[0].kind == RP_INTENT_CREATE);
    ck_assert_str_eq(open.items[0].state, "{\"job\":1}");
    ck_assert_int_eq(rp_store_settle(store, open.items[0].number, NULL), 0);
    rp_intents_done(&open);
    ck_assert_int_eq(rp_store_intents(store, &open, NULL), 0);
    ck_assert_uint_eq(open.count, 0);
    ck_assert_int_eq(rp_store_about(store)->serial, 0);
    rp_store_close(store);
}
END_TEST

START_TEST(a_backup_comes_back_as_a_change)
{
    rp_store *store = opened(path);

    put(store, "a");
    ck_assert_int_eq(rp_store_backup(store, other, NULL), 0);
    put(store, "b");
    put(store, "c");
    ck_assert_int_eq(rp_store_restore(store, other, NULL), 0);
    ck_assert_uint_eq(count(store), 1);
    ck_assert_int_eq(rp_store_about(store)->serial, 4); /* later than any plan that was made before */
    rp_store_close(store);
}
END_TEST

START_TEST(what_is_no_state_is_refused)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL, *none = NULL;
    rp_store *store = NULL;
    FILE *file = fopen(path, "w");

    fputs(
        "a text that is no database, and long enough to have a header of one, which has a hundred bytes at least",
        file);
    fclose(file);
    ck_assert_int_lt(rp_store_open(path, &store, &error), 0);
    ck_assert_has(error->message, "this is no state of rp");
    ck_assert_int_eq(rp_store_open_to_read(other, &store, &none), RP_E_NOT_FOUND);
    ck_assert_int_ne(access(other, F_OK), 0);
}
END_TEST

START_TEST(the_one_that_waits_is_told_who_holds_the_lock)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_lock one = RP_LOCK_NONE, two = RP_LOCK_NONE;

    ck_assert_int_eq(rp_lock_take(path, "apply", 0, NULL, NULL, &one, NULL), 0);
    ck_assert_int_eq(rp_lock_take(path, "plan", 0, NULL, NULL, &two, &error), RP_E_SYSTEM);
    ck_assert_has(error->message, "the state is locked: rp apply, by ");
    ck_assert_has(error->message, "since ");
    rp_lock_release(&one);
    ck_assert_int_eq(rp_lock_take(path, "plan", 0, NULL, NULL, &two, NULL), 0);
    rp_lock_release(&two);
}
END_TEST

TCase *store_case(void)
{
    TCase *tests = tcase_create("store");

    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, what_is_committed_is_there_again_and_the_rest_is_not);
    tcase_add_test(tests, an_intent_stays_until_it_is_settled_and_counts_as_no_change);
    tcase_add_test(tests, a_backup_comes_back_as_a_change);
    tcase_add_test(tests, what_is_no_state_is_refused);
    tcase_add_test(tests, the_one_that_waits_is_told_who_holds_the_lock);
    return tests;
}
