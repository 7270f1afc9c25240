/*
 * A result is ok, but what happened is unknown.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0] is ok with outcome unknown (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"outcome\":\"unknown\",\"state\":" STATE "}");
}

PLUGIN(.create = bad_create)
