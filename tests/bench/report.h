/*
 * The results as a table, as they come, and as JSON.
 */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

#include "book.h"
#include "claim.h"

#include "base/buffer.h"

#include <stdio.h>

/* The latest entry, with a heading where a new place begins. */
void report_entry(const book *all, FILE *out);

void report_findings(const finding *findings, FILE *out);

/* What loading costs, in the middle of all cells, and what was counted. */
void report_costs(const book *all, const instructions *counted, size_t count, FILE *out);

int report_json(const book *all, const finding *findings, const instructions *counted, size_t count,
                const char *path, rp_error **error);

/* Writes a whole file. */
int report_write(const char *path, const rp_buffer *text, rp_error **error);

#endif
