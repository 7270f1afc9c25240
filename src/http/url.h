/*
 * URLs are taken apart by libcurl and put together from parts, never by pasting
 * text.
 */
#ifndef RP_HTTP_URL_H
#define RP_HTTP_URL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rp_url {
    char *scheme;  /* "https", "http" */
    char *host;    /* as in the URL, brackets of an IPv6 address included; lower case */
    uint32_t port; /* the scheme's own if the URL names none */
    char *path;    /* "/…", without a slash at its end; "" for none */
} rp_url;

/* An absolute http or https URL with a host, without user, password, query and fragment. RP_E_INVALID says
   what is wrong with it. */
int rp_url_parse(const char *text, rp_url *out, rp_error **error);
void rp_url_clear(rp_url *url);

/* The parts of a request's URL, as spelt in it. */
typedef struct rp_url_parts {
    char *authority; /* "elb.example" or "elb.example:8443": as the Host header has it */
    char *host_port; /* "elb.example:443": always with the port, for messages */
    char *path;      /* "/v1.0/…", percent-encoded */
    char *query;     /* percent-encoded; NULL: none */
} rp_url_parts;

/* RP_E_INVALID if it is no http or https URL with a host. The parts are to be cleared in any case. */
int rp_url_split(const char *text, rp_url_parts *out, rp_error **error);
void rp_url_parts_clear(rp_url_parts *parts);

/* 127.0.0.0/8, [::1], localhost. */
bool rp_url_is_loopback(const rp_url *url);

/* 169.254.0.0/16, [fe80::]/10: this machine's own network segment, where a cloud's metadata service is. */
bool rp_url_is_link_local(const rp_url *url);

/* scheme://host[:port] + path, then each segment after a slash, percent-encoded (RFC 3986 unreserved stay).
   Segments end with NULL. NULL when out of memory. */
char *rp_url_join(const rp_url *base, const char *const segments[]);

/* The segments alone, as a path: each after a slash, encoded. NULL when out of memory. */
char *rp_url_path(const char *const segments[]);

/* What rp_url_join makes, and the path (with its query) that rp_url_path made below it. */
char *rp_url_below(const rp_url *base, const char *const segments[], const char *path);

/* text + "?" or "&" + name=value, both encoded. Frees text; NULL when out of memory or text is NULL. */
char *rp_url_with_query(char *text, const char *name, const char *value);

#endif
