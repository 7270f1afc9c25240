/*
 * Authenticates a request by its token or by its signature, and says which project
 * it may access.
 */
#ifndef RP_SIM_AUTHORIZE_H
#define RP_SIM_AUTHORIZE_H

#include "sim/route.h"

typedef struct sim_authorization {
    const char *project_id; /* "": domain scope; NULL: the project in the path. Borrowed */
    bool agency;            /* in the name of an agency */
    bool permanent;         /* the token of the settings */
} sim_authorization;

/* Stores what the request may access, or writes a refusal and returns false. identity: refuse as the identity
   service does. */
bool sim_authorize(rp_sim *sim, const sim_request *request, bool identity, sim_authorization *out,
                   sim_reply *reply);

/* Whether the project exists and the authorization covers it. */
bool sim_authorization_covers(const rp_sim *sim, const sim_authorization *authorization,
                              const char *project_id);

#endif
