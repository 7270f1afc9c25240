/*
 * create takes 3 s, whatever timeout_ms says.
 * Options: --timeout 300ms
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: has not returned 1000 ms after its timeout of 300 ms (abi/README.md, Time and cancellation)
 */
#include "shelf.h"

#include <unistd.h>

HOOK(bad_create)
{
    sleep(3);
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
