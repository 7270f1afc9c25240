/*
 * Whom a plugin trusts, and to whom it gives its secrets: to nobody else.
 */
#include "background.h"
#include "peer.h"
#include "run.h"
#include "simulator.h"

#include "base/text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUICK "\"settle_ms\": 300, \"poll_min_ms\": 10, \"poll_max_ms\": 40, \"connect_timeout_ms\": 400"

static const char *const settings[] = {"job-ms", "40", NULL};

/* The same simulator through an instance opened otherwise. */
static bed seen_through(const bed *on, const char *url, const char *more)
{
    bed other = *on;

    other.instance = open_at(on->plugin, url, more);
    return other;
}

static void check_makes_two(const bed *on)
{
    answer told = call_members(on, "create", 2, "");

    ck_assert_uint_eq(count_results(&told, "ok", "done"), 2);
    ck_assert_uint_eq(rp_sim_listed(on->sim, LISTENER), 2);
    answer_free(&told);
}

/* Nothing is sent, and the words say at once why. */
static void check_distrusts(const bed *on, const char *words)
{
    int64_t before = now_ms();
    answer told = call_members(on, "create", 2, "");
    const rp_json *said = diagnostic_with(&told, 0, "http.unreached");
    const char *summary = rp_json_text(rp_json_get(said, "summary"));
    bool retryable = true;

    ck_assert_int_lt(now_ms() - before, 1500);
    ck_assert(rp_json_boolean(rp_json_get(result_at(&told, 0), "retryable"), &retryable) && !retryable);
    ck_assert_uint_eq(count_results(&told, "unavailable", "none"), 2);
    ck_assert_ptr_nonnull(summary);
    ck_assert_msg(strstr(summary, words) != NULL, "%s", summary);
    ck_assert_uint_eq(rp_sim_count(on->sim, "total"), 0);
    answer_free(&told);
}

START_TEST(a_server_of_a_trusted_ca_is_trusted)
{
    bed on = bed_make_secure(settings, QUICK);

    check_makes_two(&on);
    bed_free(&on);
}
END_TEST

START_TEST(a_server_of_another_ca_is_not_trusted)
{
    bed on = bed_make_secure(settings, QUICK), other = bed_make_secure(settings, QUICK);
    _cleanup_(rp_freep) char *more = rp_format(QUICK ", \"ca_file\": \"%s\"", other.ca_file);
    bed through = seen_through(&on, rp_sim_url(on.sim), more);

    check_distrusts(&through, "is not trusted");
    on.plugin->close(through.instance);
    bed_free(&on);
    bed_free(&other);
}
END_TEST

START_TEST(a_server_of_no_known_ca_is_not_trusted)
{
    bed on = bed_make_secure(settings, QUICK), through;

    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0) {
        through = seen_through(&on, rp_sim_url(on.sim), QUICK);
        check_distrusts(&through, "is not trusted");
        on.plugin->close(through.instance);
    } else {
        fprintf(stderr, "SKIPPED: the system has no certificates\n");
    }
    bed_free(&on);
}
END_TEST

/* The configuration is at fault, not the server or this plugin. */
START_TEST(a_ca_file_that_cannot_be_read_is_a_fault_of_the_configuration)
{
    bed on = bed_make_secure(settings, QUICK);
    bed through = seen_through(&on, rp_sim_url(on.sim), QUICK ", \"ca_file\": \"/nowhere/ca.pem\"");
    answer told = call_members(&through, "create", 2, "");
    const char *summary;

    ck_assert_uint_eq(count_results(&told, "invalid_argument", "none"), 2);
    summary = rp_json_text(rp_json_get(diagnostic_with(&told, 0, "config.invalid"), "summary"));
    ck_assert_ptr_nonnull(strstr(summary, "/nowhere/ca.pem"));
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 0);
    answer_free(&told);
    on.plugin->close(through.instance);
    bed_free(&on);
}
END_TEST

/* Names below localhost are always this host, but the certificate does not have them. */
START_TEST(a_server_of_another_name_is_not_trusted)
{
    bed on = bed_make_secure(settings, QUICK);
    _cleanup_(rp_freep) char *more = rp_format(QUICK ", \"ca_file\": \"%s\"", on.ca_file);
    _cleanup_(rp_freep) char *url =
        rp_format("https://elb.localhost:%s", strrchr(rp_sim_url(on.sim), ':') + 1);
    bed through = seen_through(&on, url, more);

    check_distrusts(&through, "elb.localhost");
    on.plugin->close(through.instance);
    bed_free(&on);
}
END_TEST

static answer open_with(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Opens and closes at once. */
static answer open_with(const char *format, ...)
{
    _cleanup_(rp_freep) char *request = NULL;
    va_list arguments;

    va_start(arguments, format);
    ck_assert_int_ge(vasprintf(&request, format, arguments), 0);
    va_end(arguments);
    return call_hook_with(plugin_load(), NULL, NULL, "open", request);
}

static const rp_json *first_diagnostic(const answer *told)
{
    return rp_json_at(rp_json_get(told->json, "diagnostics"), 0);
}

START_TEST(insecure_works_and_is_warned_of)
{
    bed on = bed_make_secure(settings, QUICK ", \"insecure\": true");
    answer told = open_with("{\"config\": {\"endpoint\": \"%s\", \"project_id\": \"%s\", \"token\": \"x\", "
                            "\"insecure\": true}}",
                            rp_sim_url(on.sim), RP_SIM_PROJECT);

    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_str_eq(rp_json_text(rp_json_get(first_diagnostic(&told), "severity")), "warning");
    ck_assert_str_eq(rp_json_text(rp_json_get(first_diagnostic(&told), "code")), "http.insecure");
    answer_free(&told);
    check_makes_two(&on);
    bed_free(&on);
}
END_TEST

static const struct plain {
    const char *config;
    const char *path; /* at fault, or NULL */
} plains[] = {
    {"\"endpoint\": \"http://elb.example.org\", \"token\": \"x\"", "/config/endpoint"},
    {"\"endpoint\": \"http://127.0.0.1.example.org\", \"token\": \"x\"", "/config/endpoint"},
    {"\"endpoint\": \"http://10.0.0.1\", \"token\": \"x\"", "/config/endpoint"},
    {"\"endpoint\": \"https://elb.example.org\", \"auth_url\": \"http://iam.example.org/v3\", \"user_name\": \"u\", "
     "\"password\": \"p\", \"domain_name\": \"d\"",
     "/config/auth_url"},
    {"\"endpoint\": \"http://elb.example.org\", \"token\": \"x\", \"allow_insecure_http\": true", NULL},
    {"\"endpoint\": \"https://elb.example.org\", \"token\": \"x\"", NULL},
    {"\"endpoint\": \"http://localhost:1\", \"token\": \"x\"", NULL},
    {"\"endpoint\": \"http://[::1]:1\", \"token\": \"x\"", NULL},
};

START_TEST(plain_http_is_for_loopback_only)
{
    const struct plain *one = &plains[_i];
    answer told = open_with("{\"config\": {%s, \"project_id\": \"%s\"}}", one->config, RP_SIM_PROJECT);
    const char *path = rp_json_text(rp_json_get(first_diagnostic(&told), "path"));

    ck_assert_int_eq(told.status, one->path ? RP_INVALID_ARGUMENT : RP_OK);
    if (one->path)
        ck_assert_str_eq(path, one->path);
    answer_free(&told);
}
END_TEST

/* --- what is offered to a server ---------------------------------------------------------- */

static unsigned two_bytes(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* The list of the extension supported_versions (43) of a ClientHello (RFC 8446, 4.1.2 and 4.2.1), or NULL. */
static const unsigned char *supported_versions(const unsigned char *hello, size_t len)
{
    size_t at = 5 + 4 + 2 + 32; /* record, handshake, version, random */

    at += 1u + hello[at];             /* session id */
    at += 2u + two_bytes(hello + at); /* cipher suites */
    at += 1u + hello[at];             /* compression */
    for (at += 2; at + 4 <= len; at += 4u + two_bytes(hello + at + 2))
        if (two_bytes(hello + at) == 43)
            return hello + at + 4;
    return NULL;
}

START_TEST(nothing_older_than_tls_1_2_is_spoken)
{
    peer server = peer_mute();
    bed on = {.plugin = plugin_load(), .instance = open_at(plugin_load(), server.secure_url, QUICK)};
    unsigned char hello[4096] = {0};
    const unsigned char *versions;
    background call;
    int caller;
    ssize_t len;

    background_start(&call, &on, "read", request_for(LISTENER, "server", 0, 1, ""), 5000);
    caller = accept(server.fd, NULL, NULL);
    ck_assert_int_ge(caller, 0);
    len = recv(caller, hello, sizeof(hello), 0);
    ck_assert_int_gt(len, 100);
    versions = supported_versions(hello, (size_t)len);
    ck_assert_ptr_nonnull(versions);
    for (unsigned i = 1; i < versions[0]; i += 2)
        ck_assert_uint_ge(two_bytes(versions + i), 0x0303);
    background_cancel(&call);
    background_join(&call);
    background_free(&call);
    close(caller);
    on.plugin->close(on.instance);
    peer_done(&server);
}
END_TEST

START_TEST(a_login_goes_over_tls)
{
    bed on = bed_make_secure(settings, QUICK);
    _cleanup_(rp_freep) char *login = login_members(on.sim, "sim-password");
    _cleanup_(rp_freep) char *more = rp_format(QUICK ", \"ca_file\": \"%s\", %s", on.ca_file, login);
    bed through = seen_through(&on, rp_sim_url(on.sim), more);

    check_makes_two(&through);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 1);
    on.plugin->close(through.instance);
    bed_free(&on);
}
END_TEST

START_TEST(a_refused_password_is_sent_once_for_all)
{
    bed on = bed_make(settings, QUICK), through;
    _cleanup_(rp_freep) char *login = login_members(on.sim, "not-the-password");
    background calls[8];
    answer told;

    through = seen_through(&on, rp_sim_url(on.sim), login);
    for (unsigned i = 0; i < 8; i++)
        background_start(&calls[i], &through, "create", request_for(LISTENER, "server", i, 1, ""), 10000);
    for (unsigned i = 0; i < 8; i++) {
        background_join(&calls[i]);
        ck_assert_uint_eq(count_results(&calls[i].answer, "unauthenticated", "none"), 1);
        background_free(&calls[i]);
    }
    told = call_members(&through, "read", 1, "");
    ck_assert_int_eq(told.status, RP_UNAUTHENTICATED);
    answer_free(&told);
    ck_assert_uint_eq(rp_sim_count(on.sim, "token"), 1);
    ck_assert_uint_eq(rp_sim_count(on.sim, "total"), 1);
    on.plugin->close(through.instance);
    bed_free(&on);
}
END_TEST

/* --- secrets --------------------------------------------------------------------------------- */

#define TOKEN    "canary-t0ken-5f1c9b"
#define PASSWORD "canary-passw0rd-77ae02"

typedef struct path {
    const char *rule;             /* NULL: nothing goes wrong */
    const char *token, *password; /* what the server takes */
    enum {
        BY_TOKEN,
        BY_PASSWORD
    } by;
    enum {
        TRUSTED,
        DISTRUSTED
    } server;
} path;

/* clang-format off: one row a line reads as the table it is. */
static const path paths[] = {
    {NULL, TOKEN, "x", BY_TOKEN, TRUSTED},
    {NULL, "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {NULL, "another", "x", BY_TOKEN, TRUSTED},
    {NULL, "x", "another", BY_PASSWORD, TRUSTED},
    {NULL, TOKEN, "x", BY_TOKEN, DISTRUSTED},
    {NULL, "x", PASSWORD, BY_PASSWORD, DISTRUSTED},
    {"on=list,kind=redirect,count=0", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=list,kind=reset-after,count=0", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=list,kind=hang,count=0", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=list,kind=truncate,count=0", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=add,kind=reset-after", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=add,kind=redirect", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=list,status=403,count=0,message=token " TOKEN " may not", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=list,status=401,count=0,message=" TOKEN ",shape=keystone", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=add,status=502,count=0,message=X-Auth-Token: " TOKEN ",shape=text", TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=add,kind=job-fail,count=0,message=" TOKEN, TOKEN, "x", BY_TOKEN, TRUSTED},
    {"on=token,kind=redirect,count=0", "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,kind=reset-after,count=0", "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,kind=hang,count=0", "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,kind=truncate,count=0", "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,status=429,count=0", "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,status=500,count=0,message=" PASSWORD, "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,status=401,count=0,message=no user with " PASSWORD, "x", PASSWORD, BY_PASSWORD, TRUSTED},
    {"on=token,status=502,count=0,message=" PASSWORD ",shape=text", "x", PASSWORD, BY_PASSWORD, TRUSTED},
};
/* clang-format on */

static void check_silent(const path *by, const char *what, const char *text)
{
    ck_assert_msg(!strstr(text, TOKEN) && !strstr(text, PASSWORD), "%s tells a secret (%s): %s", what,
                  by->rule ? by->rule : "no fault", text);
}

static void call_and_listen(const bed *on, const path *by, const char *hook)
{
    _cleanup_(rp_freep) char *text = NULL;
    background call;
    char *request = strcmp(hook, "list")
                        ? request_for(LISTENER, "server", 0, 2, "")
                        : strdup("{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": "
                                 "\"" LISTENER "\"}}");

    if (!strcmp(hook, "describe")) {
        free(request);
        request = strdup("{}");
    }
    background_start(&call, on, hook, request, 700);
    background_join(&call);
    text = answer_print(&call.answer);
    check_silent(by, hook, text);
    check_silent(by, "an event", rp_buffer_text(&call.events));
    background_free(&call);
}

static char *credentials_of(const path *by, const bed *on)
{
    return by->by == BY_TOKEN ? strdup("\"token\": \"" TOKEN "\"") : login_members(on->sim, PASSWORD);
}

static void *keep_secrets(void *row)
{
    static const char *const hooks[] = {"create", "read", "list", "delete", "describe"};
    const path *by = row;
    bed on = bed_make_secure(
        (const char *const[]){"job-ms", "40", "token", by->token, "password", by->password, NULL}, QUICK);
    _cleanup_(rp_freep) char *credentials = credentials_of(by, &on);
    _cleanup_(rp_freep) char *more =
        by->server == TRUSTED ? rp_format(QUICK ", \"ca_file\": \"%s\", %s", on.ca_file, credentials)
                              : rp_format(QUICK ", %s", credentials);
    bed through = seen_through(&on, rp_sim_url(on.sim), more);

    if (by->rule)
        simulator_fault(on.sim, "%s", by->rule);
    for (size_t i = 0; i < rp_count_of(hooks); i++)
        call_and_listen(&through, by, hooks[i]);
    ck_assert(!by->rule || rp_sim_count(on.sim, "faults") > 0);
    on.plugin->close(through.instance);
    bed_free(&on);
    return NULL;
}

START_TEST(secrets_are_in_no_response_and_no_event)
{
    each_at_once(keep_secrets, paths, sizeof(paths[0]), rp_count_of(paths));
}
END_TEST

/* Configurations that are refused, each for something else than its secrets. */
static const char *const refused[] = {
    "\"token\": \"" TOKEN "\", \"password\": \"" PASSWORD "\"",
    "\"token\": \"" TOKEN "\", \"timeout_ms\": \"soon\"",
    "\"token\": \"" TOKEN "\", \"tokenn\": \"" TOKEN "\"",
    "\"token\": [\"" TOKEN "\"]",
    "\"token\": \"" TOKEN "\\n\"",
    "\"token\": \"" TOKEN "\\u0000\"",
    "\"token\": \"" TOKEN "\", \"token\": \"" TOKEN "\"",
    "\"token\": \"" TOKEN,
    "\"password\": \"" PASSWORD "\"",
    "\"password\": {\"is\": \"" PASSWORD "\"}, \"user_name\": \"u\"",
    "\"password\": \"" PASSWORD "\", \"user_name\": \"u\", \"auth_url\": \"nowhere\"",
};

static const char *const openers[] = {"open", "validate"};

START_TEST(secrets_are_in_no_refusal_of_a_configuration)
{
    for (size_t i = 0; i < rp_count_of(openers); i++) {
        _cleanup_(rp_freep) char *request = rp_format(
            "{\"config\": {\"endpoint\": \"http://127.0.0.1:1\", \"project_id\": \"p\", %s}}", refused[_i]);
        answer told = call_hook_with(plugin_load(), NULL, NULL, openers[i], request);
        _cleanup_(rp_freep) char *text = answer_print(&told);
        ck_assert(i > 0 || told.status == RP_INVALID_ARGUMENT || told.status == RP_OK);
        check_silent(&paths[0], refused[_i], text);
        answer_free(&told);
    }
}
END_TEST

static char *contents(const char *file)
{
    rp_buffer text = RP_BUFFER(1u << 20);
    FILE *open = fopen(file, "re");
    int each;

    ck_assert_ptr_nonnull(open);
    while ((each = getc(open)) != EOF)
        rp_buffer_add_char(&text, each ? (char)each : '\n');
    fclose(open);
    return rp_buffer_take(&text);
}

START_TEST(secrets_are_not_in_what_other_processes_see)
{
    static const char *const files[] = {"/proc/self/cmdline", "/proc/self/environ"};

    keep_secrets((void *)&paths[0]);
    keep_secrets((void *)&paths[1]);
    for (size_t i = 0; i < rp_count_of(files); i++) {
        _cleanup_(rp_freep) char *text = contents(files[i]);
        check_silent(&paths[0], files[i], text);
    }
    for (char **each = environ; *each; each++)
        check_silent(&paths[0], "the environment", *each);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tls");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_server_of_a_trusted_ca_is_trusted);
    tcase_add_test(tests, a_server_of_another_ca_is_not_trusted);
    tcase_add_test(tests, a_server_of_no_known_ca_is_not_trusted);
    tcase_add_test(tests, a_ca_file_that_cannot_be_read_is_a_fault_of_the_configuration);
    tcase_add_test(tests, a_server_of_another_name_is_not_trusted);
    tcase_add_test(tests, insecure_works_and_is_warned_of);
    tcase_add_loop_test(tests, plain_http_is_for_loopback_only, 0, (int)rp_count_of(plains));
    tcase_add_test(tests, nothing_older_than_tls_1_2_is_spoken);
    tcase_add_test(tests, a_login_goes_over_tls);
    tcase_add_test(tests, a_refused_password_is_sent_once_for_all);
    tcase_add_test(tests, secrets_are_in_no_response_and_no_event);
    tcase_add_loop_test(tests, secrets_are_in_no_refusal_of_a_configuration, 0, (int)rp_count_of(refused));
    tcase_add_test(tests, secrets_are_not_in_what_other_processes_see);
    return run_case("tls", tests);
}
