#include "http/curl.h"

#include "base/cleanup.h"
#include "base/text.h"

#include "fake.h"
#include "suites.h"
#include "tls_server.h"

#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a system that trusts what the test says: libcurl's call finds this first ---- */

static const char *system_directory; /* what stands for libcurl's default directory; NULL: that itself */

__attribute__((visibility("default"))) int X509_STORE_load_path(X509_STORE *store, const char *path)
{
    int (*real)(X509_STORE *, const char *);

    *(void **)&real = dlsym(RTLD_NEXT, "X509_STORE_load_path");
    return real(store, system_directory ? system_directory : path);
}

/* A directory as OpenSSL wants it, with this one certificate. */
static void make_system_directory(char *template, const char *ca_file)
{
    char name[128];
    FILE *file = fopen(ca_file, "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

    fclose(file);
    ck_assert_ptr_nonnull(mkdtemp(template));
    snprintf(name, sizeof(name), "%s/%08lx.0", template, X509_subject_name_hash(certificate));
    ck_assert_int_eq(symlink(ca_file, name), 0);
    X509_free(certificate);
    system_directory = template;
}

static void remove_system_directory(void)
{
    _cleanup_(rp_freep) char *command = rp_format("rm -r %s", system_directory);

    ck_assert_int_eq(system(command), 0);
    system_directory = NULL;
}

static rp_transport *trusting(const char *ca_file, bool insecure)
{
    rp_curl_options options = {.user_agent = "tester/1",
                               .connect_timeout_ms = 5000,
                               .ca_file = ca_file,
                               .proxy = "",
                               .no_proxy = "",
                               .insecure = insecure};
    rp_transport *made = rp_curl_new(&options, &rp_clock_system, NULL);

    ck_assert_ptr_nonnull(made);
    return made;
}

static outcome post(rp_transport *transport, const char *url)
{
    outcome told = {0};
    rp_http_request request = request_for(&told, url);
    int64_t deadline = rp_now_ms(&rp_clock_system) + 20000;

    request.method = "POST";
    request.body = "12345";
    request.body_len = 5;
    request.repeatable = false;
    ck_assert_int_eq(rp_transport_start(transport, &request, NULL, NULL), 0);
    while (!told.done) {
        ck_assert_int_lt(rp_now_ms(&rp_clock_system), deadline);
        rp_transport_wait(transport, 100);
        rp_transport_step(transport);
    }
    return told;
}

/* One request to such a server; `known`: its certificate is trusted. */
static outcome post_to(const tls_options *options, bool known, bool insecure, size_t *arrived)
{
    tls_server *peer = tls_server_start(options);
    rp_transport *transport = trusting(known ? tls_server_ca_file(peer) : NULL, insecure);
    outcome told = post(transport, tls_server_url(peer));

    rp_transport_free(transport);
    *arrived = tls_server_requests(peer);
    tls_server_stop(peer);
    return told;
}

static const tls_options here = {.name = "IP:127.0.0.1", .answers = 1};
static const tls_options elsewhere = {.name = "DNS:elb.example", .answers = 1};
static const tls_options outdated = {.name = "IP:127.0.0.1", .answers = 1, .outdated = true};

START_TEST(a_server_whose_certificate_is_trusted_is_spoken_to)
{
    size_t arrived;

    ck_assert_int_eq(post_to(&here, true, false, &arrived).status, 200);
    ck_assert_uint_eq(arrived, 1);
}
END_TEST

START_TEST(a_server_whose_certificate_is_not_trusted_gets_nothing)
{
    size_t arrived;
    outcome told = post_to(&here, false, false, &arrived);

    ck_assert_int_eq(told.code, RP_E_BARRED);
    ck_assert(!strncmp(told.message, "the certificate of 127.0.0.1:", 29));
    ck_assert_ptr_nonnull(strstr(told.message, " is not trusted: self-signed certificate"));
    ck_assert_ptr_nonnull(strstr(told.message, "(set ca_file, or insecure)"));
    ck_assert_uint_eq(arrived, 0);
}
END_TEST

START_TEST(a_ca_file_replaces_what_the_system_trusts)
{
    static const tls_options first = {.subject = "one", .name = "IP:127.0.0.1", .answers = 2},
                             second = {.subject = "two", .name = "IP:127.0.0.1", .answers = 1};
    tls_server *of_system = tls_server_start(&first), *other = tls_server_start(&second);
    rp_transport *with_system = trusting(NULL, false),
                 *with_file = trusting(tls_server_ca_file(other), false);
    char directory[] = "/tmp/rp-test-certs-XXXXXX";

    make_system_directory(directory, tls_server_ca_file(of_system));
    ck_assert_int_eq(post(with_system, tls_server_url(of_system)).status, 200);
    rp_transport_free(with_system); /* the server speaks to one at a time */
    ck_assert_int_eq(post(with_file, tls_server_url(other)).status, 200);
    ck_assert_int_eq(post(with_file, tls_server_url(of_system)).code, RP_E_BARRED);
    ck_assert_uint_eq(tls_server_requests(of_system), 1);
    rp_transport_free(with_file);
    remove_system_directory();
    tls_server_stop(of_system);
    tls_server_stop(other);
}
END_TEST

START_TEST(a_trusted_certificate_of_somebody_else_is_not_enough)
{
    size_t arrived;
    outcome told = post_to(&elsewhere, true, false, &arrived);

    ck_assert_int_eq(told.code, RP_E_BARRED);
    ck_assert_ptr_nonnull(strstr(told.message, "the certificate of 127.0.0.1:"));
    ck_assert_uint_eq(arrived, 0);
}
END_TEST

START_TEST(whoever_asks_for_it_gets_no_check)
{
    size_t arrived;

    ck_assert_int_eq(post_to(&elsewhere, false, true, &arrived).status, 200);
    ck_assert_uint_eq(arrived, 1);
}
END_TEST

/* A system that would let the old versions pass; so it is the transport that does not. */
static void allow_outdated_tls(void)
{
    static const char settings[] = "openssl_conf=all\n[all]\nssl_conf=tls\n[tls]\nsystem_default=lax\n"
                                   "[lax]\nMinProtocol=TLSv1\nCipherString=DEFAULT:@SECLEVEL=0\n";
    char path[] = "/tmp/rp-test-conf-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, settings, strlen(settings)), (ssize_t)strlen(settings));
    close(fd);
    setenv("OPENSSL_CONF", path, 1);
    ck_assert_int_eq(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL), 1);
    unlink(path);
}

START_TEST(tls_older_than_1_2_is_not_spoken)
{
    size_t arrived;
    outcome told;

    allow_outdated_tls();
    told = post_to(&outdated, true, false, &arrived);
    ck_assert_int_eq(told.code, RP_E_UNREACHED);
    ck_assert_ptr_nonnull(strstr(told.message, "cannot speak TLS with 127.0.0.1:"));
    ck_assert_uint_eq(arrived, 0);
}
END_TEST

START_TEST(a_post_whose_kept_tls_connection_dies_unanswered_is_sent_once)
{
    tls_server *peer = tls_server_start(&here);
    rp_transport *transport = trusting(tls_server_ca_file(peer), false);

    ck_assert_int_eq(post(transport, tls_server_url(peer)).status, 200);
    ck_assert_int_eq(post(transport, tls_server_url(peer)).code, RP_E_LOST);
    ck_assert_uint_eq(tls_server_requests(peer), 2);
    rp_transport_free(transport);
    tls_server_stop(peer);
}
END_TEST

TCase *tls_tests(void)
{
    TCase *tests = tcase_create("tls");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_server_whose_certificate_is_trusted_is_spoken_to);
    tcase_add_test(tests, a_server_whose_certificate_is_not_trusted_gets_nothing);
    tcase_add_test(tests, a_ca_file_replaces_what_the_system_trusts);
    tcase_add_test(tests, a_trusted_certificate_of_somebody_else_is_not_enough);
    tcase_add_test(tests, whoever_asks_for_it_gets_no_check);
    tcase_add_test(tests, tls_older_than_1_2_is_not_spoken);
    tcase_add_test(tests, a_post_whose_kept_tls_connection_dies_unanswered_is_sent_once);
    return tests;
}
