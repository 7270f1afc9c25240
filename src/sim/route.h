/*
 * The table of routes: method and path to handler.
 */
#ifndef RP_SIM_ROUTE_H
#define RP_SIM_ROUTE_H

#include "sim/reply.h"
#include "sim/request.h"
#include "sim/request_kind.h"

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

#endif
