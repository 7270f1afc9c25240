/*
 * The diagnostics are no array.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: diagnostics is an object, not an array (abi/README.md, Diagnostics)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_UNAVAILABLE, "{\"results\":[],\"diagnostics\":{\"summary\":\"no\"}}", NULL);
}

PLUGIN(.create = bad_create)
