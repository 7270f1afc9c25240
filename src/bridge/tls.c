#include "bridge/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define VALID_S (10 * 365 * 24 * 3600L)

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_certificate(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_context(SSL_CTX **context)
{
    SSL_CTX_free(*context);
}

const char *tls_reason(char *into, size_t size)
{
    unsigned long code = ERR_get_error();

    snprintf(into, size, "no reason given");
    if (code)
        ERR_error_string_n(code, into, size);
    ERR_clear_error();
    return into;
}

static int refuse(rp_error **error, const char *what)
{
    char reason[256];

    return rp_error_set(error, RP_E_SYSTEM, "%s: %s", what, tls_reason(reason, sizeof(reason)));
}

static bool add_extension(X509 *to, int which, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    int added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, to, to, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, which, value);
    added = extension && X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    uint64_t serial = 1;
    X509_NAME *name = X509_get_subject_name(certificate);

    RAND_bytes((unsigned char *)&serial, sizeof(serial));
    return X509_set_version(certificate, 2) &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -60) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_S) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                                      0) &&
           X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
           add_extension(certificate, NID_subject_alt_name, "DNS:localhost") &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
           X509_sign(certificate, key, EVP_sha256());
}

/* Terraform's decoder takes no padding. */
static char *base64(const unsigned char *bytes, int len)
{
    char *text = malloc((size_t)len * 4 / 3 + 8);

    if (!text)
        return NULL;
    EVP_EncodeBlock((unsigned char *)text, bytes, len);
    text[strcspn(text, "=")] = '\0';
    return text;
}

static char *as_text(X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    char *text = len > 0 ? base64(der, len) : NULL;

    OPENSSL_free(der);
    return text;
}

/* Exactly the parent's certificate, which is its own authority. */
static bool trust(SSL_CTX *context, const char *pem)
{
    BIO *source = BIO_new_mem_buf(pem, -1);
    X509 *parent = source ? PEM_read_bio_X509(source, NULL, NULL, NULL) : NULL;
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    bool trusted = parent && X509_STORE_add_cert(store, parent) &&
                   X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);

    X509_free(parent);
    BIO_free(source);
    return trusted;
}

static int choose_h2(SSL *connection, const unsigned char **out, unsigned char *out_len,
                     const unsigned char *in, unsigned in_len, void *context)
{
    static const unsigned char h2[] = {2, 'h', '2'};

    (void)connection, (void)context;
    return SSL_select_next_proto((unsigned char **)(size_t)out, out_len, h2, sizeof(h2), in, in_len) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void set_rules(SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(context, choose_h2, NULL);
}

int tls_prepare(const char *parent_pem, SSL_CTX **context, char **certificate, rp_error **error)
{
    _cleanup_(free_context) SSL_CTX *made = SSL_CTX_new(TLS_server_method());
    _cleanup_(free_key) EVP_PKEY *key = EVP_EC_gen("P-256");
    _cleanup_(free_certificate) X509 *ours = X509_new();

    if (!made || !key || !ours || !fill(ours, key))
        return refuse(error, "cannot make a certificate");
    if (!trust(made, parent_pem))
        return refuse(error, "cannot read the certificate in PLUGIN_CLIENT_CERT");
    set_rules(made);
    if (SSL_CTX_use_certificate(made, ours) != 1 || SSL_CTX_use_PrivateKey(made, key) != 1)
        return refuse(error, "cannot use the certificate");
    *certificate = as_text(ours);
    if (!*certificate)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    *context = rp_take(made);
    return 0;
}
