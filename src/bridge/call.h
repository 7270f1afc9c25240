/*
 * One request of Terraform's while it is answered: its memory, what the user is to be told, and what the
 * reply would be if the process had to end now.
 */
#ifndef RP_BRIDGE_CALL_H
#define RP_BRIDGE_CALL_H

#include "bridge/catalog.h"
#include "bridge/diagnostics.h"
#include "bridge/gather.h"

#include <pthread.h>

typedef struct provider {
    plugin plugin;
    catalog catalog;
    arena memory; /* the catalog's */
    gather gather;
    char *fault;                 /* why there is no catalog, or NULL */
    _Atomic bool config_unknown; /* configured, but with values that are not known before the apply */
} provider;

typedef struct kept_answer kept_answer;

typedef struct call {
    provider *provider;
    arena memory;
    diagnostics diagnostics;
    kept_answer *answers;
    /* For the thread that ends the process: writes the reply that tells what is known so far. Under the lock,
       with memory and diagnostics of its own. NULL: there is nothing to tell. */
    pthread_mutex_t lock;
    void (*rescue)(struct call *one, const void *context, arena *memory, rp_buffer *reply);
    const void *rescue_context;
} call;

void call_start(call *one, provider *with);
void call_done(call *one);

/* Calls the plugin; the answer lives as long as the call. */
const answer *call_plugin(call *one, const char *hook, const rp_buffer *request, uint32_t timeout_ms,
                          const event_sink *events);

/* The same for records, which go with those of other calls that ask for the same. *first is the index of the
   first result. */
const answer *call_records(call *one, const gather_request *request, size_t *first);

/* The type of that name, or NULL and an error. */
const resource_type *call_resource(call *one, const char *type_name);

/* The value Terraform sent, of that type. NULL and an error if it cannot be read. */
const value *call_value(call *one, const type *of, const Tf__DynamicValue *sent);
Tf__DynamicValue *call_wire(arena *in, const type *of, const value *plain);

/* Appends the message's bytes. */
void call_pack(const ProtobufCMessage *message, rp_buffer *reply);

/* True if the plugin has an instance. Else an error says why, or nothing where the configuration is to come
 * yet. */
bool call_is_configured(call *one);

/* A request of records: begin, then one JSON value a record, then end with the options that the block sets.
 */
void call_request_begin(rp_json_writer *writer, const resource_type *of);
void call_request_end(rp_json_writer *writer, const resource_type *of, const value *block);
void call_write_options(rp_json_writer *writer, const resource_type *of, const value *block);

/* Milliseconds of the block's timeout for "create", "read", …; 0 if it has none. */
uint32_t call_timeout_ms(const value *block, const char *operation);

/* "1h30m", "90s", "500ms". False if it is no duration above 0. */
bool call_parse_duration(const char *text, uint32_t *ms);

#endif
