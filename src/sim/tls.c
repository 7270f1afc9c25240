#include "sim/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

static void pkey_freep(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void x509_freep(X509 **certificate)
{
    X509_free(*certificate);
}

static void extension_freep(X509_EXTENSION **extension)
{
    X509_EXTENSION_free(*extension);
}

static void bio_freep(BIO **bio)
{
    BIO_free(*bio);
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    _cleanup_(extension_freep) X509_EXTENSION *extension = NULL;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    return extension && X509_add_ext(certificate, extension, -1);
}

/* Two runs must not have two certificates of one serial number: clients remember. */
static bool set_serial(X509 *certificate)
{
    unsigned char bytes[8];
    uint64_t serial;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    memcpy(&serial, bytes, sizeof(serial));
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1);
}

static bool set_name(X509_NAME *name, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0);
}

/* Valid since yesterday, for clocks that are a little off. */
static bool fill(X509 *certificate, EVP_PKEY *key, const char *name, X509 *issuer)
{
    X509_NAME *subject = X509_get_subject_name(certificate);

    return X509_set_version(certificate, 2) && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), 365L * 24 * 3600) &&
           X509_set_pubkey(certificate, key) && set_name(subject, name) &&
           X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
}

struct extension {
    int nid;
    const char *value;
};

static const struct extension ca_extensions[] = {{NID_basic_constraints, "critical,CA:TRUE"},
                                                 {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                                 {NID_subject_key_identifier, "hash"},
                                                 {0, NULL}};

static const struct extension server_extensions[] = {{NID_basic_constraints, "critical,CA:FALSE"},
                                                     {NID_key_usage, "critical,digitalSignature"},
                                                     {NID_ext_key_usage, "serverAuth"},
                                                     {NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost"},
                                                     {NID_subject_key_identifier, "hash"},
                                                     {NID_authority_key_identifier, "keyid"},
                                                     {0, NULL}};

static X509 *make(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key,
                  const struct extension *extensions)
{
    _cleanup_(x509_freep) X509 *certificate = X509_new();

    if (!certificate || !fill(certificate, key, name, issuer))
        return NULL;
    for (; extensions->value; extensions++) {
        if (!add_extension(certificate, issuer ? issuer : certificate, extensions->nid, extensions->value))
            return NULL;
    }
    if (!X509_sign(certificate, issuer_key, EVP_sha256()))
        return NULL;
    return rp_take(certificate);
}

static char *text_of(BIO *bio)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    char *copy = len > 0 ? malloc((size_t)len + 1) : NULL;

    /* They do not end in a NUL. */
    if (copy) {
        memcpy(copy, bytes, (size_t)len);
        copy[len] = '\0';
    }
    return copy;
}

static char *certificate_pem(X509 *certificate)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_mem());

    return bio && PEM_write_bio_X509(bio, certificate) ? text_of(bio) : NULL;
}

static char *key_pem(EVP_PKEY *key)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_mem());

    return bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) ? text_of(bio) : NULL;
}

int sim_tls_make(sim_tls *out, rp_error **error)
{
    _cleanup_(pkey_freep) EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    _cleanup_(x509_freep) X509 *ca = NULL, *certificate = NULL;

    if (ca_key && key)
        ca = make(ca_key, "elb-sim CA", NULL, ca_key, ca_extensions);
    if (ca)
        certificate = make(key, "127.0.0.1", ca, ca_key, server_extensions);
    if (!certificate)
        return rp_error_set(error, RP_E_SYSTEM, "cannot make a certificate");
    *out = (sim_tls){certificate_pem(ca), certificate_pem(certificate), key_pem(key)};
    if (out->ca_pem && out->cert_pem && out->key_pem)
        return 0;
    sim_tls_done(out);
    return rp_error_no_memory(error);
}

void sim_tls_done(sim_tls *tls)
{
    free(rp_take(tls->ca_pem));
    free(rp_take(tls->cert_pem));
    free(rp_take(tls->key_pem));
}
