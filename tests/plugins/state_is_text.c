/*
 * A state is no object.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].state is a string, not an object (abi/README.md, Results)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":\"%1$s\"}");
}

PLUGIN(.create = bad_create)
