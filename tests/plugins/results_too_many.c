/*
 * There are more results than records.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the answer has 3 results for 1 records (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(
        RP_OK,
        "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\",\"text\":\"x\"}},{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"b\",\"name\":\"b\",\"text\":\"x\"}},{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"c\",\"name\":\"c\",\"text\":\"x\"}}]}",
        NULL);
}

PLUGIN(.create = bad_create)
