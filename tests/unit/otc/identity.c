#include "otc/identity.h"
#include "otc/environment.h"

#include "base/text.h"

#include "suites.h"
#include "test_identity.h"

#include <string.h>

/* The sources of a case, in the order in which they count. */
typedef struct given {
    const char *first[16], *second[16];
} given;

static int choose(const given *from, otc_identity *into, rp_error **error)
{
    otc_source first = source_of("the first", from->first), second = source_of("the second", from->second);
    int result = otc_identity_choose((const otc_source *[]){&first, &second}, 2, into, error);

    otc_source_done(&first);
    otc_source_done(&second);
    return result;
}

#define AT_HOME "endpoint", "https://elb.example", "project_id", "p"

/* ---- what is taken from where ---- */

static const struct chosen {
    given from;
    const char *name, *value; /* of a setting that counts then; NULL: none does */
} choices[] = {
    {{{AT_HOME, "token", "one"}, {"token", "two"}}, "token", "one"},
    {{{AT_HOME, "token", "one"}, {"user_name", "u", "password", "p"}}, "password", NULL},
    {{{AT_HOME}, {"token", "two"}}, "token", "two"},
    {{{AT_HOME, "auth_url", "https://iam.example", "user_id", "u", "password", "p"}, {"domain_name", "d"}},
     "domain_name",
     NULL},
    {{{AT_HOME, "domain_name", "d"}, {"token", "t"}}, "domain_name", NULL},
    {{{"token", "t", "region", "eu-de"}, {"region", "ap-sg", "project_name", "x"}}, "region", "eu-de"},
    {{{"token", "t"}, {"region", "ap-sg", "project_name", "x"}}, "region", "ap-sg"},
    {{{"token", "t", "region", "r", "project_name", "mine"}, {"project_id", "theirs"}}, "project_id", NULL},
    {{{AT_HOME, "token", "t", "ca_file", "a"}, {"ca_file", "b", "proxy", "c"}}, "proxy", "c"},
    {{{AT_HOME, "token", "t", "client_cert_file", "a", "client_key_file", "b"}, {"client_key_file", "c"}},
     "client_key_file",
     "b"},
    /* Credentials go nowhere that a source below theirs names. */
    {{{"region", "eu-de", "token", "t"}, {"auth_url", "https://evil.example"}}, "auth_url", NULL},
    {{{"region", "eu-de", "token", "t"}, {"endpoint", "https://evil.example"}}, "endpoint", NULL},
    {{{AT_HOME, "token", "t"}, {"insecure", "true"}}, "insecure", NULL},
    {{{AT_HOME, "token", "t"}, {"allow_insecure_http", "true"}}, "allow_insecure_http", NULL},
    {{{AT_HOME, "token", "t"}, {"ca_file", "x"}}, "ca_file", NULL},
    {{{AT_HOME, "token", "t"}, {"client_cert_file", "x", "client_key_file", "y"}}, "client_cert_file", NULL},
    {{{AT_HOME, "metadata", "true"}, {"metadata_url", "http://127.0.0.1:9/"}}, "metadata_url", NULL},
    {{{AT_HOME, "metadata", "true"}, {"token", "t"}}, "token", NULL},
    /* One above may. */
    {{{"endpoint", "https://elb.example", "ca_file", "x"}, {"project_id", "p", "token", "t"}}, "ca_file", "x"},
    {{{AT_HOME, "insecure", "true"}, {"token", "t"}}, "insecure", "true"},
    {{{"auth_url", "https://iam.example"}, {"region", "eu-de", "token", "t"}}, "auth_url", "https://iam.example"},
};

START_TEST(credentials_come_from_one_source_and_all_else_one_by_one)
{
    const struct chosen *one = &choices[_i];
    otc_identity who;
    rp_error *error = NULL;
    const char *told;

    ck_assert_msg(choose(&one->from, &who, &error) == 0, "%s", error ? error->message : "no error");
    told = otc_identity_text(&who, otc_setting_named(one->name));
    ck_assert_msg(told ? one->value && !strcmp(told, one->value) : !one->value, "%s", told ? told : "none");
    otc_identity_done(&who);
}
END_TEST

/* ---- what follows from it ---- */

static const struct derived {
    const char *settings[16];
    otc_auth_method method;
    const char *auth_host, *endpoint_host, *project_id, *project_name, *region; /* NULL: none */
} deriveds[] = {
    {{AT_HOME, "token", "t"}, OTC_METHOD_TOKEN, NULL, "elb.example", "p", NULL, NULL},
    {{AT_HOME, "access_key", "a", "secret_key", "s"}, OTC_METHOD_KEYS, NULL, "elb.example", "p", NULL, NULL},
    {{"region", "eu-de", "token", "t"},
     OTC_METHOD_TOKEN,
     "iam.eu-de.otc.t-systems.com",
     NULL,
     NULL,
     "eu-de",
     "eu-de"},
    {{"project_name", "eu-de_shop", "token", "t"},
     OTC_METHOD_TOKEN,
     "iam.eu-de.otc.t-systems.com",
     NULL,
     NULL,
     "eu-de_shop",
     "eu-de"},
    {{"project_name", "web_shop", "auth_url", "https://iam.example", "token", "t"},
     OTC_METHOD_TOKEN,
     "iam.example",
     NULL,
     NULL,
     "web_shop",
     NULL},
    {{"endpoint", "https://elb.example/v1.0/q/", "token", "t"},
     OTC_METHOD_TOKEN,
     NULL,
     "elb.example",
     "q",
     NULL,
     NULL},
    {{"endpoint", "https://elb.example/v1.0", "project_id", "p", "token", "t"},
     OTC_METHOD_TOKEN,
     NULL,
     "elb.example",
     "p",
     NULL,
     NULL},
    {{"auth_url", "https://iam.%(region_name)s.example/v3", "region", "ap-sg", "user_id", "u", "password",
      "p"},
     OTC_METHOD_PASSWORD,
     "iam.ap-sg.example",
     NULL,
     NULL,
     "ap-sg",
     "ap-sg"},
    {{"auth_url", "https://iam.{region_name}.example/{region_name}", "region", "ap-sg", "user_id", "u", "password",
      "p"},
     OTC_METHOD_PASSWORD,
     "iam.ap-sg.example",
     NULL,
     NULL,
     "ap-sg",
     "ap-sg"},
    {{AT_HOME, "metadata", "true"}, OTC_METHOD_METADATA, NULL, "elb.example", "p", NULL, NULL},
    {{"region", "eu-de", "metadata", "true", "metadata_url", "http://[fe80::1]/keys"},
     OTC_METHOD_METADATA,
     "iam.eu-de.otc.t-systems.com",
     NULL,
     NULL,
     "eu-de",
     "eu-de"},
    {{AT_HOME, "auth_url", "https://iam.example/v3/auth/tokens", "user_id", "u", "password", "p"},
     OTC_METHOD_PASSWORD,
     "iam.example",
     "elb.example",
     "p",
     NULL,
     NULL},
    {{"region", "eu-de", "project_id", "mine", "delegated_project", "theirs", "agency_name", "a",
      "agency_domain_name", "d", "token", "t"},
     OTC_METHOD_TOKEN,
     "iam.eu-de.otc.t-systems.com",
     NULL,
     NULL,
     "theirs",
     "eu-de"},
    {{AT_HOME, "auth_type", "v3token", "token", "t", "password", "p", "user_id", "u"},
     OTC_METHOD_TOKEN,
     NULL,
     "elb.example",
     "p",
     NULL,
     NULL},
};

static void check_text(const char *what, const char *told, const char *expected)
{
    ck_assert_msg(told ? expected && !strcmp(told, expected) : !expected, "%s is %s", what,
                  told ? told : "none");
}

START_TEST(what_is_not_said_is_derived)
{
    const struct derived *one = &deriveds[_i];
    otc_identity who = whoever(one->settings);

    ck_assert_int_eq(who.method, one->method);
    check_text("auth", who.auth.host, one->auth_host);
    check_text("endpoint", who.endpoint.host, one->endpoint_host);
    if (who.auth.host && *who.auth.path)
        ck_assert_str_eq(who.auth.path, "/ap-sg");
    ck_assert_str_eq(who.endpoint.host ? who.endpoint.path : "", "");
    check_text("project_id", who.project_id, one->project_id);
    check_text("project_name", who.project_name, one->project_name);
    check_text("region", who.region, one->region);
    otc_identity_done(&who);
}
END_TEST

/* ---- what is refused ---- */

static const struct wrong {
    given from;
    const char *words;
} wrongs[] = {
    {{{AT_HOME}, {NULL}}, "no way to log in"},
    {{{AT_HOME, "token", "t", "password", "p"}, {NULL}},
     "token of the first and password of the first are both given: one of them logs in"},
    {{{AT_HOME}, {"access_key", "a", "password", "p"}},
     "password of the second and access_key of the second are both given"},
    {{{AT_HOME, "user_name", "u"}, {"password", "p"}}, "password is missing beside user_name of the first"},
    {{{AT_HOME, "password", "p"}, {NULL}}, "user_name is missing beside password of the first"},
    {{{AT_HOME, "user_name", "u", "password", "p"}, {NULL}}, "domain_name is missing beside user_name"},
    {{{AT_HOME, "secret_key", "s"}, {NULL}}, "access_key is missing beside secret_key of the first"},
    {{{AT_HOME, "access_key", "s"}, {"secret_key", "s"}},
     "secret_key is missing beside access_key of the first"},
    {{{AT_HOME, "security_token", "s", "token", "t"}, {NULL}}, "access_key is missing beside security_token"},
    {{{AT_HOME, "token", "t", "auth_type", "magic"}, {NULL}}, "auth_type of the first is none of token"},
    {{{AT_HOME, "token", "t", "auth_type", "aksk"}, {NULL}}, "secret_key is missing"},
    {{{AT_HOME, "token", "t", "signing", "x"}, {NULL}}, "signing of the first is not the name of a signature scheme"},
    {{{AT_HOME, "token", "t"}, {"interface", "x"}}, "interface of the second is none of public"},
    {{{AT_HOME, "token", "t", "insecure", "perhaps"}, {NULL}},
     "insecure of the first is neither true nor false"},
    {{{AT_HOME, "token", "t", "client_cert_file", "x"}, {"client_key_file", "y"}},
     "client_key_file is missing beside client_cert_file of the first"},
    {{{"token", "t"}, {NULL}}, "project_id is missing, and so are project_name and region"},
    {{{"token", "t", "project_id", "a/b", "region", "r"}, {NULL}}, "project_id of the first has characters"},
    {{{"token", "t", "project_id", "..", "region", "r"}, {NULL}}, "project_id of the first has characters"},
    {{{"token", "t", "project_id", "p"}, {NULL}}, "auth_url is missing, and so is region"},
    {{{"token", "t", "project_id", "p", "auth_url", "https://iam.%(region_name)s.example"}, {NULL}},
     "region is missing: auth_url of the first"},
    {{{"token", "t", "project_id", "p", "auth_url", "https://iam.{region_name}.example"}, {NULL}},
     "region is missing: auth_url of the first"},
    {{{"token", "t", "project_id", "p"}, {"auth_url", "https://iam.example"}},
     "not used beside these credentials: auth_url of the second"},
    {{{AT_HOME, "metadata", "true", "token", "t"}, {NULL}},
     "token of the first and metadata of the first are both given"},
    {{{AT_HOME, "metadata", "true", "metadata_url", "http://keys.example/"}, {NULL}},
     "metadata_url of the first: the host must be a link-local or loopback address"},
    {{{AT_HOME, "metadata", "true", "metadata_url", "http://169.253.169.254/"}, {NULL}},
     "the host must be a link-local"},
    {{{AT_HOME, "metadata", "true", "metadata_url", "http://169.254.169.254.example/"}, {NULL}},
     "the host must be a link-local"},
    {{{AT_HOME, "metadata", "true", "metadata_url", "http://u:p@127.0.0.1/"}, {NULL}},
     "metadata_url of the first: the URL must not have a user name"},
    {{{"token", "t", "project_id", "p", "auth_url", "http://iam.example"}, {NULL}},
     "auth_url of the first is plain http"},
    {{{"token", "t", "project_id", "p", "endpoint", "http://elb.example"}, {NULL}},
     "endpoint of the first is plain http"},
    {{{"token", "t", "project_id", "p", "auth_url", "nonsense"}, {NULL}}, "auth_url of the first: "},
    {{{"token", "t", "region", "EU"}, {NULL}}, "region of the first is no name of a region"},
    {{{"token", "t", "region", "eu-nl"}, {NULL}},
     "eu-nl (region of the first) has no classic load balancers"},
    {{{"token", "t", "project_name", "eu-nl_x"}, {NULL}}, "eu-nl (project_name of the first) has no classic"},
    {{{AT_HOME, "token", "t", "agency_name", "a", "region", "eu-de"}, {NULL}},
     "agency_domain_name is missing beside agency_name of the first"},
};

START_TEST(what_is_wrong_is_told_by_setting_and_source)
{
    otc_identity who;
    rp_error *error = NULL;

    ck_assert_int_eq(choose(&wrongs[_i].from, &who, &error), RP_E_INVALID);
    ck_assert_msg(strstr(error->message, wrongs[_i].words) != NULL, "%s", error->message);
    rp_error_free(error);
    otc_identity_done(&who);
}
END_TEST

START_TEST(a_region_without_the_service_is_no_matter_where_the_endpoint_is_given)
{
    otc_identity who = WHOEVER(AT_HOME, "token", "t", "region", "eu-nl");

    otc_identity_done(&who);
}
END_TEST

START_TEST(the_note_says_what_came_from_where_and_no_value)
{
    otc_identity who = WHOEVER("endpoint", "https://elb.example", "project_id", "p-value", "auth_url",
                               "https://iam.example", "user_id", "u-value", "password", "canary");
    char *note = otc_identity_note(&who);

    ck_assert_str_eq(note, "authenticates by a password; settings: endpoint from endpoint of the test, "
                           "project_id from project_id of the test, auth_url from auth_url of the test, "
                           "user_id from user_id of the test, password from password of the test.");
    free(note);
    otc_identity_done(&who);
    who = WHOEVER(AT_HOME, "metadata", "true");
    note = otc_identity_note(&who);
    ck_assert_ptr_nonnull(strstr(note, "authenticates by signatures with temporary keys; settings:"));
    free(note);
    otc_identity_done(&who);
}
END_TEST

START_TEST(the_note_says_what_was_not_used)
{
    static const given from = {{AT_HOME, "token", "t"},
                               {"auth_url", "https://iam.example", "insecure", "true"}};
    otc_identity who;
    char *note;

    ck_assert_int_eq(choose(&from, &who, NULL), 0);
    note = otc_identity_note(&who);
    ck_assert_ptr_nonnull(strstr(note,
                                 " Not used, because the credentials are from a source that counts more: "
                                 "auth_url of the second, insecure of the second."));
    free(note);
    otc_identity_done(&who);
}
END_TEST

/* ---- the environment ---- */

typedef struct variables {
    const char *pairs[16];
} variables;

static const char *get(void *context, const char *name)
{
    const variables *all = context;

    for (size_t i = 0; all->pairs[i]; i += 2)
        if (!strcmp(all->pairs[i], name))
            return all->pairs[i + 1];
    return NULL;
}

static const struct read {
    variables from;
    const char *name, *value, *origin;
} reads[] = {
    {{{"OS_USERNAME", "a", "OS_USER_NAME", "b"}}, "user_name", "a", "OS_USERNAME of the environment"},
    {{{"OS_USERID", "a"}}, "user_id", "a", "OS_USERID of the environment"},
    {{{"OS_TENANT_NAME", "a"}}, "project_name", "a", "OS_TENANT_NAME of the environment"},
    {{{"OS_PASSWORD", ""}}, "password", NULL, NULL},
    {{{"OS_PROJECT_DOMAIN_ID", "d"}}, "project_id", NULL, NULL},
    {{{"OS_PROJECT_DOMAIN_ID", "d"}}, "domain_id", NULL, NULL},
    {{{"OS_PROJECT_DOMAIN_ID", "d"}}, "project_domain_id", "d", "OS_PROJECT_DOMAIN_ID of the environment"},
    {{{"OS_DOMAIN_NAME", "d", "OS_USER_DOMAIN_NAME", "u"}},
     "domain_name",
     "u",
     "OS_USER_DOMAIN_NAME of the environment"},
    {{{"OS_AK", "a"}}, "access_key", "a", "OS_AK of the environment"},
    {{{"AWS_ACCESS_KEY_ID", "aws", "OS_AK", "a"}}, "access_key", "a", "OS_AK of the environment"},
    {{{"AWS_ACCESS_KEY_ID", "aws", "AWS_ACCESS_SECRET_KEY", "s", "OS_AK", "a"}},
     "access_key",
     "aws",
     "AWS_ACCESS_KEY_ID of the environment"},
    {{{"AWS_SECURITY_TOKEN", "s"}}, "security_token", NULL, NULL},
    {{{"OS_ST", "s"}}, "security_token", "s", "OS_ST of the environment"},
    {{{"OS_TARGET_AGENCY_NAME", "s"}}, "agency_name", "s", "OS_TARGET_AGENCY_NAME of the environment"},
    {{{"OS_ENDPOINT_TYPE", "internalURL"}},
     "interface",
     "internalURL",
     "OS_ENDPOINT_TYPE of the environment"},
};

START_TEST(variables_and_their_aliases_are_read_in_order)
{
    const struct read *one = &reads[_i];
    otc_environment environment = {get, (void *)&one->from};
    otc_setting setting = otc_setting_named(one->name);
    otc_source read = {0};

    ck_assert_int_eq(otc_environment_read(&environment, &read, NULL), 0);
    check_text(one->name, otc_source_text(&read, setting), one->value);
    check_text("origin", otc_source_origin(&read, setting), one->origin);
    otc_source_done(&read);
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

TCase *identity_tests(void)
{
    TCase *tests = tcase_create("identity");

    LOOP(tests, credentials_come_from_one_source_and_all_else_one_by_one, choices);
    LOOP(tests, what_is_not_said_is_derived, deriveds);
    LOOP(tests, what_is_wrong_is_told_by_setting_and_source, wrongs);
    tcase_add_test(tests, a_region_without_the_service_is_no_matter_where_the_endpoint_is_given);
    tcase_add_test(tests, the_note_says_what_came_from_where_and_no_value);
    tcase_add_test(tests, the_note_says_what_was_not_used);
    LOOP(tests, variables_and_their_aliases_are_read_in_order, reads);
    return tests;
}
