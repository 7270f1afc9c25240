/*
 * The response is shorter than that of ABI 1.0.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the response has a struct_size of 8, less than ABI 1.0's
 */
#include "shelf.h"

HOOK(bad_create)
{
    static const rp_response made = {.struct_size = 8};
    return &made;
}

static void keep(const rp_response *response) {}

PLUGIN(.create = bad_create, .release = keep)
