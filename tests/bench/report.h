/*
 * The results as a table, as they come, and as JSON.
 */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

#include "claim.h"
#include "results_table.h"

#include "base/buffer.h"

#include <stdio.h>

/* The latest entry, with a heading where a new place begins. */
void report_entry(const results_table *all, FILE *out);

void report_findings(const finding *findings, FILE *out);

/* What loading costs, in the middle of all cells, and what was counted. */
void report_costs(const results_table *all, const instructions *counted, size_t count, FILE *out);

int report_json(const results_table *all, const finding *findings, const instructions *counted, size_t count,
                const char *path, rp_error **error);

/* Writes a whole file. */
int report_write(const char *path, const rp_buffer *text, rp_error **error);

#endif
