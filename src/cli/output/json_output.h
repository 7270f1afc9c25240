/*
 * What programs read: one JSON object a line, named and shaped as OpenTofu's
 * machine-readable output is.
 */
#ifndef RP_CLI_OUTPUT_JSON_OUTPUT_H
#define RP_CLI_OUTPUT_JSON_OUTPUT_H

#include "base/buffer.h"
#include "cli/engine/diff.h"
#include "cli/output/diagnostics.h"
#include "json/writer.h"

/* How many objects something is done with. */
typedef struct rp_counts {
    size_t added, changed, destroyed;
    size_t moved, forgotten, adopted; /* in the state alone */
    size_t pending;                   /* accepted, and the outcome is not known yet */
} rp_counts;

/* "1 added, 0 changed, 2 destroyed.", and the others where there are any. */
void rp_counts_write(const rp_counts *counts, bool destroy, rp_buffer *out);

/* Each adds one line. */
void rp_json_output_version(const char *version, rp_buffer *out);
void rp_json_output_log(const char *text, rp_buffer *out);
/* `salt` is the state's; NULL for drift. */
void rp_json_output_change(const rp_change *change, const char *salt, bool drift, rp_buffer *out);
void rp_json_output_diagnostic(const rp_diagnostic *diagnostic, const char *file, rp_buffer *out);
void rp_json_output_outputs(rp_buffer *out);

/* "plan", "apply" or "destroy": what is to be done, or was. */
void rp_json_output_summary(const char *operation, const rp_counts *counts, rp_buffer *out);

/* Something that happens to an object: "apply_start", "refresh_complete" … */
typedef struct rp_resource_event {
    const char *kind;
    const char *address, *type;
    const char *action;  /* "create", "update" or "delete", NULL for a refresh */
    const char *id;      /* or NULL */
    int64_t elapsed_s;   /* negative: not told */
    bool later;          /* accepted, and not waited for */
    const char *message; /* what the plugin said last; or NULL */
} rp_resource_event;

/* One of the resource_changes of "tofu show -json": its address, actions, and values before and after. */
void rp_json_output_resource_change(const rp_change *change, const char *salt, rp_json_writer *writer);

void rp_json_output_event(const rp_resource_event *one, const char *words, rp_buffer *out);

#endif
