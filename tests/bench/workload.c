#include "workload.h"

#include "floor.h"
#include "one_by_one.h"
#include "threads.h"

#include <string.h>

/* What this machine needs for a record and for a call, roughly and generously. */
#define RECORD_US 200
#define POLL_MS   200

/* --- the plugin ---------------------------------------------------------------------- */

static int batch_create(run *one, rp_error **error)
{
    return host_create(one->host, one->cell, 0, one->cell->records, error);
}

static int batch_read(run *one, rp_error **error)
{
    return host_read(one->host, one->cell, 0, one->cell->records, error);
}

static int create_alone(run *one, raw_http *client, unsigned record, rp_error **error)
{
    (void)client;
    return host_create(one->host, one->cell, record, 1, error);
}

static int read_alone(run *one, raw_http *client, unsigned record, rp_error **error)
{
    (void)client;
    return host_read(one->host, one->cell, record, 1, error);
}

static int threads_create(run *one, rp_error **error)
{
    return threads_run(one, one->cell->threads, one->cell->records, create_alone, error);
}

static int threads_read(run *one, rp_error **error)
{
    return threads_run(one, one->cell->threads, one->cell->records, read_alone, error);
}

/* --- how long it may take -------------------------------------------------------------- */

static unsigned divided_up(unsigned count, unsigned by)
{
    return (count + by - 1) / by;
}

/* Adds of the listener that has most records. */
static unsigned adds_in_a_row(const grid_cell *of)
{
    return divided_up(divided_up(of->records, of->listeners), of->max_batch);
}

static int64_t batch_expected_ms(const grid_cell *of)
{
    return of->job_ms + POLL_MS + (int64_t)of->latency_ms * (adds_in_a_row(of) + 4) +
           (int64_t)of->records * RECORD_US / 1000;
}

/* Each thread's records, one after the other; a list has all members in it, each time. */
static int64_t threads_expected_ms(const grid_cell *of)
{
    int64_t rounds = divided_up(of->records, of->threads);
    int64_t members = divided_up(of->records, of->listeners);

    return rounds * (of->job_ms + 5 * (int64_t)of->latency_ms + POLL_MS / 2 + members * RECORD_US / 10000);
}

static int64_t one_by_one_1s_expected_ms(const grid_cell *of)
{
    return divided_up(of->records, of->threads) * one_by_one_expected_1s_ms(of);
}

static int64_t one_by_one_5s_expected_ms(const grid_cell *of)
{
    return divided_up(of->records, of->threads) * one_by_one_expected_5s_ms(of);
}

/* --- whether the counts can be right ------------------------------------------------------ */

static unsigned used_listeners(const grid_cell *of)
{
    return of->records < of->listeners ? of->records : of->listeners;
}

/* Batches of all listeners: the first listeners have one record more than the last. */
static unsigned adds_in_all(const grid_cell *of)
{
    unsigned adds = 0;

    for (unsigned i = 0; i < used_listeners(of); i++)
        adds += divided_up((of->records - i + of->listeners - 1) / of->listeners, of->max_batch);
    return adds;
}

static bool floor_is_sane(const grid_cell *of, const measured *got)
{
    unsigned listeners = used_listeners(of);

    return got->create.sent.add == adds_in_all(of) && got->create.sent.job == listeners &&
           got->create.sent.list == 2 * listeners && got->read.sent.list == listeners &&
           got->create.sent.total == adds_in_all(of) + 3 * listeners;
}

static bool one_by_one_1s_is_sane(const grid_cell *of, const measured *got)
{
    return got->create.sent.add == of->records && got->create.sent.job >= 2 * of->records &&
           got->create.sent.list == of->records && got->read.sent.list == of->records;
}

static bool one_by_one_5s_is_sane(const grid_cell *of, const measured *got)
{
    return got->create.sent.add == of->records && got->create.sent.job >= of->records &&
           got->create.sent.list == of->records && got->read.sent.list == of->records;
}

static bool batch_is_sane(const grid_cell *of, const measured *got)
{
    unsigned listeners = used_listeners(of);

    return got->create.sent.add == adds_in_all(of) && got->create.sent.job >= adds_in_all(of) &&
           got->create.sent.list >= 2 * listeners && got->create.sent.listener == listeners &&
           got->read.sent.add == 0 && got->read.sent.job == 0 && got->read.sent.list >= listeners;
}

static bool threads_is_sane(const grid_cell *of, const measured *got)
{
    return got->create.sent.add >= adds_in_all(of) && got->create.sent.add <= of->records &&
           got->create.sent.job >= got->create.sent.add && got->create.sent.listener == used_listeners(of) &&
           got->read.sent.add == 0 && got->read.sent.list >= used_listeners(of);
}

/* clang-format off: one row a line reads as the table it is. */
const workload workloads[] = {
    {"batch", true, batch_create, batch_read, batch_expected_ms, batch_is_sane},
    {"threads", true, threads_create, threads_read, threads_expected_ms, threads_is_sane},
    {"one-by-one", false, one_by_one_create_1s, one_by_one_read, one_by_one_1s_expected_ms,
     one_by_one_1s_is_sane},
    {"one-by-one-5s", false, one_by_one_create_5s, one_by_one_read, one_by_one_5s_expected_ms,
     one_by_one_5s_is_sane},
    {"floor", false, floor_create, floor_read, batch_expected_ms, floor_is_sane},
    {0}};
/* clang-format on */

const workload *workload_named(const char *name)
{
    const workload *one = workloads;

    while (one->name && strcmp(one->name, name) != 0)
        one++;
    return one->name ? one : NULL;
}
