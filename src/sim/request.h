/*
 * A received request.
 */
#ifndef RP_SIM_REQUEST_H
#define RP_SIM_REQUEST_H

#include "base/buffer.h"
#include "json/value.h"

#define SIM_MAX_SEGMENTS 8
#define SIM_MAX_BODY     (16u << 20)

typedef struct sim_request {
    const char *method;
    const char *path; /* without the query */
    char *uri;        /* as sent */
    char *segments;   /* a copy of the path, cut up */
    const char *captured[SIM_MAX_SEGMENTS];
    rp_buffer body;
    rp_json *json; /* NULL when the body is no JSON */
    const void *connection;
} sim_request;

/* Borrowed; NULL when there is none. */
const char *sim_request_header(const sim_request *request, const char *name);
const char *sim_request_query(const sim_request *request, const char *name);

#endif
