/*
 * A read is ok and has no state.
 * Call: read {"resource":"note","records":[{"name":"a"}]}
 * Tells: read: results[0] is ok and has no state (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_read)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\"}");
}

PLUGIN(.read = bad_read)
