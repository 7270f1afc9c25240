/*
 * The real elb_member.so against a simulator in this process: load, open, call, and
 * inspect the response. A failure here fails the test.
 */
#ifndef TESTS_SUPPORT_PLUGIN_H
#define TESTS_SUPPORT_PLUGIN_H

#include "resource_plugin.h"
#include "sim/sim.h"

#include "json/value.h"

#include <stdbool.h>

/* The table of the plugin under test, by dlopen. */
const rp_plugin *plugin_load(void);

/* The test bed: one instance on one simulator. */
typedef struct bed {
    rp_sim *sim;
    const rp_plugin *plugin;
    rp_instance *instance;
    char *ca_file; /* with https */
} bed;

/* Starts a simulator with these settings (name, value, …, NULL; or NULL) and opens an instance on it; `more`
   is further JSON members of the config, such as "\"settle_ms\": 2000", or "". Short polls unless `more` says
   otherwise. */
bed bed_make(const char *const *settings, const char *more);
rp_instance *bed_open(const bed *on, const char *more); /* another instance on the same simulator */
void bed_free(bed *one);

/* The same over https; the instance trusts the simulator's CA unless `more` has a ca_file or insecure. */
bed bed_make_secure(const char *const *settings, const char *more);

/* An instance with this endpoint. login_members: settings, as JSON members, that log in at the simulator; the
   caller frees them. */
rp_instance *open_at(const rp_plugin *plugin, const char *url, const char *more);
char *login_members(const rp_sim *sim, const char *password);

/* A parsed response. */
typedef struct answer {
    int32_t status;
    rp_json *json;
} answer;

/* Calls "create", "read", "delete", "list", "validate" or "describe". The request is formatted. */
answer call_hook(const bed *on, const char *hook, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
answer call_hook_with(const rp_plugin *plugin, rp_instance *instance, const rp_call *call, const char *hook,
                      const char *request);
void answer_free(answer *one);

/* "create", "read" or "delete" of `count` records of servers server-0 … on LISTENER. */
answer call_members(const bed *on, const char *hook, unsigned count, const char *options);

/* {"resource": "elb_member", "records": [count records], "options": {options}} of servers NAME-0 … on a
   listener, with addresses 10.0.x.y. The caller frees it. */
char *request_for(const char *listener, const char *name, unsigned first, unsigned count,
                  const char *options);

/* The results. A missing result fails the test; a missing text is "". */
size_t result_count(const answer *one);
const rp_json *result_at(const answer *one, size_t index);
const char *result_text(const answer *one, size_t index, const char *name); /* "status", "outcome" */
const char *state_text(const answer *one, size_t index,
                       const char *name); /* of the result's state; "" if null */
bool has_state(const answer *one, size_t index);
bool has_code(const answer *one, size_t index, const char *code); /* a diagnostic of the result */
const rp_json *diagnostic_with(const answer *one, size_t index, const char *code);
unsigned count_results(const answer *one, const char *status, const char *outcome); /* NULL: any */

/* Time (simulator's clock) and connection of the number-th request of a kind, from 0; -1 if there was none. */
int64_t request_ms(const bed *on, const char *kind, unsigned number);
int64_t request_connection(const bed *on, const char *kind, unsigned number);

/* The whole document as text, for debugging. The caller frees it. */
char *answer_print(const answer *one);

#define LISTENER  RP_SIM_TCP_LISTENER
#define LISTENER2 RP_SIM_TCP_LISTENER2

#endif
