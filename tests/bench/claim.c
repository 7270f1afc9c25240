#include "claim.h"

#include "workload.h"

/* A list of 1,000 members has three pages: two of 500, and one that shows that there are no more. */
#define PAGES_OF_1000 3

/* A place in the table, without its workload. */
#define AT(latency, job, n)                                                                                  \
    {                                                                                                        \
        .latency_ms = (latency), .job_ms = (job), .records = (n), .listeners = 1, .max_batch = USUAL_BATCH   \
    }

static double adds(const measured *one)
{
    return one->create.sent.add;
}

static double lists(const measured *one)
{
    return one->create.sent.list;
}

static double read_lists(const measured *one)
{
    return one->read.sent.list;
}

static double create_ms(const measured *one)
{
    return (double)one->create.wall_us / 1000;
}

static double peak_kib(const measured *one)
{
    return (double)one->create.peak_kib;
}

static double cpu_us(const measured *one)
{
    return (double)one->create.cpu_us;
}

/* measure(workload at place), divided by measure(over) where that is given, and by `each`. */
static const struct row {
    const char *claim;
    double (*measure)(const measured *one);
    const char *workload;
    unsigned threads;
    grid_cell place;
    const char *over;
    unsigned over_threads, over_records; /* 0: as many */
    double each, bound;
    bool at_least;
} rows[] = {
    {"1,000 in one call: adds", adds, "batch", 1, AT(20, 100, 1000), .each = 1, .bound = 10},
    {"1,000 in one call: requests of two lists", lists, "batch", 1, AT(20, 100, 1000), .each = 1,
     .bound = 1 + PAGES_OF_1000},
    {"1,000 alone from 10 threads: adds", adds, "threads", 10, AT(20, 100, 1000), .each = 1, .bound = 150},
    {"1,000 alone from 50 threads: adds", adds, "threads", 50, AT(20, 100, 1000), .each = 1, .bound = 40},
    {"1,000 read alone from 50 threads: lists", read_lists, "threads", 50, AT(20, 100, 1000),
     .each = PAGES_OF_1000, .bound = 60},
    {"1 in one call over the floor", create_ms, "batch", 1, AT(80, 500, 1), "floor", 1, .each = 1,
     .bound = 1.25},
    {"10 in one call over the floor", create_ms, "batch", 1, AT(80, 500, 10), "floor", 1, .each = 1,
     .bound = 1.25},
    {"100 in one call over the floor", create_ms, "batch", 1, AT(80, 500, 100), "floor", 1, .each = 1,
     .bound = 1.25},
    {"1,000 in one call over the floor", create_ms, "batch", 1, AT(80, 500, 1000), "floor", 1, .each = 1,
     .bound = 1.25},
    {"10,000 in one call over the floor", create_ms, "batch", 1, AT(80, 500, 10000), "floor", 1, .each = 1,
     .bound = 1.25},
    {"100 one by one over 100 in one call", create_ms, "one-by-one", 1, AT(80, 500, 100), "batch", 1,
     .each = 1, .bound = 50, .at_least = true},
    {"100 one by one from 10 threads over 100 in one call", create_ms, "one-by-one", 10, AT(80, 500, 100),
     "batch", 1, .each = 1, .bound = 10, .at_least = true},
    {"10,000 in one call: KiB of peak memory a record", peak_kib, "batch", 1, AT(80, 500, 10000),
     .each = 10000, .bound = 4},
    {"10,000 in one call: us of CPU a record", cpu_us, "batch", 1, AT(80, 500, 10000), .each = 10000,
     .bound = 100},
    {"CPU of 10,000 over that of 1,000", cpu_us, "batch", 1, AT(80, 500, 10000), "batch", 1, 1000, .each = 1,
     .bound = 12},
};

static const entry *find(const results_table *all, const struct row *row, const char *by, unsigned threads,
                         unsigned records)
{
    grid_cell place = row->place;

    if (records)
        place.records = records;
    return results_find_workload(all, &place, by, threads);
}

static finding check(const results_table *all, const struct row *row)
{
    finding made = {.claim = row->claim, .bound = row->bound, .at_least = row->at_least};
    const entry *of = find(all, row, row->workload, row->threads, 0);
    const entry *over = row->over ? find(all, row, row->over, row->over_threads, row->over_records) : NULL;
    double by = over ? row->measure(&over->result) : 1;

    if (!of || (row->over && !over) || by <= 0)
        return made;
    made.known = true;
    made.value = row->measure(&of->result) / by / row->each;
    return made;
}

void claim_check(const results_table *all, finding out[MAX_FINDINGS])
{
    size_t i;

    for (i = 0; i < rp_count_of(rows) && i + 1 < MAX_FINDINGS; i++)
        out[i] = check(all, &rows[i]);
    out[i] = (finding){0};
}

bool finding_holds(const finding *one)
{
    return one->known && (one->at_least ? one->value >= one->bound : one->value <= one->bound);
}
