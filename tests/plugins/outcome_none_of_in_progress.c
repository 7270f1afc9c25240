/*
 * A result is in progress, but its outcome is none.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0] is in_progress with outcome none (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_IN_PROGRESS,
                "{\"status\":\"in_progress\",\"outcome\":\"none\",\"state\":" STATE "}");
}

PLUGIN(.create = bad_create)
