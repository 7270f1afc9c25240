/*
 * A hash table of structs with an embedded node. Several may have the same hash:
 * the caller iterates over them and compares.
 */
#ifndef RP_SIM_MAP_H
#define RP_SIM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sim_node {
    struct sim_node *next;
    uint64_t hash;
} sim_node;

typedef struct sim_map {
    sim_node **slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t count;
} sim_map;

/* The struct that contains the node; NULL for NULL. */
#define sim_owner(node_, type, member)                                                                       \
    ((node_) ? (type *)(void *)((char *)(node_)-offsetof(type, member)) : NULL)

/* False when out of memory. */
bool sim_map_put(sim_map *map, sim_node *node, uint64_t hash);
void sim_map_drop(sim_map *map, sim_node *node);

sim_node *sim_map_first(const sim_map *map, uint64_t hash);
sim_node *sim_map_next(const sim_node *node);

/* Frees the table, not the structs. */
void sim_map_done(sim_map *map);

#endif
