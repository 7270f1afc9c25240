/*
 * The table of routes: method and path to handler.
 */
#ifndef RP_SIM_ROUTE_H
#define RP_SIM_ROUTE_H

#include "sim/reply.h"
#include "sim/request.h"

typedef enum sim_kind {
    SIM_ADD,
    SIM_REMOVE,
    SIM_LIST,
    SIM_JOB,
    SIM_LISTENER,
    SIM_LISTENERS,
    SIM_LOADBALANCER,
    SIM_HEALTHCHECK,
    SIM_QUOTA,
    SIM_VERSION,
    SIM_TOKEN,
    SIM_PROJECT,
    SIM_DOMAIN,
    SIM_CATALOG,
    SIM_SECURITY_TOKEN,
    SIM_IDENTITY,
    SIM_OTHER, /* no such API */
    SIM_N_KINDS
} sim_kind;

/* The names of the kinds, then "any"; ended by NULL. */
extern const char *const sim_kind_names[];

enum {
    SIM_NEEDS_TOKEN = 1,   /* of any scope, or a signature */
    SIM_NEEDS_PROJECT = 2, /* access to the project in the path, which must exist */
    SIM_NEEDS_BODY = 4     /* JSON */
};

typedef struct sim_route {
    const char *method;
    const char *path; /* "*" is any one segment; those are captured */
    sim_kind kind;
    unsigned needs;
    void (*answer)(rp_sim *sim, const sim_request *request, sim_reply *reply);
} sim_route;

/* The route of the request, whose captured segments it stores; never NULL. */
const sim_route *sim_route_find(sim_request *request);

static inline bool sim_kind_is_identity(sim_kind kind)
{
    return kind >= SIM_TOKEN && kind <= SIM_IDENTITY;
}

#endif
