/*
 * The response has no document.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the response has no document: its json is NULL (abi/README.md, Responses)
 */
#include "shelf.h"

HOOK(bad_create)
{
    rp_response *made = calloc(1, sizeof(*made));

    made->struct_size = sizeof(*made);
    return made;
}

PLUGIN(.create = bad_create)
