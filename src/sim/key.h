/*
 * Temporary access keys, and the locks of keys after bad signatures.
 */
#ifndef RP_SIM_KEY_H
#define RP_SIM_KEY_H

#include "base/clock.h"
#include "sim/map.h"

#define SIM_ACCESS_SIZE 21
#define SIM_SECRET_SIZE 41

typedef struct sim_lock {
    unsigned bad; /* signatures in a row */
    int64_t until_ms;
} sim_lock;

typedef struct sim_key {
    sim_node node;
    char access[SIM_ACCESS_SIZE], secret[SIM_SECRET_SIZE];
    char *security_token;
    int64_t expires_ms;
    bool agency; /* issued in the name of an agency */
    sim_lock lock;
    struct sim_key *next;
} sim_key;

typedef struct sim_keys {
    sim_map by_access;
    sim_key *first, **end;
    sim_lock permanent; /* of the key in the settings */
} sim_keys;

void sim_keys_init(sim_keys *keys);

/* Drops all keys and locks. */
void sim_keys_drop(sim_keys *keys);

/* Makes a key; copies the token. NULL when out of memory. */
sim_key *sim_key_add(sim_keys *keys, const rp_clock *clock, const char *security_token);
sim_key *sim_key_find(const sim_keys *keys, const char *access);

#endif
