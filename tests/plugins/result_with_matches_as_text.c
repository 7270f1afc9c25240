/*
 * A member has another type than the documents say.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: create: results[0].matches is a string, not a boolean (abi/README.md, Results)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_ALREADY_EXISTS,
                "{\"status\":\"already_exists\",\"outcome\":\"none\",\"matches\":\"yes\",\"state\":" STATE
                "}");
}

PLUGIN(.create = bad_create)
