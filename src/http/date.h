/*
 * Dates of HTTP headers (RFC 9110, 5.6.7).
 */
#ifndef RP_HTTP_DATE_H
#define RP_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* To seconds since 1970. Accepts the form that may be sent, "Sun, 06 Nov 1994 08:49:37 GMT", and the two
   obsolete ones. */
bool rp_http_parse_date(const char *text, int64_t *seconds);

#endif
