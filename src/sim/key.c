#include "sim/key.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

/* The oldest are forgotten beyond so many. */
#define MAX_KEYS 10000u

void sim_keys_init(sim_keys *keys)
{
    *keys = (sim_keys){.end = &keys->first};
}

static void key_free(sim_key *key)
{
    free(key->security_token);
    free(key);
}

static void key_freep(sim_key **key)
{
    if (*key)
        key_free(*key);
}

static void drop_first(sim_keys *keys)
{
    sim_key *key = keys->first;

    keys->first = key->next;
    if (!keys->first)
        keys->end = &keys->first;
    sim_map_drop(&keys->by_access, &key->node);
    key_free(key);
}

void sim_keys_drop(sim_keys *keys)
{
    while (keys->first)
        drop_first(keys);
    sim_map_done(&keys->by_access);
    sim_keys_init(keys);
}

static uint64_t hash_access(const char *access)
{
    return rp_hash(RP_HASH_START, access, strlen(access));
}

/* Fills all but the last byte, a NUL, with letters of the alphabet. */
static void draw(const rp_clock *clock, const char *alphabet, size_t n_letters, char *out, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        out[i] = alphabet[clock->chance(clock->context) % n_letters];
    out[size - 1] = '\0';
}

sim_key *sim_key_add(sim_keys *keys, const rp_clock *clock, const char *security_token)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";
    _cleanup_(key_freep) sim_key *key = calloc(1, sizeof(*key));

    if (!key || !(key->security_token = strdup(security_token)))
        return NULL;
    draw(clock, letters, 36, key->access, sizeof(key->access));
    draw(clock, letters, sizeof(letters) - 1, key->secret, sizeof(key->secret));
    if (!sim_map_put(&keys->by_access, &key->node, hash_access(key->access)))
        return NULL;
    *keys->end = key;
    keys->end = &key->next;
    if (keys->by_access.count > MAX_KEYS)
        drop_first(keys);
    return rp_take(key);
}

sim_key *sim_key_find(const sim_keys *keys, const char *access)
{
    sim_node *node = sim_map_first(&keys->by_access, hash_access(access));

    for (; node; node = sim_map_next(node)) {
        sim_key *key = sim_owner(node, sim_key, node);
        if (!strcmp(key->access, access))
            return key;
    }
    return NULL;
}
