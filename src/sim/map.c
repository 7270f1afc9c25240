#include "sim/map.h"

#include <stdlib.h>

static sim_node **slot_of(const sim_map *map, uint64_t hash)
{
    return &map->slots[(hash ^ hash >> 32) & (map->n_slots - 1)];
}

static bool grow(sim_map *map)
{
    sim_map grown = {.n_slots = map->n_slots ? map->n_slots * 4 : 64, .count = map->count};

    grown.slots = calloc(grown.n_slots, sizeof(sim_node *));
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < map->n_slots; i++) {
        for (sim_node *node = map->slots[i], *next; node; node = next) {
            sim_node **slot = slot_of(&grown, node->hash);
            next = node->next;
            node->next = *slot;
            *slot = node;
        }
    }
    free(map->slots);
    *map = grown;
    return true;
}

bool sim_map_put(sim_map *map, sim_node *node, uint64_t hash)
{
    sim_node **slot;

    /* Without memory to grow a full table only gets slower. */
    if (map->count >= map->n_slots && !grow(map) && !map->n_slots)
        return false;
    slot = slot_of(map, hash);
    *node = (sim_node){.next = *slot, .hash = hash};
    *slot = node;
    map->count++;
    return true;
}

void sim_map_drop(sim_map *map, sim_node *node)
{
    if (!map->n_slots)
        return;
    for (sim_node **at = slot_of(map, node->hash); *at; at = &(*at)->next) {
        if (*at == node) {
            *at = node->next;
            map->count--;
            return;
        }
    }
}

static sim_node *same(sim_node *node, uint64_t hash)
{
    while (node && node->hash != hash)
        node = node->next;
    return node;
}

sim_node *sim_map_first(const sim_map *map, uint64_t hash)
{
    return map->n_slots ? same(*slot_of(map, hash), hash) : NULL;
}

sim_node *sim_map_next(const sim_node *node)
{
    return same(node->next, node->hash);
}

void sim_map_done(sim_map *map)
{
    free(map->slots);
    *map = (sim_map){0};
}
