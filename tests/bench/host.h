/*
 * A host on the bare ABI: loads the plugin, opens an instance, calls hooks.
 */
#ifndef TESTS_BENCH_HOST_H
#define TESTS_BENCH_HOST_H

#include "resource_plugin.h"

#include "grid_cell.h"

typedef struct host {
    const rp_plugin *plugin;
    rp_instance *instance;
    int64_t load_us, open_us;
} host;

/* max_batch: members in one add at most. */
int host_start(host *made, const char *plugin, const char *url, unsigned max_batch, rp_error **error);
void host_stop(host *one);

/* Records first … first + count of the cell: created, or read. They must all be ok. */
int host_create(const host *one, const grid_cell *of, unsigned first, unsigned count, rp_error **error);
int host_read(const host *one, const grid_cell *of, unsigned first, unsigned count, rp_error **error);

/* Calls a hook; named for tools that watch it. */
const rp_response *bench_hook(rp_hook *hook, rp_instance *instance, const char *request, size_t len);

#endif
