#include "results_table.h"

#include "workload.h"

const entry *results_find(const results_table *all, const grid_cell *like)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->entries[i].result.end == CELL_DONE && grid_cell_equals(&all->entries[i].cell, like))
            return &all->entries[i];
    return NULL;
}

const entry *results_find_workload(const results_table *all, const grid_cell *place, const char *by,
                                   unsigned threads)
{
    grid_cell like = *place;

    like.workload = workload_named(by);
    like.threads = threads;
    return results_find(all, &like);
}
