/*
 * What a session asks of the IAM before, and in which order; and signatures.
 */
#include "otc/session.h"

#include "fake.h"
#include "suites.h"
#include "test_identity.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define IAM  "https://iam.example/v3"
#define ELB  "https://elb.example/v1.0/p/x"
#define PATH "/x"
#define HOME "project_id", "p", "endpoint", "https://elb.example"
#define KEYS "access_key", "AK", "secret_key", "canary-secret"
#define JOE                                                                                                  \
    "auth_url", "https://iam.example", "user_name", "joe", "domain_name", "OTC", "password", "canary-password"
#define AGENT "agency_name", "agent", "agency_domain_name", "theirs"

#define ELB_ENTRY                                                                                            \
    "{\"type\":\"elb\",\"endpoints\":[{\"interface\":\"public\",\"region\":\"r\",\"url\":\"https://elb.example\"}]}"

typedef struct world {
    fake inner;
    fake_time time;
    otc_identity identity;
    rp_transport *session;
    rp_secret *token;
    outcome told[8];
    rp_http_request requests[8];
    unsigned begun;
} world;

static world here;

static void make(otc_identity identity)
{
    memset(&here, 0, sizeof(here));
    fake_init(&here.inner);
    fake_time_init(&here.time);
    here.identity = identity;
    here.session = otc_session_new(&here.inner.base, &here.identity, NULL, &here.time.clock, NULL);
    here.token = rp_secret_new("granted-token-0123456789", 24);
    ck_assert_ptr_nonnull(here.session);
}

static void end(void)
{
    rp_transport_free(here.session);
    otc_identity_done(&here.identity);
    rp_secret_free(here.token);
}

static outcome *begin(void)
{
    outcome *told = &here.told[here.begun];

    here.requests[here.begun] = request_for(told, PATH);
    ck_assert_int_eq(rp_transport_start(here.session, &here.requests[here.begun++], NULL, NULL), 0);
    return told;
}

static const fake_sent *last(void)
{
    ck_assert_uint_gt(here.inner.count, 0);
    return &here.inner.sent[here.inner.count - 1];
}

/* The last request is this one; it is answered so. */
static void answer(const char *method, const char *url, int status, const char *body)
{
    ck_assert_str_eq(last()->request->method, method);
    ck_assert_str_eq(last()->url, url);
    fake_reply(&here.inner, here.inner.count - 1,
               (rp_http_reply){.status = status, .body = body, .subject_token = here.token});
    rp_transport_step(here.session);
}

static const char *header(const char *name)
{
    const rp_http_header *headers = last()->request->headers;

    for (size_t i = 0; i < RP_HTTP_MAX_HEADERS && headers[i].name; i++)
        if (!strcasecmp(headers[i].name, name))
            return headers[i].value;
    return NULL;
}

static const char *token_of(const char *more, int64_t life_s)
{
    time_t at = (time_t)(here.time.wall_s + life_s);
    static char body[1024];
    char expires[32];
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(expires, sizeof(expires), "%Y-%m-%dT%H:%M:%SZ", &tm);
    snprintf(body, sizeof(body), "{\"token\":{\"expires_at\":\"%s\"%s}}", expires, more);
    return body;
}

START_TEST(keys_need_no_request_before_the_first)
{
    outcome *told;

    make(WHOEVER(HOME, KEYS));
    told = begin();
    ck_assert_uint_eq(here.inner.count, 1);
    ck_assert_str_eq(last()->token, "");
    ck_assert_str_eq(header("X-Project-Id"), "p");
    ck_assert(!strncmp(header("Authorization"),
                       "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-project-id;x-sdk-date", 68));
    answer("GET", ELB, 200, "{}");
    ck_assert_int_eq(told->status, 200);
    end();
}
END_TEST

START_TEST(a_signature_is_made_anew_for_each_attempt)
{
    char first[512];

    make(WHOEVER(HOME, KEYS));
    begin();
    snprintf(first, sizeof(first), "%s", header("Authorization"));
    answer("GET", ELB, 200, "{}");
    here.time.wall_s += 60;
    begin();
    ck_assert_str_ne(header("Authorization"), first);
    answer("GET", ELB, 200, "{}");
    end();
}
END_TEST

START_TEST(keys_that_were_never_taken_go_out_with_one_request_alone)
{
    make(WHOEVER(HOME, KEYS));
    begin();
    begin();
    begin();
    ck_assert_uint_eq(here.inner.count, 1);
    answer("GET", ELB, 404, "{\"error_code\":\"ELB.1002\"}");
    ck_assert_uint_eq(here.inner.count, 3);
    end();
}
END_TEST

START_TEST(a_proxys_page_does_not_prove_that_keys_are_good)
{
    make(WHOEVER(HOME, KEYS));
    begin();
    begin();
    begin();
    answer("GET", ELB, 404, "<html>not here</html>");
    ck_assert_uint_eq(here.inner.count, 2);
    answer("GET", ELB, 200, "");
    ck_assert_uint_eq(here.inner.count, 3);
    answer("GET", ELB, 401, "");
    begin();
    rp_transport_step(here.session);
    ck_assert_uint_eq(here.inner.count, 3);
    end();
}
END_TEST

START_TEST(requests_behind_one_that_is_asked_to_wait_wait_too)
{
    outcome *told;

    make(WHOEVER(HOME, KEYS));
    begin();
    told = begin();
    fake_reply(&here.inner, 0, (rp_http_reply){.status = 429, .body = "", .retry_after = "7"});
    rp_transport_step(here.session);
    rp_transport_step(here.session);
    ck_assert_uint_eq(here.inner.count, 1);
    ck_assert_int_eq(told->code, RP_E_THROTTLED);
    ck_assert_int_eq(told->retry_after_ms, 7000);
    end();
}
END_TEST

START_TEST(refused_keys_are_not_sent_again)
{
    outcome *told[3];

    make(WHOEVER(HOME, KEYS));
    told[0] = begin();
    told[1] = begin();
    answer("GET", ELB, 401, "{\"error_msg\":\"no\",\"error_code\":\"APIGW.0301\"}");
    told[2] = begin();
    rp_transport_step(here.session);
    ck_assert_uint_eq(here.inner.count, 1);
    ck_assert_int_eq(told[0]->status, 401);
    ck_assert_int_eq(told[1]->code, RP_E_DENIED);
    ck_assert_int_eq(told[2]->code, RP_E_DENIED);
    ck_assert_str_eq(told[2]->message,
                     "the signature was refused: HTTP 401 APIGW.0301: no (signed by access_key "
                     "of the test, secret_key of the test)");
    end();
}
END_TEST

/* Five bad signatures lock an account, and a key may be deleted at any time. */
START_TEST(keys_that_were_accepted_before_are_not_sent_again_once_refused)
{
    outcome *told;

    make(WHOEVER(HOME, KEYS));
    begin();
    answer("GET", ELB, 200, "{}");
    begin();
    answer("GET", ELB, 401, "");
    for (int i = 0; i < 2; i++) {
        told = begin();
        rp_transport_step(here.session);
        ck_assert_int_eq(told->code, RP_E_DENIED);
    }
    ck_assert_uint_eq(here.inner.count, 2);
    end();
}
END_TEST

START_TEST(keys_that_the_iam_refused_are_not_sent_to_the_service_either)
{
    outcome *told;

    make(WHOEVER("auth_url", IAM, "project_name", "mine", "endpoint", "https://elb.example", KEYS));
    begin();
    answer("GET", IAM "/projects?name=mine", 401, "");
    told = begin();
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_DENIED);
    ck_assert_uint_eq(here.inner.count, 1);
    end();
}
END_TEST

/* ---- temporary keys ---- */

#define METADATA "http://169.254.169.254/openstack/latest/securitykey"

static const char *keys_of(const char *access, int64_t life_s)
{
    time_t at = (time_t)(here.time.wall_s + life_s);
    static char body[512];
    char expires[32];
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(expires, sizeof(expires), "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
    snprintf(body, sizeof(body),
             "{\"credential\":{\"access\":\"%s\",\"secret\":\"canary-secret\",\"securitytoken\":\"canary-token-of-%s\","
             "\"expires_at\":\"%s\"}}",
             access, access, expires);
    return body;
}

static void check_signed_by(const char *access)
{
    char start[64], token[64];

    snprintf(start, sizeof(start), "SDK-HMAC-SHA256 Access=%s, ", access);
    snprintf(token, sizeof(token), "canary-token-of-%s", access);
    ck_assert(!strncmp(header("Authorization"), start, strlen(start)));
    ck_assert_str_eq(header("X-Security-Token"), token);
}

START_TEST(temporary_keys_are_fetched_without_a_proxy_and_sign)
{
    make(WHOEVER(HOME, "metadata", "true"));
    begin();
    ck_assert(last()->request->direct);
    ck_assert(last()->request->secret_reply);
    ck_assert_ptr_null(header("Authorization"));
    ck_assert_str_eq(last()->token, "");
    answer("GET", METADATA, 200, keys_of("one", 86400));
    check_signed_by("one");
    answer("GET", ELB, 200, "{}");
    begin();
    check_signed_by("one");
    ck_assert_uint_eq(here.inner.count, 3);
    end();
}
END_TEST

START_TEST(temporary_keys_are_renewed_beside_requests_before_they_expire)
{
    make(WHOEVER(HOME, "metadata", "true"));
    begin();
    answer("GET", METADATA, 200, keys_of("one", 3600));
    answer("GET", ELB, 200, "{}");
    here.time.wall_s += 3600 - 600;
    begin();
    ck_assert_str_eq(here.inner.sent[2].url, ELB);
    answer("GET", METADATA, 200, keys_of("two", 3600));
    begin();
    check_signed_by("two");
    ck_assert_uint_eq(here.inner.count, 5);
    end();
}
END_TEST

START_TEST(temporary_keys_that_were_refused_are_replaced_and_never_sent_again)
{
    outcome *told;

    make(WHOEVER(HOME, "metadata", "true"));
    told = begin();
    answer("GET", METADATA, 200, keys_of("one", 3600));
    answer("GET", ELB, 401, "");
    answer("GET", METADATA, 200, keys_of("one", 3600));
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_DENIED);
    ck_assert_ptr_nonnull(strstr(told->message, "no other keys than those that were refused"));
    told = begin();
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_DENIED);
    ck_assert_uint_eq(here.inner.count, 3);
    here.time.now_ms += 60000;
    told = begin();
    answer("GET", METADATA, 200, keys_of("two", 3600));
    check_signed_by("two");
    answer("GET", ELB, 200, "{}");
    ck_assert_int_eq(told->status, 200);
    end();
}
END_TEST

static const struct no_keys {
    int status;
    const char *body, *words;
} no_keys[] = {
    {404, "<html>", "cannot get temporary keys at " METADATA ": HTTP 404"},
    {200, "{}", "the reply has no credential.access"},
    {200, "<html>", "the reply cannot be read"},
    {200, "{\"credential\":{\"access\":\"a\",\"secret\":\"s\",\"securitytoken\":\"t\"}}", "does not say when"},
    {200,
     "{\"credential\":{\"access\":\"a\",\"secret\":\"s\",\"expires_at\":\"2222-02-22T22:22:22Z\"}}",
     "no credential.securitytoken"},
};

START_TEST(a_machine_without_temporary_keys_is_told_and_asked_again_later)
{
    const struct no_keys *one = &no_keys[_i];
    outcome *told;

    make(WHOEVER(HOME, "metadata", "true"));
    told = begin();
    answer("GET", METADATA, one->status, one->body);
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_UNAVAILABLE);
    ck_assert_msg(strstr(told->message, one->words) != NULL, "%s", told->message);
    begin();
    ck_assert_uint_eq(here.inner.count, 1);
    here.time.now_ms += 250;
    begin();
    ck_assert_uint_eq(here.inner.count, 2);
    end();
}
END_TEST

START_TEST(a_clock_that_is_wrong_is_told_and_may_be_set_right)
{
    outcome *waiting;

    make(WHOEVER(HOME, KEYS));
    here.time.wall_s = 784111777; /* 06 Nov 1994 08:49:37 */
    begin();
    waiting = begin();
    fake_reply(&here.inner, 0, (rp_http_reply){.status = 401, .date = "Sun, 06 Nov 1994 09:49:37 GMT"});
    rp_transport_step(here.session);
    rp_transport_step(here.session);
    ck_assert_ptr_nonnull(strstr(waiting->message, "this machine's clock is 60 minutes behind the server's"));
    /* As long as it is wrong, each signature would be a bad one. */
    here.time.now_ms += 120000;
    here.time.wall_s += 120;
    waiting = begin();
    rp_transport_step(here.session);
    ck_assert_int_eq(waiting->code, RP_E_DENIED);
    ck_assert_uint_eq(here.inner.count, 1);
    here.time.wall_s += 3600;
    begin();
    ck_assert_uint_eq(here.inner.count, 2);
    answer("GET", ELB, 200, "{}");
    end();
}
END_TEST

START_TEST(keys_look_up_domain_project_and_endpoint_in_this_order_and_once)
{
    make(WHOEVER("auth_url", IAM, "project_name", "my/one", "domain_name", "OTC", KEYS));
    begin();
    begin();
    answer("GET", IAM "/auth/domains?name=OTC", 200, "{\"domains\":[{\"id\":\"d\",\"name\":\"OTC\"}]}");
    ck_assert_str_eq(header("X-Domain-Id"), "d");
    answer("GET", IAM "/projects?name=my%2Fone", 200, "{\"projects\":[{\"id\":\"p\",\"name\":\"my/one\"}]}");
    ck_assert_str_eq(header("X-Project-Id"), "p");
    answer("GET", IAM "/auth/catalog", 200, "{\"catalog\":[" ELB_ENTRY "]}");
    ck_assert_uint_eq(here.inner.count, 5);
    answer("GET", ELB, 200, "{}");
    begin();
    ck_assert_uint_eq(here.inner.count, 6);
    end();
}
END_TEST

START_TEST(a_project_that_is_not_there_is_told)
{
    outcome *told;

    make(WHOEVER("auth_url", IAM, "project_name", "mine", KEYS));
    told = begin();
    answer("GET", IAM "/projects?name=mine", 200, "{\"projects\":[]}");
    ck_assert_int_eq(told->code, RP_E_NOT_FOUND);
    ck_assert_str_eq(told->message, "there is no project \"mine\" at iam.example (project_name of the test)");
    end();
}
END_TEST

START_TEST(a_login_brings_project_and_endpoint_along)
{
    make(WHOEVER(JOE, "project_name", "mine"));
    begin();
    answer("POST", IAM "/auth/tokens", 201,
           token_of(",\"project\":{\"id\":\"p\"},\"catalog\":[" ELB_ENTRY "]", 86400));
    ck_assert_str_eq(last()->token, "granted-token-0123456789");
    answer("GET", ELB, 200, "{}");
    ck_assert_uint_eq(here.inner.count, 2);
    end();
}
END_TEST

START_TEST(without_a_catalog_the_documented_host_of_the_region_is_asked)
{
    make(WHOEVER("auth_url", "https://iam.eu-de.otc.example", "region", "eu-de", "project_id", "p", "token",
                 "given-token"));
    begin();
    answer("GET", "https://iam.eu-de.otc.example/v3/auth/catalog", 403,
           "{\"error_msg\":\"no\",\"error_code\":\"IAM.0002\"}");
    answer("GET", "https://elb.eu-de.otc.example/v1.0/p/x", 200, "");
    end();
}
END_TEST

START_TEST(no_host_is_made_up_for_an_iam_that_has_none)
{
    outcome *told;

    make(WHOEVER("auth_url", IAM, "region", "eu-de", "project_id", "p", "token", "given-token"));
    told = begin();
    answer("GET", IAM "/auth/catalog", 200, "{\"catalog\":[]}");
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_NOT_FOUND);
    ck_assert_ptr_nonnull(
        strstr(told->message, "no classic load balancers in the region eu-de (region of the test)"));
    end();
}
END_TEST

static const char *const leaks[] = {"http://elb.example", "http://iam.example", "http://iam.example:8080"};

START_TEST(a_catalog_does_not_lead_credentials_into_the_open)
{
    char body[256];
    outcome *told;

    make(WHOEVER("auth_url", IAM, "project_id", "p", "token", "given-token"));
    told = begin();
    snprintf(body, sizeof(body),
             "{\"catalog\":[{\"type\":\"elbv1\",\"endpoints\":[{\"interface\":\"public\",\"url\":\"%s\"}]}]}",
             leaks[_i]);
    answer("GET", IAM "/auth/catalog", 200, body);
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(told->message, "plain http"));
    ck_assert_uint_eq(here.inner.count, 1);
    end();
}
END_TEST

static const struct entry {
    const char *catalog;
    const char *region, *interface;
    const char *url; /* of the request; NULL: not found */
} entries[] = {
#define AT(interface_, region_, url_)                                                                        \
    "{\"interface\":\"" interface_ "\",\"region\":\"" region_ "\",\"url\":\"" url_ "\"}"
#define OF(type_, endpoints_) "{\"type\":\"" type_ "\",\"endpoints\":[" endpoints_ "]}"
    {OF("elb", AT("public", "a", "https://two")) "," OF("elbv1", AT("public", "a", "https://one")), "a",
     "public", "https://one/v1.0/p/x"},
    {OF("elb", AT("public", "a", "https://two/v1.0")), "a", "public", "https://two/v1.0/p/x"},
    {OF("elb", AT("public", "a", "https://two/v1.0/q")), "a", "public", "https://two/v1.0/p/x"},
    {OF("elb", AT("public", "a", "https://two/v3")), "a", "public", "https://two/v1.0/p/x"},
    {OF("elb", AT("public", "a", "https://two/x")), "a", "public", "https://two/x/v1.0/p/x"},
    {OF("elb", AT("public", "b", "https://two") "," AT("public", "a", "https://one")), "a", "public",
     "https://one/v1.0/p/x"},
    {OF("elb", AT("internal", "a", "https://two") "," AT("public", "a", "https://one")), "a", "internal",
     "https://two/v1.0/p/x"},
    {OF("elb", AT("public", "b", "https://two")), "a", "public", NULL},
    {OF("ecs", AT("public", "a", "https://two")), "a", "public", NULL},
    {"7,{},{\"type\":\"elb\"},{\"type\":\"elb\",\"endpoints\":7}", "a", "public", NULL},
};

START_TEST(the_catalogs_entry_is_that_of_type_region_and_interface)
{
    const struct entry *one = &entries[_i];
    char body[1024];
    outcome *told;

    make(WHOEVER("auth_url", IAM, "project_id", "p", "token", "given-token", "region", one->region,
                 "interface", one->interface));
    told = begin();
    snprintf(body, sizeof(body), "{\"catalog\":[%s]}", one->catalog);
    answer("GET", IAM "/auth/catalog", 200, body);
    rp_transport_step(here.session);
    if (one->url)
        answer("GET", one->url, 200, "");
    else
        ck_assert_int_eq(told->code, RP_E_NOT_FOUND);
    end();
}
END_TEST

START_TEST(an_agency_follows_a_login_for_the_users_own_domain)
{
    make(WHOEVER(JOE, AGENT, HOME));
    begin();
    ck_assert_ptr_nonnull(strstr(last()->body, "\"scope\":{\"domain\":{\"name\":\"OTC\"}}"));
    answer("POST", IAM "/auth/tokens", 201, token_of("", 86400));
    ck_assert_ptr_nonnull(strstr(last()->body, "\"xrole_name\":\"agent\""));
    ck_assert_str_eq(last()->token, "granted-token-0123456789");
    rp_secret_free(here.token);
    here.token = rp_secret_new("agency-token-0123456789", 23);
    answer("POST", IAM "/auth/tokens", 201, token_of("", 3600));
    ck_assert_str_eq(last()->token, "agency-token-0123456789");
    answer("GET", ELB, 200, "{}");
    end();
}
END_TEST

START_TEST(an_agency_is_renewed_before_its_end_without_a_new_login)
{
    make(WHOEVER(JOE, AGENT, HOME));
    begin();
    answer("POST", IAM "/auth/tokens", 201, token_of("", 86400));
    answer("POST", IAM "/auth/tokens", 201, token_of("", 3600));
    answer("GET", ELB, 200, "{}");
    here.time.wall_s += 3600 - 600;
    begin();
    ck_assert_str_eq(here.inner.sent[3].url, ELB);
    ck_assert_ptr_nonnull(strstr(last()->body, "assume_role"));
    answer("POST", IAM "/auth/tokens", 201, token_of("", 3600));
    ck_assert_uint_eq(here.inner.count, 5);
    end();
}
END_TEST

START_TEST(a_user_whose_token_was_revoked_logs_in_again_once_for_the_agency)
{
    outcome *told;

    make(WHOEVER(JOE, AGENT, HOME));
    told = begin();
    answer("POST", IAM "/auth/tokens", 201, token_of("", 86400));
    answer("POST", IAM "/auth/tokens", 401, "");
    ck_assert_ptr_nonnull(strstr(last()->body, "\"methods\":[\"password\"]"));
    answer("POST", IAM "/auth/tokens", 201, token_of("", 86400));
    answer("POST", IAM "/auth/tokens", 401, "{\"error_msg\":\"no\"}");
    rp_transport_step(here.session);
    ck_assert_int_eq(told->code, RP_E_DENIED);
    ck_assert_ptr_nonnull(strstr(told->message,
                                 "the agency at " IAM
                                 "/auth/tokens was refused: HTTP 401: no (agency_name of the test"));
    ck_assert_uint_eq(here.inner.count, 4);
    end();
}
END_TEST

START_TEST(a_whole_url_is_refused_for_it_might_lead_anywhere)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, "https://elsewhere.example/x");

    make(WHOEVER(HOME, KEYS));
    ck_assert_int_eq(rp_transport_start(here.session, &request, NULL, NULL), RP_E_INVALID);
    ck_assert_uint_eq(here.inner.count, 0);
    end();
}
END_TEST

START_TEST(an_iam_request_that_nobody_waits_for_is_dropped)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);
    rp_exchange *exchange;

    make(WHOEVER("auth_url", IAM, "project_name", "mine", KEYS));
    ck_assert_int_eq(rp_transport_start(here.session, &request, &exchange, NULL), 0);
    rp_transport_drop(here.session, exchange);
    ck_assert(last()->dropped);
    begin();
    ck_assert_uint_eq(here.inner.count, 2);
    end();
}
END_TEST

START_TEST(a_probe_that_is_dropped_makes_room_for_the_next)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);
    rp_exchange *exchange;

    make(WHOEVER(HOME, KEYS));
    ck_assert_int_eq(rp_transport_start(here.session, &request, &exchange, NULL), 0);
    begin();
    ck_assert_uint_eq(here.inner.count, 1);
    rp_transport_drop(here.session, exchange);
    ck_assert_uint_eq(here.inner.count, 2);
    end();
}
END_TEST

START_TEST(a_security_token_goes_along_and_is_kept_out_of_answers)
{
    outcome *told;

    make(WHOEVER(HOME, KEYS, "security_token", "canary-security-token"));
    told = begin();
    ck_assert_str_eq(header("X-Security-Token"), "canary-security-token");
    answer("GET", ELB, 400, "you sent canary-security-token");
    ck_assert_str_eq(told->body, "you sent *********************");
    end();
}
END_TEST

/* What is parsed ends in messages, so it is what must not have the secret. */
START_TEST(a_secret_is_kept_out_of_answers_however_it_is_spelled)
{
    static const char token[] = "MIIabc/def+ghi/jkl==canary";
    static const char *const bodies[] = {
        "{\"error_msg\":\"token MIIabc/def+ghi/jkl==canary is bad\"}",
        "{\"error_msg\":\"token MIIabc\\/def+ghi\\/jkl==canary is bad\"}",
        "{\"error_msg\":\"token MIIabc\\u002fdef\\u002Bghi\\/jkl==canary is bad\"}",
        "{\"error_msg\":\"{\\\"t\\\":\\\"MIIabc\\\\\\/def+ghi\\\\\\/jkl==canary\\\"}\"}",
        "{\"error_msg\":\"token MIIabc/def+ghi/jkl...\"}",
        "/?token=MIIabc%2Fdef%2bghi%2Fjkl==canary&x",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        outcome *told;
        make(WHOEVER(HOME, "token", token));
        told = begin();
        answer("GET", ELB, 403, bodies[i]);
        ck_assert_msg(!strstr(told->body, "MIIabc") && !strstr(told->body, "canary") &&
                          !strstr(told->body, "ghi"),
                      "%s", told->body);
        ck_assert_uint_eq(strlen(told->body), strlen(bodies[i]));
        ck_assert(!strstr(bodies[i], "is bad") || strstr(told->body, "is bad"));
        end();
    }
}
END_TEST

/* Half a query signed would be a signature refused. */
START_TEST(a_query_too_long_to_be_signed_is_refused)
{
    static const char *const queries[] = {
        "?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11&l=12&m=13&n=14&o=15&p=16",
        "?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11&l=12&m=13&n=14&o=15&p=16&q"};
    rp_error *error = NULL;

    for (size_t i = 0; i < 2; i++) {
        outcome told = {0};
        char url[128];
        rp_http_request request;
        snprintf(url, sizeof(url), PATH "%s", queries[i]);
        request = request_for(&told, url);
        make(WHOEVER(HOME, KEYS));
        ck_assert_int_eq(rp_transport_start(here.session, &request, NULL, &error), i == 0 ? 0 : RP_E_INVALID);
        ck_assert_uint_eq(here.inner.count, 1 - i);
        end();
    }
    rp_error_free(error);
}
END_TEST

#define LOOP(tests, test, table)                                                                             \
    tcase_add_loop_test(tests, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

TCase *iam_request_tests(void)
{
    TCase *tests = tcase_create("iam_requests");

    tcase_add_test(tests, keys_need_no_request_before_the_first);
    tcase_add_test(tests, a_signature_is_made_anew_for_each_attempt);
    tcase_add_test(tests, keys_that_were_never_taken_go_out_with_one_request_alone);
    tcase_add_test(tests, a_proxys_page_does_not_prove_that_keys_are_good);
    tcase_add_test(tests, requests_behind_one_that_is_asked_to_wait_wait_too);
    tcase_add_test(tests, refused_keys_are_not_sent_again);
    tcase_add_test(tests, keys_that_were_accepted_before_are_not_sent_again_once_refused);
    tcase_add_test(tests, keys_that_the_iam_refused_are_not_sent_to_the_service_either);
    tcase_add_test(tests, temporary_keys_are_fetched_without_a_proxy_and_sign);
    tcase_add_test(tests, temporary_keys_are_renewed_beside_requests_before_they_expire);
    tcase_add_test(tests, temporary_keys_that_were_refused_are_replaced_and_never_sent_again);
    tcase_add_loop_test(tests, a_machine_without_temporary_keys_is_told_and_asked_again_later, 0,
                        (int)(sizeof(no_keys) / sizeof(no_keys[0])));
    tcase_add_test(tests, a_clock_that_is_wrong_is_told_and_may_be_set_right);
    tcase_add_test(tests, a_query_too_long_to_be_signed_is_refused);
    tcase_add_test(tests, keys_look_up_domain_project_and_endpoint_in_this_order_and_once);
    tcase_add_test(tests, a_project_that_is_not_there_is_told);
    tcase_add_test(tests, a_login_brings_project_and_endpoint_along);
    tcase_add_test(tests, without_a_catalog_the_documented_host_of_the_region_is_asked);
    tcase_add_test(tests, no_host_is_made_up_for_an_iam_that_has_none);
    LOOP(tests, a_catalog_does_not_lead_credentials_into_the_open, leaks);
    LOOP(tests, the_catalogs_entry_is_that_of_type_region_and_interface, entries);
    tcase_add_test(tests, an_agency_follows_a_login_for_the_users_own_domain);
    tcase_add_test(tests, an_agency_is_renewed_before_its_end_without_a_new_login);
    tcase_add_test(tests, a_user_whose_token_was_revoked_logs_in_again_once_for_the_agency);
    tcase_add_test(tests, a_whole_url_is_refused_for_it_might_lead_anywhere);
    tcase_add_test(tests, an_iam_request_that_nobody_waits_for_is_dropped);
    tcase_add_test(tests, a_probe_that_is_dropped_makes_room_for_the_next);
    tcase_add_test(tests, a_security_token_goes_along_and_is_kept_out_of_answers);
    tcase_add_test(tests, a_secret_is_kept_out_of_answers_however_it_is_spelled);
    return tests;
}
