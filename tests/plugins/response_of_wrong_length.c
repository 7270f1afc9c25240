/*
 * The length is not that of the text.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the response's json does not end in a NUL after its json_len of 5 bytes (abi/README.md,
 * Responses)
 */
#include "shelf.h"

HOOK(bad_create)
{
    rp_response *made = (rp_response *)good_create(instance, call, request, len);

    made->json_len = 5;
    return made;
}

PLUGIN(.create = bad_create)
