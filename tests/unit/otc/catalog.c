#include "otc/catalog.h"

#include "base/text.h"

#include "suites.h"

#include <stdio.h>
#include <string.h>

static rp_http_reply reply_of(const char *body)
{
    return (rp_http_reply){.status = 200, .body = body, .body_len = strlen(body)};
}

#define SERVICE(type, endpoints) "{\"type\":\"" type "\",\"endpoints\":[" endpoints "]}"
#define AT(interface, region, url)                                                                           \
    "{\"interface\":\"" interface "\",\"region\":\"" region "\",\"url\":\"" url "\"}"
#define CATALOG(services) "{\"catalog\":[" services "]}"
#define DE(url)           AT("public", "eu-de", url)

static const struct {
    const char *body, *region, *interface;
    const char *host, *path; /* NULL: none found */
} cases[] = {
    {CATALOG(SERVICE("elbv1", DE("https://a.example/v1.0/p"))), "eu-de", "public", "a.example", ""},
    {"{\"token\":" CATALOG(SERVICE("elbv1", DE("https://a.example/v1.0/p"))) "}", "eu-de", "public",
     "a.example", ""},
    /* elbv1 before elb, wherever it stands. */
    {CATALOG(SERVICE("elb", DE("https://b.example")) "," SERVICE("elbv1", DE("https://a.example"))), "eu-de",
     "public", "a.example", ""},
    {CATALOG(SERVICE("elbv1",
                     AT("public", "eu-nl", "https://a.example")) "," SERVICE("elb", DE("https://b.example"))),
     "eu-de", "public", "b.example", ""},
    {CATALOG(SERVICE("elbv3", DE("https://c.example"))), "eu-de", "public", NULL, NULL},
    /* Versions and projects at the end are cut. */
    {CATALOG(SERVICE("elb", DE("https://b.example/"))), "eu-de", "public", "b.example", ""},
    {CATALOG(SERVICE("elb", DE("https://b.example/v1.0"))), "eu-de", "public", "b.example", ""},
    {CATALOG(SERVICE("elb", DE("https://b.example/v2.0"))), "eu-de", "public", "b.example", ""},
    {CATALOG(SERVICE("elb", DE("https://b.example/elb/v1.0/$(tenant_id)s"))), "eu-de", "public", "b.example",
     "/elb"},
    {CATALOG(SERVICE("elb", DE("https://b.example/vip"))), "eu-de", "public", "b.example", "/vip"},
    /* Interface and region. */
    {CATALOG(SERVICE("elb", AT("internal", "eu-de", "https://i.example") "," DE("https://b.example"))),
     "eu-de", "public", "b.example", ""},
    {CATALOG(SERVICE("elb", AT("internal", "eu-de", "https://i.example") "," DE("https://b.example"))),
     "eu-de", "internal", "i.example", ""},
    {CATALOG(SERVICE("elb", DE("https://b.example"))), "eu-nl", "public", NULL, NULL},
    {CATALOG(SERVICE("elb", DE("https://b.example"))), NULL, "public", "b.example", ""},
    {CATALOG(SERVICE("elb", DE("https://b.example") "," DE("https://c.example"))), NULL, "public",
     "b.example", ""},
    {CATALOG(
         SERVICE("elb", "{\"interface\":\"public\",\"region_id\":\"eu-de\",\"url\":\"https://b.example\"}")),
     "eu-de", "public", "b.example", ""},
    {CATALOG(SERVICE("elb", "{\"interface\":\"public\",\"url\":\"https://b.example\"}")), "eu-de", "public",
     "b.example", ""},
    /* Nothing there. */
    {CATALOG(""), "eu-de", "public", NULL, NULL},
    {"{}", "eu-de", "public", NULL, NULL},
    {"{\"token\":{}}", "eu-de", "public", NULL, NULL},
    {"{\"catalog\":[5,{\"type\":\"elb\",\"endpoints\":[5,{\"interface\":\"public\"}]}]}", "eu-de", "public",
     NULL, NULL},
};

START_TEST(the_endpoint_is_that_of_the_service_region_and_interface)
{
    rp_http_reply reply = reply_of(cases[_i].body);
    rp_url found = {0};
    rp_error *error = NULL;
    int result =
        otc_catalog_find(&reply, &(otc_wanted){cases[_i].region, cases[_i].interface}, &found, &error);

    ck_assert_msg(result == 0, "%s", error ? error->message : "");
    ck_assert_int_eq(found.host != NULL, cases[_i].host != NULL);
    if (found.host) {
        ck_assert_str_eq(found.host, cases[_i].host);
        ck_assert_str_eq(found.path, cases[_i].path);
    }
    rp_url_clear(&found);
}
END_TEST

static const struct {
    const char *body;
    int code;
    const char *words;
} faults[] = {
    {CATALOG(SERVICE("elb", AT("public", "eu-nl", "https://a.example") "," DE("https://b.example"))),
     RP_E_NOT_FOUND, "region is missing: the catalog has load balancers in several (eu-nl, eu-de)"},
    {CATALOG(SERVICE("elb", DE("b.example"))), RP_E_INVALID, "the catalog's endpoint is wrong"},
    {CATALOG(SERVICE("elb", DE("https://u:p@b.example"))), RP_E_INVALID, ": set endpoint"},
    {"{", RP_E_LOST, "cannot be read"},
    {"", RP_E_LOST, "cannot be read"},
};

START_TEST(a_catalog_that_does_not_decide_says_why)
{
    rp_http_reply reply = reply_of(faults[_i].body);
    rp_url found = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    ck_assert_int_eq(otc_catalog_find(&reply, &(otc_wanted){NULL, "public"}, &found, &error),
                     faults[_i].code);
    ck_assert_int_eq(error->code, faults[_i].code);
    ck_assert_msg(strstr(error->message, faults[_i].words) != NULL, "%s", error->message);
    ck_assert_ptr_null(found.host);
}
END_TEST

static const struct {
    const char *body, *id;
    int code;
} lists[] = {
    {"{\"projects\":[{\"id\":\"p\",\"name\":\"eu-de\"}]}", "p", 0},
    {"{\"projects\":[{\"id\":\"q\",\"name\":\"eu-de_shop\"},{\"id\":\"p\",\"name\":\"eu-de\"}]}", "p", 0},
    {"{\"projects\":[{\"id\":\"q\",\"name\":\"EU-DE\"},{\"id\":\"r\"}]}", NULL, 0},
    {"{\"projects\":[{\"id\":\"p\",\"name\":\"eu-de\"},{\"id\":\"q\",\"name\":\"eu-de\"}]}", NULL,
     RP_E_NOT_FOUND},
    {"{\"projects\":[{\"id\":\"p\",\"name\":\"eu-de\"},{\"id\":\"p\",\"name\":\"eu-de\"}]}", "p", 0},
    {"{\"projects\":[]}", NULL, 0},
    {"{\"projects\":[{\"name\":\"eu-de\"}]}", NULL, RP_E_LOST},
    {"{\"projects\":{}}", NULL, RP_E_LOST},
    {"{\"domains\":[]}", NULL, RP_E_LOST},
    {"no", NULL, RP_E_LOST},
};

START_TEST(a_look_up_brings_the_id_of_the_name)
{
    rp_http_reply reply = reply_of(lists[_i].body);
    _cleanup_(rp_freep) char *id = NULL;

    ck_assert_int_eq(otc_id_of_name(&reply, "projects", "eu-de", &id, NULL), lists[_i].code);
    ck_assert_int_eq(id != NULL, lists[_i].id != NULL);
    if (id)
        ck_assert_str_eq(id, lists[_i].id);
}
END_TEST

TCase *catalog_tests(void)
{
    TCase *tests = tcase_create("catalog");

    tcase_add_loop_test(tests, the_endpoint_is_that_of_the_service_region_and_interface, 0,
                        (int)rp_count_of(cases));
    tcase_add_loop_test(tests, a_catalog_that_does_not_decide_says_why, 0, (int)rp_count_of(faults));
    tcase_add_loop_test(tests, a_look_up_brings_the_id_of_the_name, 0, (int)rp_count_of(lists));
    return tests;
}
