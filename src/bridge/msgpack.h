/*
 * The part of MessagePack that Terraform's values use. Read strictly: whole, nothing after it, no name twice,
 * at most MSGPACK_MAX_DEPTH levels. Any extension is an unknown value.
 */
#ifndef RP_BRIDGE_MSGPACK_H
#define RP_BRIDGE_MSGPACK_H

#include "base/buffer.h"
#include "base/error.h"
#include "bridge/value.h"

#define MSGPACK_MAX_DEPTH 100u

/* RP_E_INVALID says what is wrong at which byte. */
int msgpack_read(arena *in, const void *bytes, size_t len, const value **out, rp_error **error);

/* Appends it. A number beyond 64 bits or with a fraction becomes a string, as Terraform writes it. */
void msgpack_write(const value *from, rp_buffer *out);

#endif
