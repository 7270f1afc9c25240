/*
 * There are fewer results than records.
 * Call: create {"resource":"note","records":[{"name":"a"},{"name":"b"}]}
 * Tells: create: the answer has 1 results for 2 records (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(
        RP_OK,
        "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\",\"text\":\"x\"}}]}",
        NULL);
}

PLUGIN(.create = bad_create)
