/*
 * A state lacks an attribute of the key.
 * Call: read {"resource":"note","records":[{"name":"a"}]}
 * Tells: read: results[0].state has no name, which is part of the key (abi/README.md, Keys)
 */
#include "shelf.h"

HOOK(bad_read)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"state\":{\"id\":\"%1$s\",\"text\":\"x\"}}");
}

PLUGIN(.read = bad_read)
