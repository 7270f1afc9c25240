/*
 * A diagnostic has no summary.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: create: results[0].diagnostics[0] has no summary (abi/README.md, Diagnostics)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_CONFLICT,
                "{\"status\":\"conflict\",\"outcome\":\"none\",\"diagnostics\":[{\"severity\":\"error\"}]}");
}

PLUGIN(.create = bad_create)
