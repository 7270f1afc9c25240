/*
 * Objects as resources of a configuration file.
 */
#ifndef RP_CLI_OUTPUT_YAML_TEXT_H
#define RP_CLI_OUTPUT_YAML_TEXT_H

#include "base/buffer.h"
#include "cli/engine/plugin_schema.h"

/* Writes an object as a resource of that name: what its state has of the record's attributes. */
void rp_yaml_resource(const char *name, const rp_type *type, const rp_json *state, rp_buffer *out);

#endif
