#include "otc/clouds.h"

#include "base/text.h"

#include "suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"clouds.yaml", "secure.yaml", "clouds-public.yaml", "clouds.json"};

static char directory[32];

static void make_directory(void)
{
    strcpy(directory, "/tmp/rp-clouds-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
    for (size_t i = 0; i < rp_count_of(names); i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

static void put(const char *name, const char *text)
{
    char path[64];
    int fd;

    if (!text)
        return;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int read_region(const char *name, const char *region, otc_source *into, rp_error **error)
{
    otc_clouds_places places = {.directories = {"/nonexistent", directory}, .home = "/home/me"};
    char *warning = NULL;
    int result = otc_clouds_read(&places, name, region, into, &warning, error);

    free(warning);
    return result;
}

static int read_cloud(const char *name, otc_source *into, rp_error **error)
{
    return read_region(name, NULL, into, error);
}

static const struct read {
    const char *clouds, *secure, *public;
    const char *name, *value, *origin; /* of the cloud "c"; the origin from its setting to the file's name */
} reads[] = {
    {"clouds: {c: {auth: {username: u}}}", NULL, NULL, "user_name", "u", "username of cloud \"c\""},
    {"clouds:\n c:\n  region_name: eu-de\n", NULL, NULL, "region", "eu-de", "clouds.yaml, line 3)"},
    {"clouds: {c: {regions: [eu-de, x]}}", NULL, NULL, "region", "eu-de", "regions of"},
    {"clouds: {c: {regions: [{name: eu-de}]}}", NULL, NULL, "region", "eu-de", "regions of"},
    {"clouds: {c: {verify: false}}", NULL, NULL, "insecure", "true", "verify of"},
    {"clouds: {c: {verify: true}}", NULL, NULL, "insecure", "false", "verify of"},
    {"clouds: {c: {auth: {password: one}}}", "clouds: {c: {auth: {password: two}}}", NULL, "password", "two",
     "secure.yaml"},
    {"clouds: {c: {auth: {password: one}}}", "clouds: {d: {auth: {password: two}}}", NULL, "password", "one",
     "clouds.yaml"},
    {"clouds: {c: {profile: v}}", NULL, "public-clouds: {v: {auth: {auth_url: 'https://x'}}}", "auth_url",
     "https://x", "auth_url of profile \"v\""},
    {"clouds: {c: {profile: v, auth: {auth_url: 'https://y'}}}", NULL,
     "public-clouds: {v: {auth: {auth_url: 'https://x'}}}", "auth_url", "https://y", "cloud \"c\""},
    {"clouds: {c: {profile: otc}}", NULL, NULL, "auth_url", "https://iam.{region_name}.otc.t-systems.com/v3",
     "profile of cloud \"c\""},
    {"clouds: {c: {profile: otc}}", NULL, NULL, "region", "eu-de", "profile of cloud \"c\""},
    {"clouds: {c: {profile: otc, region_name: x}}", NULL, NULL, "region", "x", "region_name of"},
    /* Keys of auth may stand in the entry; of project, domain and token that counts, of the rest auth. */
    {"clouds: {c: {username: u}}", NULL, NULL, "user_name", "u", "username of"},
    {"clouds: {c: {username: u, auth: {username: v}}}", NULL, NULL, "user_name", "v", "username of"},
    {"clouds: {c: {project_name: u, auth: {project_name: v}}}", NULL, NULL, "project_name", "u",
     "project_name of"},
    {"clouds: {c: {project-name: u}}", NULL, NULL, "project_name", "u", "project_name of"},
    {"clouds: {c: {auth: {tenant_name: u}, project_name: v}}", NULL, NULL, "project_name", "v",
     "project_name of"},
    {"clouds: {c: {token: t}}", NULL, NULL, "token", "t", "token of"},
    {"clouds: {c: {auth: {username: one}}}", "clouds: {c: {username: two}}", NULL, "user_name", "one",
     "clouds.yaml"},
    /* Domains of user and project. */
    {"clouds: {c: {auth: {domain_name: d}}}", NULL, NULL, "project_domain_name", "d", "domain_name of"},
    {"clouds: {c: {auth: {domain_name: d}}}", NULL, NULL, "domain_name", "d", "domain_name of"},
    {"clouds: {c: {auth: {domain_name: d, user_domain_name: u}}}", NULL, NULL, "domain_name", "u",
     "user_domain_name of"},
    {"clouds: {c: {auth: {domain_name: d, user_domain_name: u}}}", NULL, NULL, "project_domain_name", "d",
     "domain_name of"},
    {"clouds: {c: {user_domain_name: u, project_domain_name: p}}", NULL, NULL, "domain_name", "u",
     "user_domain_name of"},
    {"clouds: {c: {auth: {user_domain_name: u}}}", "clouds: {c: {auth: {domain_name: d}}}", NULL,
     "domain_name", "u", "clouds.yaml"},
    /* Values of the region. */
    {"clouds: {c: {regions: [{name: a, values: {auth: {project_name: x}}}, b], auth: {project_name: y}}}",
     NULL, NULL, "project_name", "x", "project_name of region \"a\""},
    {"clouds: {c: {regions: [a, {name: b, values: {interface: internal}}]}}", NULL, NULL, "interface", NULL,
     NULL},
    {"clouds: {c: {profile: v}}", NULL,
     "public-clouds: {v: {regions: [{name: a, values: {interface: internal}}]}}", "interface", "internal",
     "interface of region \"a\""},
    {"clouds: {c: {profile: v}}", NULL, "public-clouds: {v: {regions: [a, b]}}", "region", "a",
     "regions of profile \"v\""},
    {"clouds: {c: {profile: v, region_name: x}}", NULL, "public-clouds: {v: {regions: [a, b]}}", "region",
     "x", "cloud \"c\""},
    {"clouds: {c: {region_name: 'a,b'}}", NULL, NULL, "region", "a", "region_name of"},
    /* Certificates. */
    {"clouds: {c: {cacert: ~/ca.pem}}", NULL, NULL, "ca_file", "/home/me/ca.pem", "cacert of"},
    {"clouds: {c: {cert: ~/c.pem}}", NULL, NULL, "client_cert_file", "/home/me/c.pem", "cert of"},
    {"clouds: {c: {key: /~/k.pem}}", NULL, NULL, "client_key_file", "/~/k.pem", "key of"},
    {"clouds: {c: {auth: {username: ~/u}}}", NULL, NULL, "user_name", "~/u", "username of"},
    {"clouds: {c: {verify: /ca.pem}}", NULL, NULL, "ca_file", "/ca.pem", "verify of"},
    {"clouds: {c: {verify: ~/ca.pem}}", NULL, NULL, "ca_file", "/home/me/ca.pem", "verify of"},
    {"clouds: {c: {verify: /ca.pem}}", NULL, NULL, "insecure", NULL, NULL},
    {"clouds: {c: {verify: /ca.pem, cacert: /other.pem}}", NULL, NULL, "ca_file", "/other.pem", "cacert of"},
    /* Only one file knows it. */
    {"clouds: {d: {}}", "clouds: {c: {auth: {password: p}}}", NULL, "password", "p", "secure.yaml"},
    {"clouds: {c: {auth: {ak: a}}}", NULL, NULL, "access_key", "a", "ak of"},
    {"clouds: {c: {auth: {project_domain_id: d}}}", NULL, NULL, "project_id", NULL, NULL},
    {"clouds: {c: {auth: {project_domain_id: d}}}", NULL, NULL, "domain_id", NULL, NULL},
    {"clouds: {c: {auth: {project_domain_id: d}}}", NULL, NULL, "project_domain_id", "d",
     "project_domain_id of"},
    {"clouds: {c: {auth: {password: null, username: ~}}}", NULL, NULL, "password", NULL, NULL},
    {"clouds: {c: {auth: {password: 'null'}}}", NULL, NULL, "password", "null", "password of"},
    {"base: &b {auth: {username: u}}\nclouds: {c: {<<: *b, region_name: r}}", NULL, NULL, "user_name", "u",
     "username of"},
    {"{\"clouds\": {\"c\": {\"auth\": {\"user_id\": \"i\"}}}}", NULL, NULL, "user_id", "i", "user_id of"},
};

static void check_part(const char *told, const char *part)
{
    ck_assert_msg(told ? part && strstr(told, part) : !part, "%s", told ? told : "none");
}

START_TEST(an_entry_says_what_its_files_say_in_their_order)
{
    const struct read *one = &reads[_i];
    otc_setting setting = otc_setting_named(one->name);
    otc_source into = {0};
    rp_error *error = NULL;

    put("clouds.yaml", one->clouds);
    put("secure.yaml", one->secure);
    put("clouds-public.yaml", one->public);
    ck_assert_msg(read_cloud("c", &into, &error) == 0, "%s", error ? error->message : "");
    ck_assert_msg(otc_source_text(&into, setting)
                      ? one->value && !strcmp(otc_source_text(&into, setting), one->value)
                      : !one->value,
                  "%s", otc_source_text(&into, setting));
    check_part(otc_source_origin(&into, setting), one->origin);
    otc_source_done(&into);
}
END_TEST

static const struct wrong {
    const char *clouds, *secure;
    const char *words;
} wrongs[] = {
    {NULL, NULL, "there is no clouds.yaml in any of /nonexistent, "},
    {"clouds: {d: {}}", NULL, "clouds.yaml has no entry \"c\" under clouds"},
    {"", NULL, "has no entry"},
    {"[]", NULL, "has no entry"},
    {"clouds: [c]", NULL, "line 1: \"clouds\" must have members"},
    {"clouds:\n c: canary\n", NULL, "line 2: \"c\" must have members"},
    {"clouds:\n c:\n  auth: {password: canary\n", NULL, "clouds.yaml is no YAML: line 4"},
    {"clouds:\n\tc: canary\n", NULL, "is no YAML: line 2"},
    {"clouds: {c: \xff}", NULL, "clouds.yaml is no YAML: byte 12"},
    {"clouds: {c: {auth: {}}}", "clouds:\n c:\n  auth:\n   password: [canary]\n",
     "password of cloud \"c\" (/"},
    {"clouds: {c: {auth: {}}}", "clouds: {c: {auth: {password: \"canary\\0\"}}}", "must not contain a NUL"},
    {"clouds: {c: {profile: nowhere}}", NULL, "there is no profile \"nowhere\""},
    {"clouds: {c: {auth: *a}}", NULL, "is no YAML: line 1"},
};

START_TEST(a_wrong_file_is_told_by_name_and_line_and_quotes_no_value)
{
    otc_source into = {0};
    rp_error *error = NULL;

    put("clouds.yaml", wrongs[_i].clouds);
    put("secure.yaml", wrongs[_i].secure);
    ck_assert_int_eq(read_cloud("c", &into, &error), RP_E_INVALID);
    ck_assert_msg(strstr(error->message, wrongs[_i].words) != NULL, "%s", error->message);
    ck_assert_ptr_null(strstr(error->message, "canary"));
    rp_error_free(error);
    otc_source_done(&into);
}
END_TEST

START_TEST(the_wanted_region_is_looked_for_in_the_list)
{
    otc_source into = {0};
    rp_error *error = NULL;

    put("clouds.yaml",
        "clouds: {c: {regions: [a, {name: b, values: {interface: internal, auth: {ak: k}}}]}}");
    ck_assert_int_eq(read_region("c", "b", &into, NULL), 0);
    ck_assert_str_eq(otc_source_text(&into, OTC_REGION), "b");
    ck_assert_str_eq(otc_source_text(&into, OTC_INTERFACE), "internal");
    ck_assert_str_eq(otc_source_text(&into, OTC_ACCESS_KEY), "k");
    otc_source_done(&into);
    ck_assert_int_eq(read_region("c", "x", &into, &error), RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(error->message, "the region \"x\" is not among the regions of cloud \"c\""));
    rp_error_free(error);
    otc_source_done(&into);
}
END_TEST

START_TEST(merges_that_go_round_come_to_an_end)
{
    static const char *const texts[] = {
        "clouds: {c: &c {<<: *c, region_name: r}}",
        "clouds: {c: &c {<<: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c], region_name: r}}",
    };

    for (size_t i = 0; i < rp_count_of(texts); i++) {
        otc_source into = {0};
        put("clouds.yaml", texts[i]);
        ck_assert_int_eq(read_cloud("c", &into, NULL), 0);
        ck_assert_str_eq(otc_source_text(&into, OTC_REGION), "r");
        otc_source_done(&into);
    }
}
END_TEST

START_TEST(a_file_without_end_is_refused)
{
    static char text[(1u << 20) + 2];
    otc_source into = {0};
    rp_error *error = NULL;

    memset(text, '#', sizeof(text) - 1);
    put("clouds.yaml", text);
    ck_assert_int_eq(read_cloud("c", &into, &error), RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(error->message, "is longer than"));
    rp_error_free(error);
}
END_TEST

START_TEST(other_extensions_are_found_too)
{
    otc_source into = {0};

    put("clouds.json", "{\"clouds\": {\"c\": {\"region_name\": \"r\"}}}");
    ck_assert_int_eq(read_cloud("c", &into, NULL), 0);
    ck_assert_str_eq(otc_source_text(&into, OTC_REGION), "r");
    otc_source_done(&into);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
    char path[64];
    otc_source into = {0};
    rp_error *error = NULL;

    snprintf(path, sizeof(path), "%s/clouds.yaml", directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(read_cloud("c", &into, &error), RP_E_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error->message, "clouds.yaml: Is a directory"));
    rp_error_free(error);
    rmdir(path);
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

TCase *clouds_tests(void)
{
    TCase *tests = tcase_create("clouds");

    tcase_add_checked_fixture(tests, make_directory, remove_directory);
    LOOP(tests, an_entry_says_what_its_files_say_in_their_order, reads);
    LOOP(tests, a_wrong_file_is_told_by_name_and_line_and_quotes_no_value, wrongs);
    tcase_add_test(tests, the_wanted_region_is_looked_for_in_the_list);
    tcase_add_test(tests, merges_that_go_round_come_to_an_end);
    tcase_add_test(tests, a_file_without_end_is_refused);
    tcase_add_test(tests, other_extensions_are_found_too);
    tcase_add_test(tests, a_file_that_cannot_be_read_is_told);
    return tests;
}
