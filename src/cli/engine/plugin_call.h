/*
 * A call of a hook with records, and what came of it.
 */
#ifndef RP_CLI_ENGINE_PLUGIN_CALL_H
#define RP_CLI_ENGINE_PLUGIN_CALL_H

#include "cli/engine/plugin_schema.h"
#include "cli/output/diagnostics.h"
#include "host/answer.h"

/* What is asked. The records are JSON texts. */
typedef struct rp_plugin_request {
    const char *hook, *type;
    const char *const *records;
    size_t count;
    const char *options; /* a JSON object, or NULL */
    uint32_t timeout_ms;
    void (*on_event)(void *context, const char *event, size_t len);
    void *context;
} rp_plugin_request;

typedef struct rp_plugin_reply {
    int32_t status;
    size_t asked; /* records */
    rphost_answer *answer;
    const rp_json *document; /* of the answer */
    const rp_json *results;  /* one a record; NULL if the request was refused as a whole */
    bool garbled;            /* the answer breaks the rules: what was done is not known */
} rp_plugin_reply;

/* Of the records in one call: leaves room for an answer of at most 16 MiB. */
#define RP_CALL_MAX_BYTES (4u << 20)

/* How many of the records go into one call: at most `most`, at most as many as the plugin takes, and no more
   bytes than are sure to be answered. At least one. */
size_t rp_plugin_call_fits(const rp_type *type, const char *const *records, size_t count, size_t most);

/* RP_E_NO_MEMORY or RP_E_INVALID (too long) if it could not be asked; a reply there is in any other case. */
int rp_plugin_call(rphost *host, const rp_plugin_request *request, rp_plugin_reply *reply, rp_error **error);
void rp_plugin_reply_done(rp_plugin_reply *reply);

/* Of one result. */
const char *rp_result_status(const rp_json *result);
bool rp_result_is(const rp_json *result, const char *member, const char *word);

bool rp_status_is_failure(const char *status);

/* Adds what is said of a request as a whole; something is, if there are no results. */
void rp_plugin_reply_report(const rp_plugin_reply *reply, const rp_subject *about,
                            rp_diagnostics *diagnostics);

/* Adds what is said of a result; something is, if its status is a failure. */
void rp_result_report(const rp_json *result, const rp_subject *about, rp_diagnostics *diagnostics);

/* Adds the first thing that is said of a result as an error, whatever it is, or else these words. */
void rp_result_report_first(const rp_json *result, const rp_subject *about, const char *otherwise,
                            rp_diagnostics *diagnostics);

#endif
