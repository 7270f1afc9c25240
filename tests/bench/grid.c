#include "grid.h"

#include "workload.h"

#include <string.h>

struct numbers {
    size_t count;
    const unsigned *of;
};

#define NUMBERS(...)                                                                                         \
    {                                                                                                        \
        sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned), (const unsigned[])                       \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

/* A workload that is tried in each place, from so many threads; not for more records than most. */
struct plan {
    const char *workload;
    unsigned threads, most, max_batch;
};

/* All combinations of these. */
struct block {
    const struct plan *plans; /* ended by a NULL workload; those that others are compared with go first */
    struct numbers latencies, jobs, records, listeners;
};

static const struct plan all_ways[] = {
    {"floor", 1, 10000, USUAL_BATCH},        {"one-by-one", 1, 100, USUAL_BATCH},
    {"one-by-one", 10, 100, USUAL_BATCH},    {"one-by-one", 50, 100, USUAL_BATCH},
    {"one-by-one-5s", 10, 100, USUAL_BATCH}, {"batch", 1, 10000, USUAL_BATCH},
    {"threads", 1, 10000, USUAL_BATCH},      {"threads", 10, 10000, USUAL_BATCH},
    {"threads", 50, 10000, USUAL_BATCH},     {0}};
static const struct plan batch_alone[] = {
    {"floor", 1, 10000, USUAL_BATCH}, {"batch", 1, 10000, USUAL_BATCH}, {0}};
static const struct plan one_by_one[] = {
    {"one-by-one", 1, 100, USUAL_BATCH},     {"one-by-one", 10, 100, USUAL_BATCH},
    {"one-by-one-5s", 10, 100, USUAL_BATCH}, {"threads", 10, 100, USUAL_BATCH},
    {"threads", 50, 100, USUAL_BATCH},       {0}};
static const struct plan thread_plans[] = {
    {"floor", 1, 10000, USUAL_BATCH},    {"batch", 1, 10000, USUAL_BATCH},    {"batch", 1, 10000, 1000},
    {"threads", 10, 10000, USUAL_BATCH}, {"threads", 50, 10000, USUAL_BATCH}, {0}};
static const struct plan few_ways[] = {
    {"floor", 1, 100, USUAL_BATCH}, {"one-by-one", 10, 100, USUAL_BATCH}, {"batch", 1, 100, USUAL_BATCH},
    {"batch", 1, 100, 4},           {"threads", 10, 100, USUAL_BATCH},    {0}};

#define CLAIMS                                                                                               \
    {batch_alone, NUMBERS(80), NUMBERS(500), NUMBERS(1, 10, 100, 1000, 10000), NUMBERS(1)},                  \
        {one_by_one, NUMBERS(80), NUMBERS(500), NUMBERS(100), NUMBERS(1)},                                   \
    {                                                                                                        \
        thread_plans, NUMBERS(20), NUMBERS(100), NUMBERS(1000), NUMBERS(1)                                   \
    }

static const struct block tiny[] = {{few_ways, NUMBERS(0), NUMBERS(50), NUMBERS(10), NUMBERS(1, 2)}, {0}};
static const struct block claims[] = {CLAIMS, {0}};
static const struct block full[] = {
    {all_ways, NUMBERS(0, 20, 80), NUMBERS(0, 500, 5000), NUMBERS(1, 10, 100, 1000, 10000), NUMBERS(1, 20)},
    CLAIMS,
    {0}};

static const struct {
    const char *name;
    const struct block *blocks;
} grids[] = {{"tiny", tiny}, {"claims", claims}, {"full", full}};

struct taking {
    grid_cell *into; /* NULL: only count */
    size_t count;
};

static bool is_there(const struct taking *taking, const grid_cell *one)
{
    for (size_t i = 0; taking->into && i < taking->count; i++)
        if (grid_cell_equals(&taking->into[i], one))
            return true;
    return false;
}

/* Fewer records than threads or listeners would be the same as with fewer of those. */
static void take(struct taking *taking, const struct plan *plan, grid_cell one)
{
    one.workload = workload_named(plan->workload);
    one.threads = plan->threads;
    one.max_batch = plan->max_batch;
    if (one.records > plan->most || (one.records < one.threads && one.threads > 1) ||
        (one.records < one.listeners && one.listeners > 1) || is_there(taking, &one))
        return;
    if (taking->into)
        taking->into[taking->count] = one;
    taking->count++;
}

static void take_place(struct taking *taking, const struct block *block, unsigned latency, unsigned job,
                       unsigned listeners)
{
    for (size_t i = 0; i < block->records.count; i++)
        for (const struct plan *plan = block->plans; plan->workload; plan++)
            take(taking, plan,
                 (grid_cell){.latency_ms = latency,
                             .job_ms = job,
                             .records = block->records.of[i],
                             .listeners = listeners});
}

static void take_block(struct taking *taking, const struct block *block)
{
    for (size_t i = 0; i < block->listeners.count; i++)
        for (size_t j = 0; j < block->latencies.count; j++)
            for (size_t k = 0; k < block->jobs.count; k++)
                take_place(taking, block, block->latencies.of[j], block->jobs.of[k], block->listeners.of[i]);
}

grid_cell *grid_cells(const char *name, size_t *count)
{
    const struct block *blocks = NULL;
    struct taking counting = {0}, taking = {0};

    for (size_t i = 0; i < rp_count_of(grids); i++)
        if (!strcmp(grids[i].name, name))
            blocks = grids[i].blocks;
    for (const struct block *block = blocks; block && block->plans; block++)
        take_block(&counting, block);
    taking.into = counting.count ? calloc(counting.count, sizeof(grid_cell)) : NULL;
    for (const struct block *block = blocks; taking.into && block->plans; block++)
        take_block(&taking, block);
    *count = taking.count;
    return taking.into;
}
