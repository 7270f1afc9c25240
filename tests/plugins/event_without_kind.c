/*
 * An event has no kind.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: an event has no kind (abi/README.md, Events)
 */
#include "shelf.h"

HOOK(bad_create)
{
    send_event(call, "{\"message\":\"halfway\"}");
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
