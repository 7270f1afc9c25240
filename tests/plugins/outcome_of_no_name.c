/*
 * An outcome is none of the three.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].outcome is not "none", "done" or "unknown" (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"outcome\":\"created\",\"state\":" STATE "}");
}

PLUGIN(.create = bad_create)
