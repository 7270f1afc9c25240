/*
 * The entry ends the process.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: resource_plugin_entry called exit(), which a plugin must not (abi/README.md, The host's process)
 */
#include "shelf.h"

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    exit(0);
}
