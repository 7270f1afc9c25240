/*
 * The table of what the server's refusals mean.
 */
#ifndef ELB_MEMBER_ELB_ERRORS_H
#define ELB_MEMBER_ELB_ERRORS_H

#include "failure.h"

typedef struct elb_error_row {
    int http_status;         /* as printed */
    const char *server_code; /* NULL: any */
    int status;              /* RP_… */
    const char *code;        /* of the diagnostic; stable */
    bool retryable;
    blame blame;
    meaning meaning;
} elb_error_row;

/* Whether a code is the service's own: "ELB.…"; for an unknown job also the HTTP status was seen. */
bool elb_error_is_of_the_service(int http_status, const char *code);

/* The row of a code, or NULL. */
const elb_error_row *elb_error_by_code(const char *code);

/* The row of a reply to a GET that is not in the service's words. */
const elb_error_row *elb_error_not_the_service(void);

/* The row for a reply; code is "" if it has none. Never NULL. */
const elb_error_row *elb_error_of(int http_status, const char *code);

#endif
