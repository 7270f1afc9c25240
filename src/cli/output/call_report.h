/*
 * Reports the result of a call: exit codes, and diagnostics and events in words.
 */
#ifndef RP_CLI_OUTPUT_CALL_REPORT_H
#define RP_CLI_OUTPUT_CALL_REPORT_H

#include "json/value.h"

#include <stdio.h>

/* Exit codes that do not stand for a status. */
enum {
    RP_EXIT_TROUBLE = 1, /* a file could not be read or written, no memory */
    RP_EXIT_USAGE = 64
};

int rp_exit_code(int32_t status);
void rp_exit_codes_print(FILE *out);

/* The diagnostics of a response, and each failure that has none, a line each:
   "rp: record 1: error: SUMMARY: DETAIL (CODE, at PATH)". Control characters are removed: some texts are from
   the server. */
void rp_report_diagnostics(const rp_json *document, int32_t status, FILE *out);

/* An event: compact on one line, or in words. */
void rp_report_event(const char *event, size_t len, bool in_words, FILE *out);

#endif
