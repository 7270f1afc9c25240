/*
 * Where a verb's words go: to people, or as JSON lines to programs.
 */
#ifndef RP_CLI_OUTPUT_OUTPUT_H
#define RP_CLI_OUTPUT_OUTPUT_H

#include "cli/engine/diff.h"
#include "cli/output/diagnostics.h"
#include "cli/output/json_output.h"
#include "cli/settings.h"

#include <stdio.h>

typedef struct rp_output {
    FILE *out, *err;
    bool json;
    bool color, error_color;   /* of each */
    bool verbose;              /* all attributes in plans */
    bool live;                 /* out is a terminal, whose last line may be written again */
    const char *file, *source; /* of the configuration, once it is read; else NULL */
} rp_output;

/* As the settings say, the environment's NO_COLOR and TERM, and what the streams are. */
void rp_output_start(rp_output *output, const rp_settings *settings);

/* A line. */
void rp_output_say(const rp_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To people alone; to programs alone. */
void rp_output_print(const rp_output *output, const rp_buffer *text);
void rp_output_message(const rp_output *output, const rp_buffer *lines);

void rp_output_plan(const rp_output *output, const rp_plan *plan, const char *salt);
void rp_output_drift(const rp_output *output, const rp_plan *plan);
void rp_output_diagnostics(const rp_output *output, const rp_diagnostics *diagnostics);
void rp_output_error(const rp_output *output, const rp_error *error);

/* Something that happens to one object; `quietly` to programs alone. */
void rp_output_event(const rp_output *output, const rp_resource_event *one, bool quietly);

/* What was done: all of it; or that some of it is not known yet. */
void rp_output_summary(const rp_output *output, const char *operation, const rp_counts *counts);
void rp_output_incomplete(const rp_output *output, const char *operation, size_t pending);

/* Writes JSON to a stream, safe to be shown where that is a terminal. */
void rp_output_json(FILE *to, const rp_buffer *json);

#endif
