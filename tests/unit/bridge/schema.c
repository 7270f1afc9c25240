#include "bridge/schema.h"

#include "bridge/catalog.h"
#include "suites.h"

#include <string.h>

static rp_json *parse(const char *text)
{
    rp_json *json = NULL;

    ck_assert_int_eq(rp_json_parse(text, strlen(text), &json, NULL), 0);
    return json;
}

static void check_type(const char *schema, const char *expected)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(10000);
    _cleanup_(rp_json_freep) rp_json *json = parse(schema);
    arena memory = {0};

    type_write(schema_type(&memory, json), &text);
    ck_assert_str_eq(rp_buffer_text(&text), expected);
    arena_done(&memory);
}

START_TEST(each_type_has_terraforms_name)
{
    check_type("{\"type\":\"string\"}", "\"string\"");
    check_type("{\"type\":[\"integer\",\"null\"]}", "\"number\"");
    check_type("{\"type\":[\"null\",\"boolean\"]}", "\"bool\"");
    check_type("{\"enum\":[\"a\",\"b\"]}", "\"string\"");
    check_type("{}", "\"dynamic\"");
    check_type("{\"type\":\"array\",\"items\":{\"type\":\"number\"}}", "[\"list\",\"number\"]");
    check_type("{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"string\"}}",
               "[\"set\",\"string\"]");
    check_type("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}",
               "[\"map\",\"string\"]");
    check_type("{\"type\":\"object\",\"properties\":{\"healthCheck\":{\"type\":\"boolean\"}}}",
               "[\"object\",{\"health_check\":\"bool\"}]");
    check_type("{\"type\":\"object\"}", "\"dynamic\"");
    check_type("{\"type\":\"array\"}", "\"dynamic\"");
}
END_TEST

START_TEST(names_are_made_fit_for_terraform)
{
    static const char *const pairs[][2] = {{"plain", "plain"},        {"healthCheck", "health_check"},
                                           {"HTTPPort", "httpport"},  {"with-dash", "with_dash"},
                                           {"count", "count_"},       {"for_each", "for_each_"},
                                           {"Provider", "provider_"}, {"9lives", "a9lives"}};
    arena memory = {0};

    for (size_t i = 0; i < rp_count_of(pairs); i++)
        ck_assert_str_eq(schema_name(&memory, pairs[i][0]), pairs[i][1]);
    arena_done(&memory);
}
END_TEST

static const char description[] =
    "{\"name\":\"cloud_disk\",\"version\":\"1.2.3\",\"config\":{\"type\":\"object\",\"properties\":{\"key\":{\"type\":"
    "\"string\",\"x-rp-sensitive\":true,\"x-rp-write-only\":true}}},\"resources\":{\"cloud_disk\":{\"record\":{\"type\":"
    "\"object\",\"properties\":{\"zone\":{\"type\":\"string\",\"x-rp-force-new\":true},\"name\":{\"type\":\"string\"},"
    "\"size\":{\"type\":\"integer\"},\"label\":{\"type\":\"string\",\"default\":\"none\"},\"secret\":{\"type\":\"string\","
    "\"x-rp-write-only\":true,\"x-rp-sensitive\":true},\"mounts\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"properties\":{\"path\":{\"type\":\"string\"},\"free\":{\"type\":\"integer\",\"x-rp-computed\":true}},\"required\":["
    "\"path\"]}}},\"required\":[\"zone\",\"name\"]},\"state\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":"
    "\"string\"},\"zone\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"size\":{\"type\":[\"integer\",\"null\"]},"
    "\"serial\":{\"type\":\"string\",\"x-rp-sensitive\":true}}},\"key\":[\"zone\",\"name\"],\"parent\":{\"type\":"
    "\"object\",\"properties\":{\"zone\":{\"type\":\"string\"}},\"required\":[\"zone\"]},\"options\":{\"type\":\"object\","
    "\"properties\":{\"adopt\":{\"type\":\"boolean\"},\"size\":{\"type\":\"string\"}}},\"max_records\":50,\"settle_ms\":"
    "1234},\"pool\":{\"record\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},\"state\":{\"type\":"
    "\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}}}}}";

static void check_attribute(const attributes *in, const char *name, const char *flags)
{
    const attribute *one = attributes_find(in, name);
    char seen[8] = "";

    ck_assert_msg(one != NULL, "there is no %s", name);
    strcat(seen, one->required ? "r" : "");
    strcat(seen, one->optional ? "o" : "");
    strcat(seen, one->computed ? "c" : "");
    strcat(seen, one->sensitive ? "s" : "");
    strcat(seen, one->write_only ? "w" : "");
    strcat(seen, one->force_new ? "n" : "");
    ck_assert_msg(!strcmp(seen, flags), "%s is \"%s\", not \"%s\"", name, seen, flags);
}

START_TEST(a_description_becomes_resources)
{
    _cleanup_(rp_json_freep) rp_json *json = parse(description);
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    arena memory = {0};
    catalog made;
    const resource_type *single, *set;

    ck_assert_int_eq(catalog_read(&memory, json, "cloud_disk", true, true, &made, &error), 0);
    check_attribute(&made.config.object, "key", "os");
    single = catalog_find(&made, "cloud_disk");
    ck_assert_ptr_nonnull(single);
    ck_assert_ptr_nonnull(catalog_find(&made, "cloud_disk_pool"));
    ck_assert_ptr_null(catalog_find(&made, "cloud_disk_pool_set")); /* no parent */
    check_attribute(&single->block.object, "zone", "rn");
    check_attribute(&single->block.object, "name", "r");
    check_attribute(&single->block.object, "size", "oc");
    check_attribute(&single->block.object, "label", "oc");
    check_attribute(&single->block.object, "secret", "osw");
    check_attribute(&single->block.object, "mounts", "o");
    check_attribute(type_nested(attributes_find(&single->block.object, "mounts")->type), "free", "oc");
    check_attribute(&single->block.object, "id", "c");
    check_attribute(&single->block.object, "serial", "cs");
    check_attribute(&single->block.object, "adopt", "o");
    check_attribute(&single->block.object, "size_", "o"); /* an option whose name an attribute has */
    check_attribute(&single->block.object, "timeouts", "o");
    check_attribute(&single->data.object, "zone", "oc");
    check_attribute(&single->data.object, "size", "c");
    ck_assert_uint_eq(single->max_records, 50);
    ck_assert_int_eq(single->settle_ms, 1234);

    set = catalog_find(&made, "cloud_disk_set");
    ck_assert_ptr_nonnull(set);
    check_attribute(&set->block.object, "zone", "rn");
    check_attribute(&set->block.object, "records", "r");
    check_attribute(&set->block.object, "failed", "c");
    ck_assert_ptr_null(attributes_find(&set->block.object, "name"));
    ck_assert_ptr_null(attributes_find(&set->element.object, "zone"));
    check_attribute(&set->element.object, "name", "r");
    check_attribute(&set->element.object, "serial", "cs");
    arena_done(&memory);
}
END_TEST

START_TEST(two_names_that_become_one_are_refused)
{
    _cleanup_(rp_json_freep) rp_json *json =
        parse("{\"properties\":{\"aB\":{\"type\":\"string\"},\"a_b\":{\"type\":\"string\"}}}");
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    arena memory = {0};
    attributes made;

    ck_assert_int_eq(schema_attributes(&memory, json, &made, &error), RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(error->message, "\"aB\" and \"a_b\""));
    arena_done(&memory);
}
END_TEST

START_TEST(a_state_of_another_type_than_described_is_told_with_its_place)
{
    _cleanup_(rp_json_freep) rp_json *json =
        parse("{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":"
              "\"string\"}}}}");
    _cleanup_(rp_json_freep) rp_json *state = parse("{\"a\":[\"x\",5]}");
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    arena memory = {0};
    const value *read;

    ck_assert_int_eq(type_from_json(&memory, schema_type(&memory, json), state, "", &read, &error),
                     RP_E_INVALID);
    ck_assert_str_eq(error->path, "/a/1");
    arena_done(&memory);
}
END_TEST

START_TEST(a_value_without_a_type_goes_both_ways)
{
    _cleanup_(rp_json_freep) rp_json *json = parse("{\"a\":[1,\"x\",{\"b\":true}],\"c\":\"q\\\"\"}");
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1000);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    arena memory = {0};
    const value *read, *wire;

    ck_assert_int_eq(type_from_json(&memory, &type_any, json, "", &read, NULL), 0);
    wire = type_to_wire(&memory, &type_any, read);
    ck_assert_str_eq(wire->items[0]->text,
                     "[\"object\",{\"a\":[\"tuple\",[\"number\",\"string\",[\"object\",{\"b\":"
                     "\"bool\"}]]],\"c\":\"string\"}]");
    type_to_json(&type_any, type_from_wire(&memory, &type_any, wire), &writer);
    ck_assert_str_eq(rp_buffer_text(&text), "{\"a\":[1,\"x\",{\"b\":true}],\"c\":\"q\\\"\"}");
    arena_done(&memory);
}
END_TEST

TCase *schema_tests(void)
{
    TCase *tests = tcase_create("schema");

    tcase_add_test(tests, each_type_has_terraforms_name);
    tcase_add_test(tests, names_are_made_fit_for_terraform);
    tcase_add_test(tests, a_description_becomes_resources);
    tcase_add_test(tests, two_names_that_become_one_are_refused);
    tcase_add_test(tests, a_state_of_another_type_than_described_is_told_with_its_place);
    tcase_add_test(tests, a_value_without_a_type_goes_both_ways);
    return tests;
}
