/*
 * A member record: what a host hands in, and the state it gets back.
 */
#ifndef ELB_MEMBER_RECORD_H
#define ELB_MEMBER_RECORD_H

#include "ledger.h"

#include "base/text.h"
#include "kit/rpkit.h"

#include <string.h>

/* A record, or a state: what a host hands in, and what it gets back. */
typedef struct record {
    char *id; /* canonical once the record has been read, if the key is known */
    char *listener_id, *server_id;
    char *address; /* as the user spells it */
    char *member_id;
    char *job_id, *uri;
    char *floating_address, *member_status, *health_status; /* these are of a state only */
    char *server_name, *create_time, *update_time;
    char **listeners;
    char canonical[RP_ADDRESS_SIZE]; /* "" if there is no address */
} record;

extern const rpkit_attribute record_attributes[];
extern const rpkit_attribute parent_attributes[]; /* of list, in a record too */

/* Completes a record that was read: to be created, or a record or state of any release that names a member.
   RP_E_INVALID with a path into the record. */
int record_complete(record *one, bool is_new, rp_error **error);

/* Its key is known: server_id and address. */
static inline bool record_has_key(const record *one)
{
    return one->server_id && *one->canonical;
}

/* The key as the ledger takes it: "<server_id>/<canonical address>"; NULL if it is not known. */
static inline const char *record_key(const record *one)
{
    return record_has_key(one) ? one->id + strlen(one->listener_id) + 1 : NULL;
}

/* Orders records by what they name: listener and key, or listener and member_id. */
int record_compare(const void *one, const void *other);

/* The state of a member: the record's own attributes and what member and job tell, which may be NULL. All of
   it is borrowed but the id, where that is the member's: it is put into *id, for the caller to free. */
record record_state(const record *one, const member *seen, const char *job_id, const char *uri, char **id);

#endif
