/*
 * AutoMTLS: a certificate made for this process, and the parent's as the only one that is trusted.
 */
#ifndef RP_BRIDGE_TLS_H
#define RP_BRIDGE_TLS_H

#include "base/error.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* *certificate: ours in DER, as base64 without padding, for the handshake line; the caller frees it. */
int tls_prepare(const char *parent_pem, SSL_CTX **context, char **certificate, rp_error **error);

/* What OpenSSL has to say about the last failure. */
const char *tls_reason(char *into, size_t size);

#endif
