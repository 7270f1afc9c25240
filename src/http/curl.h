/*
 * The transport that libcurl carries: one multi handle, its connections kept
 * and shared by all requests of the instance.
 */
#ifndef RP_HTTP_CURL_H
#define RP_HTTP_CURL_H

#include "base/clock.h"
#include "http/transport.h"

typedef struct rp_curl_options {
    const char *user_agent;
    uint32_t connect_timeout_ms;  /* name, TCP and TLS together */
    uint32_t
        attempt_timeout_ms; /* once connected: ends with RP_E_LOST after so long without a byte; 0: never */
    const char *ca_file;    /* PEM; the only trusted ones, also of a proxy; NULL: the system's */
    const char *client_cert_file; /* PEM, with client_key_file; or NULL */
    const char *client_key_file;
    /* "": none; NULL: as the environment has it now (https_proxy, http_proxy, all_proxy; no_proxy), but none
       to loopback addresses. */
    const char *proxy;
    const char *no_proxy; /* hosts that need no proxy, in libcurl's form */
    bool insecure;        /* no check of the server's certificate */
} rp_curl_options;

/* The options are copied. */
rp_transport *rp_curl_new(const rp_curl_options *options, const rp_clock *clock, rp_error **error);

#endif
