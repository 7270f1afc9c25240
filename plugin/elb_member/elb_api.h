/*
 * The classic load balancer API v1.0: builds requests and reads replies. Pure: no
 * socket, no clock.
 *
 * Source: Elastic Load Balance API Reference, "Backend ECS Management (classic)",
 * "Querying the Job Status", "Error Codes".
 */
#ifndef ELB_MEMBER_ELB_API_H
#define ELB_MEMBER_ELB_API_H

#include "failure.h"
#include "page.h"

#include "http/retry.h"
#include "http/transport.h"
#include "http/url.h"
#include "json/writer.h"

#define ELB_ID_SIZE  72 /* of a member's, listener's or job's id; the server's have 32 or 36 characters */
#define ELB_URI_SIZE 256

/* A valid id in a path: [A-Za-z0-9._~-]{1,64}, not "." or "..". */
#define ELB_ID_PATTERN "^(?!\\.{1,2}$)[A-Za-z0-9._~-]{1,64}$"
bool elb_is_id(const char *text);

/* Paths below /v1.0/<project>, which the session puts before them; NULL when out of memory. */
char *elb_members_path(const char *listener_id, unsigned limit, const char *marker);
char *elb_add_path(const char *listener_id);
char *elb_remove_path(const char *listener_id);
char *elb_listener_path(const char *listener_id);
char *elb_job_path(const char *job_id);

/* Request bodies, written into a buffer: one call per member between begin and end. */
typedef struct elb_body {
    rp_buffer text;
    rp_json_writer writer;
} elb_body;

void elb_add_begin(elb_body *body);
void elb_add_member(elb_body *body, const char *server_id, const char *address);
void elb_add_end(elb_body *body);
void elb_remove_begin(elb_body *body);
void elb_remove_member(elb_body *body, const char *member_id);
void elb_remove_end(elb_body *body);

/* Replies with 2xx. RP_E_LOST for an unexpected body, or RP_E_NO_MEMORY. */
int elb_read_members(const rp_http_reply *reply, page **out, rp_error **error);
int elb_read_accepted(const rp_http_reply *reply, char job_id[ELB_ID_SIZE], char uri[ELB_URI_SIZE],
                      rp_error **error);
int elb_read_protocol(const rp_http_reply *reply, char protocol[16], rp_error **error);

typedef enum elb_job_end {
    ELB_JOB_RUNS,
    ELB_JOB_SUCCEEDED,
    ELB_JOB_FAILED
} elb_job_end;

/* *why is set with ELB_JOB_FAILED; *took_ms is how long an ended job took, by its own times, or 0. */
int elb_read_job(const rp_http_reply *reply, elb_job_end *end, failure **why, int64_t *took_ms,
                 rp_error **error);

/* The failure of a reply that is not 2xx, or of no reply. NULL when out of memory. */
failure *elb_failure_of_reply(const rp_http_reply *reply);
failure *elb_failure_of_error(const rp_error *error);

/* Of a GET, which has no records: the page that came in answer to it is all there is to tell. */
void elb_blame_no_record(failure *why);

/* A poll was refused because the service itself does not know the job: 400 and 404 were both seen to mean
   that. What a proxy or the gateway says means nothing. */
bool elb_says_no_such_job(const failure *why);

/* The same refusal in other words than the service's: the next poll may be answered by the service. */
void elb_doubt_poll(failure *why);

/* For the retry wrapper and the session. */
rp_verdict elb_judge(const rp_http_reply *reply);
bool elb_is_unauthenticated(const rp_http_reply *reply);

#endif
