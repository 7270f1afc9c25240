/*
 * The number is none of a status of ABI 1.0.
 * Call: create {"resource":"note","records":[]}
 * Tells: create: 47 is not the number of a status (abi/README.md, Status)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(47, "{\"results\":[]}", NULL);
}

PLUGIN(.create = bad_create)
