/*
 * A call of a hook with records, and what came of it.
 */
#ifndef RP_CLI_ASK_H
#define RP_CLI_ASK_H

#include "cli/findings.h"
#include "host/rphost.h"

/* What is asked. The records are JSON texts. */
typedef struct rp_question {
    const char *hook, *type;
    const char *const *records;
    size_t count;
    uint32_t timeout_ms;
    void (*on_event)(void *context, const char *event, size_t len);
    void *context;
} rp_question;

typedef struct rp_reply {
    int32_t status;
    rp_json *document;
    const rp_json *results; /* one a record; NULL if the request was refused as a whole */
    bool garbled;           /* the answer breaks the rules: what was done is not known */
} rp_reply;

/* RP_E_NO_MEMORY or RP_E_INVALID (too long) if it could not be asked; a reply there is in any other case. */
int rp_ask(rphost *host, const rp_question *question, rp_reply *reply, rp_error **error);
void rp_reply_done(rp_reply *reply);

/* Of one result. */
const char *rp_result_status(const rp_json *result);
bool rp_result_is(const rp_json *result, const char *member, const char *word);

bool rp_status_is_failure(const char *status);

/* Adds what is said of a request as a whole; something is, if it was refused. */
void rp_reply_report(const rp_reply *reply, const rp_about *about, rp_findings *findings);

/* Adds what is said of a result; something is, if its status is a failure. */
void rp_result_report(const rp_json *result, const rp_about *about, rp_findings *findings);

#endif
