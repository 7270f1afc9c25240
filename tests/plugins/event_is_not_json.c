/*
 * An event is not JSON.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: an event is not JSON: line 1, column 1:
 */
#include "shelf.h"

HOOK(bad_create)
{
    send_event(call, "halfway");
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
