/*
 * A time is not an integer.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: create: results[0].retry_after_ms is a string, not an integer (abi/README.md, Results)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(
        request, len, RP_THROTTLED,
        "{\"status\":\"throttled\",\"outcome\":\"none\",\"retryable\":true,\"retry_after_ms\":\"5\"}");
}

PLUGIN(.create = bad_create)
