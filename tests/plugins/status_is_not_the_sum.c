/*
 * The status of the response is not the sum of the results.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: create: the status of the response is 0 (ok), that of its results is 320 (quota_exceeded)
 * (abi/README.md, Responses)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(request, len, RP_OK, "{\"status\":\"quota_exceeded\",\"outcome\":\"none\"}");
}

PLUGIN(.create = bad_create)
