/*
 * A result of delete has a state.
 * Call: delete {"resource":"note","records":[{"name":"a"}]}
 * Tells: delete: results[0] has a state (abi/README.md, delete)
 */
#include "shelf.h"

HOOK(bad_delete)
{
    return each(request, len, RP_OK,
                "{\"status\":\"ok\",\"outcome\":\"done\",\"existed\":true,\"state\":" STATE "}");
}

PLUGIN(.delete_ = bad_delete)
