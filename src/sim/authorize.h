/*
 * Who asks, and for which project: by a token, or by the signature of an access
 * key.
 */
#ifndef RP_SIM_AUTHORIZE_H
#define RP_SIM_AUTHORIZE_H

#include "sim/route.h"

typedef struct sim_authorization {
    const char *project_id; /* "" for a domain; NULL: whichever project the path names. Borrowed */
    bool agency;            /* by an agency, not the user's own right */
    bool permanent;         /* by the token in the settings */
} sim_authorization;

/* Stores what the request may do, or refuses it and returns false. An identity service has words of its own
   for a bad token. */
bool sim_authorize(rp_sim *sim, const sim_request *request, bool identity, sim_authorization *out,
                   sim_reply *reply);

/* Is the project there, and does the authorization open it? */
bool sim_authorization_covers(const rp_sim *sim, const sim_authorization *authorization,
                              const char *project_id);

#endif
