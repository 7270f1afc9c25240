/*
 * What programs read: one JSON object a line, named and shaped as OpenTofu's
 * machine-readable output is.
 */
#ifndef RP_CLI_OUTPUT_JSON_OUTPUT_H
#define RP_CLI_OUTPUT_JSON_OUTPUT_H

#include "base/buffer.h"
#include "cli/engine/diff.h"
#include "cli/output/diagnostics.h"

/* Each adds one line. */
void rp_json_output_version(const char *version, rp_buffer *out);
void rp_json_output_log(const char *text, rp_buffer *out);
void rp_json_output_change(const rp_change *change, bool drift, rp_buffer *out);
void rp_json_output_diagnostic(const rp_diagnostic *diagnostic, const char *file, rp_buffer *out);
void rp_json_output_outputs(rp_buffer *out);

/* "plan", "apply" or "destroy": what is to be done, or was. */
void rp_json_output_summary(const char *operation, size_t added, size_t destroyed, rp_buffer *out);

/* Something that happens to an object: "apply_start", "refresh_complete" … */
typedef struct rp_resource_event {
    const char *kind;
    const char *address, *type;
    const char *action; /* "create" or "delete", NULL for a refresh */
    const char *id;     /* or NULL */
    int64_t elapsed_s;  /* negative: not told */
    bool later;         /* accepted, and not waited for */
} rp_resource_event;

void rp_json_output_event(const rp_resource_event *one, const char *words, rp_buffer *out);

#endif
