/*
 * The answer to records has no results.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the answer has no array of results (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "{\"diagnostics\":[]}", NULL);
}

PLUGIN(.create = bad_create)
