/*
 * Recorded bodies as replies, and what is looked for in them.
 */
#ifndef TESTS_UNIT_ELB_MEMBER_FIXTURE_H
#define TESTS_UNIT_ELB_MEMBER_FIXTURE_H

#include "http/transport.h"
#include "json/value.h"

/* The whole file of tests/fixtures, parsed. The caller frees it. */
rp_json *fixture_read(const char *name);

/* The "body" of such a file as the server sent it. The caller frees it. */
char *fixture_body(const char *name);

rp_http_reply reply_of(int status, const char *body); /* borrows the body */

#endif
