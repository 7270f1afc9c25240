/*
 * Listing the objects that exist within a parent, page by page.
 */
#ifndef RP_CLI_ENGINE_LISTING_H
#define RP_CLI_ENGINE_LISTING_H

#include "cli/engine/workspace.h"

/* Called once for each object. Negative ends the listing with that failure. */
typedef int rp_each_listed(void *context, const rp_json *state, rp_error **error);

/* Writes the parent from MEMBER=VALUE arguments. RP_E_INVALID if one is none, or if one that is required is
 * missing. */
int rp_listing_parent(const rp_type *type, const char *const *arguments, size_t count, const char *command,
                      rp_buffer *out, rp_error **error);

/* An object that comes twice is told once. What the plugin says is wrong is a diagnostic; a list that does
   not end is an error, after what came until then. */
int rp_listing_all(rp_workspace *in, const rp_type *type, const rp_buffer *parent, rp_each_listed *each,
                   void *context, rp_error **error);

#endif
