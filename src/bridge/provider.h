/*
 * The provider as a whole: the plugin and what its description becomes.
 */
#ifndef RP_BRIDGE_PROVIDER_H
#define RP_BRIDGE_PROVIDER_H

#include "bridge/call.h"

/* Never fails: what is wrong is told when Terraform asks for the schema. */
void provider_start(provider *one, const char *plugin_path);
void provider_done(provider *one);

#endif
