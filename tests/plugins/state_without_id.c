/*
 * A state has no id.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].state has no id (abi/README.md, States)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK,
                "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"name\":\"%1$s\",\"text\":\"x\"}}");
}

PLUGIN(.create = bad_create)
