/*
 * A plan for people: what will be done with each object, in a form that can be
 * reviewed. Up to ten changes are shown as blocks, more as one line each; nothing
 * that is going to change is left out.
 */
#ifndef RP_CLI_OUTPUT_PLAN_TEXT_H
#define RP_CLI_OUTPUT_PLAN_TEXT_H

#include "base/buffer.h"
#include "cli/engine/diff.h"

typedef struct rp_plan_style {
    bool color;
    bool verbose;     /* all attributes, in blocks */
    const char *salt; /* the state's */
} rp_plan_style;

/* The drift, the changes and their count. */
void rp_plan_text(const rp_plan *plan, const rp_plan_style *style, rp_buffer *out);

/* What somebody else changed, and nothing more; everything that changed, if `all`. */
void rp_plan_text_drift(const rp_plan *plan, bool all, bool color, rp_buffer *out);

/* "3 to add, 0 to change, 1 to destroy", and what only the state is changed by. */
void rp_plan_text_counts(const rp_plan *plan, rp_buffer *out);

/* In a few words; NULL where the action says it all. */
const char *rp_reason_words(rp_reason reason);

#endif
