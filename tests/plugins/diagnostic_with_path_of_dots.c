/*
 * A path is no JSON Pointer.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: create: results[0].diagnostics[0].path "name.first" is no JSON Pointer (abi/README.md, Diagnostics)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return each(
        request, len, RP_INVALID_ARGUMENT,
        "{\"status\":\"invalid_argument\",\"outcome\":\"none\",\"diagnostics\":[{\"severity\":\"error\",\"summary\":\"no\",\"path\":\"name.first\"}]}");
}

PLUGIN(.create = bad_create)
