/*
 * Write-only values are in no plan and in no state. Whether they have changed shows a fingerprint of those
 * that were sent, which Terraform keeps in the private state: a salted hash that takes long to guess.
 */
#ifndef RP_BRIDGE_WRITE_ONLY_H
#define RP_BRIDGE_WRITE_ONLY_H

#include "bridge/type.h"

typedef struct fingerprint {
    const char *name; /* the attribute's */
    const char *text; /* SALT:HASH */
} fingerprint;

typedef struct fingerprints {
    size_t count;
    fingerprint *items;
} fingerprints;

typedef enum write_only_change {
    WRITE_ONLY_SAME,
    WRITE_ONLY_CHANGED,
    WRITE_ONLY_UNKNOWN /* the value is not known yet */
} write_only_change;

/* True if the attribute is write-only, or one within it is. */
bool write_only_has(const attribute *one);

/* What of the attribute's value is write-only; null if there is nothing. */
const value *write_only_part(arena *in, const attribute *one, const value *set);

/* Fingerprints of all write-only values of a record. */
fingerprints write_only_fingerprints(arena *in, const attributes *members, const value *record);

/* Compares the record's value of the attribute with what was sent. */
write_only_change write_only_compare(arena *in, const attribute *one, const value *record,
                                     const fingerprints *sent);

#endif
