/*
 * The wall time of create over the number of records, as SVG: a panel for each
 * latency and job time, on one listener, with a line for each workload. Both axes are
 * logarithmic.
 */
#ifndef TESTS_BENCH_PLOT_H
#define TESTS_BENCH_PLOT_H

#include "results_table.h"

int plot_write(const results_table *all, const char *path, rp_error **error);

#endif
