/*
 * A create is ok and has no state.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0] is ok and has no state (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\"}");
}

PLUGIN(.create = bad_create)
