#include "tls_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct tls_server {
    tls_options options;
    SSL_CTX *tls;
    int listener;
    pthread_t thread;
    char url[64];
    char ca_file[64];
    atomic_size_t requests;
};

static X509 *make_certificate(EVP_PKEY *key, const tls_options *options)
{
    X509 *made = X509_new();
    X509_NAME *subject = X509_get_subject_name(made);
    X509_EXTENSION *alternative = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, options->name);
    const char *cn = options->subject ? options->subject : "test";

    ck_assert_ptr_nonnull(alternative);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(made, subject);
    X509_set_pubkey(made, key);
    X509_add_ext(made, alternative, -1);
    X509_EXTENSION_free(alternative);
    ck_assert_int_gt(X509_sign(made, key, EVP_sha256()), 0);
    return made;
}

static void write_certificate(tls_server *self, X509 *certificate)
{
    FILE *file;

    strcpy(self->ca_file, "/tmp/rp-test-ca-XXXXXX");
    file = fdopen(mkstemp(self->ca_file), "w");
    ck_assert_ptr_nonnull(file);
    PEM_write_X509(file, certificate);
    fclose(file);
}

static void make_context(tls_server *self)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key, &self->options);

    self->tls = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(self->tls, certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(self->tls, key), 1);
    if (self->options.outdated) {
        SSL_CTX_set_security_level(self->tls, 0);
        SSL_CTX_set_min_proto_version(self->tls, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(self->tls, TLS1_1_VERSION);
    }
    write_certificate(self, certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Reads one request; its body is the five bytes that the tests send. */
static bool read_request(SSL *connection)
{
    char bytes[4096] = {0};
    size_t len = 0;
    const char *end;

    while (len < sizeof(bytes) - 1) {
        int some = SSL_read(connection, bytes + len, (int)(sizeof(bytes) - 1 - len));
        if (some <= 0)
            return false;
        len += (size_t)some;
        end = strstr(bytes, "\r\n\r\n");
        if (end && (bytes[0] == 'G' || len == (size_t)(end - bytes) + 9))
            return true;
    }
    return false;
}

static void converse(tls_server *self, SSL *connection)
{
    if (SSL_accept(connection) <= 0)
        return;
    while (read_request(connection)) {
        if (atomic_fetch_add(&self->requests, 1) >= self->options.answers)
            break;
        SSL_write(connection, ANSWER, (int)strlen(ANSWER));
    }
    SSL_shutdown(connection);
}

static void *serve(void *context)
{
    tls_server *self = context;
    sigset_t sigpipe;
    int fd;

    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, NULL);
    while ((fd = accept(self->listener, NULL, NULL)) >= 0) {
        SSL *connection = SSL_new(self->tls);
        SSL_set_fd(connection, fd);
        converse(self, connection);
        SSL_free(connection);
        close(fd);
    }
    return NULL;
}

tls_server *tls_server_start(const tls_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    tls_server *self = calloc(1, sizeof(*self));

    self->options = *options;
    make_context(self);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(self->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(self->listener, 8), 0);
    ck_assert_int_eq(getsockname(self->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(self->url, sizeof(self->url), "https://127.0.0.1:%u/", ntohs(address.sin_port));
    ck_assert_int_eq(pthread_create(&self->thread, NULL, serve, self), 0);
    return self;
}

void tls_server_stop(tls_server *self)
{
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
    SSL_CTX_free(self->tls);
    unlink(self->ca_file);
    free(self);
}

const char *tls_server_url(const tls_server *self)
{
    return self->url;
}

const char *tls_server_ca_file(const tls_server *self)
{
    return self->ca_file;
}

size_t tls_server_requests(tls_server *self)
{
    return atomic_load(&self->requests);
}
