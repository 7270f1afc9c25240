/*
 * A state event's record is not in the request.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: a state event's record is not the index of one of 1 records (abi/README.md, Events)
 */
#include "shelf.h"

HOOK(bad_create)
{
    send_event(call, "{\"kind\":\"state\",\"record\":1,\"state\":{\"id\":\"b\"}}");
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
