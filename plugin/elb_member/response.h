/*
 * Responses: results and diagnostics as documents. All that a response may need
 * is allocated when it is begun, before anything is asked of the server, so that
 * want of memory can't lose an outcome.
 */
#ifndef ELB_MEMBER_RESPONSE_H
#define ELB_MEMBER_RESPONSE_H

#include "failure.h"
#include "ledger.h"
#include "resource_plugin.h"

#include "json/writer.h"

/* A response in the making. */
typedef struct response {
    rp_response told; /* first: what the host gets */
    rp_buffer text;
    rp_json_writer writer;
    bool failed, in_progress;
} response;

/* Room for so many results of a usual size. NULL when out of memory. */
response *response_begin(size_t results);

/* One result: begin, members, diagnostics, end. */
void result_begin(response *to, int status);
void result_outcome(response *to, outcome ended);
void result_retryable(response *to, bool retryable, int64_t retry_after_ms);
void result_diagnostics_begin(response *to);
void result_end(response *to); /* closes the diagnostics too */

typedef struct diagnostic {
    bool warning;
    int status;
    const char *code;
    const char *summary;
    const char *detail;     /* or NULL */
    const char *path;       /* or NULL */
    const failure *said_by; /* whose words from the server go into data, or NULL */
} diagnostic;

void write_diagnostic(response *to, const diagnostic *one);

/* Closes the results; then come diagnostics of the whole; then response_end. */
void response_results_end(response *to);

/* Hands it to the host; the status is that of the first failed result. NULL is answered as out of memory. */
const rp_response *response_end(response *made);

/* The request as a whole was refused: no results, one diagnostic. */
const rp_response *response_refused(int status, const char *code, const char *path, const char *summary);
const rp_response *response_refused_by(const failure *why);
const rp_response *response_refused_for(const rp_error *error);

const rp_response *response_no_memory(void);
const rp_response *response_forked(void);

void response_release(const rp_response *told);

/* "not_found" … */
const char *status_name(int status);

#endif
