/*
 * A member record: what a host hands in, and the state it gets back.
 */
#ifndef ELB_MEMBER_RECORD_H
#define ELB_MEMBER_RECORD_H

#include "ledger.h"

#include "base/text.h"
#include "kit/attributes.h"

#include <string.h>

typedef struct record {
    char *id; /* canonical once the record has been read, if the key is known */
    char *listener_id, *server_id;
    char *address;   /* as the user spells it */
    char *canonical; /* NULL if there is no address */
    char *member_id;
    char *job_id, *uri;
} record;

extern const rpkit_attribute record_fields[]; /* of create */
extern const rpkit_attribute state_fields[];  /* schema of a state */
extern const rpkit_attribute parent_fields[]; /* of list */

/* A record to be created. RP_E_INVALID with a path into the record. Cleared in any case with record_clear. */
int record_read_new(record *into, const rp_json *object, unsigned how, rp_error **error);

/* A record or a state of any release, to be read or deleted. */
int record_read_known(record *into, const rp_json *object, rp_error **error);

/* The listener of a list request's parent. */
int record_read_parent(record *into, const rp_json *object, rp_error **error);

void record_clear(record *one);

/* Its key is known: server_id and address. */
static inline bool record_has_key(const record *one)
{
    return one->server_id && one->canonical;
}

/* The key as the ledger takes it: "<server_id>/<canonical address>"; NULL if it is not known. */
static inline const char *record_key(const record *one)
{
    return record_has_key(one) ? one->id + strlen(one->listener_id) + 1 : NULL;
}

/* Writes the state: the record's own members and what member and job tell, which may be NULL. */
void record_write_state(const record *one, const member *seen, const char *job_id, const char *uri,
                        rp_json_writer *writer);

#endif
