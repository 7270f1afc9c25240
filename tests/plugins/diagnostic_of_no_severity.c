/*
 * A severity is neither error nor warning.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: diagnostics[0].severity is neither "error" nor "warning" (abi/README.md, Diagnostics)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_UNAVAILABLE,
                   "{\"results\":[],\"diagnostics\":[{\"severity\":\"fatal\",\"summary\":\"no\"}]}", NULL);
}

PLUGIN(.create = bad_create)
