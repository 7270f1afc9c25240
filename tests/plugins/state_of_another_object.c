/*
 * The results are in another order than the records.
 * Call: create {"resource":"note","records":[{"name":"a"},{"name":"b"}]}
 * Tells: create: results[0].state is another object's: its name is not records[0]'s (abi/README.md, Keys)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(
        RP_OK,
        "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"b\",\"name\":\"b\",\"text\":\"x\"}},{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\",\"text\":\"x\"}}]}",
        NULL);
}

PLUGIN(.create = bad_create)
