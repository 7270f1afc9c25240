#include "http/curl.h"

#include "fake.h"
#include "server.h"
#include "suites.h"

#include <curl/curl.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* ---- names and writes are ours: libcurl's calls find these first ---- */

static pthread_mutex_t resolver_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resolver_changed = PTHREAD_COND_INITIALIZER;
static bool resolver_stalls;

/* "stalled.example" is looked up until the resolver is released; no name exists. */
__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints, struct addrinfo **found)
{
    (void)service, (void)hints, (void)found;
    if (strcmp(name, "stalled.example") != 0)
        return EAI_NONAME;
    pthread_mutex_lock(&resolver_lock);
    while (resolver_stalls)
        pthread_cond_wait(&resolver_changed, &resolver_lock);
    pthread_mutex_unlock(&resolver_lock);
    return EAI_NONAME;
}

static void stall_resolver(bool stalls)
{
    pthread_mutex_lock(&resolver_lock);
    resolver_stalls = stalls;
    pthread_cond_broadcast(&resolver_changed);
    pthread_mutex_unlock(&resolver_lock);
}

static bool is_connection(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);

    return getpeername(fd, (struct sockaddr *)&address, &len) == 0 && address.ss_family == AF_INET;
}

static atomic_bool writes_raise_sigpipe;
static pthread_t raising_thread;

/* Some write below libcurl may lack MSG_NOSIGNAL; this one is as bad as that. */
__attribute__((visibility("default"))) ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    if (atomic_load(&writes_raise_sigpipe) && pthread_equal(pthread_self(), raising_thread) &&
        is_connection(fd))
        pthread_kill(raising_thread, SIGPIPE);
    return sendto(fd, bytes, len, flags, NULL, 0);
}

static atomic_bool adding_fails;

/* libcurl without memory. */
__attribute__((visibility("default"))) CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    CURLMcode (*real)(CURLM *, CURL *);

    if (atomic_load(&adding_fails))
        return CURLM_OUT_OF_MEMORY;
    *(void **)&real = dlsym(RTLD_NEXT, "curl_multi_add_handle");
    return real(multi, easy);
}

/* ---- running ---- */

static const rp_curl_options plain = {
    .user_agent = "tester/1", .connect_timeout_ms = 5000, .proxy = "", .no_proxy = ""};

static rp_transport *make_with(const rp_curl_options *options)
{
    rp_error *error = NULL;
    rp_transport *made = rp_curl_new(options, &rp_clock_system, &error);

    ck_assert_msg(made, "%s", error ? error->message : "no transport and no error");
    return made;
}

static rp_transport *make(void)
{
    return make_with(&plain);
}

static void run(rp_transport *transport, const unsigned *done, unsigned wanted)
{
    int64_t deadline = rp_now_ms(&rp_clock_system) + 20000;

    while (*done < wanted) {
        ck_assert_msg(rp_now_ms(&rp_clock_system) < deadline, "not done in time");
        rp_transport_wait(transport, 100);
        rp_transport_step(transport);
    }
}

static void start(rp_transport *transport, const rp_http_request *request)
{
    rp_error *error = NULL;

    if (rp_transport_start(transport, request, NULL, &error) < 0)
        ck_abort_msg("%s", error->message);
}

static void send_one(rp_transport *transport, const rp_http_request *request, outcome *told)
{
    start(transport, request);
    run(transport, &told->done, told->done + 1);
}

static outcome get(rp_transport *transport, const char *url)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, url);

    send_one(transport, &request, &told);
    return told;
}

static rp_http_request post_for(outcome *told, const char *url, const char *body)
{
    rp_http_request request = request_for(told, url);

    request.method = "POST";
    request.headers[0] = (rp_http_header){"Content-Type", "application/json"};
    request.body = body;
    request.body_len = body ? strlen(body) : 0;
    request.repeatable = false;
    return request;
}

static outcome post(rp_transport *transport, const char *url, const char *body)
{
    outcome told = {0};
    rp_http_request request = post_for(&told, url, body);

    send_one(transport, &request, &told);
    return told;
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static server *serving(const server_answer *answers, size_t count)
{
    return server_start(&(server_options){.answers = answers, .count = count});
}

/* The outcome of a GET that gets this one answer. */
static outcome get_answered(server_answer answer)
{
    server *peer = serving(&answer, 1);
    rp_transport *transport = make();
    outcome told = get(transport, server_url(peer, "/x"));

    rp_transport_free(transport);
    server_stop(peer);
    return told;
}

/* ---- what goes out ---- */

START_TEST(a_request_goes_out_as_it_was_given)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    rp_secret *token = rp_secret_new("t0ken", 5);
    outcome told = {0};
    rp_http_request request = post_for(&told, server_url(peer, "/v1.0/../a%2Fb?c=d"), "{\"a\":1}");
    const char *text;

    request.headers[1] = (rp_http_header){"X-Language", "en-us"};
    request.headers[2] = (rp_http_header){"X-Empty", ""};
    request.auth_token = token;
    send_one(transport, &request, &told);
    ck_assert_int_eq(told.status, 200);
    ck_assert_str_eq(told.body, "ok");
    text = server_request(peer, 0);
    ck_assert(!strncmp(text, "POST /v1.0/../a%2Fb?c=d HTTP/1.1\r\n", 34));
    ck_assert_ptr_nonnull(strstr(text, "\r\nUser-Agent: tester/1\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nX-Language: en-us\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nX-Empty:\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nX-Auth-Token: t0ken\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Length: 7\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n{\"a\":1}"));
    ck_assert_ptr_null(strstr(text, "Accept-Encoding"));
    ck_assert_ptr_null(strstr(text, "Expect"));
    rp_secret_free(token);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(every_method_works_with_and_without_a_body)
{
    static const struct {
        const char *method, *body, *line;
    } cases[] = {
        {"GET", NULL, "GET /m HTTP/1.1\r\n"},         {"HEAD", NULL, "HEAD /m HTTP/1.1\r\n"},
        {"DELETE", NULL, "DELETE /m HTTP/1.1\r\n"},   {"PUT", "body", "PUT /m HTTP/1.1\r\n"},
        {"DELETE", "body", "DELETE /m HTTP/1.1\r\n"}, {"POST", NULL, "POST /m HTTP/1.1\r\n"},
        {"GET", "body", "GET /m HTTP/1.1\r\n"},
    };
    static const server_answer answers[] = {{.bytes = "HTTP/1.1 204 No Content\r\n\r\n"}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        outcome told = {0};
        rp_http_request request = post_for(&told, server_url(peer, "/m"), cases[i].body);
        const char *text;
        request.method = cases[i].method;
        request.headers[0].name = NULL;
        send_one(transport, &request, &told);
        ck_assert_int_eq(told.status, 204);
        text = server_request(peer, i);
        ck_assert_msg(!strncmp(text, cases[i].line, strlen(cases[i].line)), "%s", text);
        ck_assert_int_eq(strstr(text, "\r\n\r\nbody") != NULL, cases[i].body != NULL);
        ck_assert_ptr_null(strstr(text, "Content-Type"));
    }
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_header_that_would_become_two_is_refused_without_its_value)
{
    static const rp_http_header bad[] = {
        {"X-A", "hunter2\r\nX-B: c"}, {"X-A", "hunter2\n"}, {"X-A: b\r\nX-B", "hunter2"}, {"X:A", "hunter2"}};
    rp_transport *transport = make();

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        outcome told = {0};
        rp_error *error = NULL;
        rp_http_request request = request_for(&told, "http://127.0.0.1:1/");
        request.headers[0] = bad[i];
        ck_assert_int_eq(rp_transport_start(transport, &request, NULL, &error), RP_E_INVALID);
        ck_assert_ptr_null(strstr(error->message, "hunter2"));
        rp_error_free(error);
    }
    rp_transport_free(transport);
}
END_TEST

START_TEST(only_http_is_spoken)
{
    rp_transport *transport = make();
    outcome told = get(transport, "file:///etc/passwd");

    ck_assert_int_eq(told.code, RP_E_SYSTEM);
    rp_transport_free(transport);
}
END_TEST

START_TEST(a_large_body_arrives_whole)
{
    static char body[1000001];
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    const char *text;

    memset(body, 'x', sizeof(body) - 1);
    ck_assert_int_eq(post(transport, server_url(peer, "/"), body).status, 200);
    text = server_request(peer, 0);
    ck_assert_str_eq(strstr(text, "\r\n\r\n") + 4, body);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

/* ---- what comes back ---- */

typedef struct kept {
    unsigned done;
    char content_type[64], retry_after[64], request_id[64], date[64], token[64];
    bool has_retry_after, has_token;
    int64_t elapsed_ms;
} kept;

static void keep(void *context, const rp_http_reply *reply, const rp_error *error)
{
    kept *mine = context;

    ck_assert_ptr_null(error);
    mine->done++;
    mine->elapsed_ms = reply->elapsed_ms;
    snprintf(mine->content_type, 64, "%s", reply->content_type ? reply->content_type : "none");
    snprintf(mine->retry_after, 64, "%s", reply->retry_after ? reply->retry_after : "none");
    snprintf(mine->request_id, 64, "%s", reply->request_id ? reply->request_id : "none");
    snprintf(mine->date, 64, "%s", reply->date ? reply->date : "none");
    snprintf(mine->token, 64, "%s", reply->subject_token ? rp_secret_reveal(reply->subject_token) : "none");
}

static kept headers_of(const char *answer)
{
    server_answer answers[] = {{.bytes = answer}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    kept mine = {.elapsed_ms = -1};
    rp_http_request request = {.method = "GET",
                               .url = server_url(peer, "/"),
                               .max_reply_bytes = 100,
                               .done = keep,
                               .context = &mine};

    start(transport, &request);
    run(transport, &mine.done, 1);
    rp_transport_free(transport);
    server_stop(peer);
    return mine;
}

START_TEST(the_headers_that_matter_are_kept_and_trimmed)
{
    kept mine =
        headers_of("HTTP/1.1 200 OK\r\ncontent-type:application/json \r\nRetry-After:  7\r\n"
                   "X-REQUEST-ID: r1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Subject-Token: abc\r\n"
                   "X-Subject-Token: second\r\nX-Request-Identity: other\r\nContent-Length: 0\r\n\r\n");

    ck_assert_str_eq(mine.content_type, "application/json");
    ck_assert_str_eq(mine.retry_after, "7");
    ck_assert_str_eq(mine.request_id, "r1");
    ck_assert_str_eq(mine.date, "Sun, 06 Nov 1994 08:49:37 GMT");
    ck_assert_str_eq(mine.token, "abc");
    ck_assert_int_ge(mine.elapsed_ms, 0);
}
END_TEST

START_TEST(headers_of_an_interim_reply_and_trailers_are_not_the_replys)
{
    kept mine = headers_of("HTTP/1.1 103 Early Hints\r\nX-Request-Id: early\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type:\r\n\r\n"
                           "2\r\nok\r\n0\r\nX-Subject-Token: late\r\n\r\n");

    ck_assert_str_eq(mine.request_id, "none");
    ck_assert_str_eq(mine.content_type, "none");
    ck_assert_str_eq(mine.token, "none");
}
END_TEST

START_TEST(a_value_beyond_its_limit_is_as_good_as_none)
{
    char answer[1024];

    snprintf(answer, sizeof(answer),
             "HTTP/1.1 200 OK\r\nRetry-After: %0100d\r\nX-Request-Id: r\r\nContent-Length: 0\r\n\r\n", 7);
    ck_assert_str_eq(headers_of(answer).retry_after, "none");
    ck_assert_str_eq(headers_of(answer).request_id, "r");
}
END_TEST

START_TEST(a_body_that_trickles_in_arrives_whole)
{
    outcome told = get_answered((server_answer){
        .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789", .trickled = true});

    ck_assert_int_eq(told.status, 200);
    ck_assert_str_eq(told.body, "01234567890123456789");
}
END_TEST

START_TEST(an_answer_that_ends_early_is_lost)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsho",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        "HTT",
        "",
        "not HTTP at all\r\n\r\n",
        "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        outcome told = get_answered((server_answer){.bytes = answers[i], .then = CLOSE_IT});
        ck_assert_msg(told.code == RP_E_LOST, "%s: %d %s", answers[i], told.code, told.message);
    }
}
END_TEST

START_TEST(a_reset_in_the_body_is_lost_and_says_where)
{
    outcome told = get_answered(
        (server_answer){.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nshort", .then = RESET_IT});

    ck_assert_int_eq(told.code, RP_E_LOST);
    ck_assert_ptr_nonnull(strstr(told.message, "no whole answer from 127.0.0.1:"));
}
END_TEST

START_TEST(an_answer_without_a_body_has_an_empty_one)
{
    outcome told = get_answered((server_answer){.bytes = "HTTP/1.1 204 No Content\r\n\r\n"});

    ck_assert_int_eq(told.status, 204);
    ck_assert_str_eq(told.body, "");
}
END_TEST

START_TEST(a_redirect_is_an_answer_like_any_other)
{
    static const server_answer answers[] = {
        {.bytes = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();

    ck_assert_int_eq(get(transport, server_url(peer, "/")).status, 302);
    ck_assert_uint_eq(server_requests(peer), 1);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

static outcome get_of_size(size_t size, bool told_before)
{
    static char answer[(1u << 20) + 256];
    int head = told_before ? snprintf(answer, 256, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size)
                           : snprintf(answer, 256, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");

    memset(answer + head, 'x', size);
    answer[(size_t)head + size] = '\0';
    return get_answered((server_answer){.bytes = answer, .then = told_before ? KEEP_OPEN : CLOSE_IT});
}

START_TEST(a_reply_may_be_as_long_as_its_limit_and_no_longer)
{
    ck_assert_int_eq(get_of_size(1u << 20, true).status, 200);
    ck_assert_int_eq(get_of_size(1u << 20, false).status, 200);
    for (int told_before = 0; told_before < 2; told_before++) {
        outcome told = get_of_size((1u << 20) + 1, told_before);
        ck_assert_int_eq(told.code, RP_E_LOST);
        ck_assert_str_eq(told.message, "the reply is longer than 1048576 bytes");
    }
}
END_TEST

/* ---- never twice ---- */

START_TEST(a_post_whose_kept_connection_dies_unanswered_is_sent_once)
{
    for (int then = CLOSE_IT; then <= RESET_IT; then++) {
        server_answer answers[] = {{.bytes = OK}, {.then = (server_then)then}};
        server *peer = serving(answers, 2);
        rp_transport *transport = make();
        outcome told;
        ck_assert_int_eq(post(transport, server_url(peer, "/"), "first").status, 200);
        told = post(transport, server_url(peer, "/"), "second");
        ck_assert_int_eq(told.code, RP_E_LOST);
        ck_assert_uint_eq(server_requests(peer), 2);
        rp_transport_free(transport);
        server_stop(peer);
    }
}
END_TEST

START_TEST(a_post_that_dies_half_sent_is_not_begun_again)
{
    static char body[3000001];
    static const server_answer answers[] = {{.bytes = OK}, {.then = RESET_IT, .early = true}};
    server *peer = serving(answers, 2);
    rp_transport *transport = make();

    memset(body, 'x', sizeof(body) - 1);
    ck_assert_int_eq(post(transport, server_url(peer, "/"), "first").status, 200);
    ck_assert_int_eq(post(transport, server_url(peer, "/"), body).code, RP_E_LOST);
    ck_assert_uint_eq(server_requests(peer), 2);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_post_over_a_connection_that_died_while_idle_succeeds_and_arrives_once)
{
    for (int then = CLOSE_IT; then <= RESET_IT; then++) {
        server_answer answers[] = {{.bytes = OK, .then = (server_then)then}, {.bytes = OK}};
        server *peer = serving(answers, 2);
        rp_transport *transport = make();
        ck_assert_int_eq(post(transport, server_url(peer, "/"), "first").status, 200);
        server_await_ended(peer, 1);
        ck_assert_int_eq(post(transport, server_url(peer, "/"), "second").status, 200);
        ck_assert_uint_eq(server_requests(peer), 2);
        ck_assert_uint_eq(server_connections(peer), 2);
        rp_transport_free(transport);
        server_stop(peer);
    }
}
END_TEST

START_TEST(a_change_without_a_body_is_sent_once)
{
    static const server_answer answers[] = {{.bytes = OK}, {.then = CLOSE_IT}};
    server *peer = serving(answers, 2);
    rp_transport *transport = make();

    ck_assert_int_eq(post(transport, server_url(peer, "/"), "first").status, 200);
    ck_assert_int_eq(post(transport, server_url(peer, "/"), NULL).code, RP_E_LOST);
    ck_assert_uint_eq(server_requests(peer), 2);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_get_may_be_sent_again)
{
    static const server_answer answers[] = {{.bytes = OK}, {.then = CLOSE_IT}, {.bytes = OK}};
    server *peer = serving(answers, 3);
    rp_transport *transport = make();

    ck_assert_int_eq(get(transport, server_url(peer, "/")).status, 200);
    ck_assert_int_eq(get(transport, server_url(peer, "/")).status, 200);
    ck_assert_uint_eq(server_requests(peer), 3);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_connection_is_kept_from_one_request_to_the_next)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();

    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(post(transport, server_url(peer, "/"), "x").status, 200);
    ck_assert_uint_eq(server_connections(peer), 1);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

/* ---- not reached ---- */

START_TEST(a_refused_connection_is_unreached)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    char url[256], expected[256];
    rp_transport *transport = make();
    outcome told;

    snprintf(url, sizeof(url), "%s", server_url(peer, "/x?y=z"));
    snprintf(expected, sizeof(expected), "cannot connect to %s: connection refused", server_place(peer));
    server_stop(peer);
    told = post(transport, url, "body");
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_str_eq(told.message, expected);
    rp_transport_free(transport);
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_unreached)
{
    rp_transport *transport = make();
    outcome told = get(transport, "https://missing.example/x");

    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_ptr_nonnull(strstr(told.message, "cannot resolve the name of missing.example:443"));
    told = get(transport, "http://missing.example/x");
    ck_assert_ptr_nonnull(strstr(told.message, "missing.example:80"));
    rp_transport_free(transport);
}
END_TEST

START_TEST(a_resolver_that_stalls_is_unreached_after_the_connect_timeout)
{
    rp_curl_options options = plain;
    rp_transport *transport;
    outcome told;

    stall_resolver(true);
    options.connect_timeout_ms = 50;
    transport = make_with(&options);
    told = post(transport, "http://stalled.example/x", "body");
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_ptr_nonnull(strstr(told.message, "cannot connect to stalled.example:80: "));
    rp_transport_free(transport);
    stall_resolver(false);
}
END_TEST

START_TEST(a_tls_greeting_that_is_not_answered_is_unreached_after_the_connect_timeout)
{
    static const server_answer answers[] = {{.bytes = NULL}};
    server *peer = serving(answers, 1);
    rp_curl_options options = plain;
    rp_transport *transport;
    char url[64];
    outcome told;

    options.connect_timeout_ms = 50;
    transport = make_with(&options);
    snprintf(url, sizeof(url), "https://%s/", server_place(peer));
    told = post(transport, url, "body");
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

/* The client's greeting has no blank line, so the "server" here only ever closes: on stop. */
START_TEST(tls_with_one_who_speaks_none_is_unreached)
{
    static const server_answer answers[] = {{.bytes = "HTTP/1.0 400 no\r\n\r\n"}};
    server *peer = serving(answers, 1);
    rp_curl_options options = plain;
    rp_transport *transport;
    char proxy[64];
    outcome told;

    snprintf(proxy, sizeof(proxy), "https://%s", server_place(peer));
    options.connect_timeout_ms = 50;
    options.proxy = proxy;
    transport = make_with(&options);
    told = get(transport, "http://elb.example/");
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_ca_file_that_is_not_there_is_a_fault_of_the_settings)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_curl_options options = plain;
    rp_transport *transport;
    char url[64];
    outcome told;

    options.ca_file = "/nowhere/ca.pem";
    transport = make_with(&options);
    snprintf(url, sizeof(url), "https://%s/", server_place(peer));
    told = get(transport, url);
    ck_assert_int_eq(told.code, RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(told.message, "/nowhere/ca.pem"));
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_client_certificate_that_is_not_there_is_a_fault_of_the_settings)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_curl_options options = plain;
    rp_transport *transport;
    char url[64];
    outcome told;

    options.client_cert_file = "/nowhere/cert.pem";
    options.client_key_file = "/nowhere/key.pem";
    options.insecure = true;
    transport = make_with(&options);
    snprintf(url, sizeof(url), "https://%s/", server_place(peer));
    told = get(transport, url);
    ck_assert_int_eq(told.code, RP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(told.message, "client_cert_file"));
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

/* ---- proxies ---- */

static outcome get_over(const char *proxy, const char *no_proxy, const char *url)
{
    rp_curl_options options = plain;
    rp_transport *transport;
    outcome told;

    options.proxy = proxy;
    options.no_proxy = no_proxy;
    transport = make_with(&options);
    told = post(transport, url, "body");
    rp_transport_free(transport);
    return told;
}

START_TEST(a_proxy_is_used_unless_the_host_is_excepted)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);

    ck_assert_int_eq(get_over(server_url(peer, ""), "", "http://elb.example/a").status, 200);
    ck_assert(!strncmp(server_request(peer, 0), "POST http://elb.example/a HTTP/1.1\r\n", 36));
    ck_assert_int_eq(get_over(server_url(peer, ""), "elb.example", "http://elb.example/a").code,
                     RP_E_UNREACHED);
    ck_assert_uint_eq(server_requests(peer), 1);
    server_stop(peer);
}
END_TEST

static void clear_environment(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY",
                                        "all_proxy",  "ALL_PROXY",   "no_proxy",    "NO_PROXY"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
}

START_TEST(the_environment_names_the_proxy_if_nothing_else_does)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);

    clear_environment();
    setenv("HTTP_PROXY", server_url(peer, ""), 1);
    ck_assert_int_eq(get_over(NULL, NULL, "http://elb.example/").code, RP_E_UNREACHED);
    setenv("ALL_PROXY", server_url(peer, ""), 1);
    ck_assert_int_eq(get_over(NULL, NULL, "http://elb.example/").status, 200);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    ck_assert_int_eq(get_over(NULL, NULL, "http://elb.example/").code, RP_E_UNREACHED);
    setenv("http_proxy", server_url(peer, ""), 1);
    ck_assert_int_eq(get_over(NULL, NULL, "http://elb.example/").status, 200);
    ck_assert_int_eq(get_over("", NULL, "http://elb.example/").code, RP_E_UNREACHED);
    setenv("no_proxy", ".example", 1);
    ck_assert_int_eq(get_over(NULL, NULL, "http://elb.example/").code, RP_E_UNREACHED);
    ck_assert_int_eq(get_over(NULL, "", "http://elb.example/").status, 200);
    ck_assert_uint_eq(server_requests(peer), 3);
    server_stop(peer);
}
END_TEST

START_TEST(a_tunnel_that_the_proxy_refuses_is_unreached)
{
    static const server_answer answers[] = {{.bytes = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}};
    server *peer = serving(answers, 1);
    outcome told = get_over(server_url(peer, ""), "", "https://elb.example/secret");

    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert(!strncmp(server_request(peer, 0), "CONNECT elb.example:443 HTTP/1.1\r\n", 34));
    ck_assert_ptr_null(strstr(server_request(peer, 0), "secret"));
    server_stop(peer);
}
END_TEST

START_TEST(a_login_that_the_proxy_refuses_is_not_tried_again)
{
    static const server_answer answers[] = {
        {.bytes = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"}};
    server *peer = serving(answers, 1);
    outcome told = get_over(server_url(peer, ""), "", "https://elb.example/");

    ck_assert_int_eq(told.code, RP_E_BARRED);
    ck_assert_ptr_nonnull(strstr(told.message, "the proxy on the way to elb.example:443 wants a login: "));
    server_stop(peer);
}
END_TEST

/* It would look for them on its own host, and read the token. */
START_TEST(a_proxy_of_the_environment_is_not_asked_for_this_host)
{
    static const char *const urls[] = {"http://127.0.0.1:1/", "http://127.8.0.1:1/", "http://[::1]:1/",
                                       "http://localhost:1/", "https://elb.localhost:1/"};
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);

    clear_environment();
    setenv("http_proxy", server_url(peer, ""), 1);
    setenv("https_proxy", server_url(peer, ""), 1);
    for (size_t i = 0; i < 5; i++) {
        unsetenv("no_proxy");
        ck_assert_int_eq(get_over(NULL, NULL, urls[i]).code, RP_E_UNREACHED);
        setenv("no_proxy", "elb.example", 1);
        ck_assert_int_eq(get_over(NULL, NULL, urls[i]).code, RP_E_UNREACHED);
    }
    setenv("no_proxy", "*", 1);
    ck_assert_int_eq(get_over(NULL, NULL, "http://elb.example/").code, RP_E_UNREACHED);
    ck_assert_uint_eq(server_requests(peer), 0);
    ck_assert_int_eq(get_over(server_url(peer, ""), "", urls[0]).status, 200);
    server_stop(peer);
}
END_TEST

START_TEST(a_proxy_that_cannot_be_found_is_unreached_and_its_password_untold)
{
    static const char *const proxies[] = {"http://joe:hunter2@missing.example", "foo://joe:hunter2@x",
                                          "http://joe:hunter2@x:notaport"};

    for (size_t i = 0; i < 3; i++) {
        outcome told = get_over(proxies[i], "", "https://elb.example/");
        ck_assert_msg(told.code == RP_E_UNREACHED, "%s: %d %s", proxies[i], told.code, told.message);
        ck_assert_ptr_nonnull(strstr(told.message, "elb.example:443"));
        ck_assert_ptr_null(strstr(told.message, "hunter2"));
    }
}
END_TEST

/* ---- waiting, waking, dropping ---- */

START_TEST(a_wake_ends_the_wait_even_if_it_came_before)
{
    rp_transport *transport = make();
    int64_t since = rp_now_ms(&rp_clock_system);

    rp_transport_wake(transport);
    rp_transport_wait(transport, 60000);
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - since, 10000);
    rp_transport_free(transport);
}
END_TEST

static void *wake_it(void *transport)
{
    rp_transport_wake(transport);
    return NULL;
}

START_TEST(a_wake_may_come_from_another_thread)
{
    rp_transport *transport = make();
    int64_t since = rp_now_ms(&rp_clock_system);
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, wake_it, transport), 0);
    rp_transport_wait(transport, 60000);
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - since, 10000);
    pthread_join(thread, NULL);
    rp_transport_free(transport);
}
END_TEST

START_TEST(a_start_and_a_drop_end_the_wait)
{
    static const server_answer answers[] = {{.bytes = NULL}};
    server *peer = serving(answers, 1);
    rp_curl_options options = plain;
    rp_transport *transport;
    int64_t since = rp_now_ms(&rp_clock_system);
    outcome told = {0};
    rp_http_request request = request_for(&told, server_url(peer, "/"));
    rp_exchange *exchange = NULL;

    options.connect_timeout_ms = 60000; /* libcurl wakes up for that by itself */
    transport = make_with(&options);
    ck_assert_int_eq(rp_transport_start(transport, &request, &exchange, NULL), 0);
    rp_transport_wait(transport, 30000);
    while (server_requests(peer) == 0) {
        rp_transport_step(transport);
        rp_transport_wait(transport, 20);
    }
    for (int i = 0; i < 3; i++) { /* until libcurl's own timers have passed; one is of 200 ms */
        rp_transport_step(transport);
        rp_transport_wait(transport, 250);
    }
    rp_transport_drop(transport, exchange);
    rp_transport_wait(transport, 30000);
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - since, 20000);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(a_wait_with_nothing_to_do_ends_in_time)
{
    rp_transport *transport = make();
    int64_t since = rp_now_ms(&rp_clock_system);

    rp_transport_wait(transport, 20);
    ck_assert_int_ge(rp_now_ms(&rp_clock_system) - since, 19);
    rp_transport_free(transport);
}
END_TEST

typedef struct shared {
    rp_transport *transport;
    pthread_mutex_t lock;
    server *peer;
    char url[256];
    outcome told[20];
    rp_http_request requests[20];
    bool started_all;
} shared;

/* Starts requests, and drops every other one, while the other thread waits. */
static void *start_many(void *context)
{
    shared *here = context;

    for (size_t i = 0; i < 20; i++) {
        rp_exchange *exchange = NULL;
        here->requests[i] = post_for(&here->told[i], here->url, "x");
        pthread_mutex_lock(&here->lock);
        ck_assert_int_eq(rp_transport_start(here->transport, &here->requests[i], &exchange, NULL), 0);
        pthread_mutex_unlock(&here->lock);
        server_await_requests(here->peer, i + 1);
        pthread_mutex_lock(&here->lock);
        if (i % 2 && !here->told[i].done)
            rp_transport_drop(here->transport, exchange);
        here->started_all = i == 19;
        pthread_mutex_unlock(&here->lock);
    }
    rp_transport_wake(here->transport);
    return NULL;
}

START_TEST(others_may_start_and_drop_while_one_thread_waits)
{
    static const server_answer answers[] = {{.bytes = OK}};
    shared here = {.transport = make(), .lock = PTHREAD_MUTEX_INITIALIZER, .peer = serving(answers, 1)};
    pthread_t thread;
    bool over = false;

    snprintf(here.url, sizeof(here.url), "%s", server_url(here.peer, "/"));
    ck_assert_int_eq(pthread_create(&thread, NULL, start_many, &here), 0);
    while (!over) {
        rp_transport_wait(here.transport, 10000);
        pthread_mutex_lock(&here.lock);
        rp_transport_step(here.transport);
        over = here.started_all;
        for (size_t i = 0; i < 20; i += 2)
            over = over && here.told[i].done;
        pthread_mutex_unlock(&here.lock);
    }
    pthread_join(thread, NULL);
    for (size_t i = 0; i < 20; i += 2)
        ck_assert_int_eq(here.told[i].status, 200);
    rp_transport_free(here.transport);
    server_stop(here.peer);
}
END_TEST

START_TEST(a_dropped_request_is_given_up_and_never_told_of)
{
    static const server_answer answers[] = {{.bytes = NULL}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    outcome told = {0};
    rp_http_request request = post_for(&told, server_url(peer, "/"), "body");
    rp_exchange *exchange = NULL;

    ck_assert_int_eq(rp_transport_start(transport, &request, &exchange, NULL), 0);
    while (server_requests(peer) == 0) {
        rp_transport_step(transport);
        rp_transport_wait(transport, 20);
    }
    rp_transport_drop(transport, exchange);
    memset(&request, 0, sizeof(request));
    rp_transport_step(transport);
    server_await_ended(peer, 1);
    ck_assert_uint_eq(told.done, 0);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(what_is_dropped_before_the_first_step_is_never_sent)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    outcome told = {0};
    rp_http_request request = post_for(&told, server_url(peer, "/"), "body");
    rp_exchange *exchange = NULL;

    ck_assert_int_eq(rp_transport_start(transport, &request, &exchange, NULL), 0);
    rp_transport_drop(transport, exchange);
    ck_assert_int_eq(get(transport, server_url(peer, "/other")).status, 200);
    ck_assert_uint_eq(server_requests(peer), 1);
    ck_assert_uint_eq(told.done, 0);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

typedef struct pair {
    rp_transport *transport;
    rp_exchange *exchanges[2];
    outcome told[2];
    unsigned done;
} pair;

static void drop_the_other(outcome *told)
{
    pair *both = told->context;
    size_t other = told == &both->told[0] ? 1 : 0;

    rp_transport_drop(both->transport, both->exchanges[other]);
    both->done++;
}

START_TEST(one_answer_may_make_the_other_unwanted)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = server_start(&(server_options){.answers = answers, .count = 1, .gather = 2});
    pair both = {.transport = make()};
    rp_http_request requests[2];

    for (size_t i = 0; i < 2; i++) {
        both.told[i] = (outcome){.then = drop_the_other, .context = &both};
        requests[i] = request_for(&both.told[i], server_url(peer, "/"));
        ck_assert_int_eq(rp_transport_start(both.transport, &requests[i], &both.exchanges[i], NULL), 0);
        rp_transport_step(both.transport);
    }
    while (server_requests(peer) < 2) {
        rp_transport_wait(both.transport, 20);
        rp_transport_step(both.transport);
    }
    run(both.transport, &both.done, 1);
    rp_transport_step(both.transport);
    rp_transport_wait(both.transport, 20);
    rp_transport_step(both.transport);
    ck_assert_uint_eq(both.done, 1);
    rp_transport_free(both.transport);
    server_stop(peer);
}
END_TEST

START_TEST(freeing_ends_what_is_under_way)
{
    static const server_answer answers[] = {{.bytes = NULL}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    outcome told[2] = {0};
    rp_http_request one = request_for(&told[0], server_url(peer, "/")),
                    queued = request_for(&told[1], "http://127.0.0.1:1/");
    rp_exchange *exchange = NULL;

    ck_assert_int_eq(rp_transport_start(transport, &one, &exchange, NULL), 0);
    while (server_requests(peer) == 0) {
        rp_transport_step(transport);
        rp_transport_wait(transport, 20);
    }
    start(transport, &queued);
    rp_transport_drop(transport, exchange);
    rp_transport_free(transport);
    server_await_ended(peer, 1);
    ck_assert_uint_eq(told[0].done + told[1].done, 0);
    server_stop(peer);
}
END_TEST

START_TEST(freeing_is_quick_while_the_resolver_stalls)
{
    rp_transport *transport = make();
    outcome told = {0};
    rp_http_request request = request_for(&told, "http://stalled.example/");
    int64_t since;

    stall_resolver(true);
    start(transport, &request);
    rp_transport_step(transport);
    since = rp_now_ms(&rp_clock_system);
    rp_transport_free(transport);
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - since, 1000);
    stall_resolver(false);
}
END_TEST

START_TEST(fifty_requests_run_at_the_same_time)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = server_start(&(server_options){.answers = answers, .count = 1, .gather = 50});
    rp_transport *transport = make();
    static outcome told[50];
    static rp_http_request requests[50];

    for (size_t i = 0; i < 50; i++) {
        requests[i] = post_for(&told[i], server_url(peer, "/"), "x");
        requests[i].url = strdup(requests[i].url);
        start(transport, &requests[i]);
    }
    for (size_t i = 0; i < 50; i++) {
        run(transport, &told[i].done, 1);
        ck_assert_int_eq(told[i].status, 200);
        free((char *)(uintptr_t)requests[i].url);
    }
    ck_assert_uint_eq(server_requests(peer), 50);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

/* ---- the time limit of an attempt ---- */

static outcome get_within(server_answer answer, uint32_t attempt_timeout_ms, int64_t *took_ms)
{
    server *peer = serving(&answer, 1);
    rp_curl_options options = plain;
    rp_transport *transport;
    int64_t begun = rp_now_ms(&rp_clock_system);
    outcome told;

    options.attempt_timeout_ms = attempt_timeout_ms;
    transport = make_with(&options);
    told = get(transport, server_url(peer, "/"));
    *took_ms = rp_now_ms(&rp_clock_system) - begun;
    rp_transport_free(transport);
    server_stop(peer);
    return told;
}

START_TEST(an_attempt_that_brings_no_byte_is_given_up)
{
    static const server_answer silent[] = {
        {.bytes = NULL},
        {.bytes = "HTTP/1.1 200 OK\r\n"},
        {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"},
        {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
    };
    int64_t took_ms;

    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        outcome told = get_within(silent[i], 200, &took_ms);
        ck_assert_int_eq(told.code, RP_E_LOST);
        ck_assert_ptr_nonnull(strstr(told.message, ": no byte for 200 ms"));
        ck_assert_int_ge(took_ms, 200);
        ck_assert_int_lt(took_ms, 2000);
    }
}
END_TEST

START_TEST(an_attempt_may_last_as_long_as_bytes_come)
{
    static const server_answer slow = {
        .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .trickled = true, .pause_ms = 40};
    int64_t took_ms;
    outcome told = get_within(slow, 1000, &took_ms);

    ck_assert_int_eq(told.status, 200);
    ck_assert_int_gt(took_ms, 1200);
}
END_TEST

START_TEST(a_request_has_been_sent_once_its_connection_stands)
{
    static const server_answer answers[] = {{.bytes = NULL}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    outcome told = {0};
    rp_http_request request = request_for(&told, server_url(peer, "/"));
    rp_exchange *exchange = NULL;

    ck_assert_int_eq(rp_transport_start(transport, &request, &exchange, NULL), 0);
    ck_assert(!rp_transport_has_sent(transport, exchange));
    while (server_requests(peer) < 1) {
        rp_transport_wait(transport, 10);
        rp_transport_step(transport);
    }
    ck_assert(rp_transport_has_sent(transport, exchange));
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

START_TEST(one_silent_attempt_ends_no_other)
{
    static const server_answer answers[] = {{.bytes = NULL}, {.bytes = OK}};
    server *peer = serving(answers, 2);
    rp_curl_options options = plain;
    rp_transport *transport;
    outcome silent = {0};
    rp_http_request request;

    options.attempt_timeout_ms = 300;
    transport = make_with(&options);
    request = request_for(&silent, server_url(peer, "/silent"));
    start(transport, &request);
    while (server_requests(peer) < 1) {
        rp_transport_wait(transport, 10);
        rp_transport_step(transport);
    }
    ck_assert_int_eq(get(transport, server_url(peer, "/")).status, 200);
    ck_assert_uint_eq(silent.done, 0);
    run(transport, &silent.done, 1);
    ck_assert_int_eq(silent.code, RP_E_LOST);
    ck_assert_int_eq(get(transport, server_url(peer, "/")).status, 200);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

/* ---- libcurl refuses ---- */

typedef struct dropper {
    rp_transport *transport;
    rp_exchange *exchange;
    rp_http_request *request;
} dropper;

static void drop_other(outcome *self)
{
    dropper *other = self->context;

    rp_transport_drop(other->transport, other->exchange);
    memset(other->request, 0xff, sizeof(*other->request));
    free(other->request);
}

/* Requests are touched no more once they are done or dropped: they are freed there, and a sanitizer watches.
 */
START_TEST(a_request_that_libcurl_does_not_take_is_done_once_and_a_dropped_one_never)
{
    rp_transport *transport = make();
    dropper other = {.transport = transport};
    outcome told = {0}, unheard = {0};
    rp_http_request *first = malloc(sizeof(*first));

    *first = post_for(&told, "http://127.0.0.1:1/", "12345");
    other.request = malloc(sizeof(*other.request));
    *other.request = post_for(&unheard, "http://127.0.0.1:1/", "12345");
    told.then = drop_other;
    told.context = &other;
    atomic_store(&adding_fails, true);
    start(transport, first);
    ck_assert_int_eq(rp_transport_start(transport, other.request, &other.exchange, NULL), 0);
    rp_transport_step(transport);
    ck_assert_uint_eq(told.done, 1);
    ck_assert_int_eq(told.code, RP_E_NO_MEMORY);
    free(first);
    rp_transport_step(transport);
    atomic_store(&adding_fails, false);
    rp_transport_step(transport);
    ck_assert_uint_eq(unheard.done, 0);
    rp_transport_free(transport);
}
END_TEST

/* ---- guest manners ---- */

START_TEST(sigpipe_is_neither_raised_nor_left_behind)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    sigset_t before, after, pending;

    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    raising_thread = pthread_self();
    atomic_store(&writes_raise_sigpipe, true);
    ck_assert_int_eq(post(transport, server_url(peer, "/"), "x").status, 200);
    atomic_store(&writes_raise_sigpipe, false);
    rp_transport_free(transport);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&before, SIGPIPE), sigismember(&after, SIGPIPE));
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGPIPE), 0);
    server_stop(peer);
}
END_TEST

START_TEST(a_sigpipe_that_was_pending_before_stays_pending)
{
    static const server_answer answers[] = {{.bytes = OK}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    sigset_t pipe_only, pending;

    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    pthread_kill(pthread_self(), SIGPIPE);
    ck_assert_int_eq(get(transport, server_url(peer, "/")).status, 200);
    rp_transport_free(transport);
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGPIPE), 1);
    server_stop(peer);
    sigtimedwait(&pipe_only, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
}
END_TEST

/* Counts the sockets of this process that lead to the internet and that a child would inherit. */
static unsigned inherited_sockets(unsigned *all)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    unsigned inherited = 0;

    *all = 0;
    while ((entry = readdir(folder))) {
        int fd = atoi(entry->d_name);
        if (!is_connection(fd))
            continue;
        ++*all;
        inherited += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    closedir(folder);
    return inherited;
}

START_TEST(a_child_inherits_no_connection)
{
    static const server_answer answers[] = {{.bytes = NULL}};
    server *peer = serving(answers, 1);
    rp_transport *transport = make();
    outcome told = {0};
    rp_http_request request = request_for(&told, server_url(peer, "/"));
    unsigned all;

    start(transport, &request);
    while (server_requests(peer) == 0) {
        rp_transport_step(transport);
        rp_transport_wait(transport, 20);
    }
    /* The server's end of it is the one that a child would get. */
    ck_assert_uint_eq(inherited_sockets(&all), 1);
    ck_assert_uint_eq(all, 2);
    rp_transport_free(transport);
    server_stop(peer);
}
END_TEST

TCase *curl_tests(void)
{
    TCase *tests = tcase_create("curl");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_request_goes_out_as_it_was_given);
    tcase_add_test(tests, every_method_works_with_and_without_a_body);
    tcase_add_test(tests, a_header_that_would_become_two_is_refused_without_its_value);
    tcase_add_test(tests, only_http_is_spoken);
    tcase_add_test(tests, a_large_body_arrives_whole);
    tcase_add_test(tests, the_headers_that_matter_are_kept_and_trimmed);
    tcase_add_test(tests, headers_of_an_interim_reply_and_trailers_are_not_the_replys);
    tcase_add_test(tests, a_value_beyond_its_limit_is_as_good_as_none);
    tcase_add_test(tests, a_body_that_trickles_in_arrives_whole);
    tcase_add_test(tests, an_answer_that_ends_early_is_lost);
    tcase_add_test(tests, a_reset_in_the_body_is_lost_and_says_where);
    tcase_add_test(tests, an_answer_without_a_body_has_an_empty_one);
    tcase_add_test(tests, a_redirect_is_an_answer_like_any_other);
    tcase_add_test(tests, a_reply_may_be_as_long_as_its_limit_and_no_longer);
    tcase_add_test(tests, a_post_whose_kept_connection_dies_unanswered_is_sent_once);
    tcase_add_test(tests, a_post_that_dies_half_sent_is_not_begun_again);
    tcase_add_test(tests, a_post_over_a_connection_that_died_while_idle_succeeds_and_arrives_once);
    tcase_add_test(tests, a_change_without_a_body_is_sent_once);
    tcase_add_test(tests, a_get_may_be_sent_again);
    tcase_add_test(tests, a_connection_is_kept_from_one_request_to_the_next);
    tcase_add_test(tests, a_refused_connection_is_unreached);
    tcase_add_test(tests, a_name_that_does_not_exist_is_unreached);
    tcase_add_test(tests, a_resolver_that_stalls_is_unreached_after_the_connect_timeout);
    tcase_add_test(tests, a_tls_greeting_that_is_not_answered_is_unreached_after_the_connect_timeout);
    tcase_add_test(tests, tls_with_one_who_speaks_none_is_unreached);
    tcase_add_test(tests, a_ca_file_that_is_not_there_is_a_fault_of_the_settings);
    tcase_add_test(tests, a_client_certificate_that_is_not_there_is_a_fault_of_the_settings);
    tcase_add_test(tests, a_proxy_is_used_unless_the_host_is_excepted);
    tcase_add_test(tests, the_environment_names_the_proxy_if_nothing_else_does);
    tcase_add_test(tests, a_tunnel_that_the_proxy_refuses_is_unreached);
    tcase_add_test(tests, a_login_that_the_proxy_refuses_is_not_tried_again);
    tcase_add_test(tests, a_proxy_of_the_environment_is_not_asked_for_this_host);
    tcase_add_test(tests, a_proxy_that_cannot_be_found_is_unreached_and_its_password_untold);
    tcase_add_test(tests, a_wake_ends_the_wait_even_if_it_came_before);
    tcase_add_test(tests, a_wake_may_come_from_another_thread);
    tcase_add_test(tests, a_start_and_a_drop_end_the_wait);
    tcase_add_test(tests, a_wait_with_nothing_to_do_ends_in_time);
    tcase_add_test(tests, others_may_start_and_drop_while_one_thread_waits);
    tcase_add_test(tests, an_attempt_that_brings_no_byte_is_given_up);
    tcase_add_test(tests, an_attempt_may_last_as_long_as_bytes_come);
    tcase_add_test(tests, a_request_has_been_sent_once_its_connection_stands);
    tcase_add_test(tests, one_silent_attempt_ends_no_other);
    tcase_add_test(tests, a_request_that_libcurl_does_not_take_is_done_once_and_a_dropped_one_never);
    tcase_add_test(tests, a_dropped_request_is_given_up_and_never_told_of);
    tcase_add_test(tests, what_is_dropped_before_the_first_step_is_never_sent);
    tcase_add_test(tests, one_answer_may_make_the_other_unwanted);
    tcase_add_test(tests, freeing_ends_what_is_under_way);
    tcase_add_test(tests, freeing_is_quick_while_the_resolver_stalls);
    tcase_add_test(tests, fifty_requests_run_at_the_same_time);
    tcase_add_test(tests, sigpipe_is_neither_raised_nor_left_behind);
    tcase_add_test(tests, a_sigpipe_that_was_pending_before_stays_pending);
    tcase_add_test(tests, a_child_inherits_no_connection);
    return tests;
}
