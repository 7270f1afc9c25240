/*
 * The kinds of requests, as counted and as named in fault rules.
 */
#ifndef RP_SIM_REQUEST_KIND_H
#define RP_SIM_REQUEST_KIND_H

#include <stdbool.h>

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
    SIM_METADATA, /* temporary keys of the server's own agency */
    SIM_IDENTITY,
    SIM_OTHER, /* no such API */
    SIM_N_KINDS
} sim_kind;

/* The names of the kinds, then "any"; ended by NULL. */
extern const char *const sim_kind_names[];

static inline bool sim_kind_is_identity(sim_kind kind)
{
    return kind >= SIM_TOKEN && kind <= SIM_IDENTITY;
}

#endif
