/*
 * A server that behaves as the classic ELB API and its IAM do, on loopback, for
 * tests and for trying things out. Where the real service's behaviour is not
 * known there is a setting; what can go wrong on the way is a fault, by rule.
 * The program elb-sim is this library with a command line.
 *
 *     _cleanup_(rp_sim_stopp) rp_sim *sim = NULL;
 *     rp_sim_start(&(rp_sim_options){.settings = (const char *const[]){"job-ms", "0", NULL}}, &sim, &error);
 *     … requests to rp_sim_url(sim) …
 *     ck_assert_int_eq(rp_sim_count(sim, "add"), 1);
 *
 * The same control is there over HTTP, without a token, neither counted nor
 * logged:
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
 *                          {"server_id", "address"}], "clear": true}: behind the client's back, at once,
 *                          without a job
 *     POST /sim/listeners  {"id", "protocol"}, or {"remove": id}
 *     POST /sim/time       {"advance_ms": 1000}: what the simulator takes for now; waiting clients are not
 *                          woken
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

/* What a simulator starts with, unless told otherwise. */
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

    /* Told each request when it is answered, as one line without secrets: on the threads that serve, several
       at a time, and before the client can see the answer. NULL: nobody. */
    void (*on_line)(void *context, const char *line);
    void *on_line_context;
} rp_sim_options;

/* Serves on threads of its own once it returns. Any field of options may be zero. */
int rp_sim_start(const rp_sim_options *options, rp_sim **out, rp_error **error);

/* Ends every request, waiting ones without an answer. NULL is fine. */
void rp_sim_stop(rp_sim *sim);

static inline void rp_sim_stopp(rp_sim **sim)
{
    rp_sim_stop(*sim);
}

/* "http://127.0.0.1:4711"; borrowed. */
const char *rp_sim_url(const rp_sim *sim);

/* The certificate a client must trust, as PEM; NULL over http; borrowed. */
const char *rp_sim_ca_pem(const rp_sim *sim);

/* From here on any thread, at any time. */

/* Sets what `elb-sim --name value` sets, and `--fault rule` adds: "on=add,kind=reset-after", or a JSON
 * object. */
int rp_sim_set(rp_sim *sim, const char *name, const char *value, rp_error **error);
int rp_sim_fault(rp_sim *sim, const char *rule, rp_error **error);

/* What GET /sim/WHAT answers, the caller's to free; NULL when there is no such thing or no memory. */
char *rp_sim_read(rp_sim *sim, const char *what);

/* What POST /sim/WHAT does with that body. */
int rp_sim_control(rp_sim *sim, const char *what, const char *json, rp_error **error);

/* How often a kind of request came ("add", "list", …), or any other member of GET /sim/counts; 0 if there is
   no such name. */
unsigned rp_sim_count(rp_sim *sim, const char *name);

/* How many members of the listener a list shows now, and how many of them are this server's. */
unsigned rp_sim_listed(rp_sim *sim, const char *listener_id);
unsigned rp_sim_listed_of(rp_sim *sim, const char *listener_id, const char *server_id);

/* Moves the simulator's now forward, as POST /sim/time does. */
void rp_sim_advance(rp_sim *sim, int64_t ms);

#endif
