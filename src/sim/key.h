/*
 * Access keys: the temporary ones that were given out, and after how many bad
 * signatures a key is locked.
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
    bool agency; /* its rights are an agency's, not the user's own */
    sim_lock lock;
    struct sim_key *next;
} sim_key;

typedef struct sim_keys {
    sim_map by_access;
    sim_key *first, **end;
    sim_lock permanent; /* that of the key in the settings */
} sim_keys;

void sim_keys_init(sim_keys *keys);

/* Forgets them, and what was locked. */
void sim_keys_drop(sim_keys *keys);

/* A new one, which has the token's text copied; NULL when out of memory. */
sim_key *sim_key_add(sim_keys *keys, const rp_clock *clock, const char *security_token);
sim_key *sim_key_find(const sim_keys *keys, const char *access);

#endif
