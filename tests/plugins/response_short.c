/*
 * The response is shorter than that of ABI 1.0.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the response has a struct_size of 8, less than ABI 1.0's
 */
#include "shelf.h"

static const rp_response made = {.struct_size = 8};

HOOK(bad_create)
{
    return &made;
}

static void release(const rp_response *response)
{
    if (response != &made)
        free((void *)response);
}

PLUGIN(.create = bad_create, .release = release)
