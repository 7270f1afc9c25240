/*
 * What is spared who types a request: the envelope around a record, and the name
 * of a resource where there is but one.
 *
 *     {"name": "x"}                      one record: not one of the envelope's own members
 *     [{"name": "x"}, {"name": "y"}]     several
 *     {"resource": …, "records": […]}    whole: left as it is
 *
 * For list the object is the parent. A record that happens to have a member named
 * like one of the envelope's is given in an array, or with the envelope.
 */
#ifndef RP_CLI_ENGINE_REQUEST_ENVELOPE_H
#define RP_CLI_ENGINE_REQUEST_ENVELOPE_H

#include "json/value.h"

/* Whether a request to a hook still lacks a resource. */
bool rp_envelope_lacks_resource(const char *hook, const rp_json *request);

/* Writes the whole request; `resource` is for one that lacks it, may be NULL for others, and RP_E_INVALID if
   the request names another. */
int rp_envelope_write(const char *hook, const rp_json *request, const char *resource, rp_buffer *out,
                      rp_error **error);

/* The one resource that a description tells of; else RP_E_INVALID names them all. Borrowed. */
int rp_envelope_only_resource(const rp_json *description, const char **resource, rp_error **error);

#endif
