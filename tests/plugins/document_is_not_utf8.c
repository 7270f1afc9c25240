/*
 * The text is not UTF-8.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the answer is not JSON: line 1,
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"summary\":\"\xe4\"}]}",
                   NULL);
}

PLUGIN(.create = bad_create)
