/*
 * A simulator of the classic ELB API and its IAM, on loopback, for tests and for
 * trying things out. Unknown behaviour of the real service is a setting; failures
 * are injected by fault rules. The program elb-sim is the command line of this
 * library.
 *
 *     _cleanup_(rp_sim_stopp) rp_sim *sim = NULL;
 *     rp_sim_start(&(rp_sim_options){.settings = (const char *const[]){"job-ms", "0", NULL}}, &sim, &error);
 *     … requests to rp_sim_url(sim) …
 *     ck_assert_int_eq(rp_sim_count(sim, "add"), 1);
 *
 * The same control exists over HTTP; these requests need no token and are neither
 * counted nor logged:
 *
 *     GET  /sim/requests   {"requests": [{"seq", "ms", "connection", "method", "path", "kind",
 *                          "status", "fault", "user_agent", "body"}]}: status 0 was not answered; bodies of
 *                          logins are not kept, nor are headers
 *     GET  /sim/counts     {"add": 1, "list": 2, …, "connections": 1, "faults": 0, "total": 3}
 *     GET  /sim/state      {"listeners": [{"id", "protocol", "members": [{"id", "server_id", "address",
 *                          "listed", …}]}], "jobs": [{"id", "status", …}], "tokens": n}
 *     GET  /sim/config     {"settings": {…}, "faults": [{…, "seen", "fired"}], "url"}
 *     POST /sim/settings   {"job_ms": 500, "empty": "array"}
 *     POST /sim/faults     one rule or an array of them: {"on": "add", "kind": "reset-after"}; []
 *                          does nothing
 *     POST /sim/reset      {} or {"what": "log"}: counts, log and faults; {"what": "all"}: members, jobs,
 *                          tokens and temporary keys too; "faults", "tokens" (with the keys): these alone
 *     POST /sim/members    {"listener_id", "add": [{"server_id", "address"}], "remove": [{"id"} or
 *                          {"server_id", "address"}], "clear": true}: at once and
 *                          without a job, as another client would
 *     POST /sim/listeners  {"id", "protocol"}, or {"remove": id}
 *     POST /sim/time       {"advance_ms": 1000}: moves the simulator's clock; requests that
 *                          already wait are not affected
 *
 * The settings and the fields of a fault rule are listed by elb-sim --help,
 * from the tables that read them (settings.c, faults.c). Over JSON "-" in a
 * name may be "_".
 */
#ifndef RP_SIM_SIM_H
#define RP_SIM_SIM_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Defaults. */
#define RP_SIM_PROJECT       "55300f3c8f764c06b1a32e2302edc305"
#define RP_SIM_TOKEN         "sim-token"
#define RP_SIM_ACCESS_KEY    "SIMACCESSKEY00000001"
#define RP_SIM_SECRET_KEY    "sim-secret-key"
#define RP_SIM_TCP_LISTENER  "e1b0000000000000000000000000000a"
#define RP_SIM_TCP_LISTENER2 "e1b0000000000000000000000000000b"
#define RP_SIM_HTTP_LISTENER "e1b0000000000000000000000000000c"
#define RP_SIM_UDP_LISTENER  "e1b0000000000000000000000000000d"

typedef struct rp_sim rp_sim;

typedef struct rp_sim_options {
    uint16_t port; /* 0: any free one */
    bool https;
    const char *const *listeners; /* "ID" or "ID:PROTOCOL", ended by NULL; NULL: the four above */
    const char *const *settings;  /* name, value, name, value, …, NULL; NULL: the defaults */
    const char *const *faults;    /* rules, ended by NULL, or NULL */
    const rp_clock *clock;        /* NULL: the machine's. Waiting itself always uses the machine's. */

    /* Called for each request when its response is sent, with one line without secrets: on the serving
       threads, several at a time, and before the client can see the response. May be NULL. */
    void (*on_line)(void *context, const char *line);
    void *on_line_context;
} rp_sim_options;

/* Serves on its own threads after it returns. Any field of options may be zero. */
int rp_sim_start(const rp_sim_options *options, rp_sim **out, rp_error **error);

/* Ends every request; waiting ones get no response. NULL is allowed. */
void rp_sim_stop(rp_sim *sim);

static inline void rp_sim_stopp(rp_sim **sim)
{
    rp_sim_stop(*sim);
}

/* "http://127.0.0.1:4711"; borrowed. */
const char *rp_sim_url(const rp_sim *sim);

/* The certificate a client must trust, as PEM; NULL over http; borrowed. */
const char *rp_sim_ca_pem(const rp_sim *sim);

/* The functions below may be called from any thread at any time. */

/* Sets what `elb-sim --name value` sets, and `--fault rule` adds: "on=add,kind=reset-after", or a JSON
 * object. */
int rp_sim_set(rp_sim *sim, const char *name, const char *value, rp_error **error);
int rp_sim_fault(rp_sim *sim, const char *rule, rp_error **error);

/* The response of GET /sim/WHAT; the caller frees it. NULL when WHAT is unknown or out of memory. */
char *rp_sim_read(rp_sim *sim, const char *what);

/* Does what POST /sim/WHAT does with that body. */
int rp_sim_control(rp_sim *sim, const char *what, const char *json, rp_error **error);

/* The number of requests of a kind ("add", "list", …), or any other member of GET /sim/counts; 0 if the name
   is unknown. */
unsigned rp_sim_count(rp_sim *sim, const char *name);

/* The number of members that a list of the listener shows now, in all and of one server. */
unsigned rp_sim_listed(rp_sim *sim, const char *listener_id);
unsigned rp_sim_listed_of(rp_sim *sim, const char *listener_id, const char *server_id);

/* Moves the simulator's clock forward, as POST /sim/time does. */
void rp_sim_advance(rp_sim *sim, int64_t ms);

#endif
