/*
 * A name is twice in one object.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the answer is not JSON: line 1, column 16: the name "results" a second time in one object
 * (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "{\"results\":[], \"results\":[]}", NULL);
}

PLUGIN(.create = bad_create)
