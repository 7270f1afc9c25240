/*
 * What goes in and what describe says of it: schemas, configurations, requests
 * of every wrong kind, structs of every size. None of this needs a server, and
 * none of it asks one.
 */
#include "plugin.h"
#include "run.h"
#include "simulator.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_SETTINGS   ((const char *const[]){NULL})
#define PROJECT       RP_SIM_PROJECT

/* Any bytes to any hook. */
static answer call_raw(rp_hook *hook, rp_instance *instance, const rp_call *call, const char *request,
                       size_t len)
{
    const rp_plugin *plugin = plugin_load();
    const rp_response *told = hook(instance, call, request, len);
    answer made = {.status = told->status};
    rp_error *error = NULL;

    ck_assert_uint_eq(told->struct_size, sizeof(*told));
    ck_assert_msg(rp_json_parse(told->json, told->json_len, &made.json, &error) == 0, "%s: %s", told->json,
                  error ? error->message : "");
    plugin->close(told->instance);
    plugin->release(told);
    return made;
}

static answer open_with(const char *config)
{
    _cleanup_(rp_freep) char *request = rp_format("{\"config\": %s}", config);

    return call_raw(plugin_load()->open, NULL, NULL, request, strlen(request));
}

static const rp_json *first_diagnostic(const answer *told)
{
    return rp_json_at(rp_json_get(told->json, "diagnostics"), 0);
}

static const char *text_of(const rp_json *object, const char *name)
{
    const char *text = rp_json_text(rp_json_get(object, name));

    return text ? text : "(none)";
}

/* The request as a whole was refused. */
static void check_refused(const answer *told, int32_t status, const char *path, const char *words)
{
    const rp_json *why = first_diagnostic(told);
    _cleanup_(rp_freep) char *all = answer_print(told);

    ck_assert_msg(told->status == status, "the status is %d, not %d: %s", told->status, status, all);
    ck_assert_uint_eq(result_count(told), 0);
    ck_assert_msg(rp_json_count(rp_json_get(told->json, "diagnostics")) == 1, "%s", all);
    ck_assert_msg(!path || !strcmp(text_of(why, "path"), path), "the path is not %s: %s", path, all);
    ck_assert_msg(!words || strstr(text_of(why, "summary"), words), "it does not say %s: %s", words, all);
}

/* --- describe ------------------------------------------------------------------------ */

static answer describe(rp_instance *instance)
{
    return call_raw(plugin_load()->describe, instance, NULL, "{}", 2);
}

static const rp_json *described(const answer *told)
{
    return rp_json_get(rp_json_get(told->json, "resources"), "elb_member");
}

START_TEST(describe_names_the_key_the_parent_and_the_settle_time)
{
    static const char *const key[] = {"listener_id", "server_id", "address"};
    answer told = describe(NULL);
    const rp_json *resource = described(&told);
    int64_t settle_ms = 0;

    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_str_eq(text_of(told.json, "name"), "elb_member");
    ck_assert_str_eq(text_of(told.json, "abi"), "1.0");
    ck_assert_str_eq(text_of(told.json, "version"), plugin_load()->version);
    ck_assert_uint_eq(rp_json_count(rp_json_get(resource, "key")), rp_count_of(key));
    for (size_t i = 0; i < rp_count_of(key); i++)
        ck_assert_str_eq(rp_json_text(rp_json_at(rp_json_get(resource, "key"), i)), key[i]);
    ck_assert(rp_json_has(rp_json_get(rp_json_get(resource, "parent"), "properties"), "listener_id"));
    ck_assert(rp_json_integer(rp_json_get(resource, "settle_ms"), &settle_ms));
    ck_assert_int_eq(settle_ms, 300000);
    answer_free(&told);
}
END_TEST

START_TEST(describe_of_an_instance_tells_that_instances_settle_time)
{
    bed on = bed_make(NO_SETTINGS, "\"settle_ms\": 1234");
    answer told = describe(on.instance);
    int64_t settle_ms = 0;

    ck_assert(rp_json_integer(rp_json_get(described(&told), "settle_ms"), &settle_ms));
    ck_assert_int_eq(settle_ms, 1234);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

static void check_schema(const rp_json *schema, const char *name)
{
    rp_buffer text = RP_BUFFER(1u << 20);
    bool more = true;

    ck_assert_msg(rp_json_type_of(schema) == RP_JSON_OBJECT, "there is no schema of %s", name);
    ck_assert_str_eq(text_of(schema, "type"), "object");
    ck_assert_int_eq(rp_json_type_of(rp_json_get(schema, "properties")), RP_JSON_OBJECT);
    ck_assert(rp_json_boolean(rp_json_get(schema, "additionalProperties"), &more));
    ck_assert(!more);
    rp_json_print(schema, false, &text);
    ck_assert_msg(!strstr(rp_buffer_text(&text), "$ref"), "%s refers elsewhere", name);
    rp_buffer_done(&text);
}

START_TEST(schemas_are_whole_and_small)
{
    static const char *const of_resource[] = {"record", "state", "parent", "options"};
    static const char *const required[] = {"listener_id", "server_id", "address"};
    const rp_response *raw = plugin_load()->describe(NULL, NULL, NULL, 0);
    answer told = describe(NULL);
    const rp_json *record = rp_json_get(described(&told), "record");
    const rp_json *config = rp_json_get(rp_json_get(told.json, "config"), "properties");

    ck_assert_uint_le(raw->json_len, 65536);
    plugin_load()->release(raw);
    check_schema(rp_json_get(told.json, "config"), "config");
    for (size_t i = 0; i < rp_count_of(of_resource); i++)
        check_schema(rp_json_get(described(&told), of_resource[i]), of_resource[i]);
    for (size_t i = 0; i < rp_count_of(required); i++)
        ck_assert_str_eq(rp_json_text(rp_json_at(rp_json_get(record, "required"), i)), required[i]);
    for (int i = 0; i < 2; i++) {
        const rp_json *secret = rp_json_get(config, i ? "password" : "token");
        bool is = false;
        ck_assert(rp_json_boolean(rp_json_get(secret, "x-rp-sensitive"), &is) && is);
        ck_assert(rp_json_boolean(rp_json_get(secret, "x-rp-write-only"), &is) && is);
    }
    answer_free(&told);
}
END_TEST

static bool allows(const rp_json *type, const char *name)
{
    const char *only = rp_json_text(type);

    for (size_t i = 0; !only && i < rp_json_count(type); i++)
        if (!strcmp(rp_json_text(rp_json_at(type, i)), name))
            return true;
    return only && !strcmp(only, name);
}

struct validation {
    const rp_json *properties;
    unsigned checked;
};

static int check_member(void *context, const char *name, const rp_json *value)
{
    static const char *const types[] = {
        [RP_JSON_NULL] = "null",     [RP_JSON_BOOLEAN] = "boolean", [RP_JSON_INTEGER] = "integer",
        [RP_JSON_NUMBER] = "number", [RP_JSON_STRING] = "string",   [RP_JSON_ARRAY] = "array",
        [RP_JSON_OBJECT] = "object"};
    struct validation *validation = context;
    const rp_json *property = rp_json_get(validation->properties, name);

    ck_assert_msg(property != NULL, "%s is not in the schema", name);
    ck_assert_msg(allows(rp_json_get(property, "type"), types[rp_json_type_of(value)]), "%s is %s", name,
                  types[rp_json_type_of(value)]);
    validation->checked++;
    return 0;
}

static int count_member(void *context, const char *name, const rp_json *value)
{
    (void)name;
    (void)value;
    ++*(unsigned *)context;
    return 0;
}

/* All that is in a state is in its schema, of its type, and the other way round. */
static void check_state(const rp_json *schema, const answer *told)
{
    struct validation validation = {.properties = rp_json_get(schema, "properties")};
    unsigned properties = 0;

    rp_json_each(rp_json_get(result_at(told, 0), "state"), check_member, &validation);
    rp_json_each(validation.properties, count_member, &properties);
    ck_assert_uint_eq(validation.checked, properties);
}

START_TEST(states_are_as_their_schema_says)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer told = describe(on.instance), made = call_members(&on, "create", 1, "\"wait\": \"none\"");
    const rp_json *schema = rp_json_get(described(&told), "state");

    check_state(schema, &made);
    answer_free(&made);
    made = call_members(&on, "create", 1, "\"adopt\": true");
    check_state(schema, &made);
    answer_free(&made);
    made = call_members(&on, "read", 1, "");
    check_state(schema, &made);
    answer_free(&made);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

/* --- open ------------------------------------------------------------------------------- */

#define HERE  "\"endpoint\": \"http://127.0.0.1:9\""
#define IN    ", \"project_id\": \"" PROJECT "\""
#define TOKEN ", \"token\": \"hush-hush\""
#define GOOD  HERE IN TOKEN
#define LOGIN                                                                                                \
    ", \"auth_url\": \"http://127.0.0.1:9/v3\", \"user_name\": \"u\", \"password\": \"hush-hush\", "         \
    "\"domain_name\": \"d\""

static const struct {
    const char *config, *path, *words;
} refused[] = {
    {"{}", "/config", "log in"},
    {"[]", "/config", NULL},
    {"null", "", NULL},
    {"{\"endpoint\": null" IN TOKEN "}", "/config", "auth_url is missing"},
    {"{" HERE TOKEN "}", "/config", "project_id is missing"},
    {"{" HERE TOKEN ", \"project_id\": \"a/b\"}", "/config/project_id", NULL},
    {"{" HERE TOKEN ", \"project_id\": \"..\"}", "/config/project_id", NULL},
    {"{\"endpoint\": \"http://127.0.0.1:9/v1.0/another\"" IN TOKEN "}", "/config/project_id", "same"},
    {"{\"endpoint\": \"http://elb.example.org\"" IN TOKEN "}", "/config/endpoint", "allow_insecure_http"},
    {"{\"endpoint\": \"nonsense\"" IN TOKEN "}", "/config/endpoint", NULL},
    {"{\"endpoint\": \"ftp://127.0.0.1\"" IN TOKEN "}", "/config/endpoint", NULL},
    {"{\"endpoint\": \"https://u:p@127.0.0.1\"" IN TOKEN "}", "/config/endpoint", NULL},
    {"{\"endpoint\": \"https://127.0.0.1/?a=b\"" IN TOKEN "}", "/config/endpoint", NULL},
    {"{\"endpoint\": \"https://\"" IN TOKEN "}", "/config/endpoint", NULL},
    {"{\"endpoint\": 9" IN TOKEN "}", "/config/endpoint", NULL},
    {"{" HERE IN "}", "/config", "log in"},
    {"{" GOOD LOGIN "}", "/config/token", "password"},
    {"{" HERE IN ", \"auth_url\": \"http://127.0.0.1:9\", \"user_name\": \"u\", \"domain_name\": \"d\"}",
     "/config", "password is missing"},
    {"{" HERE IN ", \"auth_url\": \"http://127.0.0.1:9\", \"password\": \"hush-hush\"}", "/config",
     "user_name is missing"},
    {"{" HERE IN ", \"auth_url\": \"http://127.0.0.1:9\", \"user_name\": \"u\", \"password\": \"hush-hush\"}",
     "/config", "domain_name is missing"},
    {"{" HERE IN ", \"user_name\": \"u\", \"password\": \"hush-hush\", \"domain_name\": \"d\"}",
     "/config", "auth_url is missing"},
    {"{" HERE IN ", \"auth_url\": \"http://iam.example.org/v3\", \"user_id\": \"u\", \"password\": "
     "\"hush-hush\"}",
     "/config/auth_url", "allow_insecure_http"},
    {"{" HERE IN ", \"auth_url\": \"nonsense\", \"user_id\": \"u\", \"password\": \"hush-hush\"}",
     "/config/auth_url", NULL},
    {"{" HERE IN ", \"tokn\": \"hush-hush\"}", "/config/tokn", "\"token\""},
    {"{" GOOD ", \"time_out_ms\": 5}", "/config/time_out_ms", "\"timeout_ms\""},
    {"{" HERE IN ", \"token\": \"\"}", "/config/token", NULL},
    {"{" HERE IN ", \"token\": 7}", "/config/token", NULL},
    {"{" GOOD ", \"region\": \"EU DE\"}", "/config/region", NULL},
    {"{" GOOD ", \"insecure\": \"yes\"}", "/config/insecure", NULL},
    {"{" GOOD ", \"timeout_ms\": \"5\"}", "/config/timeout_ms", NULL},
    {"{" GOOD ", \"timeout_ms\": 0}", "/config/timeout_ms", NULL},
    {"{" GOOD ", \"timeout_ms\": -1}", "/config/timeout_ms", NULL},
    {"{" GOOD ", \"timeout_ms\": 1.5}", "/config/timeout_ms", NULL},
    {"{" GOOD ", \"timeout_ms\": 9007199254740991}", "/config/timeout_ms", NULL},
    {"{" GOOD ", \"max_batch\": 0}", "/config/max_batch", NULL},
    {"{" GOOD ", \"max_parallel\": 0}", "/config/max_parallel", NULL},
    {"{" GOOD ", \"settle_ms\": true}", "/config/settle_ms", NULL},
    {"{" GOOD ", \"wait\": \"healty\"}", "/config/wait", "healthy"},
    {"{" GOOD ", \"wait\": 1}", "/config/wait", NULL},
    {"{" GOOD ", \"poll_min_ms\": 500, \"poll_max_ms\": 400}", "/config/poll_max_ms", "poll_min_ms"},
    {"{" GOOD ", \"client_cert_file\": \"c.pem\"}", "/config", "client_key_file is missing"},
    {"{" GOOD ", \"client_key_file\": \"k.pem\"}", "/config", "client_cert_file is missing"},
};

START_TEST(open_refuses_a_wrong_config_and_says_where)
{
    answer told = open_with(refused[_i].config);
    _cleanup_(rp_freep) char *all = answer_print(&told);

    check_refused(&told, RP_INVALID_ARGUMENT, refused[_i].path, refused[_i].words);
    ck_assert_msg(!strstr(all, "hush-hush"), "a secret is told: %s", all);
    answer_free(&told);
}
END_TEST

static const char *const opened[] = {
    "{" GOOD "}",
    "{\"endpoint\": \"http://elb.example.org\", \"allow_insecure_http\": true" IN TOKEN "}",
    "{\"endpoint\": \"https://elb.example.org\"" IN TOKEN "}",
    "{\"endpoint\": \"http://localhost:9\"" IN TOKEN "}",
    "{\"endpoint\": \"http://[::1]:9\"" IN TOKEN "}",
    "{\"region\": \"eu-de\"" IN TOKEN "}",
    "{" HERE IN LOGIN "}",
    "{\"region\": \"eu-de\"" IN ", \"user_id\": \"u\", \"password\": \"p\"}",
    "{\"endpoint\": \"http://127.0.0.1:9/v1.0/" PROJECT "\"" IN TOKEN "}",
    "{" GOOD ", \"wait\": null, \"timeout_ms\": null, \"password\": null}",
    "{" GOOD ", \"poll_min_ms\": 300, \"poll_max_ms\": 300, \"max_bisect\": 0}",
};

START_TEST(open_takes_a_config_that_may_be_right)
{
    answer told = open_with(opened[_i]);
    _cleanup_(rp_freep) char *all = answer_print(&told);

    ck_assert_msg(told.status == RP_OK, "%s: %s", opened[_i], all);
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "diagnostics")), 0);
    answer_free(&told);
}
END_TEST

START_TEST(open_warns_of_a_server_that_is_not_checked)
{
    answer told = open_with("{\"endpoint\": \"https://elb.example.org\"" IN TOKEN ", \"insecure\": true}");

    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_str_eq(text_of(first_diagnostic(&told), "severity"), "warning");
    answer_free(&told);
}
END_TEST

static const struct {
    const char *end;
    bool with_project;
} endpoints[] = {{"", true},
                 {"/", true},
                 {"/v1.0", true},
                 {"/v1.0/", true},
                 {"/v1.0/" PROJECT, true},
                 {"/v1.0/" PROJECT, false},
                 {"/v1.0/" PROJECT "/", false}};

START_TEST(an_endpoint_is_the_same_with_and_without_version_and_project)
{
    bed on = bed_make(NO_SETTINGS, "");
    _cleanup_(rp_freep) char *request =
        rp_format("{\"config\": {\"endpoint\": \"%s%s\", \"token\": \"" RP_SIM_TOKEN "\"%s}}",
                  rp_sim_url(on.sim), endpoints[_i].end, endpoints[_i].with_project ? IN : "");
    const rp_response *told = on.plugin->open(NULL, NULL, request, strlen(request));
    bed other = on;
    answer read;

    ck_assert_msg(told->status == RP_OK, "%s: %s", request, told->json);
    other.instance = told->instance;
    read = call_members(&other, "read", 1, "");
    ck_assert_str_eq(result_text(&read, 0, "status"), "not_found");
    ck_assert(has_code(&read, 0, "elb.member_not_found"));
    ck_assert_uint_eq(rp_sim_count(on.sim, "list"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 1);
    answer_free(&read);
    on.plugin->close(other.instance);
    on.plugin->release(told);
    bed_free(&on);
}
END_TEST

/* --- validate ------------------------------------------------------------------------------ */

static const struct {
    const char *record, *status, *path;
} records[] = {
    {"{\"listener_id\": \"l\", \"server_id\": \"s\", \"address\": \"10.0.0.1\"}", "ok", NULL},
    {"{\"listener_id\": null, \"server_id\": null, \"address\": null}", "ok", NULL},
    {"{\"listener_id\": \"l\", \"server_id\": null, \"address\": \"::1\"}", "ok", NULL},
    {"{\"listener_id\": \"l\", \"server_id\": \"s\"}", "invalid_argument", ""},
    {"{\"listener_id\": null, \"address\": null}", "invalid_argument", ""},
    {"{\"listener_id\": \"l\", \"server_id\": \"s\", \"address\": \"10.0.0\"}", "invalid_argument",
     "/address"},
    {"{\"listener_id\": null, \"server_id\": null, \"address\": \"host\"}", "invalid_argument", "/address"},
    {"{\"listener_id\": \"l/m\", \"server_id\": \"s\", \"address\": null}", "invalid_argument",
     "/listener_id"},
    {"{\"listener_id\": \"l\", \"server_id\": 5, \"address\": null}", "invalid_argument", "/server_id"},
    {"{\"listener_id\": \"l\", \"server_id\": \"s\", \"address\": \"10.0.0.1\", \"adress\": null}",
     "invalid_argument", "/adress"},
    {"[]", "invalid_argument", ""},
};

START_TEST(validate_says_what_create_would_refuse)
{
    _cleanup_(rp_freep) char *request = rp_format("{\"resource\": \"elb_member\", \"records\": [%s, %s]}",
                                                  records[0].record, records[_i].record);
    answer told = call_raw(plugin_load()->validate, NULL, NULL, request, strlen(request));
    const rp_json *why = rp_json_at(rp_json_get(result_at(&told, 1), "diagnostics"), 0);

    ck_assert_uint_eq(result_count(&told), 2);
    ck_assert_str_eq(result_text(&told, 0, "status"), "ok");
    ck_assert_str_eq(result_text(&told, 1, "status"), records[_i].status);
    ck_assert_int_eq(told.status, records[_i].path ? RP_INVALID_ARGUMENT : RP_OK);
    if (records[_i].path)
        ck_assert_str_eq(text_of(why, "path"), records[_i].path);
    answer_free(&told);
}
END_TEST

static answer validate_config(const char *config)
{
    _cleanup_(rp_freep) char *request = rp_format("{\"config\": %s}", config);

    return call_raw(plugin_load()->validate, NULL, NULL, request, strlen(request));
}

/* Those with a null in them may still become right. */
START_TEST(validate_refuses_the_configs_that_open_refuses)
{
    answer told = validate_config(refused[_i].config);

    if (strcmp(refused[_i].config, "null") && !strstr(refused[_i].config, ": null"))
        check_refused(&told, RP_INVALID_ARGUMENT, refused[_i].path, refused[_i].words);
    answer_free(&told);
}
END_TEST

START_TEST(validate_takes_the_configs_that_open_takes)
{
    answer told = validate_config(opened[_i]);

    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
}
END_TEST

static const struct {
    const char *config, *path; /* NULL: it may become right */
} unknowns[] = {
    {"{\"endpoint\": null, \"project_id\": null, \"token\": null}", NULL},
    {"{\"endpoint\": \"https://elb.example.org\", \"project_id\": null, \"token\": \"t\"}", NULL},
    {"{\"endpoint\": null, \"project_id\": null, \"token\": null, \"wait\": \"healty\"}", "/config/wait"},
    {"{\"endpoint\": null, \"tokn\": null}", "/config/tokn"},
};

START_TEST(validate_of_a_config_passes_over_what_is_not_known_yet)
{
    answer told = validate_config(unknowns[_i].config);

    if (unknowns[_i].path)
        check_refused(&told, RP_INVALID_ARGUMENT, unknowns[_i].path, NULL);
    else
        ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
}
END_TEST

/* --- requests that are none -------------------------------------------------------------------- */

#define MEMBERS(more) "{\"resource\": \"elb_member\", \"records\": []" more "}"
#define BYTES(text)   (text), sizeof(text) - 1

static const struct {
    const char *bytes;
    size_t len;
    const char *path; /* NULL: no document at all, for any hook */
} bad[] = {
    {BYTES(""), ""},
    {BYTES(" "), NULL},
    {BYTES("{"), NULL},
    {BYTES("nonsense"), NULL},
    {BYTES("[]"), NULL},
    {BYTES("null"), NULL},
    {BYTES("7"), NULL},
    {BYTES("{}"), ""},
    {BYTES(MEMBERS("") "\0"), NULL},
    {BYTES(MEMBERS(", \"options\": {\"wait\": \"j\0b\"}")), NULL},
    {BYTES(MEMBERS("") " {}"), NULL},
    {BYTES(MEMBERS(", \"records\": []")), NULL},
    {BYTES(MEMBERS(", \"r\\u0065cords\": []")), NULL},
    {BYTES(MEMBERS(", \"options\": NaN")), NULL},
    {BYTES(MEMBERS(", \"options\": {\"wait\": \"\\ud800\"}")), NULL},
    {BYTES(MEMBERS(", \"options\": {\"wait\": \"\xed\xa0\x80\"}")), NULL},
    {BYTES(MEMBERS(", \"options\": {\"wait\": \"\xff\"}")), NULL},
    {BYTES(MEMBERS(", \"options\": {\"wait\": \"a\nb\"}")), NULL},
    {BYTES(MEMBERS(", \"options\": 9007199254740992")), NULL},
    {BYTES(MEMBERS(",")), NULL},
    {BYTES("{\"records\": []}"), ""},
    {BYTES("{\"resource\": 1, \"records\": []}"), "/resource"},
    {BYTES("{\"resource\": null, \"records\": []}"), ""},
    {BYTES("{\"resource\": \"elb_member\"}"), ""},
    {BYTES("{\"resource\": \"elb_member\", \"records\": {}}"), "/records"},
    {BYTES("{\"resource\": \"elb_member\", \"records\": null}"), ""},
    {BYTES(MEMBERS(", \"recrods\": []")), "/recrods"},
    {BYTES(MEMBERS(", \"parent\": {}")), "/parent"},
    {BYTES(MEMBERS(", \"options\": []")), "/options"},
    {BYTES(MEMBERS(", \"options\": {\"wiat\": \"job\"}")), "/options/wiat"},
    {BYTES(MEMBERS(", \"options\": {\"wait\": \"jobs\"}")), "/options/wait"},
    {BYTES(MEMBERS(", \"options\": {\"wait\": 1}")), "/options/wait"},
    {BYTES(MEMBERS(", \"options\": {\"adopt\": \"yes\"}")), "/options/adopt"},
};

/* To those hooks that take records, or bytes at all. */
static void refuse_everywhere(const bed *on, const char *bytes, size_t len, const char *path)
{
    rp_hook *const of_records[] = {on->plugin->create, on->plugin->read, on->plugin->delete_,
                                   on->plugin->validate};

    for (size_t i = 0; i < rp_count_of(of_records); i++) {
        answer told = call_raw(of_records[i], on->instance, NULL, bytes, len);
        check_refused(&told, RP_INVALID_ARGUMENT, path, NULL);
        answer_free(&told);
    }
    ck_assert_uint_eq(rp_sim_count(on->sim, "total"), 0);
}

/* What is no document at all is none for the others either. */
static void refuse_by_the_others(const bed *on, const char *bytes, size_t len)
{
    rp_hook *const others[] = {on->plugin->list, on->plugin->open, on->plugin->describe};

    for (size_t i = 0; i < rp_count_of(others); i++) {
        answer told = call_raw(others[i], on->instance, NULL, bytes, len);
        check_refused(&told, RP_INVALID_ARGUMENT, "", NULL);
        answer_free(&told);
    }
    ck_assert_uint_eq(rp_sim_count(on->sim, "total"), 0);
}

START_TEST(a_bad_request_is_refused_with_a_pointer_and_without_a_request)
{
    bed on = bed_make(NO_SETTINGS, "");

    refuse_everywhere(&on, bad[_i].bytes, bad[_i].len, bad[_i].path ? bad[_i].path : "");
    if (!bad[_i].path)
        refuse_by_the_others(&on, bad[_i].bytes, bad[_i].len);
    bed_free(&on);
}
END_TEST

static char *filled(const char *start, char with, size_t count, const char *finish)
{
    rp_buffer text = RP_BUFFER(64u << 20);

    rp_buffer_add_text(&text, start);
    for (size_t i = 0; i < count; i++)
        rp_buffer_add_char(&text, with);
    rp_buffer_add_text(&text, finish);
    return rp_buffer_take(&text);
}

START_TEST(a_request_of_17_mib_is_refused)
{
    _cleanup_(rp_freep) char *request = filled(MEMBERS(""), ' ', 17u << 20, "");
    bed on = bed_make(NO_SETTINGS, "");

    refuse_everywhere(&on, request, strlen(request), "");
    refuse_by_the_others(&on, request, strlen(request));
    bed_free(&on);
}
END_TEST

/* The envelope, records and what is in them: 65 levels with 63 more, 64 with 62. */
static char *nested(unsigned more)
{
    _cleanup_(rp_freep) char *open = filled("{\"resource\": \"elb_member\", \"records\": [", '[', more, "");

    return filled(open, ']', more + 1, "}");
}

START_TEST(a_request_of_65_levels_is_refused_and_one_of_64_is_read)
{
    _cleanup_(rp_freep) char *deeper = nested(63), *deep = nested(62);
    bed on = bed_make(NO_SETTINGS, "");
    answer told;

    refuse_everywhere(&on, deeper, strlen(deeper), "");
    refuse_by_the_others(&on, deeper, strlen(deeper));
    told = call_raw(on.plugin->create, on.instance, NULL, deep, strlen(deep));
    ck_assert_uint_eq(result_count(&told), 1);
    ck_assert_str_eq(result_text(&told, 0, "status"), "invalid_argument");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

#define LIST(more) "{\"resource\": \"elb_member\"" more "}"
#define OF         ", \"parent\": {\"listener_id\": \"" LISTENER "\"}"

static const struct {
    const char *request, *path;
} lists[] = {
    {"{}", ""},
    {LIST(""), ""},
    {LIST(", \"parent\": []"), "/parent"},
    {LIST(", \"parent\": {}"), "/parent"},
    {LIST(", \"parent\": {\"listener_id\": \"a/b\"}"), "/parent/listener_id"},
    {LIST(", \"parent\": {\"listener_id\": \"a\", \"server_id\": \"b\"}"), "/parent/server_id"},
    {LIST(OF ", \"records\": []"), "/records"},
    {LIST(OF ", \"page\": 2"), "/page"},
    {LIST(OF ", \"page\": \"../..\""), "/page"},
    {LIST(OF ", \"options\": []"), "/options"},
};

START_TEST(a_bad_list_request_is_refused_with_a_pointer)
{
    bed on = bed_make(NO_SETTINGS, "");
    answer told = call_raw(on.plugin->list, on.instance, NULL, lists[_i].request, strlen(lists[_i].request));

    check_refused(&told, RP_INVALID_ARGUMENT, lists[_i].path, NULL);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

/* As the header says: no such hook or resource here. */
START_TEST(a_resource_of_another_name_is_not_supported)
{
    static const char mistyped[] = "{\"resource\": \"elb_membr\", \"records\": []}";
    static const char list[] = "{\"resource\": \"elb_listener\"" OF "}";
    bed on = bed_make(NO_SETTINGS, "");
    rp_hook *const of_records[] = {on.plugin->create, on.plugin->read, on.plugin->delete_,
                                   on.plugin->validate};
    answer told = call_raw(on.plugin->list, on.instance, NULL, list, strlen(list));

    check_refused(&told, RP_UNSUPPORTED, "/resource", NULL);
    answer_free(&told);
    for (size_t i = 0; i < rp_count_of(of_records); i++) {
        told = call_raw(of_records[i], on.instance, NULL, mistyped, strlen(mistyped));
        check_refused(&told, RP_UNSUPPORTED, "/resource", NULL);
        answer_free(&told);
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    bed_free(&on);
}
END_TEST

START_TEST(a_request_of_null_is_an_empty_one)
{
    bed on = bed_make(NO_SETTINGS, "");
    answer told = call_raw(on.plugin->describe, NULL, NULL, NULL, 0);

    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
    told = call_raw(on.plugin->open, NULL, NULL, NULL, 0);
    check_refused(&told, RP_INVALID_ARGUMENT, "", NULL);
    answer_free(&told);
    refuse_everywhere(&on, NULL, 0, "");
    bed_free(&on);
}
END_TEST

START_TEST(hooks_that_act_need_an_instance)
{
    const rp_plugin *plugin = plugin_load();
    rp_hook *const hooks[] = {plugin->create, plugin->read, plugin->delete_, plugin->list};
    answer told = call_raw(hooks[_i], NULL, NULL, BYTES(MEMBERS("")));

    check_refused(&told, RP_CONTRACT, NULL, NULL);
    answer_free(&told);
    told = call_raw(plugin->validate, NULL, NULL, BYTES(MEMBERS("")));
    ck_assert_int_eq(told.status, RP_OK);
    answer_free(&told);
    plugin->release(NULL);
    plugin->close(NULL);
}
END_TEST

/* --- memory and structs ---------------------------------------------------------------------------- */

/* The last bytes of a page, with nothing behind it. */
static char *at_page_end(const void *bytes, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
    return memcpy(pages + page - len, bytes, len);
}

START_TEST(a_request_need_not_end_in_a_nul)
{
    bed on = bed_make(NO_SETTINGS, "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 1, "");
    answer told =
        call_raw(on.plugin->read, on.instance, NULL, at_page_end(request, strlen(request)), strlen(request));

    ck_assert_str_eq(result_text(&told, 0, "status"), "not_found");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

static const size_t call_sizes[] = {offsetof(rp_call, timeout_ms), offsetof(rp_call, cancel),
                                    offsetof(rp_call, on_event), offsetof(rp_call, context), sizeof(rp_call)};

/* A call struct that ends after any of its members: nothing behind its end is read. */
START_TEST(a_smaller_call_struct_is_read_to_its_end_only)
{
    static const volatile uint32_t go_on = 0;
    bed on = bed_make(SETTINGS("latency-ms", "50"), "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 1, "");
    rp_call call = {.struct_size = (uint32_t)call_sizes[_i], .timeout_ms = 20000, .cancel = &go_on};
    size_t room = (call_sizes[_i] + 7) / 8 * 8;
    answer told;

    /* Where the end is no multiple of the alignment, what follows is memory: a millisecond that is not meant.
     */
    if (room > call_sizes[_i])
        call.timeout_ms = 1;
    told = call_raw(on.plugin->read, on.instance, (const rp_call *)(void *)at_page_end(&call, room), request,
                    strlen(request));
    ck_assert_str_eq(result_text(&told, 0, "status"), "not_found");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(the_timeout_counts_although_the_struct_ends_after_it)
{
    bed on = bed_make(NO_SETTINGS, "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 1, "");
    rp_call call;
    answer told;

    memset(&call, 0xff, sizeof(call));
    call.struct_size = offsetof(rp_call, cancel);
    call.timeout_ms = 200;
    simulator_fault(on.sim, "on=list,kind=hang,count=0");
    told = call_raw(on.plugin->read, on.instance, &call, request, strlen(request));
    ck_assert_str_eq(result_text(&told, 0, "status"), "deadline_exceeded");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_larger_call_struct_of_a_later_minor_is_read_as_far_as_it_is_known)
{
    bed on = bed_make(NO_SETTINGS, "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 1, "");
    struct {
        rp_call known;
        unsigned char later[64];
    } call = {.known = {.struct_size = sizeof(call), .timeout_ms = 20000}};
    answer told;

    memset(call.later, 0xff, sizeof(call.later));
    told = call_raw(on.plugin->read, on.instance, &call.known, request, strlen(request));
    ck_assert_str_eq(result_text(&told, 0, "status"), "not_found");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_response_outlives_later_calls_and_its_instance)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 3, ""), *copy = NULL;
    const rp_response *kept = on.plugin->create(on.instance, NULL, request, strlen(request));
    answer told;

    copy = strdup(kept->json);
    told = call_members(&on, "delete", 3, "");
    answer_free(&told);
    on.plugin->close(on.instance);
    on.instance = NULL;
    ck_assert_str_eq(kept->json, copy);
    ck_assert_int_eq(kept->status, RP_OK);
    on.plugin->release(kept);
    bed_free(&on);
}
END_TEST

START_TEST(the_longest_ids_come_back_as_they_went)
{
    _cleanup_(rp_freep) char *server = filled("", 'x', 60, "._~-"), *longer = filled("", 'x', 65, "");
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    answer told = call_hook(&on, "create",
                            "{\"resource\": \"elb_member\", \"records\": [{\"listener_id\": \"" LISTENER
                            "\", \"server_id\": \"%s\", \"address\": \"10.0.0.1\"}, {\"listener_id\": "
                            "\"" LISTENER "\", \"server_id\": \"%s\", \"address\": \"10.0.0.1\"}]}",
                            server, longer);

    ck_assert_str_eq(result_text(&told, 0, "status"), "ok");
    ck_assert_str_eq(state_text(&told, 0, "server_id"), server);
    ck_assert_str_eq(result_text(&told, 1, "status"), "invalid_argument");
    answer_free(&told);
    bed_free(&on);
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

static void add_tests_of_config(TCase *tests)
{
    tcase_add_test(tests, describe_names_the_key_the_parent_and_the_settle_time);
    tcase_add_test(tests, describe_of_an_instance_tells_that_instances_settle_time);
    tcase_add_test(tests, schemas_are_whole_and_small);
    tcase_add_test(tests, states_are_as_their_schema_says);
    LOOP(tests, open_refuses_a_wrong_config_and_says_where, refused);
    LOOP(tests, open_takes_a_config_that_may_be_right, opened);
    tcase_add_test(tests, open_warns_of_a_server_that_is_not_checked);
    LOOP(tests, an_endpoint_is_the_same_with_and_without_version_and_project, endpoints);
    LOOP(tests, validate_says_what_create_would_refuse, records);
    LOOP(tests, validate_refuses_the_configs_that_open_refuses, refused);
    LOOP(tests, validate_takes_the_configs_that_open_takes, opened);
    LOOP(tests, validate_of_a_config_passes_over_what_is_not_known_yet, unknowns);
}

static void add_tests_of_requests(TCase *tests)
{
    LOOP(tests, a_bad_request_is_refused_with_a_pointer_and_without_a_request, bad);
    tcase_add_test(tests, a_request_of_17_mib_is_refused);
    tcase_add_test(tests, a_request_of_65_levels_is_refused_and_one_of_64_is_read);
    LOOP(tests, a_bad_list_request_is_refused_with_a_pointer, lists);
    tcase_add_test(tests, a_resource_of_another_name_is_not_supported);
    tcase_add_test(tests, a_request_of_null_is_an_empty_one);
    tcase_add_loop_test(tests, hooks_that_act_need_an_instance, 0, 4);
    tcase_add_test(tests, a_request_need_not_end_in_a_nul);
    LOOP(tests, a_smaller_call_struct_is_read_to_its_end_only, call_sizes);
    tcase_add_test(tests, the_timeout_counts_although_the_struct_ends_after_it);
    tcase_add_test(tests, a_larger_call_struct_of_a_later_minor_is_read_as_far_as_it_is_known);
    tcase_add_test(tests, a_response_outlives_later_calls_and_its_instance);
    tcase_add_test(tests, the_longest_ids_come_back_as_they_went);
}

int main(void)
{
    TCase *tests = tcase_create("documents");

    tcase_set_timeout(tests, 60);
    add_tests_of_config(tests);
    add_tests_of_requests(tests);
    return run_case("documents", tests);
}
