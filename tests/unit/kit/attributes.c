#include "kit/attributes.h"

#include "suites.h"

#include <string.h>

static const char *const modes[] = {"job", "none", "healthy", NULL};

typedef struct server {
    char *name;
    char *address;
    rp_secret *password;
    bool tls;
    uint32_t port, weight;
    int mode;
    char **tags;
    char *home; /* computed */
} server;

static const char *check_address(const char *text)
{
    return strchr(text, '.') ? NULL : "an address has points";
}

static const rpkit_attribute fields[] = {
    {.name = "name",
     .kind = RPKIT_TEXT,
     .offset = offsetof(server, name),
     .required = true,
     .least = 2,
     .most = 8,
     .pattern = "^[a-z]+$",
     .about = "What it is called.",
     .force_new = true},
    {.name = "address",
     .kind = RPKIT_TEXT,
     .offset = offsetof(server, address),
     .check = check_address,
     .format = "ipv4",
     .nullable = true},
    {.name = "password", .kind = RPKIT_SECRET, .offset = offsetof(server, password), .least = 1, .most = 16},
    {.name = "tls", .kind = RPKIT_FLAG, .offset = offsetof(server, tls), .has_default = true, .usual = 1},
    {.name = "port",
     .kind = RPKIT_COUNT,
     .offset = offsetof(server, port),
     .least = 1,
     .most = 65535,
     .has_default = true,
     .usual = 443},
    {.name = "weight", .kind = RPKIT_COUNT, .offset = offsetof(server, weight)},
    {.name = "mode",
     .kind = RPKIT_WORD,
     .offset = offsetof(server, mode),
     .words = modes,
     .has_default = true,
     .usual = 2,
     .nullable = true},
    {.name = "tags", .kind = RPKIT_TEXTS, .offset = offsetof(server, tags)},
    {.name = "home", .kind = RPKIT_TEXT, .offset = offsetof(server, home), .computed = true},
    {0}};

static int read_into(const char *text, unsigned how, server *into, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *root = NULL;

    ck_assert_int_eq(rp_json_parse(text, strlen(text), &root, NULL), 0);
    return rpkit_attributes_read(fields, root, how, "/config", into, error);
}

START_TEST(every_kind_is_read)
{
    server into = {0};

    ck_assert_int_eq(
        read_into("{\"name\":\"web\",\"address\":\"1.2\",\"password\":\"pw\",\"tls\":true,\"port\":80,"
                  "\"weight\":4294967295,\"mode\":\"none\",\"tags\":[\"a\",\"b\"]}",
                  RPKIT_READ_STRICT, &into, NULL),
        0);
    ck_assert_str_eq(into.name, "web");
    ck_assert_str_eq(into.address, "1.2");
    ck_assert_str_eq(rp_secret_reveal(into.password), "pw");
    ck_assert(into.tls);
    ck_assert_uint_eq(into.port, 80);
    ck_assert_uint_eq(into.weight, UINT32_MAX);
    ck_assert_int_eq(into.mode, 1);
    ck_assert_str_eq(into.tags[1], "b");
    ck_assert_ptr_null(into.tags[2]);
    rpkit_attributes_clear(fields, &into);
}
END_TEST

START_TEST(defaults_stay_where_the_document_is_silent_or_null)
{
    server into = {0};

    rpkit_attributes_defaults(fields, &into);
    ck_assert_int_eq(
        read_into("{\"name\":\"8letters\",\"port\":null,\"mode\":null}", RPKIT_READ_STRICT, &into, NULL), 0);
    ck_assert(into.tls);
    ck_assert_uint_eq(into.port, 443);
    ck_assert_uint_eq(into.weight, 0);
    ck_assert_int_eq(into.mode, 2);
    ck_assert_ptr_null(into.address);
    rpkit_attributes_clear(fields, &into);
}
END_TEST

START_TEST(a_second_document_overrides_the_first)
{
    server into = {0};

    ck_assert_int_eq(read_into("{\"name\":\"one\",\"password\":\"old\"}", RPKIT_READ_STRICT, &into, NULL), 0);
    ck_assert_int_eq(read_into("{\"name\":\"two\",\"password\":\"new\"}", RPKIT_READ_STRICT, &into, NULL), 0);
    ck_assert_str_eq(into.name, "two");
    ck_assert_str_eq(rp_secret_reveal(into.password), "new");
    rpkit_attributes_clear(fields, &into);
}
END_TEST

static const struct {
    const char *text, *path, *message;
} faulty[] = {
    {"[]", "/config", "must be an object, not an array"},
    {"null", "/config", "must be an object, not null"},
    {"{}", "/config", "\"name\" is missing"},
    {"{\"name\":null}", "/config", "\"name\" is missing"},
    {"{\"name\":5}", "/config/name", "\"name\" must be a string, not an integer"},
    {"{\"name\":[\"a\"]}", "/config/name", "\"name\" must be a string, not an array"},
    {"{\"name\":\"a\"}", "/config/name", "\"name\" must have 2 to 8 bytes, not 1"},
    {"{\"name\":\"ninebytes\"}", "/config/name", "\"name\" must have 2 to 8 bytes, not 9"},
    {"{\"name\":\"a\\u0000b\"}", "/config/name", "\"name\" must not contain a NUL"},
    {"{\"name\":\"web\",\"address\":\"x\"}", "/config/address",
     "\"address\" is wrong: an address has points"},
    {"{\"name\":\"web\",\"password\":true}", "/config/password",
     "\"password\" must be a string, not a boolean"},
    {"{\"name\":\"web\",\"password\":\"\"}", "/config/password",
     "\"password\" must have 1 to 16 bytes, not 0"},
    {"{\"name\":\"web\",\"tls\":\"yes\"}", "/config/tls", "\"tls\" must be a boolean, not a string"},
    {"{\"name\":\"web\",\"tls\":1}", "/config/tls", "\"tls\" must be a boolean, not an integer"},
    {"{\"name\":\"web\",\"port\":0}", "/config/port", "\"port\" must be from 1 to 65535, not 0"},
    {"{\"name\":\"web\",\"port\":65536}", "/config/port", "\"port\" must be from 1 to 65535, not 65536"},
    {"{\"name\":\"web\",\"port\":80.0}", "/config/port", "\"port\" must be an integer, not a number"},
    {"{\"name\":\"web\",\"port\":\"80\"}", "/config/port", "\"port\" must be an integer, not a string"},
    {"{\"name\":\"web\",\"weight\":-1}", "/config/weight", "\"weight\" must be from 0 to 4294967295, not -1"},
    {"{\"name\":\"web\",\"weight\":4294967296}", "/config/weight",
     "\"weight\" must be from 0 to 4294967295, not 4294967296"},
    {"{\"name\":\"web\",\"mode\":\"Job\"}", "/config/mode",
     "\"mode\" must be one of \"job\", \"none\", \"healthy\""},
    {"{\"name\":\"web\",\"mode\":\"job\\u0000\"}", "/config/mode",
     "\"mode\" must be one of \"job\", \"none\", \"healthy\""},
    {"{\"name\":\"web\",\"mode\":2}", "/config/mode", "\"mode\" must be a string, not an integer"},
    {"{\"name\":\"web\",\"tags\":\"a\"}", "/config/tags", "\"tags\" must be an array, not a string"},
    {"{\"name\":\"web\",\"tags\":[\"a\",1]}", "/config/tags",
     "\"tags\" must be an array of strings without NUL"},
    {"{\"name\":\"web\",\"home\":\"x\"}", "/config/home", "\"home\" is computed: it cannot be set"},
    {"{\"name\":\"web\",\"adress\":\"1.2\"}", "/config/adress",
     "unknown attribute \"adress\" (did you mean \"address\"?)"},
    {"{\"name\":\"web\",\"Port\":1}", "/config/Port", "unknown attribute \"Port\" (did you mean \"port\"?)"},
    {"{\"name\":\"web\",\"pass_word_s\":1}", "/config/pass_word_s",
     "unknown attribute \"pass_word_s\" (did you mean \"password\"?)"},
    {"{\"name\":\"web\",\"colour\":1}", "/config/colour", "unknown attribute \"colour\""},
    {"{\"name\":\"web\",\"x\":1}", "/config/x", "unknown attribute \"x\""},
    {"{\"name\":\"web\",\"te\":1}", "/config/te", "unknown attribute \"te\""},
    {"{\"name\":\"web\",\"\":1}", "/config/", "unknown attribute \"\""},
    {"{\"name\":\"web\",\"colour\":null}", "/config/colour", "unknown attribute \"colour\""},
    {"{\"name\":\"web\",\"a/b~c\":1}", "/config/a~1b~0c", "unknown attribute \"a/b~c\""},
};

START_TEST(each_fault_names_the_member_and_the_rule)
{
    server into = {0};
    rp_error *error = NULL;

    rpkit_attributes_defaults(fields, &into);
    ck_assert_int_eq(read_into(faulty[_i].text, RPKIT_READ_STRICT, &into, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, faulty[_i].message);
    ck_assert_str_eq(error->path, faulty[_i].path);
    rp_error_free(error);
    rpkit_attributes_clear(fields, &into);
}
END_TEST

START_TEST(a_secret_never_shows_in_a_message)
{
    static const char *const texts[] = {"{\"name\":\"web\",\"password\":\"hunter2-hunter2-hunter2\"}",
                                        "{\"name\":\"web\",\"password\":\"hunter2\\u0000\"}",
                                        "{\"name\":\"web\",\"password\":[\"hunter2\"]}",
                                        "{\"name\":\"web\",\"mode\":\"hunter2\"}"};

    for (size_t i = 0; i < rp_count_of(texts); i++) {
        server into = {0};
        rp_error *error = NULL;
        ck_assert_int_eq(read_into(texts[i], RPKIT_READ_STRICT, &into, &error), RP_E_INVALID);
        ck_assert_ptr_null(strstr(error->message, "hunter2"));
        rp_error_free(error);
        rpkit_attributes_clear(fields, &into);
    }
}
END_TEST

START_TEST(lenient_reading_passes_over_unknown_members_only)
{
    server into = {0};

    ck_assert_int_eq(read_into("{\"name\":\"web\",\"colour\":1}", RPKIT_READ_LENIENT, &into, NULL), 0);
    ck_assert_str_eq(into.name, "web");
    ck_assert_int_eq(read_into("{\"colour\":1}", RPKIT_READ_LENIENT, &into, NULL), RP_E_INVALID);
    ck_assert_int_eq(read_into("{\"name\":1}", RPKIT_READ_LENIENT, &into, NULL), RP_E_INVALID);
    rpkit_attributes_clear(fields, &into);
}
END_TEST

START_TEST(partial_reading_takes_null_for_not_known_yet_but_misses_what_is_absent)
{
    server into = {0};

    ck_assert_int_eq(read_into("{\"name\":null}", RPKIT_READ_PARTIAL, &into, NULL), 0);
    ck_assert_ptr_null(into.name);
    ck_assert_int_eq(read_into("{}", RPKIT_READ_PARTIAL, &into, NULL), RP_E_INVALID);
    ck_assert_int_eq(read_into("{\"name\":null,\"port\":0}", RPKIT_READ_PARTIAL, &into, NULL), RP_E_INVALID);
    ck_assert_int_eq(read_into("{\"name\":null,\"colour\":0}", RPKIT_READ_PARTIAL, &into, NULL),
                     RP_E_INVALID);
    rpkit_attributes_clear(fields, &into);
}
END_TEST

START_TEST(clearing_leaves_a_zeroed_struct_that_can_be_cleared_again)
{
    static const server zero;
    server into = {0};

    rpkit_attributes_defaults(fields, &into);
    ck_assert_int_eq(read_into("{\"name\":\"web\",\"password\":\"pw\"}", RPKIT_READ_STRICT, &into, NULL), 0);
    into.tags = calloc(2, sizeof(*into.tags));
    into.tags[0] = strdup("t");
    rpkit_attributes_clear(fields, &into);
    rpkit_attributes_clear(fields, &into);
    ck_assert_ptr_null(into.name);
    ck_assert_ptr_null(into.password);
    ck_assert_ptr_null(into.tags);
    ck_assert(into.tls == zero.tls && into.port == zero.port && into.mode == zero.mode);
}
END_TEST

static rp_json *write_and_parse(void (*write)(const void *context, rp_json_writer *writer),
                                const void *context)
{
    rp_buffer out = RP_BUFFER(65536);
    rp_json_writer writer = RP_JSON_WRITER(&out);
    rp_error *error = NULL;
    rp_json *root = NULL;
    int code;

    write(context, &writer);
    ck_assert(rp_buffer_ok(&out));
    code = rp_json_parse(out.data, out.len, &root, &error);
    ck_assert_msg(code == 0, "%s: %s", error ? error->message : "", out.data);
    rp_buffer_done(&out);
    return root;
}

static void write_server(const void *from, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rpkit_attributes_write(fields, from, writer);
    rp_write_end(writer, '}');
}

static void assert_is(const rp_json *value, const char *expected)
{
    rp_buffer out = RP_BUFFER(65536);

    rp_json_print(value, false, &out);
    ck_assert_str_eq(rp_buffer_text(&out), expected);
    rp_buffer_done(&out);
}

START_TEST(a_struct_is_written_whole_save_its_secrets)
{
    char *tags[] = {(char *)"x", (char *)"y", NULL};
    server from = {.name = (char *)"web", .port = 80, .mode = 2, .tls = true, .tags = tags};
    _cleanup_(rp_json_freep) rp_json *root = NULL;

    from.password = rp_secret_new("pw", 2);
    root = write_and_parse(write_server, &from);
    assert_is(root,
              "{\"name\":\"web\",\"address\":null,\"tls\":true,\"port\":80,\"weight\":0,\"mode\":\"healthy\","
              "\"tags\":[\"x\",\"y\"]}");
    rp_secret_free(from.password);
}
END_TEST

START_TEST(what_has_no_value_is_null_where_that_is_allowed_and_else_left_out)
{
    static const server from;
    _cleanup_(rp_json_freep) rp_json *root = write_and_parse(write_server, &from);

    assert_is(root, "{\"address\":null,\"tls\":false,\"weight\":0,\"mode\":\"job\"}");
}
END_TEST

static void write_schema(const void *table, rp_json_writer *writer)
{
    rpkit_attributes_schema(table, VIEW_ALL, writer);
}

START_TEST(the_schema_says_what_reading_enforces)
{
    static const struct {
        const char *name, *schema;
    } expected[] = {
        {"name",
         "{\"type\":\"string\",\"description\":\"What it is called.\",\"minLength\":1,\"maxLength\":8,"
         "\"pattern\":\"^[a-z]+$\",\"x-rp-force-new\":true}"},
        {"address", "{\"type\":[\"string\",\"null\"],\"format\":\"ipv4\"}"},
        {"password", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":16,\"x-rp-sensitive\":true,"
                     "\"x-rp-write-only\":true}"},
        {"tls", "{\"type\":\"boolean\",\"default\":true}"},
        {"port", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535,\"default\":443}"},
        {"weight", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967295}"},
        {"mode", "{\"type\":[\"string\",\"null\"],\"enum\":[\"job\",\"none\",\"healthy\",null],"
                 "\"default\":\"healthy\"}"},
        {"tags", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"},
        {"home", "{\"type\":\"string\",\"x-rp-computed\":true}"},
    };
    _cleanup_(rp_json_freep) rp_json *root = write_and_parse(write_schema, fields);
    const rp_json *properties = rp_json_get(root, "properties");
    bool additional = true;

    ck_assert_str_eq(rp_json_text(rp_json_get(root, "type")), "object");
    ck_assert(rp_json_boolean(rp_json_get(root, "additionalProperties"), &additional) && !additional);
    assert_is(rp_json_get(root, "required"), "[\"name\"]");
    ck_assert_uint_eq(rp_json_count(properties), rp_count_of(expected));
    for (size_t i = 0; i < rp_count_of(expected); i++)
        assert_is(rp_json_get(properties, expected[i].name), expected[i].schema);
}
END_TEST

START_TEST(an_empty_table_describes_an_empty_object)
{
    static const rpkit_attribute none[] = {{0}};
    _cleanup_(rp_json_freep) rp_json *root = write_and_parse(write_schema, none);

    assert_is(root, "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false}");
}
END_TEST

START_TEST(a_long_unknown_name_is_cut_off_in_the_message_but_not_in_the_path)
{
    char text[400] = "{\"name\":\"web\",\"";
    server into = {0};
    rp_error *error = NULL;

    memset(text + strlen(text), 'x', 300);
    strcat(text, "\":1}");
    ck_assert_int_eq(read_into(text, RPKIT_READ_STRICT, &into, &error), RP_E_INVALID);
    ck_assert_uint_lt(strlen(error->message), 120);
    ck_assert_uint_eq(strlen(error->path), strlen("/config/") + 300);
    rp_error_free(error);
    rpkit_attributes_clear(fields, &into);
}
END_TEST

/* A table within another, two levels deep, none of them at offset 0. */
typedef struct inn {
    int rooms;
    server door;
    char *sign;
} inn;

typedef struct street {
    uint32_t length;
    inn corner;
} street;

static const rpkit_attribute inn_fields[] = {
    {.name = "door", .kind = RPKIT_PART, .offset = offsetof(inn, door), .fields = fields},
    {.name = "sign", .kind = RPKIT_TEXT, .offset = offsetof(inn, sign), .required = true},
    {0}};

static const rpkit_attribute street_fields[] = {
    {.name = "corner", .kind = RPKIT_PART, .offset = offsetof(street, corner), .fields = inn_fields},
    {.name = "length",
     .kind = RPKIT_COUNT,
     .offset = offsetof(street, length),
     .has_default = true,
     .usual = 7},
    {0}};

static int read_street(const char *text, street *into, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *root = NULL;

    ck_assert_int_eq(rp_json_parse(text, strlen(text), &root, NULL), 0);
    return rpkit_attributes_read(street_fields, root, RPKIT_READ_STRICT, "/config", into, error);
}

START_TEST(members_of_a_part_are_read_and_cleared_as_the_tables_own)
{
    street into = {0};

    rpkit_attributes_defaults(street_fields, &into);
    ck_assert_int_eq(
        read_street("{\"name\":\"web\",\"sign\":\"lion\",\"password\":\"pw\",\"mode\":\"job\"}", &into, NULL),
        0);
    ck_assert_uint_eq(into.length, 7);
    ck_assert_uint_eq(into.corner.door.port, 443);
    ck_assert_int_eq(into.corner.door.mode, 0);
    ck_assert_str_eq(into.corner.door.name, "web");
    ck_assert_str_eq(into.corner.sign, "lion");
    rpkit_attributes_clear(street_fields, &into);
    ck_assert_ptr_null(into.corner.door.name);
    ck_assert_ptr_null(into.corner.door.password);
    ck_assert_ptr_null(into.corner.sign);
    ck_assert_uint_eq(into.corner.door.port, 0);
}
END_TEST

static const struct {
    const char *text, *path, *message;
} faulty_streets[] = {
    {"{\"sign\":\"x\"}", "/config", "\"name\" is missing"},
    {"{\"name\":\"web\"}", "/config", "\"sign\" is missing"},
    {"{\"name\":\"web\",\"sign\":1}", "/config/sign", "\"sign\" must be a string, not an integer"},
    {"{\"pasword\":1}", "/config/pasword", "unknown attribute \"pasword\" (did you mean \"password\"?)"},
    {"{\"sings\":1}", "/config/sings", "unknown attribute \"sings\" (did you mean \"sign\"?)"},
    {"{\"lenth\":1}", "/config/lenth", "unknown attribute \"lenth\" (did you mean \"length\"?)"},
    {"{\"corner\":{}}", "/config/corner", "unknown attribute \"corner\""},
};

START_TEST(faults_in_a_part_are_told_as_the_tables_own)
{
    street into = {0};
    rp_error *error = NULL;

    ck_assert_int_eq(read_street(faulty_streets[_i].text, &into, &error), RP_E_INVALID);
    ck_assert_str_eq(error->message, faulty_streets[_i].message);
    ck_assert_str_eq(error->path, faulty_streets[_i].path);
    rp_error_free(error);
    rpkit_attributes_clear(street_fields, &into);
}
END_TEST

static void write_street(const void *from, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rpkit_attributes_write(street_fields, from, writer);
    rp_write_end(writer, '}');
}

START_TEST(a_part_is_written_and_described_without_a_level_of_its_own)
{
    street from = {.length = 3, .corner = {.sign = (char *)"lion", .door = {.name = (char *)"web"}}};
    _cleanup_(rp_json_freep) rp_json *written = write_and_parse(write_street, &from);
    _cleanup_(rp_json_freep) rp_json *schema = write_and_parse(write_schema, street_fields);
    const rp_json *properties = rp_json_get(schema, "properties");

    assert_is(written, "{\"name\":\"web\",\"address\":null,\"tls\":false,\"weight\":0,\"mode\":\"job\","
                       "\"sign\":\"lion\",\"length\":3}");
    assert_is(rp_json_get(schema, "required"), "[\"name\",\"sign\"]");
    ck_assert_uint_eq(rp_json_count(properties), 11);
    ck_assert(rp_json_has(properties, "password"));
    ck_assert(!rp_json_has(properties, "door"));
}
END_TEST

TCase *attributes_tests(void)
{
    TCase *tests = tcase_create("fields");

    tcase_add_test(tests, every_kind_is_read);
    tcase_add_test(tests, defaults_stay_where_the_document_is_silent_or_null);
    tcase_add_test(tests, a_second_document_overrides_the_first);
    tcase_add_loop_test(tests, each_fault_names_the_member_and_the_rule, 0, (int)rp_count_of(faulty));
    tcase_add_test(tests, a_secret_never_shows_in_a_message);
    tcase_add_test(tests, lenient_reading_passes_over_unknown_members_only);
    tcase_add_test(tests, partial_reading_takes_null_for_not_known_yet_but_misses_what_is_absent);
    tcase_add_test(tests, clearing_leaves_a_zeroed_struct_that_can_be_cleared_again);
    tcase_add_test(tests, a_struct_is_written_whole_save_its_secrets);
    tcase_add_test(tests, what_has_no_value_is_null_where_that_is_allowed_and_else_left_out);
    tcase_add_test(tests, the_schema_says_what_reading_enforces);
    tcase_add_test(tests, an_empty_table_describes_an_empty_object);
    tcase_add_test(tests, a_long_unknown_name_is_cut_off_in_the_message_but_not_in_the_path);
    tcase_add_test(tests, members_of_a_part_are_read_and_cleared_as_the_tables_own);
    tcase_add_loop_test(tests, faults_in_a_part_are_told_as_the_tables_own, 0,
                        (int)rp_count_of(faulty_streets));
    tcase_add_test(tests, a_part_is_written_and_described_without_a_level_of_its_own);
    return tests;
}
