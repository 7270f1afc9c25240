/*
 * A result has no status.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0] has no status (abi/README.md, Results)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"outcome\":\"done\",\"state\":" STATE "}");
}

PLUGIN(.create = bad_create)
