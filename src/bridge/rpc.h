/*
 * The methods of the provider service: a request's bytes in, a reply's bytes out.
 */
#ifndef RP_BRIDGE_RPC_H
#define RP_BRIDGE_RPC_H

#include "bridge/call.h"

typedef void rpc_handler(call *one, const ProtobufCMessage *request, rp_buffer *reply);

typedef struct rpc_method {
    const char *name;
    const ProtobufCMessageDescriptor *request;
    rpc_handler *handler;
    bool at_once; /* needs no thread of its own: it calls no plugin that waits */
} rpc_method;

/* NULL if there is none: status UNIMPLEMENTED. */
const rpc_method *rpc_find(const char *name);

/* False if the request is no message of its kind. */
bool rpc_answer(const rpc_method *method, call *one, const void *request, size_t len, rp_buffer *reply);

#endif
