/*
 * A state event has no state.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: a state event has no state (abi/README.md, Events)
 */
#include "shelf.h"

HOOK(bad_create)
{
    send_event(call, "{\"kind\":\"state\",\"record\":0}");
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
