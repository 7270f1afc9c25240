/*
 * An id is a number.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].state.id is an integer, not a string (abi/README.md, States)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(
        request, len, RP_OK,
        "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":7,\"name\":\"%1$s\",\"text\":\"x\"}}");
}

PLUGIN(.create = bad_create)
