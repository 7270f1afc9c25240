/*
 * The document is not JSON.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the answer is not JSON: line 1, column 13: expected a value or ], but the text ends
 * (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "{\"results\":[", NULL);
}

PLUGIN(.create = bad_create)
