/*
 * create returns NULL.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the response is NULL (abi/README.md, Responses)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return NULL;
}

PLUGIN(.create = bad_create)
