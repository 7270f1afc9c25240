/*
 * A client over real sockets, and the simulator of the running test.
 */
#ifndef TEST_SIM_CLIENT_H
#define TEST_SIM_CLIENT_H

#include "base/cleanup.h"
#include "sim/sim.h"
#include "json/value.h"

#include <check.h>
#include <curl/curl.h>

#define LISTENER RP_SIM_TCP_LISTENER
#define OTHER    RP_SIM_TCP_LISTENER2

/* Jobs in the tests end when a test advances the clock. */
#define JOB_MS 1000000

typedef struct answer {
    CURLcode code; /* CURLE_OK, or how the transfer failed */
    long status;
    double seconds;
    rp_buffer head, body;
    rp_json *json; /* NULL if the body is none */
} answer;

void answer_done(answer *got);

/* The simulator of the test, and what to send to it. */
extern rp_sim *sim;
extern const char *token;           /* X-Auth-Token; NULL for none */
extern const char *content_type;    /* of a body */
extern const char *more_headers[8]; /* whole lines, up to a NULL */

/* Fixtures: a simulator, and its end. */
void start_sim(void);
void start_https_sim(void);
void stop_sim(void);

/* Sends a request to the simulator and reads the response. A path that starts with "elbaas" or "jobs" is below
   the project. */
answer ask(const char *method, const char *path, const char *body);

/* The same, as a request of its own kind on a handle of the caller's. */
answer ask_on(CURL *handle, const char *method, const char *path, const char *body);

/* Common requests, checked to succeed. */
void set(const char *name, const char *value);
void fault(const char *rule);
answer list(const char *listener_id, const char *query);
answer add(const char *listener_id, const char *records);
answer remove_ids(const char *listener_id, const char *ids); /* ids: [{"id": …}, …] */

/* Adds the one record and lets its job end. Its member id; static, until the next call. */
const char *member(const char *listener_id, const char *server_id, const char *address);

/* The job's document as it is now. */
answer job_of(const answer *accepted);

const char *text_at(const rp_json *object, const char *name);
const char *error_code(const answer *got);
void assert_refused(const answer *got, long status, const char *code);

#endif
