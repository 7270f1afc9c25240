#include "cli/config/yaml.h"

#include "suites.h"

static rp_yaml parse(const char *text)
{
    rp_error *error = NULL;
    rp_yaml document = {0};

    ck_assert_msg(!rp_yaml_parse("f.yaml", text, strlen(text), &document, &error), "%s: %s", text,
                  error ? error->message : "");
    return document;
}

static const struct {
    const char *text;
    rp_yaml_kind kind;
    const char *value; /* as JSON spells it */
} scalars[] = {
    {"no", RP_YAML_STRING, "no"},
    {"on", RP_YAML_STRING, "on"},
    {"1:30", RP_YAML_STRING, "1:30"},
    {"1_000", RP_YAML_STRING, "1_000"},
    {"172.16.0.31", RP_YAML_STRING, "172.16.0.31"},
    {"0b101", RP_YAML_STRING, "0b101"},
    {"010", RP_YAML_INTEGER, "10"},
    {"-0", RP_YAML_INTEGER, "0"},
    {"+7", RP_YAML_INTEGER, "7"},
    {"0x1F", RP_YAML_INTEGER, "31"},
    {"0o17", RP_YAML_INTEGER, "15"},
    {"9007199254740991", RP_YAML_INTEGER, "9007199254740991"},
    {"1.5", RP_YAML_NUMBER, "1.5"},
    {".5", RP_YAML_NUMBER, "0.5"},
    {"0.1", RP_YAML_NUMBER, "0.1"},
    {"5.", RP_YAML_NUMBER, "5"},
    {"1e3", RP_YAML_NUMBER, "1000"},
    {"e3", RP_YAML_STRING, "e3"},
    {".", RP_YAML_STRING, "."},
    {"true", RP_YAML_BOOLEAN, "true"},
    {"FALSE", RP_YAML_BOOLEAN, "FALSE"},
    {"tRUE", RP_YAML_STRING, "tRUE"},
    {"~", RP_YAML_NULL, "~"},
    {"null", RP_YAML_NULL, "null"},
    {"\"17\"", RP_YAML_STRING, "17"},
    {"'null'", RP_YAML_STRING, "null"},
};

START_TEST(a_plain_scalar_is_typed_as_the_core_schema_says)
{
    rp_yaml document = parse(scalars[_i].text);

    ck_assert_int_eq(document.kind, scalars[_i].kind);
    ck_assert_str_eq(document.text, scalars[_i].value);
    rp_yaml_done(&document);
}
END_TEST

static const struct {
    const char *text, *told;
} faults[] = {
    {"", "f.yaml:1:1: there is nothing in it"},
    {"a: 1\nb:\n  c: 1\n  c: 2\n", "f.yaml:4:3: \"c\" is given twice, first in line 3"},
    {"{\"a\": 1, \"a\": 2}", "f.yaml:1:10: \"a\" is given twice"},
    {"a:\n\tb: 1\n", "f.yaml:2:1: a tab cannot indent: use spaces"},
    {"a: &x 1\n", "f.yaml:1:4: anchors (&x) are not supported"},
    {"a: &x {b: 1}\n", "f.yaml:1:4: anchors"},
    {"a: [*x]\n", "references (*name) are not supported"},
    {"a: !!str 1\n", "f.yaml:1:4: tags (tag:yaml.org,2002:str) are not supported"},
    {"a: 9007199254740992\n", "f.yaml:1:4: 9007199254740992 is too large for a number: put it in quotes"},
    {"a: 1e999\n", "f.yaml:1:4: 1e999 is too large"},
    {"a: .inf\n", "f.yaml:1:4: .inf is no number here"},
    {"a: 1\n---\nb: 1\n", "f.yaml:2:1: a second document starts here"},
    {"a: b: c\n", "f.yaml:1:5: a value cannot start here"},
    {"a: {b: ${x}}\n", "must be in quotes"},
    {"a: \"x\\0\"\n", "f.yaml:1:4: a text cannot hold a NUL character"},
    {"a: \"open\n", "never closed"},
    {"? [a]\n: 1\n", "a name is needed here"},
    {"a: \xff\n", "it must be text in UTF-8"},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "more than 64 levels"},
};

START_TEST(a_fault_is_told_with_its_place)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_yaml document = {0};

    ck_assert_int_eq(rp_yaml_parse("f.yaml", faults[_i].text, strlen(faults[_i].text), &document, &error),
                     RP_E_INVALID);
    ck_assert_has(error->message, faults[_i].told);
    ck_assert_ptr_null(document.items);
}
END_TEST

START_TEST(every_value_knows_its_place_and_a_pointer_leads_there)
{
    rp_yaml document = parse("a:\n  b:\n    - x\n    - c/d: 1\n      e~f: 2\n");
    const rp_yaml *found = rp_yaml_at(&document, "/a/b/1/e~0f"),
                  *slash = rp_yaml_at(&document, "/a/b/1/c~1d");

    ck_assert_uint_eq(found->mark.line, 5);
    ck_assert_uint_eq(found->mark.column, 12);
    ck_assert_uint_eq(slash->mark.line, 4);
    ck_assert_uint_eq(rp_yaml_at(&document, "/a/b/7/x")->mark.line, 3); /* the list: there is no seventh */
    ck_assert_ptr_eq(rp_yaml_at(&document, NULL), &document);
    rp_yaml_done(&document);
}
END_TEST

TCase *yaml_case(void)
{
    TCase *tests = tcase_create("yaml");

    tcase_add_loop_test(tests, a_plain_scalar_is_typed_as_the_core_schema_says, 0,
                        sizeof(scalars) / sizeof(*scalars));
    tcase_add_loop_test(tests, a_fault_is_told_with_its_place, 0, sizeof(faults) / sizeof(*faults));
    tcase_add_test(tests, every_value_knows_its_place_and_a_pointer_leads_there);
    return tests;
}
