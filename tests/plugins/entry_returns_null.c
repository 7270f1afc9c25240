/*
 * The entry returns NULL.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: resource_plugin_entry(1) returned NULL (abi/README.md, Loading a plugin)
 */
#include "shelf.h"

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    return NULL;
}
