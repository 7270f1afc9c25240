/*
 * What programs read: one JSON object a line, named and shaped as OpenTofu's
 * machine-readable output is.
 */
#ifndef RP_CLI_MESSAGES_H
#define RP_CLI_MESSAGES_H

#include "base/buffer.h"
#include "cli/changes.h"
#include "cli/findings.h"

/* Each adds one line. */
void rp_message_version(const char *version, rp_buffer *out);
void rp_message_log(const char *text, rp_buffer *out);
void rp_message_change(const rp_change *change, bool drift, rp_buffer *out);
void rp_message_finding(const rp_finding *finding, const char *file, rp_buffer *out);
void rp_message_outputs(rp_buffer *out);

/* "plan", "apply" or "destroy": what is to be done, or was. */
void rp_message_summary(const char *operation, size_t added, size_t destroyed, rp_buffer *out);

/* Something that happens to an object: "apply_start", "refresh_complete" … */
typedef struct rp_happening {
    const char *kind;
    const char *address, *type;
    const char *action; /* "create" or "delete", NULL for a refresh */
    const char *id;     /* or NULL */
    int64_t elapsed_s;  /* negative: not told */
    bool later;         /* accepted, and not waited for */
} rp_happening;

void rp_message_happening(const rp_happening *one, const char *words, rp_buffer *out);

#endif
