/*
 * What people read besides plans: objects and diagnostics as text.
 */
#ifndef RP_CLI_OUTPUT_TEXT_H
#define RP_CLI_OUTPUT_TEXT_H

#include "base/buffer.h"
#include "cli/output/diagnostics.h"
#include "cli/output/terminal_text.h"
#include "cli/state/store.h"

#define RP_TEXT_MAX (256u << 20)

/* An object as it is known. */
void rp_text_object(const rp_object *object, bool color, rp_buffer *out);

/* A diagnostic, with its place in the source. `source` may be NULL. */
void rp_text_diagnostic(const rp_diagnostic *diagnostic, const char *file, const char *source, bool color,
                        rp_buffer *out);

/* "web["a"], web["b"] and 3 more" */
void rp_text_names(const char *const *names, size_t named, size_t count, rp_buffer *out);

#endif
