#include "bridge/call.h"

#include "bridge/private_state.h"
#include "bridge/resource.h"
#include "suites.h"

#include <string.h>

START_TEST(durations_are_written_as_terraform_users_do)
{
    static const struct {
        const char *text;
        uint32_t ms;
    } good[] = {{"90s", 90000}, {"10m", 600000}, {"1h30m", 5400000}, {"500ms", 500}, {"1m500ms", 60500}};
    static const char *const bad[] = {"", "10", "m", "1d", "-1s", "0s", "1.5h", "10 m", "9999999999h"};
    uint32_t ms;

    for (size_t i = 0; i < rp_count_of(good); i++) {
        ck_assert_msg(call_parse_duration(good[i].text, &ms), "%s", good[i].text);
        ck_assert_uint_eq(ms, good[i].ms);
    }
    for (size_t i = 0; i < rp_count_of(bad); i++)
        ck_assert_msg(!call_parse_duration(bad[i], &ms), "%s", bad[i]);
}
END_TEST

static attribute members_items[] = {{.name = "zone", .json_name = "zone", .type = &type_string},
                                    {.name = "port", .json_name = "Port", .type = &type_number}};
static const attributes members = {2, members_items};

START_TEST(an_object_is_imported_by_pairs_or_json)
{
    arena memory = {0};
    const value *read = import_pairs(&memory, &members, "zone=a/b,port=80");

    ck_assert_str_eq(value_get(read, "zone")->text, "a/b");
    ck_assert_int_eq(value_get(read, "port")->kind, VALUE_NUMBER);
    read = import_pairs(&memory, &members, "{\"zone\":\"a,b=c\",\"Port\":80}");
    ck_assert_str_eq(value_get(read, "zone")->text, "a,b=c");
    ck_assert_ptr_null(import_pairs(&memory, &members, "an/id"));
    ck_assert_ptr_null(import_pairs(&memory, &members, "nobody=x"));
    ck_assert_ptr_null(import_pairs(&memory, &members, "zone=a,zone=b"));
    ck_assert_ptr_null(import_pairs(&memory, &members, "port=eighty"));
    arena_done(&memory);
}
END_TEST

START_TEST(private_state_comes_back_as_it_was)
{
    arena memory = {0};
    private_state kept = {.in = &memory}, read;
    const char *names_items[] = {"size"};
    fingerprint sent = {"password", "salt:hash"};
    ProtobufCBinaryData bytes;

    private_entry_of(&kept, "[\"a\"]")->until = 1234567890123;
    private_entry_of(&kept, "")->configured = (names){1, names_items};
    private_entry_of(&kept, "")->sent = (fingerprints){1, &sent};
    private_entry_of(&kept, "nothing to keep");
    bytes = private_write(&memory, &kept);
    read = private_read(&memory, bytes);
    ck_assert_uint_eq(read.count, 2);
    ck_assert_int_eq(private_find(&read, "[\"a\"]")->until, 1234567890123);
    ck_assert_uint_eq(private_find(&read, "")->sent.count, 1);
    ck_assert_str_eq(private_find(&read, "")->sent.items[0].name, "password");
    ck_assert_str_eq(private_find(&read, "")->sent.items[0].text, "salt:hash");
    private_settle(&read, "[\"a\"]");
    private_settle(&read, "of no record");
    ck_assert_int_eq(private_until(&read, "[\"a\"]"), 0);
    ck_assert_uint_eq(read.count, 2);
    ck_assert(names_have(&private_find(&read, "")->configured, "size"));
    read = private_read(&memory, (ProtobufCBinaryData){3, (uint8_t *)"}{!"});
    ck_assert_uint_eq(read.count, 0);
    arena_done(&memory);
}
END_TEST

START_TEST(terraform_is_shown_the_attribute_and_one_index)
{
    static const type list = {.kind = TYPE_LIST, .element = &type_string};
    attribute items[] = {{.name = "ports", .json_name = "Ports", .type = &list}};
    const attributes of = {1, items};
    arena memory = {0};
    Tf__AttributePath *path = place_pack(&memory, place_of_pointer(&memory, &of, NULL, "/Ports/3/x"));

    ck_assert_uint_eq(path->n_steps, 2);
    ck_assert_str_eq(path->steps[0]->attribute_name, "ports");
    ck_assert_int_eq(path->steps[1]->element_key_int, 3);
    ck_assert_ptr_null(place_of_pointer(&memory, &of, NULL, "/nobody"));
    ck_assert_ptr_null(place_of_pointer(&memory, &of, NULL, ""));
    arena_done(&memory);
}
END_TEST

TCase *call_tests(void)
{
    TCase *tests = tcase_create("call");

    tcase_add_test(tests, durations_are_written_as_terraform_users_do);
    tcase_add_test(tests, an_object_is_imported_by_pairs_or_json);
    tcase_add_test(tests, private_state_comes_back_as_it_was);
    tcase_add_test(tests, terraform_is_shown_the_attribute_and_one_index);
    return tests;
}
