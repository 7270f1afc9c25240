/*
 * A response other than that of open has an instance.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the response has an instance, which only open gives (abi/README.md, Responses)
 */
#include "shelf.h"

HOOK(bad_create)
{
    rp_response *made = (rp_response *)good_create(instance, call, request, len);

    made->instance = instance;
    return made;
}

PLUGIN(.create = bad_create)
