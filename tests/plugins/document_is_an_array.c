/*
 * The document is no object.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the answer is an array, not an object (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "[]", NULL);
}

PLUGIN(.create = bad_create)
