/*
 * The envelope of a request, the same for all hooks.
 */
#ifndef ELB_MEMBER_REQUEST_H
#define ELB_MEMBER_REQUEST_H

#include "json/value.h"

#include <stdbool.h>

typedef struct request {
    rp_json *root;
    const rp_json *config, *records, *options, *parent, *page;
} request;

enum {
    REQUEST_CONFIG = 1,
    REQUEST_RECORDS = 2,
    REQUEST_PARENT = 4
};

/* Parses a request that has these parts; any other member is refused. RP_E_INVALID with a path, or
   RP_E_NOT_FOUND for another resource. Cleared in any case with request_clear. */
int request_read(request *into, const char *text, size_t len, unsigned parts, rp_error **error);

/* Frees it; what may have been a secret is overwritten first. */
void request_clear(request *one);

#endif
