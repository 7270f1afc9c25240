/*
 * Text that is safe to show on a terminal. What a server or a plugin says may hold
 * control characters (also those of C1, which some terminals obey) and marks that
 * reorder what is shown: these are left out, or escaped where the text is JSON.
 */
#ifndef RP_CLI_OUTPUT_TERMINAL_TEXT_H
#define RP_CLI_OUTPUT_TERMINAL_TEXT_H

#include "base/buffer.h"

/* Adds the text without what is not safe; a line end or tab becomes a space, what is not UTF-8 a '?'. */
void rp_text_clean(const char *text, rp_buffer *out);

/* Adds a JSON text with what is not safe in its strings escaped: it still means the same. */
void rp_text_escape_json(const char *json, size_t len, rp_buffer *out);

#endif
