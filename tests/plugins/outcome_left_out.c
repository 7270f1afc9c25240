/*
 * A result of create has no outcome.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0] has no outcome (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"state\":" STATE "}");
}

PLUGIN(.create = bad_create)
