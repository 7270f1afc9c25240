/*
 * An id is empty.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].state.id is empty (abi/README.md, States)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(
        request, len, RP_OK,
        "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"\",\"name\":\"%1$s\",\"text\":\"x\"}}");
}

PLUGIN(.create = bad_create)
