/*
 * A state has what the schema calls write-only.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].state has secret, which the schema calls write-only (abi/README.md, describe)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(
        request, len, RP_OK,
        "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"%1$s\",\"name\":\"%1$s\",\"secret\":\"s\"}}");
}

PLUGIN(.create = bad_create)
