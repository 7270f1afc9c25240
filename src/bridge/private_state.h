/*
 * What Terraform keeps for us beside the state of an object, unseen: when an outcome that is not known can be
 * known at the latest, which optional attributes were configured, so that leaving one out removes it, and
 * fingerprints of the write-only values that were sent.
 */
#ifndef RP_BRIDGE_PRIVATE_STATE_H
#define RP_BRIDGE_PRIVATE_STATE_H

#include "bridge/catalog.h"
#include "bridge/write_only.h"

#include <protobuf-c/protobuf-c.h>

typedef struct private_entry {
    const char *key;   /* the record's key (record_key); "" of a single record */
    int64_t until;     /* unsettled until then, milliseconds since 1970; 0: settled */
    names configured;
    fingerprints sent;
} private_entry;

typedef struct private_state {
    arena *in;
    size_t count, room;
    private_entry *items;
} private_state;

/* Whatever the bytes are: what is no private state of ours is an empty one. */
private_state private_read(arena *in, ProtobufCBinaryData bytes);
ProtobufCBinaryData private_write(arena *in, const private_state *from);

const private_entry *private_find(const private_state *in, const char *key);

/* The entry of that key, made if there is none. */
private_entry *private_entry_of(private_state *in, const char *key);

/* The end of the time in which the record may still appear, or disappear; 0: it is settled. */
int64_t private_until(const private_state *in, const char *key);
void private_settle(private_state *in, const char *key);

#endif
