/*
 * The document has more than 64 levels.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: more than 64 levels (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    char deep[300] = "{\"results\":[],\"x\":";

    memset(deep + strlen(deep), '[', 100);
    return respond(RP_INTERNAL, deep, NULL);
}

PLUGIN(.create = bad_create)
