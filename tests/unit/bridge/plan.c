#include "bridge/record_plan.h"

#include "suites.h"
#include "json/value.h"

#include <string.h>

static const char description[] =
    "{\"resources\":{\"x_y\":{\"record\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"size\":{"
    "\"type\":\"integer\"},\"zone\":{\"type\":\"string\",\"x-rp-force-new\":true},\"label\":{\"type\":\"string\","
    "\"default\":\"none\"},\"secret\":{\"type\":\"string\",\"x-rp-write-only\":true}},\"required\":[\"name\"]},\"state\":"
    "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"size\":{\"type\":"
    "\"integer\"},\"zone\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},\"serial\":{\"type\":\"string\"}}},"
    "\"key\":[\"name\"]}}}";

static arena memory;
static catalog made;

static const resource_type *type_with_update(bool update)
{
    rp_json *json = NULL;

    rp_json_parse(description, strlen(description), &json, NULL);
    ck_assert_int_eq(catalog_read(&memory, json, "x_y", update, true, &made, NULL), 0);
    rp_json_free(json);
    return catalog_find(&made, "x_y");
}

static const value *object(const resource_type *of, const char *text)
{
    rp_json *json = NULL;
    const value *read;

    ck_assert_msg(rp_json_parse(text, strlen(text), &json, NULL) == 0, "%s", text);
    ck_assert_int_eq(type_object_from_json(&memory, &of->members, json, "", &read, NULL), 0);
    rp_json_free(json);
    return read;
}

static const value_kind UNKNOWN = VALUE_UNKNOWN;

static void check_planned(const record_plan *plan, const char *name, const char *text)
{
    const value *planned = value_get(plan->planned, name);

    if (!text)
        ck_assert_msg(value_is_null(planned), "%s is not null", name);
    else if (!strcmp(text, "?"))
        ck_assert_msg(planned->kind == UNKNOWN, "%s is known", name);
    else
        ck_assert_str_eq(planned->text, text);
}

static const char there[] =
    "{\"id\":\"n\",\"name\":\"n\",\"size\":5,\"zone\":\"z\",\"label\":\"none\",\"serial\":\"s\"}";

START_TEST(what_a_create_will_fill_is_not_known_yet)
{
    const resource_type *of = type_with_update(true);
    record_plan plan =
        record_plan_make(&memory, of, object(of, "{\"name\":\"n\",\"secret\":\"s\"}"), &value_null, NULL);

    check_planned(&plan, "name", "n");
    check_planned(&plan, "size", "?");
    check_planned(&plan, "label", "none"); /* the default is known */
    check_planned(&plan, "serial", "?");
    check_planned(&plan, "id", "?");
    check_planned(&plan, "secret", NULL); /* write-only: in no plan and no state */
    arena_done(&memory);
}
END_TEST

START_TEST(nothing_changes_where_nothing_is_asked_for)
{
    const resource_type *of = type_with_update(true);
    record_plan plan = record_plan_make(&memory, of, object(of, "{\"name\":\"n\"}"), object(of, there), NULL);

    ck_assert(!plan.updates && !plan.replace.count);
    check_planned(&plan, "size", "5"); /* the server's choice stays */
    check_planned(&plan, "serial", "s");
    arena_done(&memory);
}
END_TEST

START_TEST(an_update_keeps_the_id_and_nothing_else_that_is_computed)
{
    const resource_type *of = type_with_update(true);
    record_plan plan =
        record_plan_make(&memory, of, object(of, "{\"name\":\"n\",\"size\":6}"), object(of, there), NULL);

    ck_assert(plan.updates && !plan.replace.count);
    check_planned(&plan, "size", "6");
    check_planned(&plan, "id", "n");
    check_planned(&plan, "serial", "?");
    arena_done(&memory);
}
END_TEST

START_TEST(what_cannot_be_changed_in_place_is_replaced)
{
    const resource_type *of = type_with_update(true);
    record_plan plan = record_plan_make(
        &memory, of, object(of, "{\"name\":\"n\",\"zone\":\"other\",\"size\":6}"), object(of, there), NULL);

    ck_assert_uint_eq(plan.replace.count, 1);
    ck_assert_str_eq(plan.replace.items[0], "zone");
    plan = record_plan_make(&memory, of, object(of, "{\"name\":\"other\"}"), object(of, there), NULL);
    ck_assert_str_eq(plan.replace.items[0], "name"); /* the key */
    of = type_with_update(false);
    plan = record_plan_make(&memory, of, object(of, "{\"name\":\"n\",\"size\":6}"), object(of, there), NULL);
    ck_assert_str_eq(plan.replace.items[0], "size"); /* there is no update */
    arena_done(&memory);
}
END_TEST

START_TEST(an_attribute_that_was_configured_and_is_no_more_is_removed)
{
    const resource_type *of = type_with_update(true);
    const char *items[] = {"size"};
    const private_entry kept = {.configured = {1, items}};
    record_plan plan =
        record_plan_make(&memory, of, object(of, "{\"name\":\"n\"}"), object(of, there), &kept);

    ck_assert(plan.updates);
    check_planned(&plan, "size", NULL);
    arena_done(&memory);
}
END_TEST

/* With a write-only attribute that is updated in place, and one that needs another object. */
static const char with_secrets[] =
    "{\"resources\":{\"x_y\":{\"record\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
    "\"secret\":{\"type\":\"string\",\"x-rp-write-only\":true},\"seed\":{\"type\":\"string\",\"x-rp-write-only\":true,"
    "\"x-rp-force-new\":true},\"keys\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
    "\"owner\":{\"type\":\"string\"},\"value\":{\"type\":\"string\",\"x-rp-write-only\":true}}}}},"
    "\"required\":[\"name\"]},\"state\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"name\":{"
    "\"type\":\"string\"}}},\"key\":[\"name\"]}}}";

/* An object of that name with more members. */
static const value *named(const resource_type *of, const char *more)
{
    return object(of, arena_format(&memory, "{\"name\":\"n\"%s%s", more[1] == '}' ? "" : ",", more + 1));
}

/* Plans what is configured now for an object that has this state and was sent what was configured before, or,
   without `before`, of which nobody knows what was sent. */
static record_plan plan_after(const resource_type *of, const char *before, const char *now, const char *state)
{
    private_entry *kept = arena_alloc(&memory, sizeof(*kept));

    if (before)
        record_remember(&memory, of, REMEMBER_SENT, named(of, before), &value_null, NULL, kept);
    return record_plan_make(&memory, of, named(of, now), object(of, state), before ? kept : NULL);
}

static const char made_once[] = "{\"id\":\"n\",\"name\":\"n\",\"write_only_version\":1}",
                  imported[] = "{\"id\":\"n\",\"name\":\"n\"}";

START_TEST(a_change_of_a_write_only_value_is_noticed)
{
    static const struct {
        const char *before, *now, *there, *version;
        bool updates, replaces;
    } cases[] = {
        {"{\"secret\":\"a\"}", "{\"secret\":\"a\"}", made_once, "1", false, false},
        {"{\"secret\":\"a\"}", "{\"secret\":\"b\"}", made_once, "2", true, false},
        {"{\"secret\":\"a\"}", "{}", made_once, "2", true, false},
        {"{}", "{\"secret\":\"a\"}", made_once, "2", true, false},
        {"{\"seed\":\"a\"}", "{\"seed\":\"b\"}", made_once, "2", true, true},
        {"{\"secret\":\"a\",\"seed\":\"s\"}", "{\"secret\":\"b\",\"seed\":\"s\"}", made_once, "2", true,
         false},
        {"{\"keys\":[{\"owner\":\"o\",\"value\":\"a\"}]}", "{\"keys\":[{\"owner\":\"o\",\"value\":\"b\"}]}",
         made_once, "2", true, false},
        /* imported: what was sent nobody knows; what would need another object is taken as given */
        {NULL, "{}", imported, NULL, false, false},
        {NULL, "{\"secret\":\"a\"}", imported, "1", true, false},
        {NULL, "{\"seed\":\"a\"}", imported, "1", false, false},
        /* the user decides */
        {"{\"secret\":\"a\"}", "{\"secret\":\"b\",\"write_only_version\":1}", made_once, "1", false, false},
        {"{\"secret\":\"a\"}", "{\"secret\":\"b\",\"write_only_version\":7}", made_once, "7", true, false},
        {"{\"secret\":\"a\"}", "{\"secret\":\"a\",\"write_only_version\":7}", made_once, "7", true, false},
        {"{\"seed\":\"a\"}", "{\"seed\":\"b\",\"write_only_version\":7}", made_once, "7", true, true},
    };
    rp_json *json = NULL;
    const resource_type *of;

    rp_json_parse(with_secrets, strlen(with_secrets), &json, NULL);
    ck_assert_int_eq(catalog_read(&memory, json, "x_y", true, true, &made, NULL), 0);
    rp_json_free(json);
    of = catalog_find(&made, "x_y");
    for (size_t i = 0; i < rp_count_of(cases); i++) {
        record_plan plan = plan_after(of, cases[i].before, cases[i].now, cases[i].there);
        bool replaces = names_have(&plan.replace, "write_only_version");

        ck_assert_msg(plan.updates == cases[i].updates && replaces == cases[i].replaces,
                      "%s after %s: %s, %s", cases[i].now, cases[i].before,
                      plan.updates ? "an update" : "no update",
                      replaces ? "another object" : "the same object");
        check_planned(&plan, "write_only_version", cases[i].version);
    }
    arena_done(&memory);
}
END_TEST

START_TEST(a_fingerprint_shows_no_secret_and_has_a_salt_of_its_own)
{
    const resource_type *of = type_with_update(true);
    const value *record = object(of, "{\"name\":\"n\",\"secret\":\"hush\"}");
    const fingerprints one = write_only_fingerprints(&memory, &of->members, record),
                       other = write_only_fingerprints(&memory, &of->members, record);

    ck_assert_uint_eq(one.count, 1);
    ck_assert_str_eq(one.items[0].name, "secret");
    ck_assert_ptr_null(strstr(one.items[0].text, "hush"));
    ck_assert_uint_eq(strlen(one.items[0].text), 65);
    ck_assert_str_ne(one.items[0].text, other.items[0].text);
    arena_done(&memory);
}
END_TEST

START_TEST(a_record_has_what_is_configured_and_a_state_what_is_known)
{
    const resource_type *of = type_with_update(true);
    _cleanup_(rp_buffer_done) rp_buffer record = RP_BUFFER(1000), state = RP_BUFFER(1000);
    rp_json_writer record_writer = RP_JSON_WRITER(&record), state_writer = RP_JSON_WRITER(&state);
    const value *config = object(of, "{\"name\":\"n\",\"secret\":\"s\"}");
    record_plan plan = record_plan_make(&memory, of, config, &value_null, NULL);

    record_write(&of->members, record_wanted(&memory, &of->members, config, plan.planned), &record_writer);
    ck_assert_str_eq(rp_buffer_text(&record), "{\"name\":\"n\",\"label\":\"none\",\"secret\":\"s\"}");
    record_write_state(&of->members, object(of, there), &state_writer);
    ck_assert_str_eq(rp_buffer_text(&state),
                     "{\"name\":\"n\",\"size\":5,\"zone\":\"z\",\"label\":\"none\",\"id\":\"n\","
                     "\"serial\":\"s\"}");
    arena_done(&memory);
}
END_TEST

TCase *plan_tests(void)
{
    TCase *tests = tcase_create("plan");

    tcase_add_test(tests, what_a_create_will_fill_is_not_known_yet);
    tcase_add_test(tests, nothing_changes_where_nothing_is_asked_for);
    tcase_add_test(tests, an_update_keeps_the_id_and_nothing_else_that_is_computed);
    tcase_add_test(tests, what_cannot_be_changed_in_place_is_replaced);
    tcase_add_test(tests, an_attribute_that_was_configured_and_is_no_more_is_removed);
    tcase_add_test(tests, a_change_of_a_write_only_value_is_noticed);
    tcase_add_test(tests, a_fingerprint_shows_no_secret_and_has_a_salt_of_its_own);
    tcase_add_test(tests, a_record_has_what_is_configured_and_a_state_what_is_known);
    return tests;
}
