/*
 * What people read: plans, objects and findings as text. Whatever comes from a
 * server or a plugin loses its control characters.
 */
#ifndef RP_CLI_OUTPUT_TEXT_H
#define RP_CLI_OUTPUT_TEXT_H

#include "base/buffer.h"
#include "cli/engine/diff.h"
#include "cli/output/diagnostics.h"

#define RP_TEXT_MAX (256u << 20)

/* The drift, the changes and their count. `salt` is the state's. */
void rp_text_plan(const rp_plan *plan, const char *salt, bool color, rp_buffer *out);

/* Just the line that counts: "Plan: 3 to add, 0 to change, 1 to destroy." */
void rp_text_plan_count(const rp_plan *plan, bool color, rp_buffer *out);

/* What somebody else changed, and nothing more; everything that changed, if `all`. */
void rp_text_drift(const rp_plan *plan, bool all, bool color, rp_buffer *out);

/* An object as it is known. */
void rp_text_object(const rp_object *object, const rp_type *type, bool color, rp_buffer *out);

/* A finding, with its place in the source. `source` may be NULL. */
void rp_text_diagnostic(const rp_diagnostic *diagnostic, const char *file, const char *source, bool color,
                        rp_buffer *out);

/* "web["a"], web["b"] and 3 more" */
void rp_text_names(const char *const *names, size_t named, size_t count, rp_buffer *out);

/* Adds the text without control characters; a line end becomes a space. */
void rp_text_clean(const char *text, rp_buffer *out);

const char *rp_reason_words(rp_reason reason);

#endif
