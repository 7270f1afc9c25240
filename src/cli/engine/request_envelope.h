/*
 * Fills in the request envelope around a bare record, and the resource if there is
 * only one.
 *
 *     {"name": "x"}                      one record: not one of the envelope's own members
 *     [{"name": "x"}, {"name": "y"}]     several
 *     {"resource": …, "records": […]}    complete: unchanged
 *
 * For list the object is the parent. A record that happens to have a member named
 * like one of the envelope's is given in an array, or with the envelope.
 */
#ifndef RP_CLI_ENGINE_REQUEST_ENVELOPE_H
#define RP_CLI_ENGINE_REQUEST_ENVELOPE_H

#include "json/value.h"

/* Whether a request to a hook lacks a resource. */
bool rp_envelope_lacks_resource(const char *hook, const rp_json *request);

/* Writes the complete request. `resource` is required if the request lacks one, else may be NULL.
   RP_E_INVALID if the request names another. */
int rp_envelope_write(const char *hook, const rp_json *request, const char *resource, rp_buffer *out,
                      rp_error **error);

/* The only resource in a description; if there are several, RP_E_INVALID lists them. Borrowed. */
int rp_envelope_only_resource(const rp_json *description, const char **resource, rp_error **error);

#endif
