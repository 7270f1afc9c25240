/*
 * A result has a status of no such name.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0].status "created" is not the name of a status (abi/README.md, Status)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"created\",\"outcome\":\"done\",\"state\":" STATE "}");
}

PLUGIN(.create = bad_create)
