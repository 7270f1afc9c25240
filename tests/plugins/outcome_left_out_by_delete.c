/*
 * A result of delete has no outcome.
 * Call: delete {"resource":"note","records":[{"name":"a"}]}
 * Tells: delete: results[0] has no outcome (abi/README.md, Outcome)
 */
#include "shelf.h"

HOOK(bad_delete)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"existed\":true}");
}

PLUGIN(.delete_ = bad_delete)
