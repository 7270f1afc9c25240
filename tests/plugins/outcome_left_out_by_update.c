/*
 * A result of update has no outcome.
 * Call: update {"resource":"note","records":[{"state":{"id":"a","name":"a"},"record":{"name":"a"}}]}
 * Tells: update: results[0] has no outcome (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_update)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"state\":" STATE "}");
}

PLUGIN(.update = bad_update)
