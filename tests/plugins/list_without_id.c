/*
 * A listed state has no id.
 * Call: list {"resource":"note"}
 * Tells: list: results[0].state has no id (abi/README.md, States)
 */
#include "shelf.h"

HOOK(bad_list)
{
    return respond(RP_OK, "{\"results\":[{\"status\":\"ok\",\"state\":{\"name\":\"a\"}}]}", NULL);
}

PLUGIN(.list = bad_list)
