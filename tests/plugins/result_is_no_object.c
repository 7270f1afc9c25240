/*
 * A result is no object.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: results[0] is a string, not an object (abi/README.md, Results)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "{\"results\":[\"ok\"]}", NULL);
}

PLUGIN(.create = bad_create)
