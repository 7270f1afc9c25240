/*
 * Where each member of the header's structs is, as every plugin and host that was
 * ever built believes. A row is only ever added.
 */
#include <check.h>
#include <resource_plugin.h>

#define POINTER sizeof(void *)

typedef struct place {
    const char *member;
    size_t offset, expected;
} place;

#define PLACE(type, member, at)                                                                              \
    {                                                                                                        \
#type "." #member, offsetof(type, member), at                                                        \
    }

static const place places[] = {
    PLACE(rp_call, struct_size, 0),
    PLACE(rp_call, timeout_ms, 4),
    PLACE(rp_call, cancel, 8),
    PLACE(rp_call, on_event, 8 + POINTER),
    PLACE(rp_call, context, 8 + 2 * POINTER),

    PLACE(rp_response, struct_size, 0),
    PLACE(rp_response, status, 4),
    PLACE(rp_response, json, 8),
    PLACE(rp_response, json_len, 8 + POINTER),
    PLACE(rp_response, instance, 8 + 2 * POINTER),

    PLACE(rp_plugin, struct_size, 0),
    PLACE(rp_plugin, abi_major, 4),
    PLACE(rp_plugin, abi_minor, 8),
    PLACE(rp_plugin, reserved, 12),
    PLACE(rp_plugin, name, 16),
    PLACE(rp_plugin, version, 16 + POINTER),
    PLACE(rp_plugin, release, 16 + 2 * POINTER),
    PLACE(rp_plugin, describe, 16 + 3 * POINTER),
    PLACE(rp_plugin, open, 16 + 4 * POINTER),
    PLACE(rp_plugin, close, 16 + 5 * POINTER),
    PLACE(rp_plugin, validate, 16 + 6 * POINTER),
    PLACE(rp_plugin, create, 16 + 7 * POINTER),
    PLACE(rp_plugin, read, 16 + 8 * POINTER),
    PLACE(rp_plugin, update, 16 + 9 * POINTER),
    PLACE(rp_plugin, delete_, 16 + 10 * POINTER),
    PLACE(rp_plugin, list, 16 + 11 * POINTER),
};

START_TEST(every_member_is_where_it_was_in_1_0)
{
    ck_assert_msg(places[_i].offset == places[_i].expected, "%s is at %zu, was at %zu", places[_i].member,
                  places[_i].offset, places[_i].expected);
}
END_TEST

START_TEST(every_struct_is_as_large_as_in_1_0)
{
    ck_assert_uint_eq(sizeof(rp_call), 8 + 3 * POINTER);
    ck_assert_uint_eq(sizeof(rp_response), 8 + 3 * POINTER);
    ck_assert_uint_eq(sizeof(rp_plugin), 16 + 12 * POINTER);
}
END_TEST

START_TEST(every_status_has_the_number_of_1_0)
{
    static const struct {
        int32_t status, expected;
    } statuses[] = {
        {RP_OK, 0},
        {RP_IN_PROGRESS, 10},
        {RP_INVALID_ARGUMENT, 100},
        {RP_UNSUPPORTED, 110},
        {RP_CONTRACT, 120},
        {RP_CONFLICT, 200},
        {RP_NOT_FOUND, 210},
        {RP_ALREADY_EXISTS, 220},
        {RP_JOB_FAILED, 230},
        {RP_PERMISSION_DENIED, 300},
        {RP_UNAUTHENTICATED, 310},
        {RP_QUOTA_EXCEEDED, 320},
        {RP_UNAVAILABLE, 400},
        {RP_THROTTLED, 410},
        {RP_DEADLINE_EXCEEDED, 420},
        {RP_CANCELLED, 430},
        {RP_INTERNAL, 500},
        {RP_NO_MEMORY, 510},
    };

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        ck_assert_int_eq(statuses[i].status, statuses[i].expected);
}
END_TEST

START_TEST(a_member_is_had_only_by_who_is_large_enough_for_all_of_it)
{
    rp_plugin table = {.struct_size = offsetof(rp_plugin, list)};

    ck_assert(RP_HAS(rp_plugin, &table, delete_));
    ck_assert(!RP_HAS(rp_plugin, &table, list));
    table.struct_size += POINTER - 1;
    ck_assert(!RP_HAS(rp_plugin, &table, list));
    table.struct_size += 1;
    ck_assert(RP_HAS(rp_plugin, &table, list));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(all, every_member_is_where_it_was_in_1_0, 0, sizeof(places) / sizeof(places[0]));
    tcase_add_test(all, every_struct_is_as_large_as_in_1_0);
    tcase_add_test(all, every_status_has_the_number_of_1_0);
    tcase_add_test(all, a_member_is_had_only_by_who_is_large_enough_for_all_of_it);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
