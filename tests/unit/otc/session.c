#include "otc/session.h"

#include "fake.h"
#include "suites.h"
#include "test_identity.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PASSWORD "canary-password"
#define LOGIN    "https://iam.example/v3/auth/tokens"
#define PATH     "/x"
#define ELB      "https://elb.example/v1.0/p/x"

typedef struct world {
    fake inner;
    fake_time time;
    otc_identity identity;
    rp_transport *session;
    rp_secret *tokens[8]; /* that logins brought */
    size_t token_count;
} world;

static bool is_403(const rp_http_reply *reply)
{
    return reply->status == 403;
}

/* Takes the identity. */
static void make_of(world *here, otc_identity identity, otc_is_unauthenticated *judge)
{
    rp_error *error = NULL;

    memset(here, 0, sizeof(*here));
    fake_init(&here->inner);
    fake_time_init(&here->time);
    here->identity = identity;
    here->session = otc_session_new(&here->inner.base, &here->identity, judge, &here->time.clock, &error);
    ck_assert_msg(here->session, "%s", error ? error->message : "no session and no error");
}

static void make_for(world *here, const char *auth_url, otc_is_unauthenticated *judge)
{
    make_of(here,
            WHOEVER("auth_url", auth_url, "user_name", "joe", "password", PASSWORD, "domain_name", "OTC",
                    "project_id", "p", "endpoint", "https://elb.example"),
            judge);
}

static void make(world *here)
{
    make_for(here, "https://iam.example/v3", NULL);
}

static void make_with_token(world *here)
{
    make_of(here, WHOEVER("token", "given", "project_id", "p", "endpoint", "https://elb.example"), NULL);
}

static void end(world *here)
{
    rp_transport_free(here->session);
    ck_assert(here->inner.freed);
    otc_identity_done(&here->identity);
    for (size_t i = 0; i < here->token_count; i++)
        rp_secret_free(here->tokens[i]);
}

static rp_exchange *begin(world *here, const rp_http_request *request)
{
    rp_exchange *exchange = NULL;

    ck_assert_int_eq(rp_transport_start(here->session, request, &exchange, NULL), 0);
    ck_assert_ptr_nonnull(exchange);
    return exchange;
}

static void step(world *here)
{
    rp_transport_step(here->session);
}

static bool is_login(const world *here, size_t nth)
{
    return !strcmp(here->inner.sent[nth].url, LOGIN);
}

static size_t logins(const world *here)
{
    size_t count = 0;

    for (size_t i = 0; i < here->inner.count; i++)
        count += is_login(here, i);
    return count;
}

/* The nth request is a login and gets this token, for so long. */
static void grant(world *here, size_t nth, const char *token, int64_t life_s)
{
    time_t at = (time_t)(here->time.wall_s + life_s);
    static char body[128];
    struct tm tm;

    ck_assert(is_login(here, nth));
    gmtime_r(&at, &tm);
    strftime(body, sizeof(body), "{\"token\":{\"expires_at\":\"%Y-%m-%dT%H:%M:%S.000000Z\"}}", &tm);
    here->tokens[here->token_count] = rp_secret_new(token, strlen(token));
    fake_reply(
        &here->inner, nth,
        (rp_http_reply){.status = 201, .body = body, .subject_token = here->tokens[here->token_count++]});
    step(here);
}

/* One request, answered 200, sent with this token; whatever was sent before has been answered. */
static void check_token(world *here, const char *token)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);
    size_t nth = here->inner.count;

    begin(here, &request);
    ck_assert_uint_eq(here->inner.count, nth + 1);
    ck_assert_str_eq(here->inner.sent[nth].url, ELB);
    ck_assert_str_eq(here->inner.sent[nth].token, token);
    fake_status(&here->inner, nth, 200);
    step(here);
    ck_assert_int_eq(told.status, 200);
}

/* The same, beside which the nth request of all, a login, is under way. */
static void check_renewing(world *here, size_t nth)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);
    size_t mine = here->inner.count;

    begin(here, &request);
    ck_assert_str_eq(here->inner.sent[mine].token, "first");
    ck_assert(is_login(here, nth));
    ck_assert(here->inner.sent[nth].open);
    fake_status(&here->inner, mine, 200);
    step(here);
    ck_assert_int_eq(told.status, 200);
}

/* A world that has logged in once, with a token for a day. */
static void make_logged_in(world *here)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make(here);
    begin(here, &request);
    grant(here, 0, "first", 86400);
    ck_assert_str_eq(here->inner.sent[1].token, "first");
    fake_status(&here->inner, 1, 200);
    step(here);
    ck_assert_int_eq(told.status, 200);
}

START_TEST(a_given_token_is_used_as_it_is_and_its_end_passed_on)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make_with_token(&here);
    check_token(&here, "given");
    begin(&here, &request);
    fake_status(&here.inner, 1, 401);
    step(&here);
    ck_assert_int_eq(told.status, 401);
    ck_assert_uint_eq(here.inner.count, 2);
    end(&here);
}
END_TEST

START_TEST(many_requests_at_once_make_one_login)
{
    world here;
    static outcome told[32];
    static rp_http_request requests[32];

    make(&here);
    for (size_t i = 0; i < 32; i++) {
        requests[i] = request_for(&told[i], PATH);
        begin(&here, &requests[i]);
    }
    ck_assert_uint_eq(here.inner.count, 1);
    ck_assert_str_eq(here.inner.sent[0].request->method, "POST");
    ck_assert_ptr_nonnull(strstr(here.inner.sent[0].body, "\"" PASSWORD "\""));
    ck_assert_str_eq(here.inner.sent[0].token, "");
    grant(&here, 0, "first", 86400);
    ck_assert_uint_eq(here.inner.count, 33);
    for (size_t i = 1; i < 33; i++) {
        ck_assert_str_eq(here.inner.sent[i].token, "first");
        fake_status(&here.inner, i, 200);
    }
    step(&here);
    for (size_t i = 0; i < 32; i++)
        ck_assert_int_eq(told[i].status, 200);
    check_token(&here, "first");
    end(&here);
}
END_TEST

START_TEST(the_login_url_is_found_with_and_without_its_version)
{
    static const struct {
        const char *auth_url, *login_url;
    } cases[] = {
        {"https://iam.example", LOGIN},
        {"https://iam.example/", LOGIN},
        {"https://iam.example/v3", LOGIN},
        {"https://iam.example/v3/", LOGIN},
        {"https://iam.example/identity", "https://iam.example/identity/v3/auth/tokens"},
        {"http://[::1]:5000/v3", "http://[::1]:5000/v3/auth/tokens"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world here;
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        make_for(&here, cases[i].auth_url, NULL);
        begin(&here, &request);
        ck_assert_str_eq(here.inner.sent[0].url, cases[i].login_url);
        end(&here);
    }
}
END_TEST

static void check_renewal(int64_t life_s, int64_t ahead_s)
{
    world here;
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], PATH), other = request_for(&told[1], PATH);

    make(&here);
    begin(&here, &one);
    grant(&here, 0, "first", life_s);
    here.time.wall_s += life_s - ahead_s - 1;
    check_token(&here, "first");
    here.time.wall_s += 1;
    /* The request goes out with the old one, and the login beside it. */
    begin(&here, &other);
    ck_assert_uint_eq(logins(&here), 2);
    ck_assert_str_eq(here.inner.sent[here.inner.count - 2].token, "first");
    grant(&here, here.inner.count - 1, "second", life_s);
    check_token(&here, "second");
    end(&here);
}

START_TEST(a_token_is_renewed_ten_minutes_or_a_quarter_of_its_life_before_its_end)
{
    check_renewal(86400, 600);
    check_renewal(2400, 600);
    check_renewal(1200, 300);
    check_renewal(60, 15);
}
END_TEST

START_TEST(a_token_told_invalid_is_renewed_once_and_the_request_sent_again)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make_logged_in(&here);
    request.repeatable = false;
    begin(&here, &request);
    fake_status(&here.inner, 2, 401);
    step(&here);
    ck_assert_uint_eq(told.done, 0);
    ck_assert(is_login(&here, 3));
    grant(&here, 3, "second", 86400);
    ck_assert_str_eq(here.inner.sent[4].token, "second");
    fake_status(&here.inner, 4, 200);
    step(&here);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_int_eq(told.status, 200);
    ck_assert_uint_eq(logins(&here), 2);
    end(&here);
}
END_TEST

START_TEST(a_second_denial_is_passed_on)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make_logged_in(&here);
    begin(&here, &request);
    fake_status(&here.inner, 2, 401);
    step(&here);
    grant(&here, 3, "second", 86400);
    fake_status(&here.inner, 4, 401);
    step(&here);
    ck_assert_int_eq(told.status, 401);
    ck_assert_uint_eq(logins(&here), 2);
    check_token(&here, "second");
    end(&here);
}
END_TEST

START_TEST(many_denials_of_one_token_make_one_renewal)
{
    world here;
    outcome told[3] = {0};
    rp_http_request requests[3];

    make_logged_in(&here);
    for (size_t i = 0; i < 3; i++) {
        requests[i] = request_for(&told[i], PATH);
        begin(&here, &requests[i]);
    }
    fake_status(&here.inner, 2, 401);
    fake_status(&here.inner, 3, 401);
    step(&here);
    ck_assert_uint_eq(here.inner.count, 6);
    grant(&here, 5, "second", 86400);
    /* The third hears of the old token's end when there is a new one: it does not end that. */
    fake_status(&here.inner, 4, 401);
    step(&here);
    ck_assert_uint_eq(logins(&here), 2);
    ck_assert_uint_eq(here.inner.count, 9);
    for (size_t i = 6; i < 9; i++) {
        ck_assert_str_eq(here.inner.sent[i].token, "second");
        fake_status(&here.inner, i, 200);
    }
    step(&here);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(told[i].status, 200);
    end(&here);
}
END_TEST

START_TEST(what_a_denial_looks_like_is_for_the_caller_to_say)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make_for(&here, "https://iam.example", is_403);
    begin(&here, &request);
    grant(&here, 0, "first", 86400);
    fake_status(&here.inner, 1, 403);
    step(&here);
    ck_assert(is_login(&here, 2));
    end(&here);
}
END_TEST

START_TEST(a_refused_login_is_told_to_all_who_wait_and_never_tried_again)
{
    static const int statuses[] = {400, 401, 403, 404};
    static const char words[] = "the login at " LOGIN " was refused: HTTP ";

    for (size_t s = 0; s < 4; s++) {
        world here;
        outcome told[3] = {0};
        rp_http_request one = request_for(&told[0], PATH), other = request_for(&told[1], PATH),
                        late = request_for(&told[2], PATH);
        make(&here);
        begin(&here, &one);
        begin(&here, &other);
        fake_reply(&here.inner, 0,
                   (rp_http_reply){.status = statuses[s],
                                   .body = "{\"error_msg\":\"wrong\",\"error_code\":\"IAM.0067\"}"});
        step(&here);
        here.inner.wakes = 0;
        begin(&here, &late);
        ck_assert_uint_eq(told[2].done, 0);
        ck_assert_uint_ge(here.inner.wakes, 1);
        step(&here);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_uint_eq(told[i].done, 1);
            ck_assert_int_eq(told[i].code, RP_E_DENIED);
            ck_assert_msg(!strncmp(told[i].message, words, strlen(words)), "%s", told[i].message);
            ck_assert_ptr_nonnull(strstr(told[i].message, "IAM.0067: wrong"));
        }
        ck_assert_uint_eq(here.inner.count, 1);
        end(&here);
    }
}
END_TEST

/* A server's failure, however it is told. */
static void check_unavailable(int status, int code, int expected, const char *words)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make(&here);
    begin(&here, &request);
    if (status)
        fake_reply(&here.inner, 0, (rp_http_reply){.status = status, .body = "{\"error_msg\":\"busy\"}"});
    else
        fake_fail(&here.inner, 0, code, "gone");
    step(&here);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_int_eq(told.code, expected);
    ck_assert(!strncmp(told.message, "cannot log in at " LOGIN ": ", strlen("cannot log in at " LOGIN ": ")));
    ck_assert_ptr_nonnull(strstr(told.message, words));
    told = (outcome){0};
    here.time.now_ms += 250;
    begin(&here, &request);
    ck_assert_uint_eq(logins(&here), 2);
    grant(&here, 1, "first", 86400);
    ck_assert_str_eq(here.inner.sent[2].token, "first");
    end(&here);
}

START_TEST(a_login_that_fails_otherwise_is_tried_again)
{
    check_unavailable(500, 0, RP_E_UNAVAILABLE, "HTTP 500: busy");
    check_unavailable(503, 0, RP_E_UNAVAILABLE, "HTTP 503: busy");
    check_unavailable(429, 0, RP_E_THROTTLED, "HTTP 429: busy");
    check_unavailable(302, 0, RP_E_UNAVAILABLE, "HTTP 302: busy");
    check_unavailable(201, 0, RP_E_UNAVAILABLE, "X-Subject-Token");
    check_unavailable(0, RP_E_LOST, RP_E_UNAVAILABLE, "gone");
    check_unavailable(0, RP_E_UNREACHED, RP_E_UNREACHED, "gone");
}
END_TEST

/* Retry-After counts for all that wait and all that come; the wait grows where the IAM names none. */
START_TEST(an_iam_that_asks_to_wait_is_left_alone_by_all)
{
    world here;
    outcome told[4] = {0};
    rp_http_request requests[4];

    make(&here);
    for (size_t i = 0; i < 4; i++)
        requests[i] = request_for(&told[i], PATH);
    begin(&here, &requests[0]);
    begin(&here, &requests[1]);
    fake_reply(&here.inner, 0, (rp_http_reply){.status = 503, .body = "", .retry_after = "30"});
    step(&here);
    ck_assert_int_eq(told[0].code, RP_E_UNAVAILABLE);
    ck_assert_int_eq(told[0].retry_after_ms, 30000);
    ck_assert_int_eq(told[1].retry_after_ms, 30000);
    here.time.now_ms += 29000;
    begin(&here, &requests[2]);
    step(&here);
    ck_assert_int_eq(told[2].code, RP_E_UNAVAILABLE);
    ck_assert_int_eq(told[2].retry_after_ms, 1000);
    ck_assert_uint_eq(here.inner.count, 1);
    here.time.now_ms += 1000;
    begin(&here, &requests[3]);
    ck_assert_uint_eq(logins(&here), 2);
    fake_reply(&here.inner, 1, (rp_http_reply){.status = 429, .body = "", .retry_after = "3600"});
    step(&here);
    ck_assert_int_eq(told[3].code, RP_E_THROTTLED);
    /* All of it is told, but the IAM is asked again sooner: it may have meant somebody else. */
    ck_assert_int_eq(told[3].retry_after_ms, 3600000);
    here.time.now_ms += 60000;
    begin(&here, &requests[3]);
    ck_assert_uint_eq(logins(&here), 3);
    end(&here);
}
END_TEST

START_TEST(a_login_that_keeps_failing_is_tried_ever_more_rarely)
{
    world here;
    int64_t begun;

    make(&here);
    begun = here.time.now_ms;
    for (size_t ms = 0; ms < 60000; ms += 50) {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        size_t count = here.inner.count;
        begin(&here, &request);
        if (here.inner.count > count)
            fake_status(&here.inner, count, 500);
        step(&here);
        ck_assert_int_eq(told.code, RP_E_UNAVAILABLE);
        here.time.now_ms += 50;
    }
    ck_assert_int_eq(here.time.now_ms - begun, 60000);
    ck_assert_uint_ge(logins(&here), 10);
    ck_assert_uint_le(logins(&here), 25);
    end(&here);
}
END_TEST

/* A portal's or a proxy's page says nothing of the password. */
START_TEST(a_page_of_a_proxy_is_not_remembered_as_a_refusal)
{
    static const int statuses[] = {400, 403, 404, 403};
    static const char *const bodies[] = {"<html>Access denied</html>", "<html>Access denied</html>",
                                         "{\"message\":\"no Route matched with those values\"}",
                                         "{\"status\":403,\"error\":\"Forbidden\"}"};

    for (size_t i = 0; i < 4; i++) {
        world here;
        outcome told[2] = {0};
        rp_http_request one = request_for(&told[0], PATH), other = request_for(&told[1], PATH);
        make(&here);
        begin(&here, &one);
        fake_reply(&here.inner, 0,
                   (rp_http_reply){.status = statuses[i], .body = bodies[i], .body_len = strlen(bodies[i])});
        step(&here);
        ck_assert_int_eq(told[0].code, RP_E_UNAVAILABLE);
        here.time.now_ms += 250;
        begin(&here, &other);
        grant(&here, 1, "first", 86400);
        ck_assert_str_eq(here.inner.sent[2].token, "first");
        end(&here);
    }
}
END_TEST

/* A clock far ahead: each login would bring another dead token. */
START_TEST(a_token_that_has_expired_when_it_comes_is_an_error_of_the_clock)
{
    world here;

    make(&here);
    for (size_t i = 0; i < 20; i++) {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        begin(&here, &request);
        if (i == 0)
            grant(&here, 0, "dead", -3600);
        step(&here);
        ck_assert_int_eq(told.code, RP_E_DENIED);
        ck_assert_ptr_nonnull(strstr(told.message, "expired at "));
        ck_assert_ptr_nonnull(strstr(told.message, "set the clock"));
        here.time.now_ms += 200;
    }
    ck_assert_uint_eq(here.inner.count, 1);
    end(&here);
}
END_TEST

/* A service that refuses whatever token it gets, be it for some requests only. */
static void check_useless_renewals(bool accepts_every_other)
{
    world here;

    make(&here);
    for (size_t i = 0; i < 20; i++) {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        bool accepted = accepts_every_other && i % 2;
        begin(&here, &request);
        while (!told.done) {
            size_t last = here.inner.count - 1;
            if (is_login(&here, last)) {
                grant(&here, last, "fresh", 86400);
                continue;
            }
            fake_status(&here.inner, last, accepted ? 200 : 401);
            step(&here);
        }
        ck_assert_int_eq(told.status, accepted ? 200 : 401);
    }
    ck_assert_uint_eq(logins(&here), 2);
    end(&here);
}

START_TEST(a_new_token_that_is_refused_is_not_renewed_for_each_request)
{
    check_useless_renewals(false);
    check_useless_renewals(true);
}
END_TEST

/* Whoever renewed the token has left before the service refuses the new one. */
START_TEST(a_new_token_that_is_refused_is_not_renewed_when_callers_leave)
{
    world here;

    make(&here);
    for (size_t i = 0; i < 20; i++) {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        rp_exchange *exchange = begin(&here, &request);
        for (size_t answers = 0; !told.done && answers < 2; answers++) {
            size_t last = here.inner.count - 1;
            if (is_login(&here, last)) {
                grant(&here, last, "fresh", 86400);
                continue;
            }
            fake_status(&here.inner, last, 401);
            step(&here);
        }
        if (!told.done)
            rp_transport_drop(here.session, exchange);
    }
    ck_assert_uint_eq(here.token_count, 2);
    ck_assert_uint_eq(logins(&here), 3); /* one of them was dropped with its caller */
    end(&here);
}
END_TEST

/* One that was sent with the new token alone sees its refusal before the one that renewed it does. */
START_TEST(a_new_token_that_is_refused_to_another_is_not_renewed_either)
{
    world here;
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], PATH), other = request_for(&told[1], PATH);

    make(&here);
    begin(&here, &one);
    grant(&here, 0, "first", 86400);
    fake_status(&here.inner, 1, 401);
    step(&here);
    grant(&here, 2, "second", 86400);
    begin(&here, &other);
    ck_assert_str_eq(here.inner.sent[4].token, "second");
    fake_status(&here.inner, 4, 401);
    step(&here);
    ck_assert_int_eq(told[1].status, 401);
    fake_status(&here.inner, 3, 401);
    step(&here);
    ck_assert_int_eq(told[0].status, 401);
    ck_assert_uint_eq(logins(&here), 2);
    end(&here);
}
END_TEST

/* Answers the last request, to the metadata service, with keys that were not seen before. */
static void give_keys(world *here, size_t nth)
{
    static char body[256];

    snprintf(body, sizeof(body),
             "{\"credential\":{\"access\":\"AK%zu\",\"secret\":\"secret-of-keys\",\"securitytoken\":"
             "\"token-of-keys\",\"expires_at\":\"2099-01-01T00:00:00.000000Z\"}}",
             nth);
    fake_reply(&here->inner, here->inner.count - 1, (rp_http_reply){.status = 200, .body = body});
    step(here);
}

/* How many requests are signed before the session gives in, when each is refused and there are always other
   keys. Five lock an account. */
static size_t count_refused_signatures(world *here)
{
    size_t signatures = 0;

    for (size_t i = 0; i < 10; i++) {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        begin(here, &request);
        while (!told.done && signatures < 5) {
            size_t last = here->inner.count - 1;
            if (here->inner.count > 0 && here->inner.sent[last].open &&
                strstr(here->inner.sent[last].url, "securitykey")) {
                give_keys(here, here->inner.count);
            } else if (here->inner.count > 0 && here->inner.sent[last].open) {
                signatures++;
                fake_status(&here->inner, last, 401);
            }
            step(here);
        }
        if (!told.done)
            break;
    }
    return signatures;
}

START_TEST(temporary_keys_that_are_refused_are_replaced_once)
{
    world here;

    make_of(&here,
            WHOEVER("metadata", "true", "project_id", "p", "endpoint", "https://elb.example", "auth_url",
                    "https://iam.example"),
            NULL);
    ck_assert_uint_eq(count_refused_signatures(&here), 2);
    end(&here);
}
END_TEST

START_TEST(temporary_keys_that_the_iam_refuses_are_replaced_once)
{
    world here;

    make_of(&here, WHOEVER("metadata", "true", "region", "eu-de", "auth_url", "https://iam.example"), NULL);
    ck_assert_uint_eq(count_refused_signatures(&here), 2);
    end(&here);
    make_of(&here,
            WHOEVER("metadata", "true", "project_id", "p", "endpoint", "https://elb.example", "auth_url",
                    "https://iam.example", "agency_name", "a", "agency_domain_name", "o", "domain_id", "d"),
            NULL);
    ck_assert_uint_eq(count_refused_signatures(&here), 2);
    end(&here);
}
END_TEST

START_TEST(a_renewal_that_helped_may_be_followed_by_another)
{
    world here;

    make_logged_in(&here);
    for (size_t i = 0; i < 5; i++) {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        begin(&here, &request);
        fake_status(&here.inner, here.inner.count - 1, 401);
        step(&here);
        grant(&here, here.inner.count - 1, "fresh", 86400);
        fake_status(&here.inner, here.inner.count - 1, 200);
        step(&here);
        ck_assert_int_eq(told.status, 200);
    }
    ck_assert_uint_eq(logins(&here), 6);
    end(&here);
}
END_TEST

static bool may_begin(void *context)
{
    const bool *allowed = ((outcome *)context)->context;

    return *allowed;
}

START_TEST(what_waited_for_a_login_is_sent_when_its_owner_lets_it_begin)
{
    world here;
    bool allowed = false;
    outcome told = {.context = &allowed};
    rp_http_request request = request_for(&told, PATH);

    make(&here);
    request.may_begin = may_begin;
    begin(&here, &request);
    grant(&here, 0, "first", 86400);
    ck_assert_uint_eq(here.inner.count, 1);
    allowed = true;
    step(&here);
    ck_assert_uint_eq(here.inner.count, 2);
    allowed = false;
    fake_status(&here.inner, 1, 401);
    step(&here);
    grant(&here, 2, "second", 86400);
    ck_assert_uint_eq(here.inner.count, 3);
    allowed = true;
    step(&here);
    ck_assert_str_eq(here.inner.sent[3].token, "second");
    end(&here);
}
END_TEST

/* Nobody was there to read it while its token lived. */
START_TEST(a_renewal_that_is_read_after_its_tokens_end_is_followed_by_a_login)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make_logged_in(&here);
    here.time.wall_s += 86400 - 600;
    check_renewing(&here, 3);
    here.time.wall_s += 7200;
    begin(&here, &request);
    grant(&here, 3, "second", -3600);
    ck_assert_uint_eq(told.done, 0);
    grant(&here, 4, "third", 86400);
    ck_assert_str_eq(here.inner.sent[5].token, "third");
    fake_status(&here.inner, 5, 200);
    step(&here);
    ck_assert_int_eq(told.status, 200);
    end(&here);
}
END_TEST

/* The login has no answer, and nobody waits for it. */
START_TEST(an_iam_that_hangs_stops_nobody_while_the_token_lives)
{
    world here;

    make_logged_in(&here);
    here.time.wall_s += 86400 - 600;
    check_renewing(&here, 3);
    here.time.wall_s += 599;
    check_renewing(&here, 3);
    here.time.wall_s += 1;
    {
        outcome told = {0};
        rp_http_request request = request_for(&told, PATH);
        begin(&here, &request);
        step(&here);
        ck_assert_uint_eq(told.done, 0);
        grant(&here, 3, "second", 86400);
        ck_assert_str_eq(here.inner.sent[here.inner.count - 1].token, "second");
    }
    ck_assert_uint_eq(logins(&here), 2);
    end(&here);
}
END_TEST

/* A changed password: the token is good until its end, and the login is not tried again. */
START_TEST(a_renewal_that_is_refused_stops_nobody_while_the_token_lives)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make_logged_in(&here);
    here.time.wall_s += 86400 - 600;
    check_renewing(&here, 3);
    fake_reply(&here.inner, 3, (rp_http_reply){.status = 401, .body = "{\"error_msg\":\"changed\"}"});
    step(&here);
    check_token(&here, "first");
    check_token(&here, "first");
    ck_assert_uint_eq(logins(&here), 2);
    here.time.wall_s += 600;
    begin(&here, &request);
    step(&here);
    ck_assert_int_eq(told.code, RP_E_DENIED);
    ck_assert_ptr_nonnull(strstr(told.message, "HTTP 401: changed"));
    ck_assert_uint_eq(logins(&here), 2);
    end(&here);
}
END_TEST

START_TEST(a_login_without_memory_is_no_unreached_one)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make(&here);
    begin(&here, &request);
    fake_fail(&here.inner, 0, RP_E_NO_MEMORY, "out of memory");
    step(&here);
    ck_assert_int_eq(told.code, RP_E_NO_MEMORY);
    end(&here);
}
END_TEST

START_TEST(the_old_token_serves_while_it_lasts_if_it_cannot_be_renewed)
{
    world here;
    outcome told = {0};
    rp_http_request last = request_for(&told, PATH);

    make_logged_in(&here);
    here.time.wall_s += 86400 - 100;
    check_renewing(&here, 3);
    fake_status(&here.inner, 3, 503);
    step(&here);
    check_token(&here, "first"); /* no login each time */
    here.time.wall_s += 60;
    here.time.now_ms += 60000;
    check_renewing(&here, 6);
    fake_status(&here.inner, 6, 503);
    step(&here);
    here.time.wall_s += 40;
    here.time.now_ms += 40000;
    begin(&here, &last);
    ck_assert(is_login(&here, 7));
    fake_status(&here.inner, 7, 503);
    step(&here);
    ck_assert_int_eq(told.code, RP_E_UNAVAILABLE);
    ck_assert_uint_eq(logins(&here), 4);
    end(&here);
}
END_TEST

START_TEST(neither_password_nor_token_is_in_any_error)
{
    static const char *const bodies[] = {
        "{\"error_msg\":\"bad " PASSWORD "\"}",
        "{\"error\":{\"message\":\"" PASSWORD "\",\"code\":401}}",
        "<html>" PASSWORD " canary-token</html>",
        "{\"token\":\"canary-token " PASSWORD "\"}",
    };
    static const int statuses[] = {201, 302, 401, 403, 500};

    for (size_t b = 0; b < 4; b++)
        for (size_t s = 0; s < 5; s++) {
            world here;
            outcome told = {0};
            rp_http_request request = request_for(&told, PATH);
            rp_secret *token = rp_secret_new("canary-token", 12);
            make(&here);
            begin(&here, &request);
            fake_reply(&here.inner, 0,
                       (rp_http_reply){.status = statuses[s], .body = bodies[b], .subject_token = token});
            step(&here);
            ck_assert_uint_eq(told.done, 1);
            ck_assert_int_ne(told.code, 0);
            ck_assert_msg(!strstr(told.message, "canary"), "%s", told.message);
            rp_secret_free(token);
            end(&here);
        }
}
END_TEST

START_TEST(a_login_ends_when_nobody_waits_for_it_any_more)
{
    world here;
    outcome told[3] = {0};
    rp_http_request requests[3];
    rp_exchange *exchanges[3];

    make(&here);
    for (size_t i = 0; i < 2; i++) {
        requests[i] = request_for(&told[i], PATH);
        exchanges[i] = begin(&here, &requests[i]);
    }
    rp_transport_drop(here.session, exchanges[0]);
    ck_assert(here.inner.sent[0].open);
    rp_transport_drop(here.session, exchanges[1]);
    ck_assert(here.inner.sent[0].dropped);
    requests[2] = request_for(&told[2], PATH);
    begin(&here, &requests[2]);
    ck_assert_uint_eq(logins(&here), 2);
    grant(&here, 1, "first", 86400);
    ck_assert_uint_eq(here.inner.count, 3);
    ck_assert_uint_eq(told[0].done + told[1].done, 0);
    end(&here);
}
END_TEST

START_TEST(a_request_that_waits_for_a_login_has_not_been_sent)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);
    rp_exchange *exchange;

    make(&here);
    exchange = begin(&here, &request);
    here.inner.sent[0].has_sent = true;
    ck_assert(!rp_transport_has_sent(here.session, exchange));
    grant(&here, 0, "first", 86400);
    ck_assert(!rp_transport_has_sent(here.session, exchange));
    here.inner.sent[1].has_sent = true;
    ck_assert(rp_transport_has_sent(here.session, exchange));
    fake_status(&here.inner, 1, 401);
    step(&here);
    ck_assert(!rp_transport_has_sent(here.session, exchange));
    end(&here);
}
END_TEST

START_TEST(a_dropped_request_is_dropped_below_too)
{
    world here;
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], PATH), other = request_for(&told[1], PATH);
    rp_exchange *exchange;

    make_logged_in(&here);
    exchange = begin(&here, &one);
    rp_transport_drop(here.session, exchange);
    ck_assert(here.inner.sent[2].dropped);
    /* Dropped between its failure and the step that would tell of it. */
    here.time.wall_s += 86400;
    exchange = begin(&here, &other);
    fake_status(&here.inner, 3, 401);
    step(&here);
    ck_assert_int_eq(told[1].code, RP_E_DENIED);
    exchange = begin(&here, &one);
    rp_transport_drop(here.session, exchange);
    step(&here);
    ck_assert_uint_eq(told[0].done, 0);
    end(&here);
}
END_TEST

static rp_http_request again;

static void start_again(outcome *told)
{
    begin(told->context, &again);
}

START_TEST(who_starts_again_when_told_of_a_refusal_does_not_hold_up_the_step)
{
    world here;
    outcome told = {.then = start_again, .context = &here};

    make(&here);
    again = request_for(&told, PATH);
    begin(&here, &again);
    fake_status(&here.inner, 0, 401);
    step(&here);
    ck_assert_uint_eq(told.done, 1);
    step(&here);
    ck_assert_uint_eq(told.done, 2);
    end(&here);
}
END_TEST

static rp_exchange *unwanted;

static void drop_unwanted(outcome *told)
{
    rp_transport_drop(((world *)told->context)->session, unwanted);
}

START_TEST(one_who_is_told_of_a_failure_may_drop_another_who_would_be)
{
    world here;
    outcome told[2] = {{.then = drop_unwanted, .context = &here}};
    rp_http_request one = request_for(&told[0], PATH), other = request_for(&told[1], PATH);

    make(&here);
    begin(&here, &one);
    unwanted = begin(&here, &other);
    fake_status(&here.inner, 0, 503);
    step(&here);
    ck_assert_uint_eq(told[0].done, 1);
    ck_assert_uint_eq(told[1].done, 0);
    end(&here);
}
END_TEST

START_TEST(a_request_that_cannot_start_says_so)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);
    rp_exchange *exchange = NULL;
    rp_error *error = NULL;

    make(&here);
    here.inner.refuses_with = RP_E_NO_MEMORY;
    ck_assert_int_eq(rp_transport_start(here.session, &request, &exchange, &error), RP_E_NO_MEMORY);
    ck_assert_ptr_null(exchange);
    rp_error_free(error);
    here.inner.refuses_with = 0;
    begin(&here, &request);
    grant(&here, 0, "first", 86400);
    here.inner.refuses_with = RP_E_INVALID;
    fake_status(&here.inner, 1, 401);
    step(&here);
    ck_assert_int_eq(told.code, RP_E_INVALID);
    end(&here);
}
END_TEST

START_TEST(a_request_that_cannot_start_after_the_login_is_told_so)
{
    world here;
    outcome told = {0};
    rp_http_request request = request_for(&told, PATH);

    make(&here);
    begin(&here, &request);
    here.inner.refuses_with = RP_E_INVALID;
    grant(&here, 0, "first", 86400);
    ck_assert_int_eq(told.code, RP_E_INVALID);
    end(&here);
}
END_TEST

START_TEST(waiting_and_waking_go_through)
{
    world here;

    make(&here);
    rp_transport_wait(here.session, 123);
    ck_assert_int_eq(here.inner.waited_ms, 123);
    rp_transport_wake(here.session);
    ck_assert_uint_eq(here.inner.wakes, 1);
    end(&here);
}
END_TEST

TCase *session_tests(void)
{
    TCase *tests = tcase_create("session");

    tcase_add_test(tests, a_given_token_is_used_as_it_is_and_its_end_passed_on);
    tcase_add_test(tests, many_requests_at_once_make_one_login);
    tcase_add_test(tests, the_login_url_is_found_with_and_without_its_version);
    tcase_add_test(tests, a_token_is_renewed_ten_minutes_or_a_quarter_of_its_life_before_its_end);
    tcase_add_test(tests, a_token_told_invalid_is_renewed_once_and_the_request_sent_again);
    tcase_add_test(tests, a_second_denial_is_passed_on);
    tcase_add_test(tests, many_denials_of_one_token_make_one_renewal);
    tcase_add_test(tests, what_a_denial_looks_like_is_for_the_caller_to_say);
    tcase_add_test(tests, a_refused_login_is_told_to_all_who_wait_and_never_tried_again);
    tcase_add_test(tests, a_login_that_fails_otherwise_is_tried_again);
    tcase_add_test(tests, an_iam_that_asks_to_wait_is_left_alone_by_all);
    tcase_add_test(tests, a_login_that_keeps_failing_is_tried_ever_more_rarely);
    tcase_add_test(tests, a_page_of_a_proxy_is_not_remembered_as_a_refusal);
    tcase_add_test(tests, a_token_that_has_expired_when_it_comes_is_an_error_of_the_clock);
    tcase_add_test(tests, a_new_token_that_is_refused_is_not_renewed_for_each_request);
    tcase_add_test(tests, a_new_token_that_is_refused_is_not_renewed_when_callers_leave);
    tcase_add_test(tests, a_new_token_that_is_refused_to_another_is_not_renewed_either);
    tcase_add_test(tests, temporary_keys_that_are_refused_are_replaced_once);
    tcase_add_test(tests, temporary_keys_that_the_iam_refuses_are_replaced_once);
    tcase_add_test(tests, a_renewal_that_helped_may_be_followed_by_another);
    tcase_add_test(tests, what_waited_for_a_login_is_sent_when_its_owner_lets_it_begin);
    tcase_add_test(tests, a_renewal_that_is_read_after_its_tokens_end_is_followed_by_a_login);
    tcase_add_test(tests, an_iam_that_hangs_stops_nobody_while_the_token_lives);
    tcase_add_test(tests, a_renewal_that_is_refused_stops_nobody_while_the_token_lives);
    tcase_add_test(tests, a_login_without_memory_is_no_unreached_one);
    tcase_add_test(tests, the_old_token_serves_while_it_lasts_if_it_cannot_be_renewed);
    tcase_add_test(tests, neither_password_nor_token_is_in_any_error);
    tcase_add_test(tests, a_login_ends_when_nobody_waits_for_it_any_more);
    tcase_add_test(tests, a_request_that_waits_for_a_login_has_not_been_sent);
    tcase_add_test(tests, a_dropped_request_is_dropped_below_too);
    tcase_add_test(tests, who_starts_again_when_told_of_a_refusal_does_not_hold_up_the_step);
    tcase_add_test(tests, one_who_is_told_of_a_failure_may_drop_another_who_would_be);
    tcase_add_test(tests, a_request_that_cannot_start_says_so);
    tcase_add_test(tests, a_request_that_cannot_start_after_the_login_is_told_so);
    tcase_add_test(tests, waiting_and_waking_go_through);
    return tests;
}
